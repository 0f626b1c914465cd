"""Leaderboards: who has studied most, and where the person who asks stands."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from core.enums import Board, DayKind, Period
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries import boards, members
from db.queries.boards import Ladder, Standing
from services.days import Calendar, ZoneRule
from services.levels import xp_of
from services.voice_events import Person

PAGE_SIZE: Final = 10
_SECOND: Final = 1
_XP: Final = 3_600  # seconds: what makes the first point


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One place on a board."""

    rank: int  # from 1, never shared: of equals the one with more seconds, then the older account is first
    person: Person
    value: int  # seconds (focus), points (xp) or days (streak)


@dataclass(frozen=True, slots=True)
class BoardPage:
    """One page of a board; without rows nobody is on it yet."""

    guild_name: str  # empty: the gateway has not told it yet
    board: Board
    period: Period
    page: int  # from 0; the last page when the one asked for lies behind it
    pages: int  # at least 1
    total: int  # members on the board
    best: int  # the value of the first row of the first page; 0: nobody is on the board
    rows: tuple[BoardRow, ...]
    viewer_row: BoardRow | None  # also when it is among `rows`; None: not on this board
    first_on: date | None  # the first of the guild's dates that count; None: all time

    @property
    def viewer_page(self) -> int | None:
        """The page on which the person who asks stands."""
        return None if self.viewer_row is None else (self.viewer_row.rank - 1) // PAGE_SIZE


async def page(
    conn: Connection, *, guild: GuildId, board: Board, period: Period, page: int, now: datetime, viewer: UserId
) -> BoardPage:
    """One page of a board in the guild's own days; whoever keeps their numbers private is on none, not even their own.

    A streak has no period: it is the run that is alive now. XP of a period are what its seconds make, floored once.
    """
    facts = await members.find_guild(conn, guild=guild)
    first_on = None if facts is None or board is Board.STREAK else _first_day(period, _today(facts.timezone, now))
    asked = max(page, 0)
    if board is Board.STREAK:
        ladder = await boards.get_by_streak(
            conn, guild=guild, kind=DayKind.STUDY, now=now, page=asked, size=PAGE_SIZE, viewer=viewer
        )
    elif facts is None or first_on is None:
        ladder = await boards.get_by_total(
            conn, guild=guild, at_least_s=_least(board), page=asked, size=PAGE_SIZE, viewer=viewer
        )
    else:
        ladder = await boards.get_by_days(
            conn,
            guild=guild,
            first=first_on,
            last=_today(facts.timezone, now),
            at_least_s=_least(board),
            page=asked,
            size=PAGE_SIZE,
            viewer=viewer,
        )
    return _page_of(
        ladder,
        guild_name="" if facts is None else facts.name,
        board=board,
        period=Period.ALL if board is Board.STREAK else period,
        viewer=viewer,
        first_on=first_on,
    )


def _page_of(
    ladder: Ladder, *, guild_name: str, board: Board, period: Period, viewer: UserId, first_on: date | None
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
        rows=tuple(row for row in rows if (row.rank - 1) // PAGE_SIZE == ladder.page),
        viewer_row=next((row for row in rows if row.person.user == viewer), None),
        first_on=first_on,
    )


def _row(standing: Standing, board: Board) -> BoardRow:
    person = Person(
        user=standing.user_id,
        username=standing.username,
        global_name=standing.global_name,
        avatar_hash=standing.avatar_hash,
        nick=standing.nick,
        member_avatar_hash=standing.member_avatar_hash,
    )
    return BoardRow(standing.rank, person, _value(standing.value, board))


def _value(stored: int, board: Board) -> int:
    return xp_of(stored) if board is Board.XP else stored


def _least(board: Board) -> int:
    """The seconds below which a member's value would be zero."""
    return _XP if board is Board.XP else _SECOND


def _today(guild_zone: str, now: datetime) -> date:
    return Calendar((ZoneRule(datetime.min.replace(tzinfo=UTC), guild_zone),)).date_of(now)


def _first_day(period: Period, today: date) -> date | None:
    return {
        Period.TODAY: today,
        Period.WEEK: today - timedelta(days=today.weekday()),
        Period.MONTH: today.replace(day=1),
        Period.ALL: None,
    }[period]
