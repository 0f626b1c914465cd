"""The status of a day: active, protected, missed or still open."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from core.enums import DayStatus, ProtectionKind


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One date."""

    day: date
    status: DayStatus
    seconds: int
    protection: ProtectionKind | None = None  # what protects it; None unless it is protected


@dataclass(frozen=True, slots=True)
class DayStatusRules:
    """What decides how a member's dates went."""

    today: date
    since: date  # first seen
    threshold_s: int  # what makes a date active
    protected: Mapping[date, ProtectionKind]

    def of(self, day: date, seconds: int) -> CalendarDay:
        """The date with its mark."""
        mark = self._status(day, seconds)
        return CalendarDay(day, mark, seconds, self.protected.get(day) if mark is DayStatus.PROTECTED else None)

    def _status(self, day: date, seconds: int) -> DayStatus:
        if day > self.today:
            return DayStatus.PROTECTED if day in self.protected else DayStatus.FUTURE
        if seconds >= self.threshold_s:
            return DayStatus.ACTIVE
        if day in self.protected:
            return DayStatus.PROTECTED
        if day == self.today:
            return DayStatus.TODAY_OPEN
        if seconds:
            return DayStatus.BELOW_THRESHOLD
        return DayStatus.NOT_A_MEMBER if day < self.since else DayStatus.MISSED
