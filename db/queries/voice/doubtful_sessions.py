"""Queries for open sessions that may already have ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.ids import ChannelId, GuildId, UserId
from db.connection import Connection
from db.queries.arrays import numbers
from db.rows import dataclass_row


@dataclass(frozen=True, slots=True)
class DoubtfulSession:
    """An open session with its current state."""

    guild_id: GuildId
    user_id: UserId
    session_id: int
    channel_id: ChannelId
    since: datetime  # start of the current channel and flags


async def list_doubtful(
    conn: Connection, *, silent_since: datetime, asked_before: datetime, limit: int
) -> list[DoubtfulSession]:
    """Open sessions that are estimated, or unchanged since `silent_since`; longest unverified first."""
    cursor = conn.cursor(row_factory=dataclass_row(DoubtfulSession))
    await cursor.execute(
        """SELECT s.guild_id, s.user_id, s.session_id, g.channel_id, g.started_at AS since
           FROM voice_sessions s
           JOIN voice_segments g ON g.guild_id = s.guild_id AND g.session_id = s.session_id AND g.ended_at IS NULL
           WHERE s.ended_at IS NULL AND (s.is_estimated OR g.started_at < %(silent_since)s)
             AND (s.confirmed_at IS NULL OR s.confirmed_at < %(asked_before)s)
           ORDER BY s.confirmed_at NULLS FIRST, s.guild_id, s.session_id
           LIMIT %(limit)s""",
        {"silent_since": silent_since, "asked_before": asked_before, "limit": limit},
    )
    return await cursor.fetchall()


async def find_open(conn: Connection, *, guild: GuildId, session: int) -> DoubtfulSession | None:
    """An open session; None: it has ended."""
    cursor = conn.cursor(row_factory=dataclass_row(DoubtfulSession))
    await cursor.execute(
        """SELECT s.guild_id, s.user_id, s.session_id, g.channel_id, g.started_at AS since
           FROM voice_sessions s
           JOIN voice_segments g ON g.guild_id = s.guild_id AND g.session_id = s.session_id AND g.ended_at IS NULL
           WHERE s.guild_id = %(guild)s AND s.session_id = %(session)s AND s.ended_at IS NULL""",
        {"guild": guild, "session": session},
    )
    return await cursor.fetchone()


async def set_confirmed(conn: Connection, sessions: Sequence[tuple[int, int]], *, at: datetime) -> None:
    """Store when these sessions (guild, session) were last verified with Discord."""
    guild, session = zip(*sessions, strict=True)
    await conn.execute(
        """UPDATE voice_sessions s SET confirmed_at = %(at)s
           FROM unnest(%(guild)s::bigint[], %(session)s::bigint[]) AS given (guild_id, session_id)
           WHERE s.guild_id = given.guild_id AND s.session_id = given.session_id""",
        {"guild": numbers(guild), "session": numbers(session), "at": at},
    )
