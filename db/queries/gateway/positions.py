"""Queries for each gateway shard's committed position (sequence number, heartbeat), and the lock on a shard."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.connection import Connection
from db.rows import dataclass_row

StaleShardRow = tuple[int, int, datetime]  # shard, count, time of its last heartbeat

SHARD_LOCKS: Final = 0x4C79  # "Ly": our key space of advisory locks


@dataclass(frozen=True, slots=True)
class Position:
    """A shard's committed position: all events up to `seq` are stored."""

    session_id: str | None  # None: no session to resume
    resume_url: str | None  # None: Discord sent none
    seq: int | None
    heartbeat_at: datetime  # the last time at which the shard is known to have received frames


@dataclass(frozen=True, slots=True)
class ShardPosition:
    """Until when a shard's frames were received, as its listener committed."""

    shard: int
    count: int
    heartbeat_at: datetime


async def list_positions(conn: Connection) -> list[ShardPosition]:
    """The positions of all shards that ever had a listener."""
    cursor = conn.cursor(row_factory=dataclass_row(ShardPosition))
    await cursor.execute(
        """SELECT shard_id AS shard, shard_count AS count, heartbeat_at FROM gateway_sessions
           ORDER BY shard_count, shard_id"""
    )
    return await cursor.fetchall()


async def find_position(conn: Connection, *, shard: tuple[int, int]) -> Position | None:
    """The committed position of a shard, given as (id, count)."""
    cursor = conn.cursor(row_factory=dataclass_row(Position))
    await cursor.execute(
        """SELECT session_id, resume_url, seq, heartbeat_at FROM gateway_sessions
           WHERE shard_id = %(shard)s AND shard_count = %(count)s""",
        {"shard": shard[0], "count": shard[1]},
    )
    return await cursor.fetchone()


async def set_position(conn: Connection, position: Position, *, shard: tuple[int, int]) -> None:
    """Store a position, in the same transaction as the events up to it."""
    await conn.execute(
        """INSERT INTO gateway_sessions (shard_id, shard_count, session_id, resume_url, seq, heartbeat_at)
           VALUES (%(shard)s, %(count)s, %(session)s, %(url)s, %(seq)s, %(heartbeat_at)s)
           ON CONFLICT ON CONSTRAINT pk_gateway_sessions
           DO UPDATE SET session_id = excluded.session_id, resume_url = excluded.resume_url,
                         seq = excluded.seq, heartbeat_at = excluded.heartbeat_at""",
        {
            "shard": shard[0],
            "count": shard[1],
            "session": position.session_id,
            "url": position.resume_url,
            "seq": position.seq,
            "heartbeat_at": position.heartbeat_at,
        },
    )


async def end_sessions_of_other_counts(conn: Connection, *, shard_count: int) -> None:
    """Clear the sessions of other shard counts: they are never resumed, since other shards received their events."""
    await conn.execute(
        """UPDATE gateway_sessions SET session_id = NULL, resume_url = NULL, seq = NULL
           WHERE shard_count <> %(count)s AND session_id IS NOT NULL""",
        {"count": shard_count},
    )


async def remove_other_counts(conn: Connection, *, shard_count: int) -> None:
    """Delete the positions of other shard counts, once every shard of this count has its own session."""
    await conn.execute(
        """DELETE FROM gateway_sessions
           WHERE shard_count <> %(count)s
             AND (SELECT count(*) FROM gateway_sessions
                  WHERE shard_count = %(count)s AND session_id IS NOT NULL) = %(count)s""",
        {"count": shard_count},
    )


async def try_lock_shard(conn: Connection, *, shard: int) -> bool:
    """Lock the shard for this connection until it closes; one owner at a time, whatever the shard count.

    The lock ends with the connection, so a process that still writes through the connection cannot have lost the lock.
    Returns: False if another connection owns the shard.
    """
    cursor = await conn.execute(
        "SELECT pg_try_advisory_lock(%(shards)s::int, %(shard)s::int)",
        {"shards": SHARD_LOCKS, "shard": shard},
    )
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def set_keepalives(conn: Connection) -> None:
    """Set TCP keepalives, so that the server notices within 20 seconds if this machine is gone, and frees its shard."""
    await conn.execute(
        """SELECT set_config('tcp_keepalives_idle', '8', false), set_config('tcp_keepalives_interval', '4', false),
                  set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '20000', false)"""
    )


async def list_stale(conn: Connection, *, before: datetime) -> list[StaleShardRow]:
    """Shards without a heartbeat since `before`, among those of the shard count that was active last."""
    cursor = await conn.execute(
        """SELECT shard_id, shard_count, heartbeat_at FROM gateway_sessions
           WHERE heartbeat_at < %(before)s
             AND shard_count = (SELECT shard_count FROM gateway_sessions ORDER BY heartbeat_at DESC LIMIT 1)
           ORDER BY shard_id""",
        {"before": before},
    )
    return await cursor.fetchall()


async def try_hold_shard(conn: Connection, *, shard: int) -> bool:
    """Whether no listener owns the shard; if so, none can until this transaction ends."""
    cursor = await conn.execute(
        "SELECT pg_try_advisory_xact_lock(%(shards)s::int, %(shard)s::int)",
        {"shards": SHARD_LOCKS, "shard": shard},
    )
    [(is_held,)] = await cursor.fetchall()
    return is_held


async def set_session_over(conn: Connection, *, shard: tuple[int, int]) -> None:
    """Clear the shard's session, so that its next listener starts a new one and receives snapshots."""
    await conn.execute(
        """UPDATE gateway_sessions SET session_id = NULL, resume_url = NULL, seq = NULL
           WHERE shard_id = %(shard)s AND shard_count = %(count)s""",
        {"shard": shard[0], "count": shard[1]},
    )
