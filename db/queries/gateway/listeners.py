"""Queries that coordinate gateway listeners: running listeners, owned shards, and identify rate limits.

All times come from the database's clock, which all listeners share.
"""

from dataclasses import dataclass
from typing import Final

from db.connection import Connection
from db.queries.gateway.positions import SHARD_LOCKS
from db.rows import dataclass_row

_ROSTER: Final = 0x4C7A  # advisory locks of running listeners, in a different key space than those of the shards


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener that holds its lock."""

    listener_id: int
    shard_selection: str
    shard_count: int
    is_alive: bool  # False: its heartbeats have stopped, though its connection is still open


async def add_listener(conn: Connection, *, shard_selection: str, shard_count: int) -> int:
    """Register a new listener. Returns: its id."""
    cursor = await conn.execute(
        """INSERT INTO gateway_listeners (shard_selection, shard_count, heartbeat_at)
           VALUES (%(shard_selection)s, %(count)s, clock_timestamp()) RETURNING listener_id""",
        {"shard_selection": shard_selection, "count": shard_count},
    )
    row = await cursor.fetchone()
    assert row  # noqa: S101 - an insert returns its row
    return int(row[0])


async def lock_listener(conn: Connection, listener: int, *, name: str) -> None:
    """Hold a shared lock that marks the listener as running while this connection lives, and name the connection."""
    await conn.execute(
        """SELECT pg_try_advisory_lock_shared(%(roster)s::int, %(listener)s::int),
                  set_config('application_name', %(name)s, false)""",
        {"roster": _ROSTER, "listener": listener, "name": name},
    )


async def set_listener(conn: Connection, listener: int, *, shard_selection: str, shard_count: int) -> None:
    """Write a heartbeat, and the shard count that the listener uses."""
    await conn.execute(
        """INSERT INTO gateway_listeners (listener_id, shard_selection, shard_count, heartbeat_at)
           VALUES (%(listener)s, %(shard_selection)s, %(count)s, clock_timestamp())
           ON CONFLICT ON CONSTRAINT pk_gateway_listeners
           DO UPDATE SET shard_count = excluded.shard_count, heartbeat_at = excluded.heartbeat_at""",
        {"listener": listener, "shard_selection": shard_selection, "count": shard_count},
    )


async def list_listeners(conn: Connection, *, patience_s: float) -> list[Listener]:
    """All listeners that hold their lock, oldest first; alive are those with a heartbeat within `patience_s`."""
    cursor = conn.cursor(row_factory=dataclass_row(Listener))
    await cursor.execute(
        """SELECT l.listener_id, l.shard_selection, l.shard_count,
                  l.heartbeat_at > clock_timestamp() - make_interval(secs => %(patience)s) AS is_alive
           FROM gateway_listeners l
           WHERE EXISTS (SELECT FROM pg_locks k
                         WHERE k.locktype = 'advisory' AND k.granted AND k.objsubid = 2
                           AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                           AND k.classid = %(roster)s::oid AND k.objid = l.listener_id::oid)
           ORDER BY l.listener_id""",
        {"patience": patience_s, "roster": _ROSTER},
    )
    return await cursor.fetchall()


async def list_taken_shards(conn: Connection) -> list[int]:
    """The shards that a listener owns."""
    cursor = await conn.execute(
        """SELECT k.objid::bigint FROM pg_locks k
           WHERE k.locktype = 'advisory' AND k.granted AND k.objsubid = 2 AND k.classid = %(shards)s::oid
             AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())""",
        {"shards": SHARD_LOCKS},
    )
    return [int(row[0]) for row in await cursor.fetchall()]


async def end_connections(conn: Connection, *, name: str) -> int:
    """Terminate all connections to this database with this name, which frees their locks. Returns: how many."""
    cursor = await conn.execute(
        """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = %(name)s""",
        {"name": name},
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def remove_listener(conn: Connection, listener: int) -> None:
    """Delete the row of a listener that stopped."""
    await conn.execute(
        "DELETE FROM gateway_listeners WHERE listener_id = %(listener)s",
        {"listener": listener},
    )


async def remove_stale_listeners(conn: Connection) -> None:
    """Delete listeners without a heartbeat for an hour; one that comes back writes its row again."""
    await conn.execute("DELETE FROM gateway_listeners WHERE heartbeat_at < clock_timestamp() - interval '1 hour'")


async def take_identify_slot(conn: Connection, *, bucket: int, hold_s: float) -> bool:
    """Reserve the bucket's identify slot for `hold_s`. Returns: False if it is not free yet."""
    cursor = await conn.execute(
        """INSERT INTO gateway_identify_slots AS s (bucket, available_at)
           VALUES (%(bucket)s, clock_timestamp() + make_interval(secs => %(hold)s))
           ON CONFLICT ON CONSTRAINT pk_gateway_identify_slots
           DO UPDATE SET available_at = clock_timestamp() + make_interval(secs => %(hold)s)
           WHERE s.available_at <= clock_timestamp()
           RETURNING bucket""",
        {"bucket": bucket, "hold": hold_s},
    )
    return await cursor.fetchone() is not None


async def get_identify_wait(conn: Connection, *, bucket: int) -> float:
    """Seconds until the bucket's identify slot is free; 0 or less: it is free."""
    cursor = await conn.execute(
        """SELECT extract(epoch FROM available_at - clock_timestamp())::float FROM gateway_identify_slots
           WHERE bucket = %(bucket)s""",
        {"bucket": bucket},
    )
    row = await cursor.fetchone()
    return float(row[0]) if row else 0.0


async def set_identify_slot(conn: Connection, *, bucket: int, gap_s: float) -> None:
    """After an identify reached Discord: free the bucket's slot after `gap_s`."""
    await conn.execute(
        """UPDATE gateway_identify_slots SET available_at = clock_timestamp() + make_interval(secs => %(gap)s)
           WHERE bucket = %(bucket)s""",
        {"bucket": bucket, "gap": gap_s},
    )
