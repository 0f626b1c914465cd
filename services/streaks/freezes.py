"""Streak freezes: automatic use at day end, the on/off setting, and the status view."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from core.enums import ProtectionKind
from core.errors import DomainError
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries.streaks import freezes as freeze_queries
from db.queries.streaks import protections as protection_queries
from services.members.lock import lock_member
from services.streaks import cache, inputs, repairs, vacations
from services.streaks.freeze_simulation import EARNED_EVERY, is_on
from services.streaks.inputs import StreakInputs
from services.streaks.repairs import RepairOffer
from services.streaks.vacations import Vacation

BATCH: Final = 2_000  # members processed in one transaction
SETTLES_AFTER: Final = timedelta(minutes=5)  # after the end of a day, for its last minutes to be received and credited
RECENT: Final = timedelta(days=30)  # how far back a status looks
LATE_SHOWN_FOR: Final = timedelta(days=7)

_ONE_DAY: Final = timedelta(days=1)


class FreezesAreOn(DomainError):
    """Raised by set_automatic(): automatic freezes are on already."""

    def __init__(self) -> None:
        super().__init__("Your freezes are used by themselves already. /freeze auto turns that off whenever you like.")


class FreezesAreOff(DomainError):
    """Raised by set_automatic(): automatic freezes are off already."""

    def __init__(self) -> None:
        super().__init__("Your freezes are kept for later already. /freeze auto turns them on whenever you like.")


@dataclass(frozen=True, slots=True)
class FreezeStatus:
    """All that protects a member's streak at one time."""

    held: int
    in_a_row: int  # active dates in a row toward the next freeze, 0 to 6
    is_on: bool  # automatic freezes are on from today on
    saved_on: tuple[date, ...]  # in the last 30 days, oldest first
    late_on: tuple[date, ...]  # missed dates of the last 7 days whose activity arrived late
    vacations: tuple[Vacation, ...]  # the current one and future ones
    vacation_left: int  # maximum length, in dates, of a vacation that begins tomorrow
    vacation_possible: (
        Vacation | None
    )  # the first that can be planned now, at its maximum length; None: none within a year
    repair: RepairOffer | None  # None: there is nothing to repair
    today: date


async def process_ended_days(conn: Connection, *, now: datetime, limit: int = BATCH) -> int:
    """Process ended days: use a freeze for each missed day, or record that the streak ended.

    One batch per call, longest waiting members first; all ended days of a member in order. Idempotent, and any number
    of workers may run it at once. Returns: how many members.
    """
    members = await freeze_queries.claim_due(conn, now=now - SETTLES_AFTER, limit=limit)
    if members:
        await _process(conn, members, now=now - SETTLES_AFTER, noted_at=now)
    return len(members)


async def set_automatic(conn: Connection, *, guild: GuildId, user: UserId, is_on: bool, now: datetime) -> FreezeStatus:
    """Turn automatic freezes on or off from today on; ended days are not changed.

    Raises:
        MemberNotFound, FreezesAreOn, FreezesAreOff: nothing was written.
    """
    await lock_member(conn, guild, user)
    await _process(conn, [(guild, user)], now=now, noted_at=now)
    standing = await inputs.load_streak_inputs(conn, guild, user)
    today = standing.calendar.date_of(now)
    if is_on_now(standing, today) == is_on:
        raise FreezesAreOn if is_on else FreezesAreOff
    await freeze_queries.set_switch(conn, guild=guild, user=user, since=today, is_on=is_on)
    await cache.recompute(conn, [(guild, user)])
    return await status(conn, guild=guild, user=user, now=now)


async def status(conn: Connection, *, guild: GuildId, user: UserId, now: datetime) -> FreezeStatus:
    """The status of a member's freezes, vacations and repair.

    Raises:
        MemberNotFound: there is no such guild.
    """
    return status_from(await inputs.load_streak_inputs(conn, guild, user), now)


def status_from(standing: StreakInputs, now: datetime) -> FreezeStatus:
    """Like status(), for inputs that are already loaded."""
    today = standing.calendar.date_of(now)
    walked = standing.simulate()
    last = standing.active[-1] if standing.active else date.min
    protected = standing.protected(now)
    waiting = [
        day
        for day, kind in protected.items()
        if day > last and kind is ProtectionKind.FREEZE and day not in standing.protections
    ]
    since_last = [last + number * _ONE_DAY for number in range(1, (today - last).days)] if standing.active else []
    is_seamless = all(protected.get(day) is ProtectionKind.TRAVEL for day in since_last[:8])
    used = [day for day, kind in protected.items() if kind is ProtectionKind.FREEZE]
    return FreezeStatus(
        held=max(0, walked.held - len(waiting)),
        in_a_row=walked.in_a_row % EARNED_EVERY if is_seamless else 0,
        is_on=is_on_now(standing, today),
        saved_on=tuple(sorted(day for day in used if today - RECENT < day)),
        late_on=tuple(
            sorted(d for d, noted in standing.missed.items() if noted.is_late and today - LATE_SHOWN_FOR <= d)
        ),
        vacations=vacations.coming(standing, today),
        vacation_left=vacations.left(standing, today),
        vacation_possible=vacations.next_possible(standing, today),
        repair=repairs.find_offer(standing, now),
        today=today,
    )


def is_on_now(standing: StreakInputs, today: date) -> bool:
    """Whether automatic freezes are on for today and later."""
    return is_on(today, standing.switches)


async def _process(conn: Connection, members: Sequence[tuple[int, int]], *, now: datetime, noted_at: datetime) -> None:
    frozen: list[protection_queries.DateRow] = []
    missed: list[freeze_queries.MissedRow] = []
    for each in await inputs.load_many_streak_inputs(conn, members):
        for gap in each.simulate().missed_days:
            if each.calendar.day_bounds(gap.day)[1] > now:
                break
            if each.is_processed(gap):
                continue
            missed.append((each.guild, each.user, gap.day, gap.streak_days, gap.is_saved))
            if gap.is_saved:
                frozen.append((each.guild, each.user, gap.day))
    if frozen:
        await protection_queries.add(conn, frozen, kind=ProtectionKind.FREEZE, now=noted_at)
    if missed:
        await freeze_queries.set_missed(conn, missed, now=noted_at)
    await cache.recompute(conn, [(GuildId(guild), UserId(user)) for guild, user in members])
