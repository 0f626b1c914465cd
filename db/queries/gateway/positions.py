"""Queries for each gateway shard's committed position (sequence number, heartbeat), and the lock on a shard."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.connection import Connection
from db.rows import dataclass_row

StaleShardRow = tuple[int, int, datetime]  # shard, count, the last moment that was heard of it

SHARD_LOCKS: Final = 0x4C79  # "Ly": our part of the database's space of advisory locks


@dataclass(frozen=True, slots=True)
class Position:
    """Where a shard stands: everything up to `seq` is committed."""

    session_id: str | None  # None: nothing to resume
    resume_url: str | None  # None: Discord named none
    seq: int | None
    heartbeat_at: datetime  # the last moment at which the shard is known to have been heard


@dataclass(frozen=True, slots=True)
class ShardPosition:
    """How far a shard of the gateway was heard, as its listener has committed."""

    shard: int
    count: int
    heartbeat_at: datetime


async def list_positions(conn: Connection) -> list[ShardPosition]:
    """Every shard that was ever listened to."""
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
    """Commit to a position, in the transaction that writes what was heard up to it."""
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
    """Sessions of another number of shards are never resumed: what they missed has been heard by others since."""
    await conn.execute(
        """UPDATE gateway_sessions SET session_id = NULL, resume_url = NULL, seq = NULL
           WHERE shard_count <> %(count)s AND session_id IS NOT NULL""",
        {"count": shard_count},
    )


async def remove_other_counts(conn: Connection, *, shard_count: int) -> None:
    """Forget the positions of other numbers of shards, once every shard of this one has a session of its own."""
    await conn.execute(
        """DELETE FROM gateway_sessions
           WHERE shard_count <> %(count)s
             AND (SELECT count(*) FROM gateway_sessions
                  WHERE shard_count = %(count)s AND session_id IS NOT NULL) = %(count)s""",
        {"count": shard_count},
    )


async def try_lock_shard(conn: Connection, *, shard: int) -> bool:
    """Whether this connection now owns the shard, until it closes; one owner at a time, whatever the shard count.

    The lock lives and dies with the connection, so that whoever writes through it cannot have lost it unnoticed.
    """
    cursor = await conn.execute(
        "SELECT pg_try_advisory_lock(%(shards)s::int, %(shard)s::int)",
        {"shards": SHARD_LOCKS, "shard": shard},
    )
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def set_keepalives(conn: Connection) -> None:
    """Let the server notice within 20 seconds when this process's machine is gone, and free its shard."""
    await conn.execute(
        """SELECT set_config('tcp_keepalives_idle', '8', false), set_config('tcp_keepalives_interval', '4', false),
                  set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '20000', false)"""
    )


async def list_stale(conn: Connection, *, before: datetime) -> list[StaleShardRow]:
    """Shards not heard of since `before`, of the number of shards that was heard last: others are history."""
    cursor = await conn.execute(
        """SELECT shard_id, shard_count, heartbeat_at FROM gateway_sessions
           WHERE heartbeat_at < %(before)s
             AND shard_count = (SELECT shard_count FROM gateway_sessions ORDER BY heartbeat_at DESC LIMIT 1)
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
