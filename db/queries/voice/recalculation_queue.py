"""Queries for the queue of members whose counted time must be recalculated."""

from collections.abc import Sequence
from datetime import datetime

from core.ids import GuildId
from db.connection import Connection
from db.queries.arrays import numbers


async def add(conn: Connection, members: Sequence[tuple[int, int]]) -> None:
    """Queue members (guild, user) for recalculation."""
    guild, user = zip(*members, strict=True)
    await conn.execute(
        """INSERT INTO recalculation_queue (guild_id, user_id)
           SELECT * FROM unnest(%(guild)s::bigint[], %(user)s::bigint[])""",
        {"guild": numbers(guild), "user": numbers(user)},
    )


async def add_between(conn: Connection, guild: GuildId, *, start: datetime, end: datetime) -> int:
    """Queue all members with sessions in a time span for recalculation. Returns: how many."""
    cursor = await conn.execute(
        """INSERT INTO recalculation_queue (guild_id, user_id)
           SELECT DISTINCT guild_id, user_id FROM voice_segments
           WHERE guild_id = %(guild)s AND started_at < %(end)s AND ended_at > %(start)s
           UNION
           SELECT guild_id, user_id FROM voice_segments
           WHERE guild_id = %(guild)s AND started_at < %(end)s AND ended_at IS NULL""",
        {"guild": guild, "start": start, "end": end},
    )
    return cursor.rowcount


async def take(conn: Connection, *, limit: int) -> list[tuple[int, int]]:
    """Take entries off the queue and return their members (guild, user); entries locked by others are skipped."""
    cursor = await conn.execute(
        """DELETE FROM recalculation_queue r
           USING (SELECT guild_id, user_id, entry_id FROM recalculation_queue
                  ORDER BY guild_id, user_id, entry_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED) AS due
           WHERE r.guild_id = due.guild_id AND r.user_id = due.user_id AND r.entry_id = due.entry_id
           RETURNING r.guild_id, r.user_id""",
        {"limit": limit},
    )
    return await cursor.fetchall()
