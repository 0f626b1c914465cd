"""Loads everything that streaks are computed from, for many members at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from core.enums import ProtectionKind
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries.streaks import streak as streak_queries
from services.calendar import member_calendars
from services.calendar.days import Calendar, calendar_of
from services.streaks.freeze_simulation import FreezeOutcome, MissedDay, simulate_freezes
from services.streaks.streak import StreakSpan, streak_spans

_ONE_DAY: Final = timedelta(days=1)


REPAIR_DATES: Final = 2  # active dates after a missed one that repair the streak: 48 hours on the member's calendar


REPAIR_EVERY: Final = timedelta(days=30)


@dataclass(slots=True)
class MissedDayState:
    """The stored outcome of a missed date."""

    is_frozen: bool
    is_late: bool  # activity arrived late
    is_asked: bool  # the member requested a repair


@dataclass(slots=True)
class StreakInputs:
    """All inputs that a member's streak is computed from."""

    guild: GuildId
    user: UserId
    calendar: Calendar
    active: Sequence[date]  # in order
    protections: dict[date, ProtectionKind]
    switches: Sequence[tuple[date, bool]]  # from which dates on automatic freezes are on or off
    missed: dict[date, MissedDayState]

    def simulate(self) -> FreezeOutcome:
        """Simulate freezes: which were earned, and which dates they protect."""
        return simulate_freezes(self.active, self.protections, self.switches, self.is_skipped)

    def runs(self, found: FreezeOutcome) -> list[StreakSpan]:
        """All streaks in order; dates that a freeze will protect count as protected already."""
        return streak_spans(self.active, protected={*self.protections, *found.saved, *found.skipped})

    def protected(self, now: datetime) -> dict[date, ProtectionKind]:
        """The protected dates and the kind of each protection.

        Includes ended dates that a freeze protects although it is not recorded yet, and dates that the calendar skips,
        which break nothing by themselves.
        """
        walked = self.simulate()
        ended = (day for day in walked.saved if self.calendar.day_bounds(day)[1] <= now)
        skipped = dict.fromkeys(walked.skipped, ProtectionKind.TRAVEL)
        return self.protections | skipped | dict.fromkeys(ended, ProtectionKind.FREEZE)

    def is_skipped(self, day: date) -> bool:
        """Whether the member's calendar skips a date: it has no instants, so nobody can be active on it."""
        start, end = self.calendar.day_bounds(day)
        return start == end

    def is_processed(self, gap: MissedDay) -> bool:
        """Whether the end of the streak on a missed date is recorded."""
        noted = self.missed.get(gap.day)
        return not gap.is_saved and noted is not None and not noted.is_frozen

    def next_dates(self, day: date, count: int) -> list[date]:
        """The next `count` dates after `day`, without those that the calendar skips."""
        found: list[date] = []
        while len(found) < count:
            day += _ONE_DAY
            if not self.is_skipped(day):
                found.append(day)
        return found


async def load_many_streak_inputs(conn: Connection, members: Sequence[tuple[int, int]]) -> list[StreakInputs]:
    """The streak inputs of each of these members; members of unknown guilds are missing."""
    rules = await member_calendars.load_calendars(conn, members)
    return [
        StreakInputs(
            guild=GuildId(guild),
            user=UserId(user),
            calendar=calendar_of(zone, rules.get((guild, user), ())),
            active=active,
            protections=dict(zip(protected, map(ProtectionKind, kinds), strict=True)),
            switches=list(zip(switched, values, strict=True)),
            missed=dict(zip(missed, map(MissedDayState, frozen, late, asked), strict=True)),
        )
        for guild, user, zone, active, protected, kinds, switched, values, missed, frozen, late, asked in (
            await streak_queries.list_study_dates(conn, members)
        )
    ]


async def load_streak_inputs(conn: Connection, guild: GuildId, user: UserId) -> StreakInputs:
    """The streak inputs of one member; empty for an unknown member of a known guild."""
    [found] = await load_many_streak_inputs(conn, [(guild, user)])
    return found


def is_repaired(standing: StreakInputs, day: date, active: Collection[date]) -> bool:
    """Whether a missed date is repaired: both dates after it are active, and no other repair is near it."""
    return (
        day not in active
        and all(each in active for each in standing.next_dates(day, REPAIR_DATES))
        and all(
            abs(day - other) >= REPAIR_EVERY
            for other, kind in standing.protections.items()
            if kind is ProtectionKind.REPAIR
        )
    )
