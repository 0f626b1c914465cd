"""Decides which channels of a guild are tracked."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from services.voice.gateway_events import (
    VoiceChannel,
)


@dataclass(slots=True)
class ChannelRules:
    """What decides in a guild whether a channel counts."""

    afk: int | None
    ignored: frozenset[int]  # channels and categories
    ignored_by_category: frozenset[int] = frozenset()  # channels in ignored categories
    never_viewed: frozenset[int] = (
        frozenset()
    )  # hidden channels that the app has never viewed, and staff said nothing about
    awaiting_snapshot_since: int | None = (
        None  # sessions were cut here, and no snapshot has come since; None: it is heard
    )
    gap_until: int | None = None  # end of the last span in which nobody heard the guild; None: it was always heard

    def is_tracked(self, channel: int | None) -> bool:
        """Whether time in `channel` is time in tracked voice."""
        return not (
            channel is None
            or channel == self.afk
            or channel in self.ignored
            or channel in self.ignored_by_category
            or channel in self.never_viewed
        )

    def with_channels(self, channels: Iterable[VoiceChannel]) -> "ChannelRules":
        """The same after these channels came, or moved to other categories; of a hidden one that is not known."""
        if not self.ignored and not self.ignored_by_category and not self.never_viewed:
            return self
        covered = set(self.ignored_by_category)
        visible = [channel for channel in channels if not channel.is_hidden]
        for channel in visible:
            (covered.add if channel.parent in self.ignored else covered.discard)(channel.channel)
        unseen = self.never_viewed.difference(channel.channel for channel in visible)
        return replace(self, ignored_by_category=frozenset(covered), never_viewed=unseen)


NO_RULES = ChannelRules(None, frozenset())
