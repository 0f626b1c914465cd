"""The status of a day: active, protected, missed or still open."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from core.enums import DayStatus, ProtectionKind


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A date with its status."""

    day: date
    status: DayStatus
    seconds: int
    protection: ProtectionKind | None = None  # the kind of protection; None unless the status is protected


@dataclass(frozen=True, slots=True)
class DayStatusRules:
    """The data that decides the status of a member's dates."""

    today: date
    since: date  # the date on which the member was first seen
    threshold_s: int  # seconds that make a date active
    protected: Mapping[date, ProtectionKind]

    def of(self, day: date, seconds: int) -> CalendarDay:
        """The date with its status."""
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
