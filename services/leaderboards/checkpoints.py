"""Rank checkpoints of long leaderboards, refreshed by the worker."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Final

from core.enums import DayKind, LeaderboardMetric, LeaderboardPeriod
from core.ids import GuildId
from db.connection import Connection
from db.queries.leaderboards import checkpoints as checkpoint_queries
from services.calendar.days import first_day, guild_calendar

LARGE: Final = 1_000  # members from which a guild gets checkpoints; counting fewer takes a millisecond or two


CHECKPOINT_EVERY: Final = 100  # rows between two checkpoints


CHECKPOINTS_VALID_FOR: Final = timedelta(
    minutes=15
)  # checkpoints are refreshed every few minutes; older ones mean that no worker runs


async def refresh_checkpoints(
    conn: Connection,
    *,
    now: datetime,
    periods: Collection[LeaderboardPeriod] = tuple(LeaderboardPeriod),
    large: int = LARGE,
    every: int = CHECKPOINT_EVERY,
) -> int:
    """Recompute the checkpoints of long leaderboards, so that reading any page stays cheap. Returns: how many.

    The streak leaderboard is refreshed with ALL. Between two refreshes, ranks far down may be off by the few members
    who have overtaken each other since; the first `every` ranks are always exact, and so is every leaderboard without
    checkpoints.

    Args:
        conn: its transaction locks out other workers.
        now: aware UTC.
        periods: which leaderboards.
        large: guilds with more members than this get checkpoints.
        every: rows between two checkpoints.
    """
    await checkpoint_queries.lock(conn)
    written = 0
    for guild in await checkpoint_queries.list_large_guilds(conn, members=large):
        today = guild_calendar(guild.timezone).date_of(now)
        for period in periods:
            starts_on = first_day(period, today)
            written += await _refresh(conn, guild.guild_id, period, starts_on, every=every, now=now)
    return written


async def _refresh(
    conn: Connection, guild: GuildId, period: LeaderboardPeriod, starts_on: date, *, every: int, now: datetime
) -> int:
    await checkpoint_queries.remove_marks(conn, guild=guild, board=LeaderboardMetric.FOCUS, period=period)
    match period:
        case LeaderboardPeriod.TODAY:
            return await checkpoint_queries.add_for_day(conn, guild=guild, day=starts_on, every=every, now=now)
        case LeaderboardPeriod.WEEK | LeaderboardPeriod.MONTH:
            return await checkpoint_queries.add_for_span(
                conn, guild=guild, period=period, starts_on=starts_on, every=every, now=now
            )
        case LeaderboardPeriod.ALL:
            await checkpoint_queries.remove_marks(conn, guild=guild, board=LeaderboardMetric.STREAK, period=period)
            focus = await checkpoint_queries.add_for_total(conn, guild=guild, every=every, now=now)
            return focus + await checkpoint_queries.add_for_streak(
                conn, guild=guild, kind=DayKind.STUDY, every=every, now=now
            )
