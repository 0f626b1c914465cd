"""Chooses open sessions to verify with Discord's API, and applies the answers."""

from datetime import datetime, timedelta
from typing import Final

from core.ids import ChannelId
from db.connection import Connection
from db.queries.voice import doubtful_sessions as doubtful_session_queries
from db.queries.voice.doubtful_sessions import DoubtfulSession
from services.members.lock import lock_member
from services.voice import recording, shard_positions
from services.voice.gateway_events import VoiceState
from services.voice.session_tracker import unix_seconds

SILENT: Final = timedelta(hours=6)  # no event of the member was received for this long
ASK_EVERY: Final = timedelta(minutes=15)
HEARD_WITHIN: Final = timedelta(minutes=1)  # other shards' sessions are left to their listener or to stale_shards
LIMIT: Final = 10  # sessions per run


async def list_doubtful(conn: Connection, *, now: datetime) -> list[DoubtfulSession]:
    """Open sessions that are estimated or long silent, at most ten; each is returned again after 15 minutes.

    Their verification time is stored at once, so that a missing answer blocks no others. Sessions of shards without a
    listener are left out: stale_shards handles them.
    """
    rows = await doubtful_session_queries.list_doubtful(
        conn, silent_since=now - SILENT, asked_before=now - ASK_EVERY, limit=LIMIT
    )
    if not rows:
        return []
    await doubtful_session_queries.set_confirmed(conn, [(row.guild_id, row.session_id) for row in rows], at=now)
    received = await shard_positions.list_received(conn)
    since = unix_seconds(now - HEARD_WITHIN)
    return [row for row in rows if (shard_positions.last_received(received, row.guild_id) or 0) >= since]


async def apply_answer(
    conn: Connection, doubt: DoubtfulSession, *, channel: ChannelId | None, flags: int, now: datetime
) -> bool:
    """Continue, move or end a session according to Discord's answer. Returns: whether anything changed.

    If the session has changed since the question, the answer is ignored: the listener has newer data.

    Args:
        conn: its transaction holds the member's lock.
        doubt: the session as it was when Discord was asked.
        channel: where the member is; None: not in voice.
        flags: SELF_MUTE … SUPPRESS of gateway_events, added up.
        now: when Discord was asked; a session that ends, ends then.
    """
    await lock_member(conn, doubt.guild_id, doubt.user_id)
    if await doubtful_session_queries.find_open(conn, guild=doubt.guild_id, session=doubt.session_id) != doubt:
        return False
    if channel == doubt.channel_id:
        return False
    state = VoiceState(doubt.guild_id, doubt.user_id, channel, flags, "", now, is_delayed=True)
    await recording.record(conn, [state])
    return True
