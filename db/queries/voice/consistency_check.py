"""Queries that compare caches with their source data, for a random sample of members."""

from collections.abc import Sequence
from datetime import date

from db.connection import Connection
from db.queries.arrays import numbers

# As a streak.RunRow; None: nothing is cached.
CachedRow = tuple[int, int, int | None, date | None, date | None, int | None, int | None, int | None, int | None]


async def list_sample(conn: Connection, *, percent: float) -> list[tuple[int, int]]:
    """A random sample of members (guild, user), about `percent` of all, in order."""
    cursor = await conn.execute(
        "SELECT guild_id, user_id FROM members TABLESAMPLE BERNOULLI (%(percent)s) ORDER BY guild_id, user_id",
        {"percent": percent},
    )
    return await cursor.fetchall()


async def list_cached(conn: Connection, members: Sequence[tuple[int, int]]) -> list[CachedRow]:
    """The cached study streak and freezes of each of these members."""
    guild, user = zip(*members, strict=True)
    cursor = await conn.execute(
        """SELECT given.guild_id, given.user_id, s.current_days, s.started_on, s.last_on, s.longest_days,
                  extract(epoch FROM s.alive_until)::bigint, f.held, extract(epoch FROM f.due_at)::bigint
           FROM unnest(%(guild)s::bigint[], %(user)s::bigint[]) AS given (guild_id, user_id)
           LEFT JOIN streaks s
                ON s.guild_id = given.guild_id AND s.user_id = given.user_id AND s.kind = 'study'
           LEFT JOIN freezes f ON f.guild_id = given.guild_id AND f.user_id = given.user_id""",
        {"guild": numbers(guild), "user": numbers(user)},
    )
    return await cursor.fetchall()


async def list_unequal(conn: Connection, members: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those of these members whose total, member days and sessions add up to different seconds."""
    guild, user = zip(*members, strict=True)
    cursor = await conn.execute(
        """SELECT m.guild_id, m.user_id
           FROM unnest(%(guild)s::bigint[], %(user)s::bigint[]) AS given (guild_id, user_id)
           JOIN members m USING (guild_id, user_id)
           CROSS JOIN LATERAL (
               SELECT coalesce(sum(d.seconds), 0) AS seconds FROM daily_streaks d
               WHERE d.guild_id = m.guild_id AND d.user_id = m.user_id AND d.kind = 'study') AS own
           CROSS JOIN LATERAL (
               SELECT coalesce(sum(v.counted_seconds), 0) AS seconds FROM voice_sessions v
               WHERE v.guild_id = m.guild_id AND v.user_id = m.user_id) AS stays
           WHERE m.total_seconds <> own.seconds OR m.total_seconds <> stays.seconds""",
        {"guild": numbers(guild), "user": numbers(user)},
    )
    return await cursor.fetchall()
