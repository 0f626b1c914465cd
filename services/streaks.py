"""Streaks as a function of the set of active dates; nothing here counts up or down."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries import streaks as stored
from services import zone_rules
from services.days import calendar_of

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


async def refresh(conn: Connection, members: Sequence[tuple[GuildId, UserId]]) -> None:
    """Derive the cached study runs of these members again from their dates.

    A cached run is over from `alive_until` on: the end of the first unprotected date after it on the member's calendar.
    """
    if not members:
        return
    rules = await zone_rules.of_members(conn, members)
    cached: list[stored.RunRow] = []
    empty: list[tuple[int, int]] = []
    for guild, user, zone, active, protected in await stored.list_study_dates(conn, members):
        found = runs(active, protected=protected)
        if not found:
            empty.append((guild, user))
            continue
        last = found[-1]
        alive_until = calendar_of(zone, rules.get((guild, user), ())).bounds(last.ends_on)[1]
        longest = max(run.days for run in found)
        cached.append((guild, user, last.days, last.started_on, last.last_on, longest, int(alive_until.timestamp())))
    if cached:
        await stored.set_runs(conn, cached)
    if empty:
        await stored.remove_runs(conn, empty)
