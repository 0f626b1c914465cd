"""Leaderboard pages by focus time, XP or streak, with the viewer's own rank."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

from core.enums import DayKind, LeaderboardMetric, LeaderboardPeriod
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries import guilds as guild_queries
from db.queries.leaderboards import pages as leaderboard_queries
from db.queries.leaderboards.pages import LeaderboardPage, LeaderboardRow, PageRequest
from services.calendar.days import first_day, guild_calendar
from services.leaderboards.checkpoints import CHECKPOINTS_VALID_FOR
from services.members.names import person_from_row
from services.members.person import Person
from services.xp import xp_of

PAGE_SIZE: Final = 10
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_SECOND: Final = 1
_XP: Final = 3_600  # seconds per XP


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One row of a leaderboard."""

    rank: int  # from 1, unique: by seconds, then the older account first
    person: Person
    value: int  # seconds (focus), XP (xp) or days (streak)


@dataclass(frozen=True, slots=True)
class BoardPage:
    """One page of a leaderboard; without rows the leaderboard is empty."""

    guild_name: str  # empty: the gateway has not sent it yet
    board: LeaderboardMetric
    period: LeaderboardPeriod
    page: int  # from 0; the last page if the requested one is beyond it
    pages: int  # at least 1
    total: int  # members on the leaderboard
    best: int  # the value of the first row of the first page; 0: the leaderboard is empty
    rows: tuple[BoardRow, ...]
    viewer_row: BoardRow | None  # also if it is among `rows`; None: not on this leaderboard
    first_on: date | None  # the first date that counts, on the guild's calendar; None: all time

    @property
    def viewer_page(self) -> int | None:
        """The page with the viewer's row; None: not on this leaderboard."""
        return None if self.viewer_row is None else _page_at(self.viewer_row.rank)


async def page(
    conn: Connection,
    *,
    guild: GuildId,
    board: LeaderboardMetric,
    period: LeaderboardPeriod,
    page: int,
    now: datetime,
    viewer: UserId,
) -> BoardPage:
    """One page of a leaderboard on the guild's days; members with private stats are left out, even for themselves.

    Streaks have no period: the value is the streak that is alive now. XP of a period are computed from its seconds,
    rounded down once.
    """
    facts = await guild_queries.find_guild(conn, guild=guild)
    if board is LeaderboardMetric.STREAK or facts is None:
        period = LeaderboardPeriod.ALL
    today = date.min if facts is None else guild_calendar(facts.timezone).date_of(now)
    starts_on = first_day(period, today)
    wanted = PageRequest(guild, max(page, 0), PAGE_SIZE, viewer, _least(board), now - CHECKPOINTS_VALID_FOR)
    ladder = await _page_rows(conn, wanted, board=board, period=period, starts_on=starts_on, now=now)
    on_page = sum(_page_at(standing.rank) == ladder.page for standing in ladder.standings)
    if on_page < min(PAGE_SIZE, ladder.total - ladder.page * PAGE_SIZE):
        exact = replace(wanted, marked_since=_NEVER)  # rows were removed since the checkpoints: count all
        ladder = await _page_rows(conn, exact, board=board, period=period, starts_on=starts_on, now=now)
    return _page_of(
        ladder,
        guild_name="" if facts is None else facts.name,
        board=board,
        period=period,
        viewer=viewer,
        first_on=None if period is LeaderboardPeriod.ALL else starts_on,
    )


async def _page_rows(
    conn: Connection,
    wanted: PageRequest,
    *,
    board: LeaderboardMetric,
    period: LeaderboardPeriod,
    starts_on: date,
    now: datetime,
) -> LeaderboardPage:
    if board is LeaderboardMetric.STREAK:
        return await leaderboard_queries.get_by_streak(conn, wanted, kind=DayKind.STUDY, now=now)
    match period:
        case LeaderboardPeriod.ALL:
            return await leaderboard_queries.get_by_total(conn, wanted)
        case LeaderboardPeriod.TODAY:
            return await leaderboard_queries.get_by_day(conn, wanted, day=starts_on)
        case LeaderboardPeriod.WEEK | LeaderboardPeriod.MONTH:
            return await leaderboard_queries.get_by_span(conn, wanted, period=period, starts_on=starts_on)


def _page_of(
    ladder: LeaderboardPage,
    *,
    guild_name: str,
    board: LeaderboardMetric,
    period: LeaderboardPeriod,
    viewer: UserId,
    first_on: date | None,
) -> BoardPage:
    rows = tuple(_row(standing, board) for standing in ladder.standings)
    return BoardPage(
        guild_name=guild_name,
        board=board,
        period=period,
        page=ladder.page,
        pages=max(1, -(-ladder.total // PAGE_SIZE)),
        total=ladder.total,
        best=_value(ladder.best, board),
        rows=tuple(row for row in rows if _page_at(row.rank) == ladder.page),
        viewer_row=next((row for row in rows if row.person.user == viewer), None),
        first_on=first_on,
    )


def _row(standing: LeaderboardRow, board: LeaderboardMetric) -> BoardRow:
    return BoardRow(standing.rank, person_from_row(standing), _value(standing.value, board))


def _value(stored: int, board: LeaderboardMetric) -> int:
    return xp_of(stored) if board is LeaderboardMetric.XP else stored


def _least(board: LeaderboardMetric) -> int:
    """The seconds below which a member's value would be zero."""
    return _XP if board is LeaderboardMetric.XP else _SECOND


def _page_at(rank: int) -> int:
    return (rank - 1) // PAGE_SIZE
