"""Numbers for whoever watches the house."""

from dataclasses import dataclass
from datetime import datetime

from db.connection import Connection
from db.rows import row_of


@dataclass(frozen=True, slots=True)
class ShardHeard:
    """How far a shard of the gateway was heard, as its listener has committed."""

    shard: int
    count: int
    seen_at: datetime


async def list_heard(conn: Connection) -> list[ShardHeard]:
    """Every shard that was ever listened to."""
    cursor = conn.cursor(row_factory=row_of(ShardHeard))
    await cursor.execute(
        """SELECT shard_id AS shard, shard_count AS count, seen_at FROM gateway_sessions
           ORDER BY shard_count, shard_id"""
    )
    return await cursor.fetchall()


async def count_open_sessions(conn: Connection) -> int:
    """How many people sit in tracked voice, as far as anybody wrote it down."""
    cursor = await conn.execute("SELECT count(*) FROM voice_sessions WHERE ended_at IS NULL")
    [(count,)] = await cursor.fetchall()
    return int(count)


async def find_oldest_due(conn: Connection) -> datetime | None:
    """Since when the longest waiting effect of the outbox is due; None: nothing waits."""
    cursor = await conn.execute("SELECT min(due_at) FROM outbox WHERE status = 'pending'")
    [(due_at,)] = await cursor.fetchall()
    return due_at


async def count_sessions_beside(conn: Connection, *, guild: int, present: str) -> tuple[int, int]:
    """Open sessions of a guild beside the people in its voice channels, as Discord has just named them.

    Args:
        conn: right after the snapshot was written.
        guild: whose.
        present: the people's ids, as arrays.numbers writes them.

    Returns: sessions of people who are not there, which must be none; and people without a session, who are
        bots or sit where nothing is tracked.
    """
    cursor = await conn.execute(
        """SELECT count(*) FILTER (WHERE here.user_id IS NULL), count(*) FILTER (WHERE open.user_id IS NULL)
           FROM (SELECT user_id FROM voice_sessions WHERE guild_id = %(guild)s AND ended_at IS NULL) AS open
           FULL JOIN unnest(%(present)s::bigint[]) AS here (user_id) ON here.user_id = open.user_id""",
        {"guild": guild, "present": present},
    )
    [(ghosts, unrecorded)] = await cursor.fetchall()
    return int(ghosts), int(unrecorded)
