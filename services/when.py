"""Parses times and durations that users type, and computes the difference between two time zones."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from core.errors import DomainError

SHOWN_MAX: Final = 40  # characters of unreadable input that an error message repeats
FAR: Final = timedelta(days=366 * 100)

_DATE: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T\s]+(.+))?", re.ASCII)
_CLOCK: Final = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*([ap])?\.?(?:m\.?)?", re.ASCII | re.IGNORECASE)
_UNIX: Final = re.compile(r"(?:<t:)?(\d{9,11})(?::\w>|>)?", re.ASCII)
_STEP: Final = re.compile(r"(\d{1,6})\s*([^\W\d]+)\s*")
_UNITS: Final[Mapping[str, timedelta]] = MappingProxyType(
    {
        name: length
        for names, length in (
            ("w week weeks semana semanas 주 주일 週 星期", timedelta(weeks=1)),
            ("d day days día días dia dias 일 天 日", timedelta(days=1)),
            ("h hour hours hora horas 시간 小時 小时", timedelta(hours=1)),
            ("m min mins minute minutes minuto minutos 분 分 分鐘 分钟", timedelta(minutes=1)),
        )
        for name in names.split()
    }
)


class UnreadableTime(DomainError):
    """Raised by parse_time()."""

    def __init__(self, text: str, example: date) -> None:
        super().__init__(
            'I cannot read "{text}" as a time. Write it like 18:30, {date} 18:30 or 2h 30m.',
            text=text[:SHOWN_MAX],
            date=example.isoformat(),
        )
        self.text = text


def parse_time(text: str, *, zone: str, now: datetime) -> datetime:
    """The time that a user typed, UTC: the next occurrence of a clock time, a date with or without one, a duration.

    A local time that a zone's clocks skip becomes the one they jump to; of one that occurs twice the first is taken.

    Raises:
        UnreadableTime: the text is not a time.
    """
    written, place = text.strip(), ZoneInfo(zone)
    try:
        if found := _UNIX.fullmatch(written):
            return datetime.fromtimestamp(int(found[1]), UTC)
        if found := _DATE.fullmatch(written):
            day = date(int(found[1]), int(found[2]), int(found[3]))
            return _at(day, time() if found[4] is None else _clock(found[4].strip()), place)
        if (while_ := _parse_duration(written)) is not None:
            return now + while_
        return _next(_clock(written), place, now)
    except (ValueError, OverflowError) as error:
        raise UnreadableTime(text, now.astimezone(place).date() + timedelta(days=1)) from error


def utc_offset_difference(zone: str, other: str, *, now: datetime) -> timedelta:
    """How far the local time of `zone` is ahead of that of `other`."""
    here, there = (now.astimezone(ZoneInfo(each)).utcoffset() or timedelta() for each in (other, zone))
    return there - here


def _clock(text: str) -> time:
    found = _CLOCK.fullmatch(text)
    if found is None or (found[2] is None and found[3] is None):
        raise ValueError(text)  # a bare number is ambiguous: an hour, or anything else
    hour = int(found[1])
    if half := found[3]:
        if not 1 <= hour <= 12:  # noqa: PLR2004 - a clock face
            raise ValueError(text)
        hour = hour % 12 + (12 if half in "pP" else 0)
    return time(hour, int(found[2] or 0))


def _parse_duration(text: str) -> timedelta | None:
    """A duration such as 2h 30m; None: the text is something else."""
    steps = _STEP.findall(text.casefold())
    if not steps or _STEP.sub("", text.casefold()) or any(unit not in _UNITS for _, unit in steps):
        return None
    total = sum((int(number) * _UNITS[unit] for number, unit in steps), timedelta())
    if total > FAR:
        raise ValueError(text)
    return total


def _next(clock: time, place: ZoneInfo, now: datetime) -> datetime:
    today = now.astimezone(place).date()
    found = _at(today, clock, place)
    return found if found > now else _at(today + timedelta(days=1), clock, place)


def _at(day: date, clock: time, place: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, place).astimezone(UTC)
