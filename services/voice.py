"""Voice events in, sessions and counted seconds out: the door that the listener and the clock use."""

from collections.abc import Collection, Sequence
from datetime import datetime

from db.connection import Connection

from core.ids import GuildId, UserId
from services.policies import SILENT_LIBRARY, Policy
from services.voice_events import (
    ChannelChange,
    ChannelGone,
    Event,
    GuildChange,
    GuildGone,
    GuildSnapshot,
    Person,
    VoiceChannel,
    VoiceState,
)

__all__ = [
    "ChannelChange",
    "ChannelGone",
    "Event",
    "GuildChange",
    "GuildGone",
    "GuildSnapshot",
    "Person",
    "VoiceChannel",
    "VoiceState",
    "cut_open",
    "rebuild",
    "record",
    "settle_open",
]


async def record(conn: Connection, events: Sequence[Event], *, policy: Policy = SILENT_LIBRARY) -> None:
    """Write what was heard, in order, inside the caller's transaction; a handful of statements whatever the number.

    An event that changes nothing does nothing, so duplicates are harmless. Unknown guilds and people get their rows.
    """
    raise NotImplementedError


async def settle_open(
    conn: Connection,
    *,
    now: datetime,
    guilds: Collection[GuildId] | None = None,
    shard: tuple[int, int] | None = None,
    policy: Policy = SILENT_LIBRARY,
) -> int:
    """Credit open sessions up to `now`, or up to where their shard was last heard when that is earlier.

    Args:
        conn: its transaction holds the locks; the caller commits.
        now: aware UTC.
        guilds: only these; None: all.
        shard: (id, count), only the guilds of this shard; None: all.
        policy: what counts.
    Returns: the number of sessions looked at.
    """
    raise NotImplementedError


async def cut_open(
    conn: Connection,
    *,
    heard_until: datetime,
    shard: tuple[int, int] | None = None,
    policy: Policy = SILENT_LIBRARY,
) -> int:
    """End every open session of a shard at `heard_until`: continuity was lost and no snapshot may ever come.

    Members who are still there continue when their guild's snapshot arrives within the rejoin gap. Returns: how many.
    """
    raise NotImplementedError


async def rebuild(conn: Connection, guild: GuildId, user: UserId, *, policy: Policy = SILENT_LIBRARY) -> None:
    """Derive a member's days, totals and streak again from the stored segments alone."""
    raise NotImplementedError
