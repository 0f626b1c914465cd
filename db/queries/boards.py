"""Pages of the guild's leaderboards, each with the row of the person who asks.

Bots, members who have left and those who keep their numbers private are on no board. Order: the value, highest first,
then the user id; so ranks are unique and a page never shows a row twice.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from core.enums import DayKind
from core.ids import GuildId, UserId
from db.connection import Connection

if TYPE_CHECKING:
    from psycopg import AsyncCursor
    from psycopg.rows import TupleRow


@dataclass(frozen=True, slots=True)
class Standing:
    """One row of a board."""

    rank: int  # from 1
    value: int  # seconds, or days for the streak board
    user_id: UserId
    username: str
    global_name: str | None
    avatar_hash: str | None
    nick: str | None
    member_avatar_hash: str | None


@dataclass(frozen=True, slots=True)
class Ladder:
    """A page of a board; the viewer's row is among `standings` also when it belongs to another page."""

    total: int  # rows on all pages
    best: int  # the value of the first row; 0: there is none
    page: int  # from 0; the last one when the page asked for lies behind it
    standings: tuple[Standing, ...]  # by rank


async def get_by_total(
    conn: Connection, *, guild: GuildId, at_least_s: int, page: int, size: int, viewer: UserId
) -> Ladder:
    """The board of all counted seconds; members below `at_least_s` are not on it."""
    cursor = await conn.execute(
        """WITH visible AS NOT MATERIALIZED (
               SELECT m.user_id, m.total_seconds FROM members AS m
               WHERE m.guild_id = %(guild)s AND m.visibility = 'public' AND m.left_at IS NULL
                 AND m.total_seconds >= %(at_least_s)s
                 AND NOT EXISTS (SELECT FROM users AS bot WHERE bot.user_id = m.user_id AND bot.is_bot)
           ), asked AS MATERIALIZED (
               SELECT count(*) AS total, coalesce(max(total_seconds), 0) AS best,
                      least(%(page)s::bigint, greatest(count(*) - 1, 0) / %(size)s::bigint) AS page
               FROM visible
           ), shown AS MATERIALIZED (
               SELECT row_number() OVER (ORDER BY total_seconds DESC, user_id) AS rank, total_seconds, user_id
               FROM visible
               ORDER BY total_seconds DESC, user_id
               LIMIT %(size)s::bigint OFFSET (SELECT page * %(size)s::bigint FROM asked)
           ), viewer AS (
               SELECT 1 + (
                   SELECT count(*) FROM visible AS other
                   WHERE other.total_seconds >= me.total_seconds
                     AND (other.total_seconds > me.total_seconds OR other.user_id < me.user_id)
               ) AS rank, me.total_seconds, me.user_id
               FROM visible AS me
               WHERE me.user_id = %(viewer)s AND NOT EXISTS (SELECT FROM shown WHERE user_id = %(viewer)s)
           )
           SELECT asked.total, asked.best, asked.page, s.rank, s.total_seconds, s.user_id,
                  u.username, u.global_name, u.avatar_hash, m.nick, m.avatar_hash
           FROM asked
           LEFT JOIN (SELECT * FROM shown UNION ALL SELECT * FROM viewer) AS s ON true
           LEFT JOIN members AS m ON m.guild_id = %(guild)s AND m.user_id = s.user_id
           LEFT JOIN users AS u ON u.user_id = s.user_id
           ORDER BY s.rank""",
        {"guild": guild, "at_least_s": at_least_s, "page": page, "size": size, "viewer": viewer},
    )
    return await _read(cursor)


