"""A member's profile and monthly calendar, both on the member's own days."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from core.enums import DayKind, DayStatus, Visibility
from core.errors import DomainError
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries import profiles as profile_queries
from db.queries.profiles import DayTotal, ProfileFacts
from db.queries.voice import daily_totals as daily_total_queries
from services.calendar import member_calendars
from services.calendar.days import DISCORD_BEGAN, Calendar, calendar_of
from services.leaderboards.checkpoints import CHECKPOINTS_VALID_FOR
from services.members.lock import MemberNotFound
from services.members.names import display_name, person_from_row
from services.members.person import Person
from services.streaks import inputs
from services.streaks.day_status import CalendarDay, DayStatusRules
from services.streaks.freezes import FreezeStatus, status_from
from services.streaks.streak import Streak
from services.xp import Level, level_of, xp_of

LAST_DAYS: Final = 28

_ONE_DAY: Final = timedelta(days=1)
_FORESIGHT: Final = timedelta(days=366)


class ProfileIsPrivate(DomainError):
    """Raised by profile() and month(): the member's stats are private."""

    def __init__(self, name: str) -> None:
        super().__init__("{name} keeps their numbers private. Ask them, or have a look at your own.", name=name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Profile:
    """A member's stats at one time."""

    person: Person
    guild_name: str
    visibility: Visibility
    level: Level
    focus_total_s: int
    today_s: int
    week_s: int  # since Monday
    last_days: tuple[DayTotal, ...]  # 28 dates up to today, oldest first, including those without time
    streak: Streak
    rank: int | None  # by focus time over all time; None: not ranked
    today: date  # on the member's calendar
    member_since: date  # first seen in this guild
    threshold_s: int  # seconds that make a day active


@dataclass(frozen=True, slots=True)
class MonthCalendar:
    """A month of a member, with all its dates in order."""

    person: Person
    visibility: Visibility
    first: date
    days: tuple[CalendarDay, ...]
    streak: Streak
    today: date
    member_since: date
    threshold_s: int
    status: FreezeStatus  # what protects the streak now

    @property
    def before(self) -> date | None:
        """The first date of the previous month; None: the member was not here yet."""
        return None if self.first <= self.member_since.replace(day=1) else (self.first - _ONE_DAY).replace(day=1)

    @property
    def after(self) -> date | None:
        """The first date of the next month; None: it has not begun."""
        following = _next_month(self.first)
        return None if following > self.today else following

    @property
    def active_days(self) -> int:
        """The number of active dates in the month."""
        return sum(day.status is DayStatus.ACTIVE for day in self.days)

    @property
    def total_s(self) -> int:
        """The counted seconds of the month."""
        return sum(day.seconds for day in self.days)


async def profile(
    conn: Connection, *, guild: GuildId, user: UserId, now: datetime, viewer: UserId | None = None
) -> Profile:
    """A member's profile as `viewer` may see it; without a viewer, privacy is not checked.

    Raises:
        MemberNotFound: there is no such member.
        ProfileIsPrivate: `viewer` is another user and the member's stats are private.
    """
    facts, calendar = await _load(conn, guild=guild, user=user, viewer=viewer, now=now)
    today = calendar.date_of(now)
    first = today - (LAST_DAYS - 1) * _ONE_DAY
    found = await profile_queries.list_days(conn, guild=guild, user=user, kind=DayKind.STUDY, first=first, last=today)
    seconds = {day.day: day.seconds for day in found}
    last_days = tuple(DayTotal(day, seconds.get(day, 0)) for day in _dates(first, today + _ONE_DAY))
    return Profile(
        person=person_from_row(facts, is_bot=facts.is_bot),
        guild_name=facts.guild_name,
        visibility=facts.visibility,
        level=level_of(xp_of(facts.total_seconds)),
        focus_total_s=facts.total_seconds,
        today_s=last_days[-1].seconds,
        week_s=sum(day.seconds for day in last_days[-1 - today.weekday() :]),
        last_days=last_days,
        streak=_streak(facts, today=today, now=now),
        rank=facts.rank,
        today=today,
        member_since=await _since(conn, facts, calendar, guild=guild),
        threshold_s=facts.study_minutes * 60,
    )


async def month(
    conn: Connection,
    *,
    guild: GuildId,
    user: UserId,
    now: datetime,
    first: date | None = None,
    viewer: UserId | None = None,
) -> MonthCalendar:
    """A member's month; `first` is any date in it, None the current one. Visibility is checked as in `profile`.

    A month before Discord existed, or more than a year ahead, becomes the nearest valid one.

    Raises:
        MemberNotFound, ProfileIsPrivate: see `profile`.
    """
    facts, calendar = await _load(conn, guild=guild, user=user, viewer=viewer, now=now)
    today = calendar.date_of(now)
    first = min(max(first or today, DISCORD_BEGAN), today + _FORESIGHT).replace(day=1)
    end = _next_month(first)
    last = end - _ONE_DAY
    found = await profile_queries.list_days(conn, guild=guild, user=user, kind=DayKind.STUDY, first=first, last=last)
    seconds = {day.day: day.seconds for day in found}
    standing = await inputs.load_streak_inputs(conn, guild, user)
    since = await _since(conn, facts, calendar, guild=guild)
    marks = DayStatusRules(
        today=today, since=since, threshold_s=facts.study_minutes * 60, protected=standing.protected(now)
    )
    return MonthCalendar(
        person=person_from_row(facts, is_bot=facts.is_bot),
        visibility=facts.visibility,
        first=first,
        days=tuple(marks.of(day, seconds.get(day, 0)) for day in _dates(first, end)),
        streak=_streak(facts, today=today, now=now),
        today=today,
        member_since=since,
        threshold_s=facts.study_minutes * 60,
        status=status_from(standing, now),
    )


async def _load(
    conn: Connection, *, guild: GuildId, user: UserId, viewer: UserId | None, now: datetime
) -> tuple[ProfileFacts, Calendar]:
    facts = await profile_queries.find_profile(
        conn, guild=guild, user=user, kind=DayKind.STUDY, marked_since=now - CHECKPOINTS_VALID_FOR
    )
    if facts is None:
        raise MemberNotFound
    if facts.visibility is Visibility.PRIVATE and viewer not in (None, user):
        raise ProfileIsPrivate(display_name(person_from_row(facts)))
    rules = await member_calendars.load_calendars(conn, [(guild, user)])
    return facts, calendar_of(facts.guild_zone, rules.get((guild, user), ()))


async def _since(conn: Connection, facts: ProfileFacts, calendar: Calendar, *, guild: GuildId) -> date:
    """The date on which the member was first seen, or first has time if that is earlier (activity received late)."""
    seen = calendar.date_of(facts.created_at)
    first = await daily_total_queries.find_first_day(conn, guild=guild, user=facts.user_id)
    return seen if first is None else min(seen, first)


def _streak(facts: ProfileFacts, *, today: date, now: datetime) -> Streak:
    """The cached streak; empty if it has ended."""
    is_open = facts.last_on != today
    if facts.alive_until is None or facts.alive_until <= now:
        return Streak(current=0, longest=facts.longest_days, started_on=None, last_on=None, today_is_open=is_open)
    return Streak(facts.current_days, facts.longest_days, facts.started_on, facts.last_on, is_open)


def _dates(first: date, end: date) -> list[date]:
    return [first + number * _ONE_DAY for number in range((end - first).days)]


def _next_month(first: date) -> date:
    return (first + 31 * _ONE_DAY).replace(day=1)
