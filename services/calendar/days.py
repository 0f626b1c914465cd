"""Local days: which date an instant belongs to in a member's time zone and day start, and when each date begins.

A date begins at the first instant at which the local time reaches the day start, and it never begins twice: when clocks
go back over the day start, the repeated hour stays with the date that has begun. A date that a zone skipped has no
instants.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from core.enums import LeaderboardPeriod

DAY_START_MAX: Final = timedelta(hours=6)
BEGINNING: Final = datetime.min.replace(tzinfo=UTC)  # before any possible rule
DISCORD_BEGAN: Final = date(2015, 1, 1)  # no Discord data is older

_ONE_DAY: Final = timedelta(days=1)
_ONE_SECOND: Final = timedelta(seconds=1)
_INSTANT: Final = timedelta(microseconds=1)
_MEMO_MAX: Final = 5_000  # day starts cached per zone and day start: more than thirteen years


@dataclass(frozen=True, slots=True)
class ZoneRule:
    """From `valid_from` on, the member's days are in `zone` and begin at `day_start`."""

    valid_from: datetime  # aware; ignored for the first rule of a history
    zone: str  # IANA name
    day_start: timedelta = timedelta(0)  # after midnight, 0 to 6 h


Part = tuple[date, datetime, datetime]


class Calendar:
    """The local dates of a member whose zone may have changed over time.

    Dates never decrease from one instant to the next, even over a zone change: the day of the change lasts until the
    new zone has a later date. The first rule applies to all time before the second.
    """

    __slots__ = ("_eras", "_hint", "_starts")

    def __init__(self, rules: Sequence[ZoneRule]) -> None:
        """`rules` in any order, at least one; of two with the same start the later in the sequence applies.

        Raises:
            ValueError: no rule, or a day start outside 0 to 6 h.
            zoneinfo.ZoneInfoNotFoundError: an unknown zone.
        """
        if not rules:
            raise ValueError("A calendar needs at least one zone rule.")
        ordered = sorted({rule.valid_from: rule for rule in rules}.values(), key=_valid_from)
        self._eras: list[_ZonePeriod] = [_ZonePeriod(None, zone_days(ordered[0].zone, ordered[0].day_start), None)]
        self._starts: list[datetime] = [rule.valid_from for rule in ordered[1:]]
        self._hint: Part | None = None
        for rule in ordered[1:]:
            floor = self._eras[-1].date_of(rule.valid_from - _INSTANT)
            self._eras.append(_ZonePeriod(rule.valid_from, zone_days(rule.zone, rule.day_start), floor))

    def date_of(self, instant: datetime) -> date:
        """The local date that an aware instant belongs to."""
        hint = self._hint
        if hint is not None and hint[1] <= instant < hint[2]:
            return hint[0]
        day = self._period_at(instant).date_of(instant)
        self._hint = (day, *self.day_bounds(day))
        return day

    def day_bounds(self, day: date) -> tuple[datetime, datetime]:
        """The first instant of a date and the first one after it, UTC; equal for a skipped date."""
        hint = self._hint
        if hint is not None and hint[0] == day:
            return hint[1], hint[2]
        return self._first(day), self._first(day + _ONE_DAY)

    def day_end(self, instant: datetime) -> datetime:
        """The end of the day that an instant belongs to, UTC."""
        return self.day_bounds(self.date_of(instant))[1]

    def split(self, start: datetime, end: datetime) -> list[Part]:
        """The parts of an interval by date, in order; contiguous, none empty, together the whole interval."""
        hint = self._hint
        if hint is not None and hint[1] <= start < end <= hint[2]:
            return [(hint[0], start, end)]
        parts: list[Part] = []
        while start < end:
            day = self.date_of(start)
            until = min(end, self.day_bounds(day)[1])
            parts.append((day, start, until))
            start = until
        return parts

    def zone_at(self, instant: datetime) -> str:
        """The IANA name of the zone in effect at an instant."""
        return self._period_at(instant).days.zone.key

    def _period_at(self, instant: datetime) -> "_ZonePeriod":
        return self._eras[bisect_right(self._starts, instant)]

    def _first(self, day: date) -> datetime:
        """The first instant whose date is `day` or later."""
        for era, until in zip(self._eras, self._starts, strict=False):
            instant = era.first(day)
            if instant < until:
                return instant
        return self._eras[-1].first(day)


