"""Which channels of a guild count."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from services.voice.gateway_events import (
    VoiceChannel,
)


@dataclass(slots=True)
class Place:
    """What decides in a guild whether a channel counts."""

    afk: int | None
    ignored: frozenset[int]  # channels and categories
    covered: frozenset[int] = frozenset()  # channels in ignored categories
    unseen: frozenset[int] = frozenset()  # hidden channels that the app has never viewed, and staff said nothing about
    unheard_since: int | None = None  # sessions were cut here, and no snapshot has come since; None: it is heard
    gap_until: int | None = None  # end of the last span in which nobody heard the guild; None: it was always heard

    def counts(self, channel: int | None) -> bool:
        """Whether time in `channel` is time in tracked voice."""
        return not (
            channel is None
            or channel == self.afk
            or channel in self.ignored
            or channel in self.covered
            or channel in self.unseen
        )

    def with_channels(self, channels: Iterable[VoiceChannel]) -> "Place":
        """The same after these channels came, or moved to other categories; of a hidden one that is not known."""
        if not self.ignored and not self.covered and not self.unseen:
            return self
        covered = set(self.covered)
        visible = [channel for channel in channels if not channel.is_hidden]
        for channel in visible:
            (covered.add if channel.parent in self.ignored else covered.discard)(channel.channel)
        unseen = self.unseen.difference(channel.channel for channel in visible)
        return replace(self, covered=frozenset(covered), unseen=unseen)


NOWHERE = Place(None, frozenset())
