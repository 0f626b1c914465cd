"""Queries for the tracking policy changes of guilds, and for the kind of a channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.enums import ChannelKind, TrackingPreset
from core.ids import ChannelId, GuildId, UserId
from db.connection import Connection
from db.queries.arrays import numbers
from db.rows import dataclass_row

RuleRow = tuple[int, str, int, int | None]  # guild, preset, from, until in seconds since 1970; None: open


@dataclass(frozen=True, slots=True)
class PresetChoice:
    """One preset choice in a guild's history."""

    preset: TrackingPreset
    valid_from: datetime
    valid_until: datetime | None  # set: it was re-applied to a past time span
    set_by: UserId
    set_at: datetime


async def list_rules(conn: Connection, guilds: Sequence[int]) -> list[RuleRow]:
    """All policy changes of these guilds, by guild and then oldest first."""
    cursor = await conn.execute(
        """SELECT guild_id, preset::text, extract(epoch FROM valid_from)::bigint,
                  extract(epoch FROM valid_until)::bigint
           FROM tracking_policies WHERE guild_id = ANY (%(guilds)s::bigint[]) ORDER BY guild_id, policy_id""",
        {"guilds": numbers(guilds)},
    )
    return await cursor.fetchall()


async def list_choices(conn: Connection, guild: GuildId, *, limit: int) -> list[PresetChoice]:
    """The latest preset choices in a guild, newest first."""
    cursor = conn.cursor(row_factory=dataclass_row(PresetChoice))
    await cursor.execute(
        """SELECT preset, valid_from, valid_until, set_by, set_at FROM tracking_policies
           WHERE guild_id = %(guild)s ORDER BY policy_id DESC LIMIT %(limit)s""",
        {"guild": guild, "limit": limit},
    )
    return await cursor.fetchall()


async def add_rule(
    conn: Connection,
    guild: GuildId,
    *,
    preset: TrackingPreset,
    valid_from: datetime,
    valid_until: datetime | None,
    by: UserId,
    now: datetime,
) -> None:
    """Store a guild's preset choice."""
    await conn.execute(
        """INSERT INTO tracking_policies (guild_id, preset, valid_from, valid_until, set_by, set_at)
           VALUES (%(guild)s, %(preset)s, %(from)s, %(until)s, %(by)s, %(now)s)""",
        {"guild": guild, "preset": preset, "from": valid_from, "until": valid_until, "by": by, "now": now},
    )


async def list_evaluated_past(conn: Connection, moments: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Members (guild, user) with a session already evaluated past the time given for their guild (unix)."""
    guild, at = zip(*moments, strict=True)
    cursor = await conn.execute(
        """SELECT s.guild_id, s.user_id
           FROM unnest(%(guild)s::bigint[], %(at)s::bigint[]) AS given (guild_id, at)
           JOIN voice_sessions s ON s.guild_id = given.guild_id AND s.ended_at IS NULL
                                AND s.credited_until > to_timestamp(given.at)
           UNION
           SELECT s.guild_id, s.user_id
           FROM unnest(%(guild)s::bigint[], %(at)s::bigint[]) AS given (guild_id, at)
           JOIN voice_segments g ON g.guild_id = given.guild_id AND g.ended_at > to_timestamp(given.at)
           JOIN voice_sessions s ON s.guild_id = g.guild_id AND s.session_id = g.session_id
                                AND s.ended_at > to_timestamp(given.at)
           ORDER BY 1, 2""",
        {"guild": numbers(guild), "at": numbers(at)},
    )
    return await cursor.fetchall()


async def set_kind(
    conn: Connection,
    *,
    guild: GuildId,
    channel: ChannelId,
    name: str,
    type_: int,
    kind: ChannelKind,
    by: UserId,
    now: datetime,
) -> None:
    """Store the kind of a channel or category, and who set it."""
    await conn.execute(
        """INSERT INTO channels AS c
               (guild_id, channel_id, name, type, kind, created_by, updated_by, created_at, updated_at)
           VALUES (%(guild)s, %(channel)s, %(name)s, %(type)s, %(kind)s, %(by)s, %(by)s, %(now)s, %(now)s)
           ON CONFLICT (guild_id, channel_id) DO UPDATE
           SET kind = excluded.kind, updated_by = excluded.updated_by, updated_at = excluded.updated_at""",
        {"guild": guild, "channel": channel, "name": name, "type": type_, "kind": kind, "by": by, "now": now},
    )
