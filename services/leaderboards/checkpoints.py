"""Rank checkpoints of long leaderboards, refreshed by the worker."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Final

from core.enums import DayKind, LeaderboardMetric, LeaderboardPeriod
from core.ids import GuildId
from db.connection import Connection
from db.queries.leaderboards import checkpoints as checkpoint_queries
from services.calendar.days import first_day, guild_calendar

LARGE: Final = 1_000  # members from which a guild's boards are marked; to count fewer takes a millisecond or two


CHECKPOINT_EVERY: Final = 100  # rows


CHECKPOINTS_VALID_FOR: Final = timedelta(
    minutes=15
)  # marks are made anew every few minutes; older ones mean that nobody does


async def refresh_checkpoints(
    conn: Connection,
    *,
    now: datetime,
    periods: Collection[LeaderboardPeriod] = tuple(LeaderboardPeriod),
    large: int = LARGE,
    every: int = CHECKPOINT_EVERY,
) -> int:
    """Count the long boards of these periods anew, so that reading any page of them stays cheap; how many marks.

    The board of streaks goes with all time. Between two counts ranks far down may be off by the few who have overtaken
    each other since; the first `every` places are always exact, and so is every board that nobody has marked.

    Args:
        conn: its transaction holds off others who mark.
        now: aware UTC.
        periods: which boards.
        large: a guild with more members has long boards.
        every: so many rows lie between two marks.
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
