"""Splits a session into counted and excluded intervals, with the reason for each exclusion.

Accrual adds up the counted intervals; `/why` shows all of them. The daily cap is applied elsewhere, day by day.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final

from services.voice.gateway_events import DEAF, SELF_DEAF, STREAM, VIDEO
from services.voice.session import Session
from services.voice.tracking_policies import PolicyTimeline, TrackingPolicy

Interval = tuple[int, int]  # from, until in whole seconds since 1970
Occupancy = Mapping[tuple[int, int], Sequence[Interval]]  # by guild and channel: when two or more members were present

NO_OCCUPANCY: Final[Occupancy] = {}
_DEAFENED: Final = SELF_DEAF | DEAF
_CAMERA_OR_STREAM: Final = STREAM | VIDEO


class ExclusionReason(StrEnum):
    """Why an interval does not count."""

    DEAFENED = "deafened"
    NO_CAMERA = "no_camera"
    ALONE = "alone"
    UNATTENDED = "unattended"
    DAILY_CAP = "daily_cap"
    TOO_SHORT = "too_short"
    AWAY = "away"  # left, and returned to the channel soon enough for the session to continue


EvaluatedInterval = tuple[
    int, int, TrackingPolicy, ExclusionReason | None
]  # from, until, policy, reason; None: it counts


def evaluate(
    session: Session, until: int, timeline: PolicyTimeline, crowd: Occupancy = NO_OCCUPANCY
) -> Iterator[EvaluatedInterval]:
    """The evaluated intervals of a session up to `until`, in order; gaps between them are absences.

    The result depends only on the segments, the occupancy of their channels, and the timeline.
    """
    hidden_since = session.started if session.seen_until is None else session.seen_until
    seen_from = _seen_from(session)
    for segment, seen_next in zip(session.segments, seen_from, strict=True):
        end = until if segment.end is None else min(segment.end, until)
        is_seen = bool(segment.flags & _CAMERA_OR_STREAM)
        for start, stop, policy, since in timeline.spans(segment.start, end):
            if segment.flags & _DEAFENED and not policy.counts_deafened:
                yield start, stop, policy, ExclusionReason.DEAFENED
                continue
            limit, pause = segment.start + int(policy.unattended_cap.total_seconds()), ExclusionReason.UNATTENDED
            if policy.camera_grace is not None and not is_seen:
                hidden = max(hidden_since, since)
                grace = hidden + int(policy.camera_grace.total_seconds())
                if seen_next is None or seen_next > grace:
                    grace = hidden  # the camera was not turned on in time: none of the grace period counts
                limit, pause = (grace, ExclusionReason.NO_CAMERA) if grace <= limit else (limit, pause)
            limit = min(max(limit, start), stop)
            if policy.counts_alone:
                if start < limit:
                    yield start, limit, policy, None
            else:
                yield from _split_by_occupancy(start, limit, policy, crowd.get((session.guild, segment.channel), ()))
            if limit < stop:
                yield limit, stop, policy, pause
        if is_seen:
            hidden_since = end


def decided_until(session: Session, until: int, timeline: PolicyTimeline) -> int:
    """Until when the evaluation is final: a camera grace period counts only if the camera is turned on within it.

    Returns: `until`, or the start of a grace period that is not over by then; never before `credited_until`.
    """
    if not timeline.depends_on_camera:
        return until
    hidden_since = session.started if session.seen_until is None else session.seen_until
    for segment, seen_next in zip(session.segments, _seen_from(session), strict=True):
        end = until if segment.end is None else min(segment.end, until)
        if segment.flags & _CAMERA_OR_STREAM:
            hidden_since = end
            continue
        for start, _, policy, since in timeline.spans(segment.start, end):
            if policy.camera_grace is not None:
                grace = max(hidden_since, since) + int(policy.camera_grace.total_seconds())
                if grace >= until and (seen_next is None or seen_next > grace):
                    return max(start, session.credited_until)
    return until


def _seen_from(session: Session) -> list[int | None]:
    """Per segment, when camera or stream is next turned on after it; None: not yet."""
    found: list[int | None] = []
    following: int | None = None
    for segment in reversed(session.segments):
        found.append(following)
        if segment.flags & _CAMERA_OR_STREAM:
            following = segment.start
    return found[::-1]


def occupancy_intervals(presences: Sequence[tuple[int, int, int, int | None]]) -> Occupancy:
    """When two or more members were in a channel together, from their presences (guild, channel, from, until).

    A member is in one channel of a guild at a time, so presences need no user ids. An open one has no end.
    """
    steps: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for guild, channel, start, end in presences:
        if end is None or start < end:
            found = steps.setdefault((guild, channel), [])
            found.append((start, 1))
            if end is not None:
                found.append((end, -1))
    return {place: _occupied_intervals(sorted(found)) for place, found in steps.items()}


def _occupied_intervals(steps: Sequence[tuple[int, int]]) -> list[Interval]:
    together: list[Interval] = []
    present, since = 0, 0
    for at, step in steps:
        before, present = present, present + step
        if before < 2 <= present:  # noqa: PLR2004 - occupancy needs two members
            since = at
        elif present < 2 <= before and since < at:  # noqa: PLR2004
            if together and together[-1][1] == since:
                since = together.pop()[0]
            together.append((since, at))
    if present >= 2:  # noqa: PLR2004
        together.append((since, 1 << 40))
    return together


def _split_by_occupancy(
    start: int, end: int, policy: TrackingPolicy, crowded: Sequence[Interval]
) -> Iterator[EvaluatedInterval]:
    for since, until in crowded:
        first, last = max(since, start), min(until, end)
        if first >= last:
            continue
        if start < first:
            yield start, first, policy, ExclusionReason.ALONE
        yield first, last, policy, None
        start = last
    if start < end:
        yield start, end, policy, ExclusionReason.ALONE
