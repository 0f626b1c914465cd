"""Streak repairs: a member may restore an ended streak by being active on the next two days, once in 30 days.

`cache.recompute` completes the repair as soon as both dates are active. Another way to earn one (a check-in that
arrives late and is confirmed by a peer) marks the missed date as active or protects it, and needs nothing else from
here.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from core.enums import ProtectionKind
from core.errors import DomainError
from core.i18n import discord_timestamp
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries.streaks import repairs as repair_queries
from services.members.lock import lock_member
from services.streaks import cache, inputs
from services.streaks.inputs import REPAIR_DATES, REPAIR_EVERY, StreakInputs

_RECENT: Final = 4  # how many dates back a repairable one may be, including dates that a calendar skips


class NothingToRepair(DomainError):
    """Raised by request_repair(): no streak that ended in the last 48 hours can be repaired."""

    def __init__(self) -> None:
        super().__init__(
            "There is no run to repair now. A run can be repaired in the two days after a quiet one."
            " Every best run stays in your record, and any active day begins the next."
        )


class RepairNotPossibleForDay(DomainError):
    """Raised by request_repair(): another date is the one to repair."""

    def __init__(self, day: date) -> None:
        super().__init__(
            "The day that can be repaired now is {date}. Use /freeze repair without a date.", date=day.isoformat()
        )
        self.day = day


class RepairedRecently(DomainError):
    """Raised by request_repair(): a streak was repaired less than 30 days before."""

    def __init__(self, possible_on: date) -> None:
        super().__init__(
            "A run can be repaired once in 30 days, next for a day from {date} on."
            " Your best run stays in your record, and any active day begins the next.",
            date=possible_on.isoformat(),
        )
        self.possible_on = possible_on


class RepairAlreadyRequested(DomainError):
    """Raised by request_repair(): the repair was requested before."""

    def __init__(self, until: datetime) -> None:
        super().__init__(
            "That repair is under way: make both days after the quiet one active, until {when}.",
            when=discord_timestamp(until, "f"),
        )
        self.until = until


@dataclass(frozen=True, slots=True)
class RepairOffer:
    """A streak that can be repaired, or whose repair is in progress."""

    missed_on: date
    streak_days: int  # of the ended streak
    dates: tuple[date, ...]  # the dates that must be active
    active_on: tuple[date, ...]  # of these, the active ones
    until: datetime  # the end of the last of them
    is_requested: bool
    possible_on: date | None  # None: now; else the first missed date that could be, after a recent repair
    is_done: bool = False


def find_offer(standing: StreakInputs, now: datetime) -> RepairOffer | None:
    """The streak that can be repaired now: its missed day has ended, and both days after it are or can be active."""
    today = standing.calendar.date_of(now)
    active = set(standing.active)
    for gap in reversed(standing.simulate().missed_days):
        if gap.is_saved or standing.calendar.day_bounds(gap.day)[1] > now:
            continue
        if (today - gap.day).days > _RECENT:
            break
        dates = standing.next_dates(gap.day, REPAIR_DATES)
        until = standing.calendar.day_bounds(dates[-1])[1]
        if now < until and all(day in active or day >= today for day in dates):
            noted = standing.missed.get(gap.day)
            return RepairOffer(
                missed_on=gap.day,
                streak_days=gap.streak_days,
                dates=tuple(dates),
                active_on=tuple(day for day in dates if day in active),
                until=until,
                is_requested=noted is not None and noted.is_asked,
                possible_on=_possible_on(standing, gap.day),
            )
    return None


async def request_repair(
    conn: Connection, *, guild: GuildId, user: UserId, now: datetime, day: date | None = None
) -> RepairOffer:
    """Start the repair of the last ended streak; if both dates are active already, it is completed at once.

    Args:
        conn: its transaction locks the member until the caller commits.
        guild: where.
        user: who.
        now: aware UTC.
        day: the missed date; None: the one that can be repaired.

    Raises:
        MemberNotFound, NothingToRepair, RepairNotPossibleForDay, RepairedRecently, RepairAlreadyRequested: nothing was
            written.
    """
    await lock_member(conn, guild, user)
    offer = find_offer(await inputs.load_streak_inputs(conn, guild, user), now)
    if offer is None:
        raise NothingToRepair
    if day is not None and day != offer.missed_on:
        raise RepairNotPossibleForDay(offer.missed_on)
    if offer.possible_on is not None:
        raise RepairedRecently(offer.possible_on)
    is_new = await repair_queries.request_repair(
        conn, guild=guild, user=user, day=offer.missed_on, streak_days=offer.streak_days, now=now
    )
    if not is_new:
        raise RepairAlreadyRequested(offer.until)
    await cache.recompute(conn, [(guild, user)])
    return replace(offer, is_requested=True, is_done=len(offer.active_on) == len(offer.dates))


def _possible_on(standing: StreakInputs, day: date) -> date | None:
    near = [
        other
        for other, kind in standing.protections.items()
        if kind is ProtectionKind.REPAIR and abs(day - other) < REPAIR_EVERY
    ]
    return max(near) + REPAIR_EVERY if near else None
