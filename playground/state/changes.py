"""Change events of the local Discord's state, published to subscribers such as open pages."""

import asyncio
from collections.abc import Generator, Hashable
from contextlib import contextmanager
from dataclasses import dataclass

from playground.state.state import Guild, Message


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """A message was created or edited."""

    message: Message


@dataclass(frozen=True, slots=True)
class MessageRemoved:
    """A message was deleted."""

    message: int
    channel: int


@dataclass(frozen=True, slots=True)
class VoiceChanged:
    """A member's voice state changed."""

    guild: Guild


@dataclass(frozen=True, slots=True)
class GuildChanged:
    """A guild, its channels or its members changed."""

    guild: Guild


@dataclass(frozen=True, slots=True)
class DeliveryChanged:
    """The state of an interaction changed."""

    delivery: int


@dataclass(frozen=True, slots=True)
class CommandsChanged:
    """The registered commands or the interactions endpoint changed."""


@dataclass(frozen=True, slots=True)
class ClockChanged:
    """The clock was set or its speed changed."""


@dataclass(frozen=True, slots=True)
class FaultsChanged:
    """A fault was switched on, switched off or applied; or a gateway session started or ended."""


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
    """One subscriber's queue of changes; a newer change replaces an older one of the same object, to bound its size."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, Change] = {}
        self._something = asyncio.Event()

    def add(self, change: Change) -> None:
        """Queue a change, replacing an earlier one of the same object."""
        self._waiting[_thing(change)] = change
        self._something.set()

    async def take(self) -> list[Change]:
        """Remove and return all queued changes, the oldest first; waits until there is one."""
        await self._something.wait()
        self._something.clear()
        taken, self._waiting = list(self._waiting.values()), {}
        return taken


class Changes:
    """Publishes changes to all subscribers."""

    def __init__(self) -> None:
        self._watches: set[Watch] = set()

    def tell(self, change: Change) -> None:
        """Publish a change to all subscribers."""
        for watch in self._watches:
            watch.add(change)

    @contextmanager
    def listen(self) -> Generator[Watch]:
        """Subscribe to all changes from now on; a context manager."""
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
