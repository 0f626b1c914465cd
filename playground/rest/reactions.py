"""REST routes for message reactions: add, remove, list and clear."""

from http import HTTPMethod
from typing import Final

from playground.errors import Refusal, unknown
from playground.gateway.message_events import Telling
from playground.gateway.sessions import DIRECT_REACTIONS, GUILD_REACTIONS
from playground.json_types import Json
from playground.rate_limits import REACTIONS
from playground.rest.app import Answer, Call, Rule, nothing
from playground.state import permissions, serializers
from playground.state.message_store import Posting
from playground.state.state import Message, User, World
from render.html.emoji import EMOJI

REACTIONS_MAX: Final = 20  # different emoji per message
PAGE: Final = 25
PAGE_MAX: Final = 100
ID_MAX: Final = 2**63 - 1
INTENTS: Final = (GUILD_REACTIONS, DIRECT_REACTIONS)
BURST: Final = 1  # reaction type that users cannot add here


class Reactions:
    """Adds, removes and lists reactions."""

    def __init__(self, world: World, posting: Posting, telling: Telling) -> None:
        self._world = world
        self._posting = posting
        self._telling = telling

    def rules(self) -> list[Rule]:
        """The routes of this module."""
        every = "/channels/{channel_id}/messages/{message_id}/reactions"
        one = every + "/{emoji}"
        return [
            Rule(HTTPMethod.PUT, one + "/@me", self._add, REACTIONS),
            Rule(HTTPMethod.DELETE, one + "/@me", self._take_own, REACTIONS),
            Rule(HTTPMethod.DELETE, one + "/{user_id}", self._take, REACTIONS),
            Rule(HTTPMethod.GET, one, self._list),
            Rule(HTTPMethod.DELETE, one, self._clear_emoji, REACTIONS),
            Rule(HTTPMethod.DELETE, every, self._clear, REACTIONS),
        ]

    def add(self, message: Message, emoji: str, user: User) -> None:
        """Add a user's reaction to a message.

        Raises:
            Refusal: invalid emoji, or too many different emoji on the message.
        """
        check_emoji(emoji)
        if emoji not in message.reactions and len(message.reactions) >= REACTIONS_MAX:
            raise Refusal(400, 30010, f"Maximum number of reactions reached ({REACTIONS_MAX})")
        if user.id in message.reactions.get(emoji, []):
            return
        message.reactions.setdefault(emoji, []).append(user.id)
        self._posting.changed(message)
        shape = self._one(emoji, user.id) | {"message_author_id": str(message.author.id)}
        guild = self._world.guild_of(message.channel)
        if guild and user.id in guild.members:
            shape["member"] = serializers.member(guild.members[user.id])
        self._telling.about("MESSAGE_REACTION_ADD", message, shape, intents=INTENTS)

    def take(self, message: Message, emoji: str, user: int) -> None:
        """Remove a user's reaction; no effect if there is none."""
        if user not in message.reactions.get(emoji, []):
            return
        message.reactions[emoji].remove(user)
        if not message.reactions[emoji]:
            del message.reactions[emoji]
        self._posting.changed(message)
        self._telling.about("MESSAGE_REACTION_REMOVE", message, self._one(emoji, user), intents=INTENTS)

    async def _add(self, call: Call) -> Answer:
        message = self._message(call)
        emoji, guild = call.path["emoji"], self._world.guild_of(message.channel)
        check_emoji(emoji)
        needed = 0 if emoji in message.reactions else permissions.ADD_REACTIONS
        permissions.check_app(guild, self._world.application, needed)
        self.add(message, emoji, self._world.bot)
        return nothing()

    async def _take_own(self, call: Call) -> Answer:
        message = self._message(call)
        check_emoji(call.path["emoji"])
        self.take(message, call.path["emoji"], self._world.application)
        return nothing()

    async def _take(self, call: Call) -> Answer:
        message, user = self._message(call), call.id("user_id")
        check_emoji(call.path["emoji"])
        if user != self._world.application:
            self._check_manages(message)
        self.take(message, call.path["emoji"], user)
        return nothing()

    async def _list(self, call: Call) -> Answer:
        message, emoji = self._message(call), call.path["emoji"]
        check_emoji(emoji)
        count, after = call.number("limit", 1, PAGE_MAX, default=PAGE), call.number("after", 0, ID_MAX, default=0)
        who = [] if call.number("type", 0, BURST, default=0) else message.reactions.get(emoji, [])
        found = sorted(one for one in who if one > after)
        return Answer([serializers.user(self._world.users[one]) for one in found[:count]])

    async def _clear_emoji(self, call: Call) -> Answer:
        message, emoji = self._message(call), call.path["emoji"]
        check_emoji(emoji)
        self._check_manages(message)
        if message.reactions.pop(emoji, None):
            self._posting.changed(message)
            shape: Json = {"emoji": {"id": None, "name": emoji}}
            self._telling.about("MESSAGE_REACTION_REMOVE_EMOJI", message, shape, intents=INTENTS)
        return nothing()

    async def _clear(self, call: Call) -> Answer:
        message = self._message(call)
        self._check_manages(message)
        if message.reactions:
            message.reactions.clear()
            self._posting.changed(message)
            self._telling.about("MESSAGE_REACTION_REMOVE_ALL", message, {}, intents=INTENTS)
        return nothing()

    def _one(self, emoji: str, user: int) -> Json:
        return {"user_id": str(user), "emoji": {"id": None, "name": emoji}, "burst": False, "type": 0}

    def _message(self, call: Call) -> Message:
        return self._world.message(call.id("channel_id"), call.id("message_id"))

    def _check_manages(self, message: Message) -> None:
        guild = self._world.guild_of(message.channel)
        if guild is None:
            raise Refusal(403, 50003, "Cannot execute action on a DM channel")
        permissions.check_app(guild, self._world.application, permissions.MANAGE_MESSAGES)


def check_emoji(emoji: str) -> None:
    """Refuse invalid emoji; custom emoji (`name:id`) do not exist on this server.

    Raises:
        Refusal: Unknown Emoji.
    """
    if not (EMOJI.fullmatch(emoji) or EMOJI.fullmatch(emoji + "\ufe0f")):
        raise Refusal(400, unknown("Emoji").code, "Unknown Emoji")