async def get_by_days(
    conn: Connection,
    *,
    guild: GuildId,
    first: date,
    last: date,
    at_least_s: int,
    page: int,
    size: int,
    viewer: UserId,
) -> Ladder:
    """The board of the seconds counted on the guild's dates from `first` to `last`, both included."""
    cursor = await conn.execute(
        """WITH counted AS (
               SELECT user_id, sum(seconds) AS seconds FROM guild_days
               WHERE guild_id = %(guild)s AND local_on BETWEEN %(first)s AND %(last)s
               GROUP BY user_id HAVING sum(seconds) >= %(at_least_s)s
           ), standing AS MATERIALIZED (
               SELECT row_number() OVER (ORDER BY c.seconds DESC, c.user_id) AS rank, c.seconds, c.user_id
               FROM counted AS c
               JOIN members AS m ON m.guild_id = %(guild)s AND m.user_id = c.user_id
               WHERE m.visibility = 'public' AND m.left_at IS NULL
                 AND NOT EXISTS (SELECT FROM users AS bot WHERE bot.user_id = c.user_id AND bot.is_bot)
           ), asked AS MATERIALIZED (
               SELECT count(*) AS total, coalesce(max(seconds), 0) AS best,
                      least(%(page)s::bigint, greatest(count(*) - 1, 0) / %(size)s::bigint) AS page
               FROM standing
           )
           SELECT asked.total, asked.best, asked.page, s.*,
                  u.username, u.global_name, u.avatar_hash, m.nick, m.avatar_hash
           FROM asked
           LEFT JOIN standing AS s
             ON (s.rank - 1) / %(size)s::bigint = asked.page OR s.user_id = %(viewer)s
           LEFT JOIN members AS m ON m.guild_id = %(guild)s AND m.user_id = s.user_id
           LEFT JOIN users AS u ON u.user_id = s.user_id
           ORDER BY s.rank""",
        {
            "guild": guild,
            "first": first,
            "last": last,
            "at_least_s": at_least_s,
            "page": page,
            "size": size,
            "viewer": viewer,
        },
    )
    return await _read(cursor)


async def get_by_streak(
    conn: Connection, *, guild: GuildId, kind: DayKind, now: datetime, page: int, size: int, viewer: UserId
) -> Ladder:
    """The board of the runs that are alive at `now`, in days."""
    cursor = await conn.execute(
        """WITH standing AS MATERIALIZED (
               SELECT row_number() OVER (ORDER BY s.run_days DESC, s.user_id) AS rank, s.run_days, s.user_id
               FROM streaks AS s
               JOIN members AS m ON m.guild_id = s.guild_id AND m.user_id = s.user_id
               WHERE s.guild_id = %(guild)s AND s.kind = %(kind)s AND s.run_days > 0 AND s.alive_until > %(now)s
                 AND m.visibility = 'public' AND m.left_at IS NULL
                 AND NOT EXISTS (SELECT FROM users AS bot WHERE bot.user_id = s.user_id AND bot.is_bot)
           ), asked AS MATERIALIZED (
               SELECT count(*) AS total, coalesce(max(run_days), 0) AS best,
                      least(%(page)s::bigint, greatest(count(*) - 1, 0) / %(size)s::bigint) AS page
               FROM standing
           )
           SELECT asked.total, asked.best, asked.page, s.*,
                  u.username, u.global_name, u.avatar_hash, m.nick, m.avatar_hash
           FROM asked
           LEFT JOIN standing AS s
             ON (s.rank - 1) / %(size)s::bigint = asked.page OR s.user_id = %(viewer)s
           LEFT JOIN members AS m ON m.guild_id = %(guild)s AND m.user_id = s.user_id
           LEFT JOIN users AS u ON u.user_id = s.user_id
           ORDER BY s.rank""",
        {"guild": guild, "kind": kind, "now": now, "page": page, "size": size, "viewer": viewer},
    )
    return await _read(cursor)


async def _read(cursor: "AsyncCursor[TupleRow]") -> Ladder:
    """The rows of one board; an empty board is a single row without a rank."""
    rows = await cursor.fetchall()
    total, best, page = rows[0][:3]
    return Ladder(total, best, page, tuple(Standing(*row[3:]) for row in rows if row[3] is not None))