class ZoneDays:
    """The dates of one zone with one day start, with cached day starts; shared by all calendars that use it."""

    __slots__ = ("_starts", "day_start", "zone")

    def __init__(self, zone: str, day_start: timedelta) -> None:
        if not timedelta(0) <= day_start <= DAY_START_MAX:
            raise ValueError(f"A day starts between 00:00 and 06:00, not {day_start} after midnight.")
        self.zone = ZoneInfo(zone)
        self.day_start = day_start
        self._starts: dict[date, datetime] = {}

    def date_of(self, instant: datetime) -> date:
        """The local date of an instant under this zone alone."""
        wall = instant.astimezone(self.zone).replace(tzinfo=None)
        day = (wall - self.day_start).date()
        while instant >= self.start(day + _ONE_DAY):  # clocks went back over the day start of a date that has begun
            day += _ONE_DAY
        return day

    def start(self, day: date) -> datetime:
        """The first instant, UTC, at which the local time reaches the day start of `day`."""
        start = self._starts.get(day)
        if start is None:
            if len(self._starts) >= _MEMO_MAX:
                self._starts.clear()
            start = self._starts[day] = self._reach(datetime.combine(day, time()) + self.day_start)
        return start

    def _reach(self, wall: datetime) -> datetime:
        before, after = (wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        if self._wall(before) == wall:
            return before  # if the local time occurs twice, fold 0 is the first
        # DST gap: clocks jump over the day start, so the date begins at the jump, which lies between the two readings.
        while before - after > _ONE_SECOND:
            middle = after + (before - after) // _ONE_SECOND // 2 * _ONE_SECOND
            if self._wall(middle) >= wall:
                before = middle
            else:
                after = middle
        return before

    def _wall(self, instant: datetime) -> datetime:
        return instant.astimezone(self.zone).replace(tzinfo=None)


def first_day(period: LeaderboardPeriod, day: date) -> date:
    """The first date of the period that contains `day`; weeks begin on Monday, ALL gives date.min."""
    match period:
        case LeaderboardPeriod.TODAY:
            return day
        case LeaderboardPeriod.WEEK:
            return day - timedelta(days=day.weekday())
        case LeaderboardPeriod.MONTH:
            return day.replace(day=1)
        case LeaderboardPeriod.ALL:
            return date.min


@lru_cache(maxsize=4_096)
def zone_days(zone: str, day_start: timedelta) -> ZoneDays:
    """The shared ZoneDays of a zone and a day start."""
    return ZoneDays(zone, day_start)


def calendar_of(guild_zone: str, rules: Sequence[ZoneRule] = ()) -> Calendar:
    """A member's calendar: their own rules; before the first one, and without any, the guild's zone with midnight."""
    if not rules:
        return guild_calendar(guild_zone)
    return Calendar([ZoneRule(BEGINNING, guild_zone), *rules])


@lru_cache(maxsize=1_024)
def guild_calendar(zone: str) -> Calendar:
    """The shared calendar of a guild: its current zone, from midnight to midnight."""
    return Calendar([ZoneRule(BEGINNING, zone)])


@dataclass(frozen=True, slots=True)
class _ZonePeriod:
    """The time in which one zone rule applies."""

    start: datetime | None  # None: no start
    days: ZoneDays
    floor: date | None  # the last date before this period; None: this is the first period

    def date_of(self, instant: datetime) -> date:
        day = self.days.date_of(instant)
        return day if self.floor is None else max(day, self.floor)

    def first(self, day: date) -> datetime:
        """The first instant of this period whose date is `day` or later."""
        instant = self.days.start(day)
        if self.start is None:
            return instant
        return max(instant, self.start)


def _valid_from(rule: ZoneRule) -> datetime:
    return rule.valid_from
