"""REST routes for polls: list the voters of an answer, and end a poll early."""

from http import HTTPMethod
from typing import Final

from core.clock import Clock
from playground.errors import Refusal, unknown
from playground.rest.app import Answer, Call, Rule
from playground.state import polls, serializers
from playground.state.message_store import Posting
from playground.state.state import Message, World

PAGE: Final = 25
PAGE_MAX: Final = 100
ID_MAX: Final = 2**63 - 1


class Polls:
    """Routes for polls in messages."""

    def __init__(self, world: World, posting: Posting, clock: Clock) -> None:
        self._world = world
        self._posting = posting
        self._clock = clock

    def rules(self) -> list[Rule]:
        """The routes of this module."""
        poll = "/channels/{channel_id}/polls/{message_id}"
        return [
            Rule(HTTPMethod.GET, poll + "/answers/{answer_id}", self._list_voters),
            Rule(HTTPMethod.POST, poll + "/expire", self._end),
        ]

    async def _list_voters(self, call: Call) -> Answer:
        message = self._message(call)
        count = call.number("limit", 1, PAGE_MAX, default=PAGE)
        after = call.number("after", 0, ID_MAX, default=0)
        voters = sorted(one for one in message.votes.get(call.id("answer_id"), []) if one > after)
        return Answer({"users": [serializers.user(self._world.users[one]) for one in voters[:count]]})

    async def _end(self, call: Call) -> Answer:
        message = self._message(call)
        if message.author is not self._world.bot:
            raise Refusal(403, 50005, "Cannot edit a message authored by another user")
        polls.end(message, self._clock.now())
        self._posting.changed(message)
        return Answer(self._posting.told(message))

    def _message(self, call: Call) -> Message:
        message = self._world.message(call.id("channel_id"), call.id("message_id"))
        if not message.poll:
            raise unknown("Message")
        return message
