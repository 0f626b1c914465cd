"""REST routes for pinned messages, at the current paths and at those used before June 2025."""

from datetime import UTC, datetime
from http import HTTPMethod
from typing import Final

from playground.errors import Refusal
from playground.gateway.message_events import CREATED, UPDATED, Telling
from playground.gateway.sessions import DIRECT_MESSAGES, GUILDS, Gateway
from playground.json_types import Json
from playground.rest.app import Answer, Call, Rule, nothing
from playground.state import permissions, serializers
from playground.state.message_store import PINNED, Posting
from playground.state.state import Message, World

PINS_MAX: Final = 250  # per channel
PAGE: Final = 50
WRITTEN: Final = (0, 19, 20, 23)  # message types that can be pinned; system messages cannot
EVER: Final = datetime.max.replace(tzinfo=UTC)


class Pins:
    """Routes that pin, unpin and list messages; lists have the latest pin first."""

    def __init__(self, world: World, posting: Posting, telling: Telling, gateway: Gateway) -> None:
        self._world = world
        self._posting = posting
        self._telling = telling
        self._gateway = gateway

    def rules(self) -> list[Rule]:
        """The routes of this module."""
        now, before = "/channels/{channel_id}/messages/pins", "/channels/{channel_id}/pins"
        rules = [Rule(HTTPMethod.GET, now, self._list), Rule(HTTPMethod.GET, before, self._list_all)]
        for path in (now, before):
            rules += [
                Rule(HTTPMethod.PUT, path + "/{message_id}", self._pin),
                Rule(HTTPMethod.DELETE, path + "/{message_id}", self._unpin),
            ]
        return rules

    async def _list(self, call: Call) -> Answer:
        count, until = call.number("limit", 1, PAGE, default=PAGE), call.moment("before") or EVER
        found = [one for one in self._pinned(call.id("channel_id")) if one.pinned_at and one.pinned_at < until]
        page = found[:count]
        told = zip(page, self._telling.answers(page, call.remarks), strict=True)
        items = [{"pinned_at": serializers.moment(one.pinned_at), "message": shape} for one, shape in told]
        return Answer({"items": items, "has_more": len(found) > count})

    async def _list_all(self, call: Call) -> Answer:
        return Answer(self._telling.answers(self._pinned(call.id("channel_id"))[:PAGE], call.remarks))

    async def _pin(self, call: Call) -> Answer:
        message = self._message(call)
        if message.type not in WRITTEN:
            raise Refusal(403, 50021, "Cannot execute action on a system message")
        if message.pinned_at is None:
            if len(self._pinned(message.channel)) >= PINS_MAX:
                raise Refusal(400, 30003, f"Maximum number of pins reached for the channel ({PINS_MAX})")
            self._posting.pin(message)
            self._tell(message)
            said = self._posting.say(message.channel, PINNED, message)
            self._telling.message(CREATED, said)
        return nothing()

    async def _unpin(self, call: Call) -> Answer:
        message = self._message(call)
        if message.pinned_at is not None:
            message.pinned_at = None
            self._posting.changed(message)
            self._tell(message)
        return nothing()

    def _message(self, call: Call) -> Message:
        message = self._world.message(call.id("channel_id"), call.id("message_id"))
        guild = self._world.guild_of(message.channel)
        permissions.check_app(guild, self._world.application, permissions.PIN_MESSAGES)
        return message

    def _pinned(self, channel: int) -> list[Message]:
        self._world.channel(channel)
        found = [one for one in self._world.messages.values() if one.channel == channel and one.pinned_at]
        return sorted(found, key=lambda one: (one.pinned_at or EVER, one.id), reverse=True)

    def _tell(self, message: Message) -> None:
        self._telling.message(UPDATED, message)
        guild, pinned = self._world.channel(message.channel).guild, self._pinned(message.channel)
        last = pinned[0].pinned_at if pinned else None
        shape: Json = {"channel_id": str(message.channel), "last_pin_timestamp": serializers.moment(last)}
        shape |= {"guild_id": str(guild)} if guild is not None else {}
        intent = DIRECT_MESSAGES if guild is None else GUILDS
        self._gateway.dispatch("CHANNEL_PINS_UPDATE", shape, intent=intent, guild=guild)
