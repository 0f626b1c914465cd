"""Vacations: days that a member protects in advance, at no cost."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from core.enums import ProtectionKind
from core.errors import DomainError
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries.streaks import protections as protection_queries
from services.members.lock import lock_member
from services.streaks import cache, inputs, travel
from services.streaks.inputs import StreakInputs

LONGEST: Final = 14  # dates in one vacation; adjacent vacations count as one
WITHIN: Final = 90  # consecutive dates, of which
ALLOWED: Final = 21  # may be vacation
AHEAD: Final = timedelta(days=366)

_ONE_DAY: Final = timedelta(days=1)


class VacationNotAhead(DomainError):
    """Raised by plan(): the first date is today or earlier."""

    def __init__(self, earliest: date) -> None:
        super().__init__(
            "A vacation is set ahead and can begin on {date} or later. Today can still count by itself.",
            date=earliest.isoformat(),
        )
        self.earliest = earliest


class VacationTooFarAhead(DomainError):
    """Raised by plan()."""

    def __init__(self, latest: date) -> None:
        super().__init__("That is far ahead. Choose dates up to {date}, and the rest later.", date=latest.isoformat())
        self.latest = latest


class VacationEndsFirst(DomainError):
    """Raised by plan(): the last date is before the first."""

    def __init__(self) -> None:
        super().__init__("That vacation would end before it begins. Swap the two dates and try again.")


class VacationTooLong(DomainError):
    """Raised by plan(): more consecutive dates than one vacation may have."""

    def __init__(self, days: int) -> None:
        super().__init__(
            "A vacation lasts 1 to {longest} days in a row, and this would make {days}."
            " Choose fewer, or leave a day in between.",
            longest=LONGEST,
            days=days,
        )
        self.days = days


class VacationsUsedUp(DomainError):
    """Raised by plan(): too many vacation dates within 90 days."""

    def __init__(self, left: int) -> None:
        super().__init__(
            "There are {allowed} days of vacation in any {within} days; around these dates {left} are left."
            " Choose fewer days, or later ones.",
            allowed=ALLOWED,
            within=WITHIN,
            left=left,
        )
        self.left = left


class VacationThereAlready(DomainError):
    """Raised by plan(): all of it is planned already."""

    def __init__(self) -> None:
        super().__init__("Those days are vacation already. Nothing else to do; enjoy them.")


class NoVacationToCancel(DomainError):
    """Raised by cancel()."""

    def __init__(self) -> None:
        super().__init__("There is no vacation ahead of you. /freeze vacation plans one.")


@dataclass(frozen=True, slots=True)
class Vacation:
    """Consecutive vacation dates, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """The number of dates."""
        return (self.last - self.first).days + 1


async def plan(
    conn: Connection, *, guild: GuildId, user: UserId, first: date, last: date, now: datetime
) -> tuple[Vacation, ...]:
    """Protect the dates from `first` to `last`, both included. Returns: all current and future vacations.

    Active dates of a vacation count like all others. A date with another protection is not changed, except that
    vacation replaces `travel`, since that depends on its zone change.

    Raises:
        MemberNotFound, VacationNotAhead, VacationTooFarAhead, VacationEndsFirst, VacationTooLong, VacationsUsedUp,
        VacationThereAlready: nothing was written.
    """
    await lock_member(conn, guild, user)
    standing = await inputs.load_streak_inputs(conn, guild, user)
    today = standing.calendar.date_of(now)
    if first <= today:
        raise VacationNotAhead(today + _ONE_DAY)
    if last < first:
        raise VacationEndsFirst
    if last > today + AHEAD:
        raise VacationTooFarAhead(today + AHEAD)
    if (last - first).days + 1 > LONGEST:
        raise VacationTooLong((last - first).days + 1)
    if not _wanted(standing, first, last):
        raise VacationThereAlready
    if (longest := _longest(standing, first, last)) > LONGEST:
        raise VacationTooLong(longest)
    if _most(standing, first, last) > ALLOWED:
        raise VacationsUsedUp(fitting(standing, first, today))
    rows = [(guild, user, day) for day in _wanted(standing, first, last)]
    await protection_queries.remove(
        conn, rows, kind=ProtectionKind.TRAVEL
    )  # the zone change that it belongs to may be withdrawn
    await protection_queries.add(conn, rows, kind=ProtectionKind.VACATION, now=now)
    await cache.recompute(conn, [(guild, user)])
    both = _dates(standing) | {day for *_, day in rows}
    return tuple(each for each in _stretches(both) if each.last >= today)


