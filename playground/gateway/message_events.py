"""Dispatches message events to gateway sessions and removes content that the app may not read."""

from typing import Final

from playground.gateway.sessions import DIRECT_MESSAGES, GUILD_MESSAGES, Gateway
from playground.json_types import Json
from playground.state import message_content, serializers
from playground.state.message_store import Posting
from playground.state.state import GROUP, Message, World

CREATED: Final = "MESSAGE_CREATE"
UPDATED: Final = "MESSAGE_UPDATE"


class Telling:
    """Dispatches message events to gateway sessions, and serializes messages for REST responses."""

    def __init__(self, world: World, posting: Posting, gateway: Gateway) -> None:
        self._world = world
        self._posting = posting
        self._gateway = gateway

    def message(self, event: str, message: Message) -> None:
        """Dispatch MESSAGE_CREATE or MESSAGE_UPDATE; sessions with the intent get content that the app may read."""
        if not self._is_heard(message):
            return
        guild = self._world.channels[message.channel].guild
        place: Json = {}
        if guild is not None:
            place = {"guild_id": str(guild)}
            member = self._world.guilds[guild].members.get(message.author.id)
            place |= {"member": serializers.member(member, with_user=False)} if member else {}
        self._gateway.dispatch(
            event,
            self._posting.told(message, privileged=False) | place,
            intent=DIRECT_MESSAGES if guild is None else GUILD_MESSAGES,
            guild=guild,
            whole=self._posting.told(message) | place,
        )

    def gone(self, message: Message) -> None:
        """Dispatch MESSAGE_DELETE."""
        if not self._is_heard(message):
            return
        guild = self._world.channels[message.channel].guild
        shape: Json = {"id": str(message.id), "channel_id": str(message.channel)}
        shape |= {"guild_id": str(guild)} if guild is not None else {}
        intent = DIRECT_MESSAGES if guild is None else GUILD_MESSAGES
        self._gateway.dispatch("MESSAGE_DELETE", shape, intent=intent, guild=guild)

    def about(self, event: str, message: Message, shape: Json, *, intents: tuple[int, int]) -> None:
        """Dispatch another event of a message; `intents` holds the intent in guilds and the one in direct messages."""
        if not self._is_heard(message):
            return
        guild = self._world.channels[message.channel].guild
        place: Json = {"channel_id": str(message.channel), "message_id": str(message.id)}
        place |= {"guild_id": str(guild)} if guild is not None else {}
        intent = intents[1] if guild is None else intents[0]
        self._gateway.dispatch(event, place | shape, intent=intent, guild=guild)

    def answers(self, messages: list[Message], remarks: list[str]) -> list[Json]:
        """Messages as JSON for a REST response; adds a remark when content was removed."""
        closed = sum(not message_content.is_open(one, self._world) for one in messages)
        if closed and not self._world.message_content:
            remarks.append(message_content.remark(closed))
        return [self._posting.told(one) for one in messages]

    def _is_heard(self, message: Message) -> bool:
        """Whether the app receives events of a message: not in group channels, and not for ephemeral messages."""
        channel = self._world.channels.get(message.channel)
        return channel is not None and channel.type != GROUP and message.reader is None
