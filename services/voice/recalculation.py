"""Recalculates the counted time of members from their stored segments."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries.members import lock as member_lock_queries
from db.queries.voice import daily_totals as daily_total_queries
from db.queries.voice import history as voice_history_queries
from db.queries.voice import recalculation_queue as recalculation_queries
from services.streaks import cache
from services.voice import guild_config, session_store
from services.voice.accrual import accrue
from services.voice.adjustments import Adjustment
from services.voice.session import Key, Session
from services.voice.tracking_policies import SILENT_LIBRARY, TrackingPolicy

NO_MORE: Final[Mapping[Key, Adjustment]] = MappingProxyType({})


async def rebuild(
    conn: Connection,
    guild: GuildId,
    user: UserId,
    *,
    policy: TrackingPolicy = SILENT_LIBRARY,
    more: Mapping[Key, Adjustment] = NO_MORE,
) -> None:
    """Recompute a member's days, totals and streak from segments and corrections, up to `credited_until`.

    `more` has corrections that are not stored yet, by guild and session; they come last and are spread over dates.
    """
    await _rebuild(conn, [(guild, user)], policy=policy, more=more)


async def recalculate(conn: Connection, *, limit: int = 100, policy: TrackingPolicy = SILENT_LIBRARY) -> int:
    """Recalculate members from the queue in the caller's transaction. Returns: how many."""
    members = sorted(set(await recalculation_queries.take(conn, limit=limit)))
    if members:
        await _rebuild(conn, members, policy=policy)
    return len(members)


async def _rebuild(
    conn: Connection,
    members: Sequence[tuple[int, int]],
    *,
    policy: TrackingPolicy,
    more: Mapping[Key, Adjustment] = NO_MORE,
) -> None:
    await member_lock_queries.lock_members(conn, members, [])
    rules = await guild_config.of_guilds(conn, sorted({guild for guild, _ in members}), policy)
    sessions = session_store.from_rows(await voice_history_queries.list_history(conn, members))
    due: list[tuple[Session, int]] = []
    for session in sessions:
        due.append((session, session.credited_until if session.ended is None else session.ended))
        session.credited_until, session.counted, session.estimated, session.is_changed = session.started, 0, 0, True
    adjustments = await session_store.load_adjustments(conn, sessions)
    for key, adjustment in more.items():
        adjustments.setdefault(key, []).append(adjustment)
    for guild, user in members:
        await daily_total_queries.remove_member_days(conn, guild, user)
    await accrue(conn, due, rules=rules, adjustments=adjustments)
    await session_store.store(conn, sessions)
    await cache.recompute(conn, [(GuildId(guild), UserId(user)) for guild, user in members])
