"""Computes streaks from the set of active days; nothing is counted incrementally."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StreakSpan:
    """Active dates that no unprotected gap interrupts."""

    days: int  # active dates only; protected ones add nothing
    started_on: date
    last_on: date
    ends_on: date  # the first unprotected date after `last_on`: without activity on it the streak ends


@dataclass(frozen=True, slots=True)
class Streak:
    """A member's current and longest streak."""

    current: int
    longest: int
    started_on: date | None  # of the current streak; None: there is none
    last_on: date | None  # the last active date of the current streak; None: there is none
    today_is_open: bool  # today is not active yet and can still be


NO_STREAK: Final = Streak(current=0, longest=0, started_on=None, last_on=None, today_is_open=True)


def streak_spans(active: Iterable[date], *, protected: Collection[date] = ()) -> list[StreakSpan]:
    """All streaks in order. A protected date bridges only itself; an active one counts whether protected or not."""
    guarded = frozenset(protected)
    days = sorted(set(active))
    found: list[StreakSpan] = []
    started_on = last_on = ends_on = date.min
    length = 0
    for day in days:
        if day > ends_on:
            if length:
                found.append(StreakSpan(length, started_on, last_on, ends_on))
            started_on, length = day, 0
        last_on = day
        length += 1
        ends_on = day + _ONE_DAY
        while ends_on in guarded:
            ends_on += _ONE_DAY
    if length:
        found.append(StreakSpan(length, started_on, last_on, ends_on))
    return found


def compute_streak(active: Iterable[date], *, protected: Collection[date] = (), today: date) -> Streak:
    """The streak on `today`; later dates are ignored.

    An unfinished today does not break it: a streak is current while the first unprotected date after it is today or
    later.
    """
    all_runs = streak_spans((day for day in active if day <= today), protected=protected)
    if not all_runs:
        return NO_STREAK
    last = all_runs[-1]
    longest = max(run.days for run in all_runs)
    is_open = last.last_on != today
    if last.ends_on < today:
        return Streak(current=0, longest=longest, started_on=None, last_on=None, today_is_open=True)
    return Streak(last.days, longest, last.started_on, last.last_on, is_open)
