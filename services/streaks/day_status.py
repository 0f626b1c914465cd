"""What became of a date: active, protected, missed, still open."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from core.enums import DayMark, ProtectionKind


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One date."""

    day: date
    mark: DayMark
    seconds: int
    protection: ProtectionKind | None = None  # what protects it; None unless it is protected


@dataclass(frozen=True, slots=True)
class Marks:
    """What decides how a member's dates went."""

    today: date
    since: date  # first seen
    threshold_s: int  # what makes a date active
    protected: Mapping[date, ProtectionKind]

    def of(self, day: date, seconds: int) -> CalendarDay:
        """The date with its mark."""
        mark = self._mark(day, seconds)
        return CalendarDay(day, mark, seconds, self.protected.get(day) if mark is DayMark.PROTECTED else None)

    def _mark(self, day: date, seconds: int) -> DayMark:
        if day > self.today:
            return DayMark.PROTECTED if day in self.protected else DayMark.FUTURE
        if seconds >= self.threshold_s:
            return DayMark.ACTIVE
        if day in self.protected:
            return DayMark.PROTECTED
        if day == self.today:
            return DayMark.TODAY_OPEN
        if seconds:
            return DayMark.UNDER
        return DayMark.BEFORE if day < self.since else DayMark.MISSED
