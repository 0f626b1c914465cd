"""Formats timestamps in a user's time zone and language, in each of Discord's timestamp styles."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import floor, inf
from typing import Final, Literal
from zoneinfo import ZoneInfo

from babel import Locale, dates

USUAL: Final = "f"  # the default style
DAYS_OF_MONTH: Final = 30.44
DAYS_OF_YEAR: Final = 365.25
MONTHS_OF_YEAR: Final = 12
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Unit = Literal["second", "minute", "hour", "day", "month", "year"]
STEPS: Final[tuple[tuple[Unit, int, int], ...]] = (
    ("second", 1, 60),
    ("minute", 60, 60),
    ("hour", 3600, 24),
    ("day", 86_400, 30),
)  # the unit's length in seconds, and the number of units from which a larger unit is used
LENGTHS: Final[dict[Unit, timedelta]] = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "month": timedelta(days=30),  # Babel's format names
    "year": timedelta(days=365),
}
JOINED_BY: Final = {"en": "{1} 'at' {0}"}  # for long dates and times; Babel has one pattern to join them, CLDR has two
WIDE_HALVES: Final = frozenset({"ko"})  # languages that use only the long names of AM and PM


def moment_of(seconds: int) -> datetime | None:
    """The time at a Unix timestamp in seconds; None when it is out of range."""
    try:
        found = EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return None
    return found if 1 < found.year < 9999 else None  # noqa: PLR2004 - every zone can still show it


def written(at: datetime, style: str, *, locale: str, zone: str, now: datetime) -> str:
    """Format a time in one of the styles of `<t:…>`.

    Source: discord.com/developers/docs/reference#message-formatting-timestamp-styles
    """
    known, local = _locale(locale), at.astimezone(ZoneInfo(zone))
    brief, minutes, clock = _brief(local, known), _clock(local, "short", known), _clock(local, "medium", known)
    match style:
        case "R":
            told = _relative(at, now, known)
        case "t":
            told = minutes
        case "T":
            told = clock
        case "d":
            told = brief
        case "D":
            told = dates.format_date(local, "long", locale=known)
        case "F":
            told = _joined(dates.format_date(local, "full", locale=known), minutes, known)
        case "s":
            told = _side_by_side(brief, minutes, known)
        case "S":
            told = _side_by_side(brief, clock, known)
        case _:
            told = _joined(dates.format_date(local, "long", locale=known), minutes, known)
    return told


def since_when(at: datetime, *, locale: str, zone: str, now: datetime) -> str:
    """A message's time: without the date if it is from today."""
    is_today = at.astimezone(ZoneInfo(zone)).date() == now.astimezone(ZoneInfo(zone)).date()
    return written(at, "t" if is_today else "s", locale=locale, zone=zone, now=now)


def _relative(at: datetime, now: datetime, locale: Locale) -> str:
    """Relative time, such as "in 3 minutes"; messages.js updates it with the same unit thresholds."""
    seconds = floor(abs((at - now).total_seconds()) + 0.5)
    months, years = (floor(seconds / 86_400 / days + 0.5) for days in (DAYS_OF_MONTH, DAYS_OF_YEAR))
    unit: Unit
    unit, count = ("month", months) if months < MONTHS_OF_YEAR else ("year", years)
    for name, length_s, most in STEPS:
        if floor(seconds / length_s + 0.5) < most:
            unit, count = name, floor(seconds / length_s + 0.5)
            break
    away = LENGTHS[unit] * count
    away = away if at >= now else -away
    # `granularity` is Babel's smallest unit; with an infinite threshold Babel chooses no larger one.
    return dates.format_timedelta(away, granularity=unit, threshold=inf, add_direction=True, locale=locale)


def _brief(local: datetime, locale: Locale) -> str:
    return dates.format_skeleton("yMd", local, locale=locale)


def _clock(local: datetime, length: Literal["short", "medium"], locale: Locale) -> str:
    pattern = str(dates.get_time_format(length, locale).pattern)
    if locale.language in WIDE_HALVES:
        pattern = pattern.replace("a", "aaaa")
    return dates.format_time(local, pattern, locale=locale)


def _joined(day: str, clock: str, locale: Locale) -> str:
    glue = JOINED_BY.get(locale.language, str(dates.get_datetime_format("long", locale)))
    return glue.replace("'", "").replace("{1}", day).replace("{0}", clock)


def _side_by_side(day: str, clock: str, locale: Locale) -> str:
    glue = str(dates.get_datetime_format("short", locale))
    return glue.replace("'", "").replace("{1}", day).replace("{0}", clock)


@lru_cache(maxsize=64)
def _locale(name: str) -> Locale:
    return Locale.parse(name, sep="-")
