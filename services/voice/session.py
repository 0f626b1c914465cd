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


DOUBT_MAX: Final = 60  # seconds of a gap that are credited for a change at an unknown time in it


_DEAFENED: Final = SELF_DEAF | DEAF


_SEEN: Final = STREAM | VIDEO


class Segment(Struct, gc=False):
    """A part of a session in one channel with the same flags."""

    channel: int
    flags: int
    start: int
    end: int | None = None  # None: it is open
    is_new: bool = True  # not stored yet
    is_changed: bool = False
    is_rewritten: bool = False  # stored, and then channel or flags changed within the same second


class Session(Struct, gc=False):
    """A voice session, with its last segment and those not credited yet."""

    guild: int
    user: int
    started: int
    credited_until: int  # equal to `started`: the minimum is not reached
    voice_session: str | None
    segments: list[Segment]
    ended: int | None = None  # None: it is open
    counted: int = 0
    reason: SessionEndReason | None = None
    is_estimated: bool = False
    is_corrected: bool = False  # by staff: never reopened
    id: int = 0  # 0: not stored yet
    is_changed: bool = False  # not counting its segments, which have their own flags
    seen_until: int | None = None  # when camera or stream was last on before `segments`; None: never
    estimated: int = 0  # counted seconds that lie in gaps

    @property
    def is_due(self) -> bool:
        """Whether there is anything to store."""
        return self.is_changed or any(segment.is_new or segment.is_changed for segment in self.segments)

    def mark_active(self, moments: Sequence[int], until: int) -> None:
        """Apply interactions at these times, in order: each splits the open segment and restarts the unattended cap."""
        for at in moments:
            last = self.segments[-1]
            if last.start < at < until:
                self._next(at, last.channel, last.flags)

    def move(self, at: int, channel: int, flags: int) -> None:
        """Change the channel or flags from `at` on."""
        self._next(max(at, self.credited_until), channel, flags)

    def close(self, at: int, reason: SessionEndReason, *, is_estimated: bool) -> None:
        """End the session; credited time stays credited."""
        last = self.segments[-1]
        last.end = self.ended = max(at, last.start, self.credited_until)
        last.is_changed = self.is_changed = True
        self.reason = reason
        self.is_estimated |= is_estimated

    def reopen(self, at: int, state: VoiceState, channel: int) -> None:
        """Continue after a short absence, which does not count."""
        self.ended = self.reason = None
        self.voice_session = state.voice_session
        self.is_estimated |= state.is_delayed
        self.is_changed = True
        self._add(at, channel, state.flags)

    def change_in_gap(self, since: int, at: int, flags: int) -> int:
        """The time to assume for a state change between `since` and `at`, so that little of the gap is credited.

        A change to a state that counts less is placed near the start of the gap, one that counts more near its end.
        """
        last = self.segments[-1]
        if not _counts_more(flags, last.flags):
            return self.end_in_gap(since, at)
        return begin_in_gap(since, max(since, last.start), at)

    def end_in_gap(self, since: int, at: int) -> int:
        """The time to assume for an end of the session between `since` and `at`."""
        return min(at, max(since, self.started) + DOUBT_MAX)

    def bridge(self, at: int, state: VoiceState) -> None:
        """Continue after a gap that ended at `at` with the member in the same channel."""
        last = self.segments[-1]
        since = last.start if self.ended is None else self.ended
        self.ended = self.reason = last.end = None
        self.voice_session = state.voice_session
        last.is_changed = self.is_changed = self.is_estimated = True
        if last.flags != state.flags:
            self.move(self.change_in_gap(since, at, state.flags), last.channel, state.flags)

    def truncate(self, until: int) -> None:
        """Drop time that was not received: segments that span `until` end there, and an open session ends too."""
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
        if last.start == at:  # within one second the last state counts
            last.channel, last.flags, last.end = channel, flags, None
            last.is_changed = last.is_rewritten = True
        else:
            self.segments.append(Segment(channel, flags, at))


def _counts_more(flags: int, before: int) -> bool:
    """Whether a state may count where the previous one does not; deafening is compared before camera."""
    if bool(flags & _DEAFENED) != bool(before & _DEAFENED):
        return not flags & _DEAFENED
    return bool(flags & _SEEN) and not before & _SEEN


def begin_in_gap(since: int, earliest: int, at: int) -> int:
    """The time to assume for a start between `earliest` and `at`, in a gap from `since` on.

    Time between `since` and `earliest` may be credited already, and reduces the credit for this gap.
    """
    return max(earliest, at - max(0, DOUBT_MAX - (earliest - since)))
