"""Shards that nobody listens to any more, as the worker finds them."""

from datetime import datetime

from db.connection import Connection
from db.queries.gateway import SHARD_LOCKS

QuietRow = tuple[int, int, datetime]  # shard, count, the last moment that was heard of it


async def list_quiet(conn: Connection, *, before: datetime) -> list[QuietRow]:
    """Shards not heard of since `before`, of the number of shards that was heard last: others are history."""
    cursor = await conn.execute(
        """SELECT shard_id, shard_count, seen_at FROM gateway_sessions
           WHERE seen_at < %(before)s
             AND shard_count = (SELECT shard_count FROM gateway_sessions ORDER BY seen_at DESC LIMIT 1)
           ORDER BY shard_id""",
        {"before": before},
    )
    return await cursor.fetchall()


async def try_hold_shard(conn: Connection, *, shard: int) -> bool:
    """Whether no listener owns the shard; none can until this transaction ends."""
    cursor = await conn.execute(
        "SELECT pg_try_advisory_xact_lock(%(shards)s::int, %(shard)s::int)",
        {"shards": SHARD_LOCKS, "shard": shard},
    )
    [(is_held,)] = await cursor.fetchall()
    return is_held


async def set_session_over(conn: Connection, *, shard: tuple[int, int]) -> None:
    """The next listener of the shard (id, count) starts a new session, and is told who is there."""
    await conn.execute(
        """UPDATE gateway_sessions SET session_id = NULL, resume_url = NULL, seq = NULL
           WHERE shard_id = %(shard)s AND shard_count = %(count)s""",
        {"shard": shard[0], "count": shard[1]},
    )
