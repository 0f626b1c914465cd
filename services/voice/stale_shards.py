"""Handles voice sessions of shards without a listener: credits their time, and later ends them.

A listener that is away for a moment resumes and loses nothing. One that stays away would leave its people in voice for
ever, as ghosts on every list: after ten minutes their stays end where they were last heard, and the shard's session
with Discord is given up, so that whoever listens next is told anew who is there.
"""

from datetime import datetime, timedelta
from typing import Final

from db.connection import Connection
from db.queries.gateway import positions as gateway_position_queries
from services.voice import open_sessions

STALE_AFTER: Final = timedelta(minutes=3)  # a heartbeat is committed every 12 s; a takeover takes 30
CLOSE_AFTER: Final = timedelta(minutes=10)


async def close_stale_sessions(conn: Connection, *, now: datetime) -> int:
    """Settle or end the open sessions of shards that nobody listens to; how many were ended.

    A listener owns its shard by a lock that lives as long as its connection. Here the same lock is held until the
    caller's transaction ends: a listener that is only slow is left alone, and one that comes back waits and then finds
    everything as this left it.
    """
    ended = 0
    for shard, count, _ in await gateway_position_queries.list_stale(conn, before=now - STALE_AFTER):
        if not await gateway_position_queries.try_hold_shard(conn, shard=shard):
            continue
        position = await gateway_position_queries.find_position(
            conn, shard=(shard, count)
        )  # again, now that nobody can change it
        if position is None or position.heartbeat_at >= now - STALE_AFTER:
            continue
        if position.heartbeat_at >= now - CLOSE_AFTER:
            await open_sessions.accrue_open_sessions(conn, now=now, shard=(shard, count))
        else:
            ended += await open_sessions.truncate_open_sessions(
                conn, heard_until=position.heartbeat_at, shard=(shard, count)
            )
            await gateway_position_queries.set_session_over(conn, shard=(shard, count))
    return ended
