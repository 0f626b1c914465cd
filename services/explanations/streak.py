"""Explains a member's current streak day by day, and what ended the previous one."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries.streaks import grants as grant_queries
from db.queries.streaks.grants import StaffAct
from services import profiles
from services.profiles import Profile
from services.streaks import inputs
from services.streaks.day_status import CalendarDay, DayStatusRules
from services.streaks.freeze_simulation import MissedDay

LAST_DAYS: Final = 14

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayExplanation:
    """How one date affects the streak."""

    day: CalendarDay
    is_late: bool  # its activity arrived after it had been missed
    earned_on: date | None  # when the freeze that protects it was earned; None: no freeze, or not known any more
    grant: StaffAct | None  # the staff grant that protects it; None: no grant
    ended: MissedDay | None  # the streak that ended on it


@dataclass(frozen=True, slots=True)
class StreakExplanation:
    """A member's current streak, day by day."""

    member: Profile
    days: tuple[DayExplanation, ...]  # up to today, oldest first; none before the member was first seen
    protected_days: int  # dates without activity that the current streak spans
    ended: MissedDay | None  # what ended the previous streak; None: there was none
    today_ends: datetime


async def explain(conn: Connection, *, guild: GuildId, user: UserId, now: datetime) -> StreakExplanation:
    """Explain a member's current streak.

    Raises:
        MemberNotFound: there is no such member.
    """
    member = await profiles.profile(conn, guild=guild, user=user, now=now)
    standing = await inputs.load_streak_inputs(conn, guild, user)
    walked, protected = standing.simulate(), standing.protected(now)
    today, run = member.today, member.streak
    days = [day for day in member.last_days[-LAST_DAYS:] if day.day >= member.member_since]
    granted = await grant_queries.list_grants(conn, guild=guild, user=user, since=today - LAST_DAYS * _ONE_DAY)
    grants = {act.day_on: act for act in granted}
    ended = {gap.day: gap for gap in walked.missed_days if not gap.is_saved and gap.day < today}
    marks = DayStatusRules(today=today, since=member.member_since, threshold_s=member.threshold_s, protected=protected)
    active = set(standing.active)
    late = {day for day, noted in standing.missed.items() if noted.is_late and day in active}
    return StreakExplanation(
        member=member,
        days=tuple(
            DayExplanation(
                day=marks.of(each.day, each.seconds),
                is_late=each.day in late,
                earned_on=walked.earned_on.get(each.day),
                grant=grants.get(each.day),
                ended=ended.get(each.day),
            )
            for each in days
        ),
        protected_days=0
        if run.started_on is None
        else sum(run.started_on < day <= today and day not in active for day in protected),
        ended=max(
            (gap for gap in ended.values() if run.started_on is None or gap.day < run.started_on),
            key=_day,
            default=None,
        ),
        today_ends=standing.calendar.day_bounds(today)[1],
    )


def _day(gap: MissedDay) -> date:
    return gap.day
