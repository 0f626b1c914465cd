"""Change events of the local Discord's state, published to subscribers such as open pages."""

import asyncio
from collections.abc import Generator, Hashable
from contextlib import contextmanager
from dataclasses import dataclass

from playground.state.state import Guild, Message


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """A message was written or edited."""

    message: Message


@dataclass(frozen=True, slots=True)
class MessageRemoved:
    """A message is gone."""

    message: int
    channel: int


@dataclass(frozen=True, slots=True)
class VoiceChanged:
    """Somebody came to voice, left it, or is there differently."""

    guild: Guild


@dataclass(frozen=True, slots=True)
class GuildChanged:
    """A guild, its channels or its members changed."""

    guild: Guild


@dataclass(frozen=True, slots=True)
class DeliveryChanged:
    """Something happened to an interaction."""

    delivery: int


@dataclass(frozen=True, slots=True)
class CommandsChanged:
    """The registered commands changed, or where the app takes them."""


@dataclass(frozen=True, slots=True)
class ClockChanged:
    """The time shown jumped, or goes at another pace."""


@dataclass(frozen=True, slots=True)
class FaultsChanged:
    """A fault was switched on or off, or struck; or somebody came to the gateway or left it."""


Change = (
    MessageChanged
    | MessageRemoved
    | VoiceChanged
    | GuildChanged
    | DeliveryChanged
    | CommandsChanged
    | ClockChanged
    | FaultsChanged
)


class Watch:
    """What one listener has not taken yet; of what changes often it keeps only the last, so that it stays small."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, Change] = {}
        self._something = asyncio.Event()

    def add(self, change: Change) -> None:
        """Remember a change in the place of an earlier one about the same thing."""
        self._waiting[_thing(change)] = change
        self._something.set()

    async def take(self) -> list[Change]:
        """Everything since the last time, the oldest first; waits until there is something."""
        await self._something.wait()
        self._something.clear()
        taken, self._waiting = list(self._waiting.values()), {}
        return taken


class Changes:
    """The one place where changes are told and heard."""

    def __init__(self) -> None:
        self._watches: set[Watch] = set()

    def tell(self, change: Change) -> None:
        """Let everybody who listens know."""
        for watch in self._watches:
            watch.add(change)

    @contextmanager
    def listen(self) -> Generator[Watch]:
        """Hear everything from now on."""
        watch = Watch()
        self._watches.add(watch)
        try:
            yield watch
        finally:
            self._watches.discard(watch)


def _thing(change: Change) -> Hashable:
    match change:
        case MessageChanged(message):
            return "message", message.id
        case MessageRemoved(message):
            return "message", message
        case VoiceChanged(guild) | GuildChanged(guild):
            return type(change), guild.id
        case _:
            return change
