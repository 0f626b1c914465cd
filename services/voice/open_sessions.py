"""Open sessions: accrues their time, truncates them, and ends those of guilds that are gone."""

import math
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from core.enums import SessionEndReason
from core.ids import GuildId
from db.connection import Connection
from db.queries import guilds as guild_queries
from db.queries.members import lock as member_lock_queries
from db.queries.voice import gaps as gap_queries
from db.queries.voice import sessions as session_queries
from services.voice import guild_config, session_store
from services.voice.activity import load_activity
from services.voice.channel_rules import NO_RULES, ChannelRules
from services.voice.gateway_events import (
    GuildGone,
)
from services.voice.recording import record
from services.voice.session import Session
from services.voice.session_tracker import unix_seconds
from services.voice.session_writer import write_sessions
from services.voice.shard_positions import last_received, list_received
from services.voice.tracking_policies import SILENT_LIBRARY, TrackingPolicy

_CHUNK = 2_000  # members whose sessions are in memory at once
_NEVER = 1 << 40  # later than any session end


async def accrue_open_sessions(
    conn: Connection,
    *,
    now: datetime,
    guilds: Collection[GuildId] | None = None,
    shard: tuple[int, int] = (0, 1),
    policy: TrackingPolicy = SILENT_LIBRARY,
) -> int:
    """Credit open sessions up to `now`, or up to the last received frame of their shard if that is earlier.

    Those in channels that are no longer tracked end there.

    Args:
        conn: its transaction holds the locks; the caller commits.
        now: aware UTC.
        guilds: only these; None: all of the shard.
        shard: (id, count) as Discord counts; (0, 1) is every guild.
        policy: the default policy.
    Returns: the number of open sessions.
    """
    heard = await list_received(conn)
    latest = unix_seconds(now)

    def bring(session: Session, moments: Sequence[int], place: ChannelRules) -> int:
        until = min(latest, last_received(heard, session.guild) or latest)
        session.mark_active(moments, until)
        if place.is_tracked(session.segments[-1].channel):
            return until
        session.close(until, SessionEndReason.IGNORED_CHANNEL, is_estimated=False)
        return until if session.ended is None else session.ended

    return await _for_each_open(conn, bring, guilds=guilds, shard=shard, policy=policy)


async def truncate_open_sessions(
    conn: Connection,
    *,
    heard_until: datetime | None,
    shard: tuple[int, int] = (0, 1),
    policy: TrackingPolicy = SILENT_LIBRARY,
) -> int:
    """End every open session of a shard at its last received frame: continuity was lost; a snapshot may never follow.

    Sessions continue if their guild's snapshot shows the member in the same channel within 15 minutes. `heard_until` is
    when the shard's last frame was received, None: never. A guild that was received later as part of a shard of another
    count ends there, and one that was never received is not changed. Returns: the number of open sessions.
    """
    others = [row for row in await list_received(conn) if row[:2] != shard]
    own = [] if heard_until is None else [(*shard, unix_seconds(heard_until))]

    def bring(session: Session, moments: Sequence[int], _: ChannelRules) -> int:
        until = last_received([*own, *others], session.guild)
        if until is None:
            return session.credited_until
        session.mark_active(moments, until)
        session.truncate(until)
        if session.ended is None:
            return until
        unheard[session.guild] = min(until, unheard.get(session.guild, until))
        return session.ended

    unheard: dict[int, int] = {}
    found = await _for_each_open(conn, bring, guilds=None, shard=shard, policy=policy)
    if unheard:
        await gap_queries.set_unheard(conn, sorted(unheard.items()))
    return found


async def bridge(conn: Connection, *, since: datetime, until: datetime, shard: tuple[int, int] = (0, 1)) -> None:
    """Record a gap of a shard between two times, after Discord has replayed the missed events.

    Members with an open session stayed, and are credited in full; time counted in the gap is marked as estimated. Call
    this before crediting anything later than `since`.
    """
    start, end = unix_seconds(since), math.ceil(until.timestamp())
    if start < end:
        await gap_queries.add_shard_gap(conn, start=start, end=end, shard=shard)


async def mark_missing_guilds_left(
    conn: Connection, present: Collection[GuildId], *, at: datetime, shard: tuple[int, int] = (0, 1)
) -> int:
    """Mark the guilds of a shard that are not `present` in its new session as left by the app. Returns: how many."""
    gone = await guild_queries.list_missing_guilds(conn, sorted(present), shard=shard)
    await record(conn, [GuildGone(guild=GuildId(guild), at=at) for guild in gone])
    return len(gone)


async def _for_each_open(
    conn: Connection,
    bring: Callable[[Session, Sequence[int], ChannelRules], int],
    *,
    guilds: Collection[GuildId] | None,
    shard: tuple[int, int],
    policy: TrackingPolicy,
) -> int:
    """Lock, change, credit and store the open sessions; `bring` changes one and returns until when to credit it."""
    members = await session_queries.list_open_members(
        conn, guilds=None if guilds is None else sorted(guilds), shard=shard
    )
    rules = await guild_config.of_guilds(conn, sorted({guild for guild, _ in members}), policy)
    for first in range(0, len(members), _CHUNK):
        chunk = members[first : first + _CHUNK]
        activity = await load_activity(conn, await member_lock_queries.lock_members(conn, chunk, []))
        due: list[tuple[Session, int]] = []
        for session in await session_store.load(conn, chunk, ended_since=_NEVER, rules=rules):
            place = rules.channel_rules.get(session.guild, NO_RULES)
            due.append((session, bring(session, activity.moments.get((session.guild, session.user), ()), place)))
        sessions = [session for session, _ in due]
        await write_sessions(conn, sessions, due=due, rules=rules)
        await activity.forget(conn, sessions)
    return len(members)
