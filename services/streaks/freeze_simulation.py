"""Simulates streak freezes over a member's days: when each is earned, and which missed days it protects.

Earned: one per seven active dates in a row; a date that a change of zone or day start skipped or shortened does not
interrupt the row. Held: two at most; a third is not earned. Used: one per missed date, for at most two missed dates
between two active ones.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from core.enums import ProtectionKind

EARNED_EVERY: Final = 7  # active dates in a row
HELD_MAX: Final = 2
IN_A_ROW_MAX: Final = 2  # frozen dates between two active ones

_ONE_DAY: Final = timedelta(days=1)


class NotProtectedReason(StrEnum):
    """Why no freeze protects a date."""

    NONE_HELD = "none_held"
    ENOUGH_IN_A_ROW = "enough_in_a_row"
    SWITCHED_OFF = "switched_off"


@dataclass(frozen=True, slots=True)
class MissedDay:
    """A date without activity or protection, with a streak at risk."""

    day: date
    streak_days: int  # of the streak before this date
    not_protected: NotProtectedReason | None = (
        None  # None: a freeze protects the date once it is over; otherwise the streak ends on it
    )

    @property
    def is_saved(self) -> bool:
        """Whether the streak continues."""
        return self.not_protected is None


@dataclass(frozen=True, slots=True)
class FreezeOutcome:
    """The result of simulating all dates."""

    held: int  # freezes held after the last active date, less those already recorded as used since
    in_a_row: int  # active dates in a row up to the last active one
    missed_days: tuple[MissedDay, ...]  # in order; the last ones may lie in the future
    earned_on: Mapping[date, date] = field(default_factory=dict[date, date])  # per frozen date: of the freeze used
    skipped: tuple[date, ...] = ()  # simulated dates that the calendar skips and nothing else protects

    @property
    def saved(self) -> tuple[date, ...]:
        """The missed dates that freezes protect."""
        return tuple(gap.day for gap in self.missed_days if gap.is_saved)


def has_every_date(_: date) -> bool:
    """The default for `is_skipped`: a calendar that skips no date."""
    return False


def simulate_freezes(
    active: Sequence[date],
    protections: Mapping[date, ProtectionKind],
    switches: Sequence[tuple[date, bool]] = (),
    is_skipped: Callable[[date], bool] = has_every_date,
) -> FreezeOutcome:
    """Simulate freezes over a member's dates, from the first active one on.

    Args:
        active: the active dates in order.
        protections: protected dates by kind; recorded freezes are included and not decided again.
        switches: from which date on freezes are on (True) or off, in order; on before the first.
        is_skipped: whether the member's calendar skips a date, which can then not be missed.
    """
    in_a_row = run = 0
    held: list[date] = []
    gaps: list[MissedDay] = []
    earned_on: dict[date, date] = {}
    skipped: list[date] = []
    guard = _Guard(protections, switches, is_skipped, skipped)
    last = len(active) - 1
    for number, day in enumerate(active):
        run += 1
        in_a_row += 1
        if in_a_row % EARNED_EVERY == 0 and len(held) < HELD_MAX:
            held.append(day)
        if number == last:
            break
        stretch = _GapSimulation(held, earned_on)
        is_whole = stretch.apply(day + _ONE_DAY, active[number + 1], guard, run, gaps)
        run = run if is_whole else 0
        in_a_row = in_a_row if is_whole and stretch.is_seamless else 0
    if not active:
        return FreezeOutcome(0, 0, ())
    tail = _GapSimulation(held.copy(), earned_on)
    tail.apply(active[-1] + _ONE_DAY, None, guard, run, gaps)
    return FreezeOutcome(max(0, len(held) - tail.written), in_a_row, tuple(gaps), earned_on, tuple(skipped))


@dataclass(frozen=True, slots=True)
class _Guard:
    """What protects dates, apart from the freezes held."""

    protections: Mapping[date, ProtectionKind]
    switches: Sequence[tuple[date, bool]]
    is_skipped: Callable[[date], bool]
    skipped: list[date]  # those found so far

    def kind_of(self, day: date) -> ProtectionKind | None:
        kind = self.protections.get(day)
        if kind is None and self.is_skipped(day):
            self.skipped.append(day)
            return ProtectionKind.TRAVEL
        return kind


@dataclass(slots=True)
class _GapSimulation:
    """Simulates the dates between two active ones, or after the last."""

    held: list[date]  # when the held freezes were earned; the oldest is used first
    earned_on: dict[date, date]  # see FreezeOutcome
    frozen: int = 0
    written: int = 0  # of the frozen dates, those recorded as frozen before
    is_seamless: bool = True  # all dates in between are skipped or shortened ones

    def apply(
        self,
        day: date,
        until: date | None,
        guard: _Guard,
        run: int,
        gaps: list[MissedDay],
    ) -> bool:
        """Whether the streak survives from `day` to `until`; missed dates on the way are appended to `gaps`."""
        while day != until:
            kind = guard.kind_of(day)
            if kind is None:
                unsaved = self._why_not(day, guard.switches)
                gaps.append(MissedDay(day, run, unsaved))
                if unsaved is not None:
                    return False
                self._freeze(day)
            elif kind is ProtectionKind.FREEZE:
                self.written += 1
                self._freeze(day)
            self.is_seamless &= kind is ProtectionKind.TRAVEL
            day += _ONE_DAY
        return True

    def _why_not(self, day: date, switches: Sequence[tuple[date, bool]]) -> NotProtectedReason | None:
        if not is_on(day, switches):
            return NotProtectedReason.SWITCHED_OFF
        if self.frozen >= IN_A_ROW_MAX:
            return NotProtectedReason.ENOUGH_IN_A_ROW
        return None if self.held else NotProtectedReason.NONE_HELD

    def _freeze(self, day: date) -> None:
        if self.held:  # a recorded freeze may not be earned any more after later changes of the active dates
            self.earned_on[day] = self.held.pop(0)
        self.frozen += 1


def is_on(day: date, switches: Sequence[tuple[date, bool]]) -> bool:
    """Whether automatic freezes are on for a date."""
    number = bisect_right(switches, (day, True))
    return number == 0 or switches[number - 1][1]
