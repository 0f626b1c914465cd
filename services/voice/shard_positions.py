"""Until when each gateway shard's events were received."""

from collections.abc import Sequence

from db.connection import Connection
from db.queries.gateway import positions as gateway_position_queries
from services.voice.session_tracker import unix_seconds


async def list_received(conn: Connection) -> list[tuple[int, int, int]]:
    """Per shard (id, count) until when its frames were received, as committed, in seconds since 1970."""
    return [
        (each.shard, each.count, unix_seconds(each.heartbeat_at))
        for each in await gateway_position_queries.list_positions(conn)
    ]


def last_received(heard: Sequence[tuple[int, int, int]], guild: int) -> int | None:
    """When a guild was last received, by any shard (id, count, time) that contained it; None: never."""
    return max((at for shard_id, count, at in heard if (guild >> 22) % count == shard_id), default=None)
