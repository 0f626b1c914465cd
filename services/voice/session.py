"""A voice session and its segments, and the operations that change them."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from core.enums import SessionEndReason
from services.voice.gateway_events import (
    DEAF,
    SELF_DEAF,
    STREAM,
    VIDEO,
    VoiceState,
)

Key = tuple[int, int]  # guild, user


DOUBT_MAX: Final = 60  # seconds of a gap that are credited for a change whose moment in it is unknown


_DEAFENED: Final = SELF_DEAF | DEAF


_SEEN: Final = STREAM | VIDEO


class Segment(Struct, gc=False):
    """A stretch in one channel with the same flags."""

    channel: int
    flags: int
    start: int
    end: int | None = None  # None: it goes on
    is_new: bool = True  # not stored yet
    is_changed: bool = False
    is_rewritten: bool = False  # stored, and then within the same second the channel or the flags became others


class Session(Struct, gc=False):
    """One stay, with the segments that are not credited yet and always the last one."""

    guild: int
    user: int
    started: int
    credited_until: int  # credited up to here; equal to `started`: the minimum is not reached
    voice_session: str | None
    segments: list[Segment]
    ended: int | None = None  # None: still there
    counted: int = 0
    reason: SessionEndReason | None = None
    is_estimated: bool = False
    is_corrected: bool = False  # by staff: it is never reopened
    id: int = 0  # 0: not stored yet
    is_changed: bool = False  # apart from its segments, which know by themselves
    seen_until: int | None = None  # when camera or stream were last on before `segments`; None: never
    estimated: int = 0  # those of the counted seconds that lie in gaps

    @property
    def is_due(self) -> bool:
        """Whether there is anything to store."""
        return self.is_changed or any(segment.is_new or segment.is_changed for segment in self.segments)

    def mark_active(self, moments: Sequence[int], until: int) -> None:
        """Activity at these moments, in order: each ends the open segment and begins a like one, with a new cap."""
        for at in moments:
            last = self.segments[-1]
            if last.start < at < until:
                self._next(at, last.channel, last.flags)

    def move(self, at: int, channel: int, flags: int) -> None:
        """Another channel or other flags from `at` on."""
        self._next(max(at, self.credited_until), channel, flags)

    def close(self, at: int, reason: SessionEndReason, *, is_estimated: bool) -> None:
        """End the stay; what is credited stays credited."""
        last = self.segments[-1]
        last.end = self.ended = max(at, last.start, self.credited_until)
        last.is_changed = self.is_changed = True
        self.reason = reason
        self.is_estimated |= is_estimated

    def reopen(self, at: int, state: VoiceState, channel: int) -> None:
        """Go on after a short absence, which is not counted."""
        self.ended = self.reason = None
        self.voice_session = state.voice_session
        self.is_estimated |= state.is_delayed
        self.is_changed = True
        self._add(at, channel, state.flags)

    def change_in_gap(self, since: int, at: int, flags: int) -> int:
        """The moment to assume for a change of state between `since` and `at`: little of the doubt is credited.

        What counts less begins soon after the gap did, what counts more begins shortly before its end.
        """
        last = self.segments[-1]
        if not _counts_more(flags, last.flags):
            return self.end_in_gap(since, at)
        return begin_in_gap(since, max(since, last.start), at)

    def end_in_gap(self, since: int, at: int) -> int:
        """The same for its end."""
        return min(at, max(since, self.started) + DOUBT_MAX)

    def bridge(self, at: int, state: VoiceState) -> None:
        """Go on after a gap, at the end of which `at` the member is in the same channel."""
        last = self.segments[-1]
        since = last.start if self.ended is None else self.ended
        self.ended = self.reason = last.end = None
        self.voice_session = state.voice_session
        last.is_changed = self.is_changed = self.is_estimated = True
        if last.flags != state.flags:
            self.move(self.change_in_gap(since, at, state.flags), last.channel, state.flags)

    def truncate(self, until: int) -> None:
        """Count nothing unheard: what spans `until` ends there, and so does the stay unless it was heard of since."""
        if self.started > until:
            return
        until = max(until, self.credited_until)
        for segment in self.segments:
            if segment.start <= until and (segment.end is None or segment.end > until):
                if segment.end is None:
                    self.ended, self.reason = until, SessionEndReason.LOST
                segment.end = until
                segment.is_changed = self.is_changed = self.is_estimated = True

    def _next(self, at: int, channel: int, flags: int) -> None:
        last = self.segments[-1]
        if at > last.start:
            last.end = at
            last.is_changed = True
        self._add(max(at, last.start), channel, flags)

    def _add(self, at: int, channel: int, flags: int) -> None:
        last = self.segments[-1]
        if last.start == at:  # within one second the last word counts
            last.channel, last.flags, last.end = channel, flags, None
            last.is_changed = last.is_rewritten = True
        else:
            self.segments.append(Segment(channel, flags, at))


def _counts_more(flags: int, before: int) -> bool:
    """Whether a state counts under rules under which the one before it does not; sound decides before camera."""
    if bool(flags & _DEAFENED) != bool(before & _DEAFENED):
        return not flags & _DEAFENED
    return bool(flags & _SEEN) and not before & _SEEN


def begin_in_gap(since: int, earliest: int, at: int) -> int:
    """The moment to assume for a beginning between `earliest` and `at`, in a gap from `since` on.

    What lies between `since` and `earliest` may be credited already and has used its part of the doubt.
    """
    return max(earliest, at - max(0, DOUBT_MAX - (earliest - since)))
