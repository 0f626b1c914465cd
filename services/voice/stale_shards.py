"""Handles voice sessions of shards without a listener: credits their time, and later ends them.

A listener that is gone for a moment resumes and loses nothing. One that stays away would leave its members in voice
forever: after ten minutes their sessions end at the last received frame, and the shard's gateway session is cleared, so
that the next listener receives full snapshots.
"""

from datetime import datetime, timedelta
from typing import Final

from db.connection import Connection
from db.queries.gateway import positions as gateway_position_queries
from services.voice import open_sessions

STALE_AFTER: Final = timedelta(minutes=3)  # a heartbeat is committed every 12 s; a takeover takes 30 s
CLOSE_AFTER: Final = timedelta(minutes=10)


async def close_stale_sessions(conn: Connection, *, now: datetime) -> int:
    """Credit or end the open sessions of shards without a listener. Returns: how many were ended.

    A listener owns its shard by a lock that lives as long as its connection. This function holds the same lock until
    the caller's transaction ends: a slow listener keeps its shard, and one that comes back waits and then reads the
    updated state.
    """
    ended = 0
    for shard, count, _ in await gateway_position_queries.list_stale(conn, before=now - STALE_AFTER):
        if not await gateway_position_queries.try_hold_shard(conn, shard=shard):
            continue
        position = await gateway_position_queries.find_position(conn, shard=(shard, count))  # read again under the lock
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
