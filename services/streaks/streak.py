"""Streaks as a function of the set of active dates; nothing here counts up or down."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from core.enums import ProtectionKind
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries.streaks import freezes as freeze_queries
from db.queries.streaks import protections
from db.queries.streaks import streak as streak_queries
from services.calendar import member_calendars
from services.calendar.days import Calendar, calendar_of
from services.streaks.freeze_simulation import Gap, Walk, walk

REPAIR_DATES: Final = 2  # active dates after a missed one that mend the run: 48 hours on the member's calendar
REPAIR_EVERY: Final = timedelta(days=30)

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Run:
    """Active dates that no unprotected gap interrupts."""

    days: int  # active dates alone; protected ones add nothing
    started_on: date
    last_on: date
    ends_on: date  # the first date after `last_on` that is not protected: without activity on it the run is over


@dataclass(frozen=True, slots=True)
class Streak:
    """A member's run now and their best one."""

    current: int
    longest: int
    started_on: date | None  # of the current run; None: there is none
    last_on: date | None  # the last active date of the current run; None: there is none
    today_is_open: bool  # today is not active yet and may still be


NO_STREAK: Final = Streak(current=0, longest=0, started_on=None, last_on=None, today_is_open=True)


def runs(active: Iterable[date], *, protected: Collection[date] = ()) -> list[Run]:
    """All runs in order. A protected date bridges exactly itself; an active one counts whether protected or not."""
    guarded = frozenset(protected)
    days = sorted(set(active))
    found: list[Run] = []
    started_on = last_on = ends_on = date.min
    length = 0
    for day in days:
        if day > ends_on:
            if length:
                found.append(Run(length, started_on, last_on, ends_on))
            started_on, length = day, 0
        last_on = day
        length += 1
        ends_on = day + _ONE_DAY
        while ends_on in guarded:
            ends_on += _ONE_DAY
    if length:
        found.append(Run(length, started_on, last_on, ends_on))
    return found


def derive(active: Iterable[date], *, protected: Collection[date] = (), today: date) -> Streak:
    """The streak as it stands on `today`; dates after today do not count.

    An unfinished today does not break: a run is current while the first unprotected date after it is today or later.
    """
    all_runs = runs((day for day in active if day <= today), protected=protected)
    if not all_runs:
        return NO_STREAK
    last = all_runs[-1]
    longest = max(run.days for run in all_runs)
    is_open = last.last_on != today
    if last.ends_on < today:
        return Streak(current=0, longest=longest, started_on=None, last_on=None, today_is_open=True)
    return Streak(last.days, longest, last.started_on, last.last_on, is_open)


@dataclass(slots=True)
class Missed:
    """What was noted of a missed date."""

    is_frozen: bool
    is_late: bool  # activity was told later
    is_asked: bool  # the member wants the run repaired


@dataclass(slots=True)
class Standing:
    """All that a member's streak is a function of."""

    guild: GuildId
    user: UserId
    calendar: Calendar
    active: Sequence[date]  # in order
    protections: dict[date, ProtectionKind]
    switches: Sequence[tuple[date, bool]]  # from which dates on freezes are used, or not
    missed: dict[date, Missed]

    def walk(self) -> Walk:
        """What freezes were earned, and what they save."""
        return walk(self.active, self.protections, self.switches, self.is_skipped)

    def runs(self, found: Walk) -> list[Run]:
        """All runs in order; a date that a freeze saves once it is over is protected already."""
        return runs(self.active, protected={*self.protections, *found.saved, *found.skipped})

    def protected(self, now: datetime) -> dict[date, ProtectionKind]:
        """What protects which date.

        Included are dates that have ended and that freezes save before it is written down, and those that the calendar
        does not have, which break nothing by themselves.
        """
        walked = self.walk()
        ended = (day for day in walked.saved if self.calendar.bounds(day)[1] <= now)
        skipped = dict.fromkeys(walked.skipped, ProtectionKind.TRAVEL)
        return self.protections | skipped | dict.fromkeys(ended, ProtectionKind.FREEZE)

    def is_skipped(self, day: date) -> bool:
        """Whether the member's calendar does not have a date: it has no instants, so nobody can be active on it."""
        start, end = self.calendar.bounds(day)
        return start == end

    def is_worked(self, gap: Gap) -> bool:
        """Whether it is written down what became of a gap."""
        noted = self.missed.get(gap.day)
        return not gap.is_saved and noted is not None and not noted.is_frozen

    def next_dates(self, day: date, count: int) -> list[date]:
        """The dates after `day` that have instants: those which the calendar skips are left out."""
        found: list[date] = []
        while len(found) < count:
            day += _ONE_DAY
            if not self.is_skipped(day):
                found.append(day)
        return found