async def cancel(conn: Connection, *, guild: GuildId, user: UserId, now: datetime) -> int:
    """Remove vacation dates from tomorrow on; today and the past stay protected. Returns: how many dates.

    Raises:
        MemberNotFound, NoVacationToCancel: nothing was written.
    """
    await lock_member(conn, guild, user)
    standing = await inputs.load_streak_inputs(conn, guild, user)
    today = standing.calendar.date_of(now)
    ahead = [(guild, user, day) for day in sorted(_dates(standing)) if day > today]
    if not ahead:
        raise NoVacationToCancel
    count = await protection_queries.remove(conn, ahead, kind=ProtectionKind.VACATION)
    await travel.renew(conn, guild=guild, user=user, now=now)
    await cache.recompute(conn, [(guild, user)])
    return count


def coming(standing: StreakInputs, today: date) -> tuple[Vacation, ...]:
    """The vacation that includes today, and future ones."""
    return tuple(each for each in _stretches(_dates(standing)) if each.last >= today)


def left(standing: StreakInputs, today: date) -> int:
    """The maximum length, in dates, of a vacation that begins tomorrow."""
    return fitting(standing, today + _ONE_DAY, today)


def fitting(standing: StreakInputs, first: date, today: date) -> int:
    """The maximum length, in dates, of a vacation from `first` on; 0: none, or all its dates are planned already."""
    return next((days for days in range(LONGEST, 0, -1) if _is_accepted(standing, first, days, today)), 0)


def next_possible(standing: StreakInputs, today: date) -> Vacation | None:
    """The first vacation from tomorrow on that would be accepted, at its maximum length; None: none within a year."""
    first, days = today + _ONE_DAY, left(standing, today)
    while not days and first < today + AHEAD:
        first += _ONE_DAY
        days = fitting(standing, first, today) if _is_accepted(standing, first, 1, today) else 0
    return Vacation(first, first + (days - 1) * _ONE_DAY) if days else None


def _is_accepted(standing: StreakInputs, first: date, days: int, today: date) -> bool:
    last = first + (days - 1) * _ONE_DAY
    return (
        last <= today + AHEAD
        and bool(_wanted(standing, first, last))
        and _longest(standing, first, last) <= LONGEST
        and _most(standing, first, last) <= ALLOWED
    )


def _longest(standing: StreakInputs, first: date, last: date) -> int:
    """The longest vacation, in dates, that would overlap `first` to `last`."""
    both = _dates(standing).union(_wanted(standing, first, last))
    return max(each.days for each in _stretches(both) if each.first <= last and each.last >= first)


def _most(standing: StreakInputs, first: date, last: date) -> int:
    """The most vacation dates in any 90 consecutive dates around the new ones."""
    wanted = _wanted(standing, first, last)
    both = _dates(standing).union(wanted)
    return max(_used(both, day) for day in wanted)


def _wanted(standing: StreakInputs, first: date, last: date) -> list[date]:
    """The dates that would become vacation: those without another protection, except `travel`."""
    kept = {day for day, kind in standing.protections.items() if kind is not ProtectionKind.TRAVEL}
    return [day for day in _every(first, last) if day not in kept]


def _dates(standing: StreakInputs) -> set[date]:
    return {day for day, kind in standing.protections.items() if kind is ProtectionKind.VACATION}


def _used(planned: set[date], day: date) -> int:
    """The most vacation dates in any 90 consecutive dates that include `day`."""
    near = sorted(each for each in planned if abs((each - day).days) < WITHIN)
    begins = (day, *(each for each in near if each <= day))
    return max(bisect_left(near, begin + WITHIN * _ONE_DAY) - bisect_left(near, begin) for begin in begins)


def _stretches(planned: Iterable[date]) -> list[Vacation]:
    found: list[Vacation] = []
    for day in sorted(planned):
        if found and day - found[-1].last == _ONE_DAY:
            found[-1] = Vacation(found[-1].first, day)
        else:
            found.append(Vacation(day, day))
    return found


def _every(first: date, last: date) -> list[date]:
    return [first + number * _ONE_DAY for number in range((last - first).days + 1)]
