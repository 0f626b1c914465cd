"""Bots never count: what was credited to an account before it was known to be a bot is taken back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries.voice import daily_totals as days
from db.queries.voice import sessions as voice
from db.queries.voice import tracking_policies as policies
from services.streaks import streak as streaks
from services.voice import guild_config as rulebook
from services.voice.session_tracker import unix
from services.voice.tracking_policies import SILENT_LIBRARY, Policy

LIMIT: Final = 100  # bots of one run


async def take_back_known(conn: Connection, *, now: datetime) -> int:
    """Take back what bots have that became known otherwise than by a voice state. Returns: how many bots."""
    members = await voice.list_tracked_bots(conn, limit=LIMIT)
    if members:
        await voice.lock_members(conn, members, [])
        await take_back(conn, members, at=unix(now), policy=SILENT_LIBRARY)
    return len(members)


async def take_back(conn: Connection, members: Sequence[tuple[int, int]], *, at: int | None, policy: Policy) -> None:
    """End the open sessions of these bots at `at` (unix), and leave nothing that any session of theirs has counted.

    Their segments go, so that they were company to nobody; members who were judged by that company are recounted.
    The caller holds the locks of `members`.
    """
    since = await voice.list_first_starts(conn, members)
    rules = await rulebook.of_guilds(conn, sorted({guild for guild, _ in since}), policy)
    shared = rules.with_company({guild for guild, _ in since})
    misjudged = [row for row in since if row[0] in shared]
    if misjudged and (others := await policies.list_judged_past(conn, misjudged)):
        await policies.add_recounts(conn, others)
    await voice.set_uncounted(conn, members, at=at)
    for guild, user in members:
        await days.remove_member_days(conn, guild, user)
    await streaks.refresh(conn, [(GuildId(guild), UserId(user)) for guild, user in members])