async def standings(conn: Connection, members: Sequence[tuple[int, int]]) -> list[Standing]:
    """How each of these members stands; of a guild that nobody knows there is none."""
    rules = await member_calendars.of_members(conn, members)
    return [
        Standing(
            guild=GuildId(guild),
            user=UserId(user),
            calendar=calendar_of(zone, rules.get((guild, user), ())),
            active=active,
            protections=dict(zip(protected, map(ProtectionKind, kinds), strict=True)),
            switches=list(zip(switched, values, strict=True)),
            missed=dict(zip(missed, map(Missed, frozen, late, asked), strict=True)),
        )
        for guild, user, zone, active, protected, kinds, switched, values, missed, frozen, late, asked in (
            await streak_queries.list_study_dates(conn, members)
        )
    ]


async def standing(conn: Connection, guild: GuildId, user: UserId) -> Standing:
    """How one member stands; for somebody unknown in a known guild, with nothing done yet."""
    [found] = await standings(conn, [(guild, user)])
    return found


async def refresh(conn: Connection, members: Sequence[tuple[GuildId, UserId]]) -> None:
    """Derive all that is cached of these members' study dates again: runs, freezes at hand, the next date to work.

    What the dates themselves bring about happens here too: a frozen date that is active after all gives its freeze
    back, and a repair that was asked for and earned is done.
    """
    if not members:
        return
    found = await standings(conn, members)
    await _settle(conn, found)
    rows = [row for standing in found if (row := cached(standing)) is not None]
    known = {row[:2] for row in rows}
    empty = [(each.guild, each.user) for each in found if (each.guild, each.user) not in known]
    if rows:
        await streak_queries.set_runs(conn, rows)
    if empty:
        await streak_queries.remove_runs(conn, empty)


def cached(standing: Standing) -> streak_queries.RunRow | None:
    """What is kept of a member's dates; None: there is no active date.

    A run is over from `alive_until` on: the end of the first date after it that nothing will protect.
    """
    if not standing.active:
        return None
    bounds = standing.calendar.bounds
    walked = standing.walk()
    found = standing.runs(walked)
    last = found[-1]
    due = next((gap for gap in walked.gaps if not standing.is_worked(gap)), None)
    return (
        standing.guild,
        standing.user,
        last.days,
        last.started_on,
        last.last_on,
        max(run.days for run in found),
        int(bounds(last.ends_on)[1].timestamp()),
        walked.held,
        None if due is None else int(bounds(due.day)[1].timestamp()),
    )


async def _settle(conn: Connection, found: Sequence[Standing]) -> None:
    """Bring missed dates in step with the active ones; the standings are brought up to date as well."""
    late: list[protections.DateRow] = []
    returned: list[protections.DateRow] = []
    repaired: list[protections.DateRow] = []
    for each in found:
        active = set(each.active)
        for day in [day for day, kind in each.protections.items() if kind is ProtectionKind.FREEZE and day in active]:
            del each.protections[day]
            returned.append((each.guild, each.user, day))
        for day, noted in each.missed.items():
            if day in active and not noted.is_late:
                noted.is_late = True
                late.append((each.guild, each.user, day))
            elif noted.is_asked and day not in each.protections and is_repaired(each, day, active):
                each.protections[day] = ProtectionKind.REPAIR
                repaired.append((each.guild, each.user, day))
    if late:
        await freeze_queries.set_late(conn, late)
    if returned:
        await protections.remove(conn, returned, kind=ProtectionKind.FREEZE)
    if repaired:
        await protections.add(conn, repaired, kind=ProtectionKind.REPAIR, now=None)


def is_repaired(standing: Standing, day: date, active: Collection[date]) -> bool:
    """Whether a missed date has what mends it: both dates after it are active, and no other was mended near it."""
    return (
        day not in active
        and all(each in active for each in standing.next_dates(day, REPAIR_DATES))
        and all(
            abs(day - other) >= REPAIR_EVERY
            for other, kind in standing.protections.items()
            if kind is ProtectionKind.REPAIR
        )
    )
