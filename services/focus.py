"""Focus time: the union of counted intervals, so that time counts once however it was spent."""

from collections.abc import Iterable
from datetime import datetime, timedelta

Interval = tuple[datetime, datetime]


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time as disjoint intervals in order; touching ones are joined, empty ones vanish."""
    joined: list[Interval] = []
    for start, end in sorted(intervals):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def total_seconds(intervals: Iterable[Interval]) -> int:
    """The whole seconds in the union of `intervals`, floored on the sum."""
    return sum((end - start for start, end in union(intervals)), timedelta()) // timedelta(seconds=1)
