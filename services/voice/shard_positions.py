"""Until when each gateway shard's events were received."""

from collections.abc import Sequence

from db.connection import Connection
from db.queries.gateway import positions as gateway_position_queries
from services.voice.session_tracker import unix_seconds


async def list_received(conn: Connection) -> list[tuple[int, int, int]]:
    """Of each shard (id, count) the moment of its last committed word, in seconds since 1970."""
    return [
        (each.shard, each.count, unix_seconds(each.heartbeat_at))
        for each in await gateway_position_queries.list_positions(conn)
    ]


def last_received(heard: Sequence[tuple[int, int, int]], guild: int) -> int | None:
    """When a guild was last heard, by whichever shard (id, count, moment) it was part of; None: never."""
    return max((at for shard_id, count, at in heard if (guild >> 22) % count == shard_id), default=None)
