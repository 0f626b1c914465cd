"""Queries that write rank checkpoints: every n-th row of a leaderboard and the number of visible rows before it.

A count that starts at a checkpoint reads at most the rows up to the next one. Rows that are not visible (private, gone,
bots, ended streaks) are numbered too, so that they cannot make a count long either.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from core.enums import DayKind, LeaderboardMetric, LeaderboardPeriod
from core.ids import GuildId
from db.connection import Connection
from db.rows import dataclass_row

_LOCK: Final = 0x4D41_524B  # "MARK"


@dataclass(frozen=True, slots=True)
class LargeGuild:
    """A guild whose leaderboards may be long."""

    guild_id: GuildId
    timezone: str


async def list_large_guilds(conn: Connection, *, members: int) -> list[LargeGuild]:
    """The guilds with more than this many members, except those that removed the app."""
    cursor = conn.cursor(row_factory=dataclass_row(LargeGuild))
    await cursor.execute(
        """SELECT g.guild_id, g.timezone FROM guilds AS g
           WHERE g.is_active
             AND EXISTS (SELECT FROM members AS m WHERE m.guild_id = g.guild_id OFFSET %(members)s::bigint LIMIT 1)
           ORDER BY g.guild_id""",
        {"members": members},
    )
    return await cursor.fetchall()


async def lock(conn: Connection) -> None:
    """Lock checkpoint writes until the transaction ends."""
    await conn.execute("SELECT pg_advisory_xact_lock(%(key)s)", {"key": _LOCK})


async def remove_marks(
    conn: Connection, *, guild: GuildId, board: LeaderboardMetric, period: LeaderboardPeriod
) -> None:
    """Delete the checkpoints of a leaderboard, including those of earlier days, weeks or months."""
    await conn.execute(
        "DELETE FROM leaderboard_checkpoints WHERE guild_id = %(guild)s AND board = %(board)s AND period = %(period)s",
        {"guild": guild, "board": board, "period": period},
    )


async def add_for_total(conn: Connection, *, guild: GuildId, every: int, now: datetime) -> int:
    """Add a checkpoint at each `every`-th row of the all-time leaderboard. Returns: how many."""
    cursor = await conn.execute(
        """INSERT INTO leaderboard_checkpoints
               (guild_id, board, period, starts_on, entry, value, user_id, visible_before, counted_at)
           SELECT %(guild)s, 'focus', 'all', DATE '0001-01-01', entry, value, user_id, visible_before, %(now)s
           FROM (
               SELECT row_number() OVER place - 1 AS entry, d.total_seconds AS value, d.user_id,
                      count(*) FILTER (
                          WHERE bot.user_id IS NULL
                      ) OVER (place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS visible_before
               FROM members AS d
                   LEFT JOIN users AS bot ON bot.user_id = d.user_id AND bot.is_bot
               WHERE d.guild_id = %(guild)s AND d.visibility = 'public' AND d.left_at IS NULL
                 AND d.total_seconds > 0
               WINDOW place AS (ORDER BY -d.total_seconds, d.user_id)
           ) AS places
           WHERE entry > 0 AND entry %% %(every)s = 0
           ON CONFLICT ON CONSTRAINT pk_leaderboard_checkpoints DO NOTHING""",
        {"guild": guild, "every": every, "now": now},
    )
    return cursor.rowcount


async def add_for_day(conn: Connection, *, guild: GuildId, day: date, every: int, now: datetime) -> int:
    """Like add_for_total(), for one of the guild's dates."""
    cursor = await conn.execute(
        """INSERT INTO leaderboard_checkpoints
               (guild_id, board, period, starts_on, entry, value, user_id, visible_before, counted_at)
           SELECT %(guild)s, 'focus', 'today', %(day)s, entry, value, user_id, visible_before, %(now)s
           FROM (
               SELECT row_number() OVER place - 1 AS entry, d.seconds AS value, d.user_id,
                      count(*) FILTER (
                          WHERE m.visibility = 'public' AND m.left_at IS NULL AND bot.user_id IS NULL
                      ) OVER (place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS visible_before
               FROM guild_member_days AS d
                   JOIN members AS m ON m.guild_id = d.guild_id AND m.user_id = d.user_id
                   LEFT JOIN users AS bot ON bot.user_id = d.user_id AND bot.is_bot
               WHERE d.guild_id = %(guild)s AND d.local_on = %(day)s AND d.seconds > 0
               WINDOW place AS (ORDER BY -d.seconds, d.user_id)
           ) AS places
           WHERE entry > 0 AND entry %% %(every)s = 0
           ON CONFLICT ON CONSTRAINT pk_leaderboard_checkpoints DO NOTHING""",
        {"guild": guild, "day": day, "every": every, "now": now},
    )
    return cursor.rowcount


async def add_for_span(
    conn: Connection, *, guild: GuildId, period: LeaderboardPeriod, starts_on: date, every: int, now: datetime
) -> int:
    """Like add_for_total(), for one of the guild's weeks or months."""
    cursor = await conn.execute(
        """INSERT INTO leaderboard_checkpoints
               (guild_id, board, period, starts_on, entry, value, user_id, visible_before, counted_at)
           SELECT %(guild)s, 'focus', %(period)s, %(starts_on)s, entry, value, user_id, visible_before, %(now)s
           FROM (
               SELECT row_number() OVER place - 1 AS entry, d.seconds AS value, d.user_id,
                      count(*) FILTER (
                          WHERE m.visibility = 'public' AND m.left_at IS NULL AND bot.user_id IS NULL
                      ) OVER (place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS visible_before
               FROM period_totals AS d
                   JOIN members AS m ON m.guild_id = d.guild_id AND m.user_id = d.user_id
                   LEFT JOIN users AS bot ON bot.user_id = d.user_id AND bot.is_bot
               WHERE d.guild_id = %(guild)s AND d.period = %(period)s AND d.starts_on = %(starts_on)s
                 AND d.seconds > 0
               WINDOW place AS (ORDER BY -d.seconds, d.user_id)
           ) AS places
           WHERE entry > 0 AND entry %% %(every)s = 0
           ON CONFLICT ON CONSTRAINT pk_leaderboard_checkpoints DO NOTHING""",
        {"guild": guild, "period": period, "starts_on": starts_on, "every": every, "now": now},
    )
    return cursor.rowcount


async def add_for_streak(conn: Connection, *, guild: GuildId, kind: DayKind, every: int, now: datetime) -> int:
    """Like add_for_total(), for streaks; those that have ended at `now` are numbered but not visible."""
    cursor = await conn.execute(
        """INSERT INTO leaderboard_checkpoints
               (guild_id, board, period, starts_on, entry, value, user_id, visible_before, counted_at)
           SELECT %(guild)s, 'streak', 'all', DATE '0001-01-01', entry, value, user_id, visible_before, %(now)s
           FROM (
               SELECT row_number() OVER place - 1 AS entry, d.current_days AS value, d.user_id,
                      count(*) FILTER (
                          WHERE m.visibility = 'public' AND m.left_at IS NULL AND bot.user_id IS NULL
                              AND d.alive_until > %(now)s
                      ) OVER (place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS visible_before
               FROM streaks AS d
                   JOIN members AS m ON m.guild_id = d.guild_id AND m.user_id = d.user_id
                   LEFT JOIN users AS bot ON bot.user_id = d.user_id AND bot.is_bot
               WHERE d.guild_id = %(guild)s AND d.kind = %(kind)s AND d.current_days > 0
               WINDOW place AS (ORDER BY -d.current_days, d.user_id)
           ) AS places
           WHERE entry > 0 AND entry %% %(every)s = 0
           ON CONFLICT ON CONSTRAINT pk_leaderboard_checkpoints DO NOTHING""",
        {"guild": guild, "kind": kind, "every": every, "now": now},
    )
    return cursor.rowcount
