"""Queries that read stored voice sessions and segments for policy changes, explanations and occupancy."""

from collections.abc import Sequence

from db.connection import Connection
from db.queries.arrays import numbers
from db.queries.voice.sessions import StateRow

PresenceRow = tuple[int, int, int, int | None]  # guild, channel, from, until in seconds since 1970; None: still present


async def list_history(conn: Connection, members: Sequence[tuple[int, int]], *, since: int = 0) -> list[StateRow]:
    """All sessions of these members that are open or ended after `since`, with all their segments, in order.

    A member's sessions never overlap: those that ended after `since` start with the last one that began before it.
    """
    guild, user = zip(*members, strict=True)
    cursor = await conn.execute(
        """SELECT s.guild_id, s.user_id, s.session_id, s.discord_session_id,
                  extract(epoch FROM s.started_at)::bigint, extract(epoch FROM s.ended_at)::bigint,
                  extract(epoch FROM s.credited_until)::bigint, s.counted_seconds, s.close_reason, s.is_estimated,
                  s.estimated_seconds, s.is_corrected,
                  extract(epoch FROM g.started_at)::bigint, extract(epoch FROM g.ended_at)::bigint,
                  g.channel_id, g.flags
           FROM unnest(%(guild)s::bigint[], %(user)s::bigint[]) AS given (guild_id, user_id)
           CROSS JOIN LATERAL (
               SELECT coalesce(max(started_at), '-infinity') AS at FROM voice_sessions
               WHERE guild_id = given.guild_id AND user_id = given.user_id AND started_at <= to_timestamp(%(since)s)
           ) AS first
           JOIN voice_sessions s ON s.guild_id = given.guild_id AND s.user_id = given.user_id
                                AND s.started_at >= first.at
           JOIN voice_segments g ON g.guild_id = s.guild_id AND g.session_id = s.session_id
           WHERE s.ended_at IS NULL OR s.ended_at > to_timestamp(%(since)s)
           ORDER BY s.guild_id, s.user_id, s.started_at, s.session_id, g.started_at""",
        {"guild": numbers(guild), "user": numbers(user), "since": since},
    )
    return await cursor.fetchall()


async def list_between(conn: Connection, guild: int, *, start: int, end: int) -> list[StateRow]:
    """All sessions of a guild that overlap a time span (unix), with all their segments, by member and time."""
    cursor = await conn.execute(
        """SELECT s.guild_id, s.user_id, s.session_id, s.discord_session_id,
                  extract(epoch FROM s.started_at)::bigint, extract(epoch FROM s.ended_at)::bigint,
                  extract(epoch FROM s.credited_until)::bigint, s.counted_seconds, s.close_reason, s.is_estimated,
                  s.estimated_seconds, s.is_corrected,
                  extract(epoch FROM g.started_at)::bigint, extract(epoch FROM g.ended_at)::bigint,
                  g.channel_id, g.flags
           FROM voice_sessions s JOIN voice_segments g USING (guild_id, session_id)
           WHERE s.guild_id = %(guild)s AND s.session_id IN (
               SELECT session_id FROM voice_segments
               WHERE guild_id = %(guild)s AND ended_at > to_timestamp(%(start)s) AND started_at < to_timestamp(%(end)s)
               UNION
               SELECT session_id FROM voice_segments
               WHERE guild_id = %(guild)s AND ended_at IS NULL AND started_at < to_timestamp(%(end)s))
           ORDER BY s.user_id, s.started_at, s.session_id, g.started_at""",
        {"guild": guild, "start": start, "end": end},
    )
    return await cursor.fetchall()


async def list_presences(
    conn: Connection, windows: Sequence[tuple[int, int, int]], channels: Sequence[int]
) -> list[PresenceRow]:
    """Presences in `channels` within the window (guild, from, until; unix) of their guild; one window per guild."""
    guild, start, end = zip(*windows, strict=True)
    cursor = await conn.execute(
        """SELECT g.guild_id, g.channel_id, extract(epoch FROM g.started_at)::bigint,
                  extract(epoch FROM g.ended_at)::bigint
           FROM unnest(%(guild)s::bigint[], %(start)s::bigint[], %(end)s::bigint[]) AS given (guild_id, since, until)
           CROSS JOIN LATERAL (
               SELECT guild_id, channel_id, started_at, ended_at FROM voice_segments
               WHERE guild_id = given.guild_id AND ended_at > to_timestamp(given.since)
                 AND started_at < to_timestamp(given.until) AND channel_id = ANY (%(channels)s::bigint[])
               UNION ALL
               SELECT guild_id, channel_id, started_at, ended_at FROM voice_segments
               WHERE guild_id = given.guild_id AND ended_at IS NULL
                 AND started_at < to_timestamp(given.until) AND channel_id = ANY (%(channels)s::bigint[])) AS g""",
        {"guild": numbers(guild), "start": numbers(start), "end": numbers(end), "channels": numbers(channels)},
    )
    return await cursor.fetchall()


async def list_camera_off(conn: Connection, segments: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Per session (guild, session, before): when camera or stream last went off before that time (unix), if ever."""
    guild, session, before = zip(*segments, strict=True)
    cursor = await conn.execute(
        """SELECT g.guild_id, g.session_id, extract(epoch FROM max(g.ended_at))::bigint
           FROM unnest(%(guild)s::bigint[], %(session)s::bigint[], %(before)s::bigint[])
                AS given (guild_id, session_id, before)
           JOIN voice_segments g USING (guild_id, session_id)
           WHERE g.flags & 48 <> 0 AND g.started_at < to_timestamp(given.before)
           GROUP BY g.guild_id, g.session_id""",
        {"guild": numbers(guild), "session": numbers(session), "before": numbers(before)},
    )
    return await cursor.fetchall()
