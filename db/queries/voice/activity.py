"""Queries for recent interactions of members who are in voice."""

from collections.abc import Sequence
from datetime import datetime

from db.connection import Connection
from db.queries.arrays import numbers

ActivityRow = tuple[int, int, int]  # guild, user, when in seconds since 1970


async def list_activity(conn: Connection, members: Sequence[tuple[int, int]]) -> list[ActivityRow]:
    """Interactions of these members during their open session that no segment reflects yet; in order."""
    guild, user = zip(*members, strict=True)
    cursor = await conn.execute(
        """SELECT a.guild_id, a.user_id, extract(epoch FROM a.active_at)::bigint
           FROM unnest(%(guild)s::bigint[], %(user)s::bigint[]) AS given (guild_id, user_id)
           JOIN voice_activity a USING (guild_id, user_id)
           ORDER BY a.guild_id, a.user_id, a.active_at""",
        {"guild": numbers(guild), "user": numbers(user)},
    )
    return await cursor.fetchall()


async def remove_activity(conn: Connection, rows: Sequence[ActivityRow]) -> None:
    """Delete these interactions: segments reflect them, or no session needs them any more."""
    guild, user, at = zip(*rows, strict=True)
    await conn.execute(
        """DELETE FROM voice_activity a
           USING unnest(%(guild)s::bigint[], %(user)s::bigint[], %(at)s::bigint[]) AS given (guild_id, user_id, at)
           WHERE a.guild_id = given.guild_id AND a.user_id = given.user_id AND a.active_at = to_timestamp(given.at)""",
        {"guild": numbers(guild), "user": numbers(user), "at": numbers(at)},
    )


async def remove_old_activity(conn: Connection, *, before: datetime) -> int:
    """Delete interactions before a time, which no session has used. Returns: how many."""
    cursor = await conn.execute("DELETE FROM voice_activity WHERE active_at < %(before)s", {"before": before})
    return cursor.rowcount
