"""What freezes do, as a function of a member's dates: when one is earned, and which missed dates they save.

Earned: one for every seven active dates in a row; a date that the member's calendar skipped stands between no two.
Held: two at most, a third is not earned. Used: one for exactly one missed date, at most two between two active ones.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from core.enums import ProtectionKind

EARNED_EVERY: Final = 7  # active dates in a row
HELD_MAX: Final = 2
IN_A_ROW_MAX: Final = 2  # frozen dates between two active ones

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Gap:
    """A date without activity or protection on which a run was at stake."""

    day: date
    run_days: int  # of the run until then
    is_saved: bool  # by a freeze, once the date is over; otherwise the run ends with it


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk over all dates found."""

    held: int  # freezes at hand after the last active date, less those that are written down as used since
    in_a_row: int  # active dates in a row up to the last active one
    gaps: tuple[Gap, ...]  # in order; the last ones may be yet to come

    @property
    def saved(self) -> tuple[date, ...]:
        """The gaps that freezes save."""
        return tuple(gap.day for gap in self.gaps if gap.is_saved)


def walk(
    active: Sequence[date],
    protections: Mapping[date, ProtectionKind],
    switches: Sequence[tuple[date, bool]] = (),
) -> Walk:
    """Go through a member's dates from the first active one on.

    Args:
        active: the active dates in order.
        protections: what protects a date; used freezes are among them and are not decided again.
        switches: from which date on freezes are used (True) or not, in order; used before the first.
    """
    held = in_a_row = run = 0
    gaps: list[Gap] = []
    last = len(active) - 1
    for number, day in enumerate(active):
        run += 1
        in_a_row += 1
        if in_a_row % EARNED_EVERY == 0:
            held = min(held + 1, HELD_MAX)
        if number == last:
            break
        stretch = _Stretch(held)
        is_whole = stretch.cross(day + _ONE_DAY, active[number + 1], protections, switches, run, gaps)
        held = stretch.left
        run = run if is_whole else 0
        in_a_row = in_a_row if is_whole and stretch.is_seamless else 0
    if not active:
        return Walk(0, 0, ())
    tail = _Stretch(held)
    tail.cross(active[-1] + _ONE_DAY, None, protections, switches, run, gaps)
    return Walk(max(0, held - tail.written), in_a_row, tuple(gaps))


@dataclass(slots=True)
class _Stretch:
    """The dates between two active ones, or after the last."""

    left: int  # freezes at hand
    frozen: int = 0
    written: int = 0  # of the frozen ones, those that were used before
    is_seamless: bool = True  # nothing but skipped dates stands in between

    def cross(
        self,
        day: date,
        until: date | None,
        protections: Mapping[date, ProtectionKind],
        switches: Sequence[tuple[date, bool]],
        run: int,
        gaps: list[Gap],
    ) -> bool:
        """Whether the run comes from `day` to `until`; what is missed on the way is added to `gaps`."""
        while day != until:
            kind = protections.get(day)
            if kind is None:
                is_saved = self.left > 0 and self.frozen < IN_A_ROW_MAX and is_on(day, switches)
                gaps.append(Gap(day, run, is_saved))
                if not is_saved:
                    return False
                self._freeze()
            elif kind is ProtectionKind.FREEZE:
                self.written += 1
                self._freeze()
            self.is_seamless &= kind is ProtectionKind.TRAVEL
            day += _ONE_DAY
        return True

    def _freeze(self) -> None:
        self.left = max(0, self.left - 1)
        self.frozen += 1


def is_on(day: date, switches: Sequence[tuple[date, bool]]) -> bool:
    """Whether freezes may be used for a date."""
    number = bisect_right(switches, (day, True))
    return number == 0 or switches[number - 1][1]
