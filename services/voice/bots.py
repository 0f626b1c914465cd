"""Removes all counted time of accounts that turn out to be bots."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries.members import lock as member_lock_queries
from db.queries.voice import daily_totals as daily_total_queries
from db.queries.voice import recalculation_queue as recalculation_queries
from db.queries.voice import sessions as session_queries
from db.queries.voice import tracking_policies as tracking_policy_queries
from services.streaks import cache
from services.voice import guild_config
from services.voice.session_tracker import unix_seconds
from services.voice.tracking_policies import SILENT_LIBRARY, TrackingPolicy

LIMIT: Final = 100  # bots per run


async def take_back_known(conn: Connection, *, now: datetime) -> int:
    """Remove the counted time of known bots, unless a voice state has already done so. Returns: how many bots."""
    members = await session_queries.list_tracked_bots(conn, limit=LIMIT)
    if members:
        await member_lock_queries.lock_members(conn, members, [])
        await take_back(conn, members, at=unix_seconds(now), policy=SILENT_LIBRARY)
    return len(members)


async def take_back(
    conn: Connection, members: Sequence[tuple[int, int]], *, at: int | None, policy: TrackingPolicy
) -> None:
    """End the open sessions of these bots at `at` (unix), and remove all counted time of their sessions.

    Their segments are deleted, so that they do not count as occupancy; members evaluated with that occupancy are queued
    for recalculation. The caller holds the locks of `members`.
    """
    since = await session_queries.list_first_starts(conn, members)
    rules = await guild_config.of_guilds(conn, sorted({guild for guild, _ in since}), policy)
    shared = rules.guilds_requiring_company({guild for guild, _ in since})
    misjudged = [row for row in since if row[0] in shared]
    if misjudged and (others := await tracking_policy_queries.list_evaluated_past(conn, misjudged)):
        await recalculation_queries.add(conn, others)
    await session_queries.set_uncounted(conn, members, at=at)
    for guild, user in members:
        await daily_total_queries.remove_member_days(conn, guild, user)
    await cache.recompute(conn, [(GuildId(guild), UserId(user)) for guild, user in members])
