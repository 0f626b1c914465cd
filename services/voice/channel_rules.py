"""Decides which channels of a guild are tracked."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from services.voice.gateway_events import (
    VoiceChannel,
)


@dataclass(slots=True)
class ChannelRules:
    """The data that decides which channels of a guild are tracked."""

    afk: int | None
    ignored: frozenset[int]  # channels and categories
    ignored_by_category: frozenset[int] = frozenset()  # channels in ignored categories
    never_viewed: frozenset[int] = (
        frozenset()
    )  # hidden channels that the app has never viewed, and whose kind staff did not set
    awaiting_snapshot_since: int | None = (
        None  # sessions were truncated here, and no snapshot has arrived since; None: not waiting
    )
    gap_until: int | None = None  # end of the last gap in the guild's events; None: there was none

    def is_tracked(self, channel: int | None) -> bool:
        """Whether time in `channel` is tracked."""
        return not (
            channel is None
            or channel == self.afk
            or channel in self.ignored
            or channel in self.ignored_by_category
            or channel in self.never_viewed
        )

    def with_channels(self, channels: Iterable[VoiceChannel]) -> "ChannelRules":
        """A copy after these channels were added or moved; the category of hidden channels is unknown."""
        if not self.ignored and not self.ignored_by_category and not self.never_viewed:
            return self
        covered = set(self.ignored_by_category)
        visible = [channel for channel in channels if not channel.is_hidden]
        for channel in visible:
            (covered.add if channel.parent in self.ignored else covered.discard)(channel.channel)
        unseen = self.never_viewed.difference(channel.channel for channel in visible)
        return replace(self, ignored_by_category=frozenset(covered), never_viewed=unseen)


NO_RULES = ChannelRules(None, frozenset())
