"""Bulk reads and writes of voice sessions and segments, one statement per batch."""

from collections.abc import Sequence

from db.connection import Connection
from db.queries.arrays import numbers, texts

StateRow = tuple[
    int, int, int, str | None, int, int | None, int, int, str | None, bool, int, bool, int, int | None, int, int
]
SessionRow = tuple[int, int, int, str | None, int, int | None, int, int, str | None, bool, int]
SegmentRow = tuple[int, int, int, int, int, int, int | None]  # guild, session, start, user, channel, flags, end


async def list_latest(conn: Connection, members: Sequence[tuple[int, int]], *, ended_since: int) -> list[StateRow]:
    """Each member's last session if it is open or ended at `ended_since` or later, one row per relevant segment.

    Relevant are the last segment and those not fully credited. Rows are ordered by guild, user and start.
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
               SELECT * FROM voice_sessions v WHERE v.user_id = given.user_id AND v.guild_id = given.guild_id
               ORDER BY v.started_at DESC LIMIT 1) AS s
           CROSS JOIN LATERAL (
               SELECT * FROM voice_segments g WHERE g.guild_id = s.guild_id AND g.session_id = s.session_id
                 AND (g.ended_at IS NULL OR g.ended_at > s.credited_until OR g.ended_at = s.ended_at)
               OFFSET 0) AS g  -- the offset keeps the planner from reading the whole table while it is small
           WHERE s.ended_at IS NULL OR s.ended_at >= to_timestamp(%(ended_since)s)
           ORDER BY s.guild_id, s.user_id, g.started_at""",
        {"guild": numbers(guild), "user": numbers(user), "ended_since": ended_since},
    )
    return await cursor.fetchall()


async def list_open_members(
    conn: Connection, *, guilds: Sequence[int] | None, shard: tuple[int, int]
) -> list[tuple[int, int]]:
    """Members (guild, user) with an open session in a shard (id, count); with `guilds`, only in those."""
    cursor = await conn.execute(
        """SELECT guild_id, user_id FROM voice_sessions
           WHERE ended_at IS NULL AND (guild_id >> 22) %% %(count)s = %(id)s
             AND (%(guilds)s::bigint[] IS NULL OR guild_id = ANY (%(guilds)s))
           ORDER BY guild_id, user_id""",
        {"id": shard[0], "count": shard[1], "guilds": None if guilds is None else numbers(guilds)},
    )
    return await cursor.fetchall()


async def list_tracked(conn: Connection, users: Sequence[int]) -> list[tuple[int, int]]:
    """Members (guild, user) of these users with a session that is open or has counted time."""
    cursor = await conn.execute(
        """SELECT DISTINCT guild_id, user_id FROM voice_sessions
           WHERE user_id = ANY (%(users)s::bigint[]) AND (ended_at IS NULL OR counted_seconds > 0)
           ORDER BY guild_id, user_id""",
        {"users": numbers(users)},
    )
    return await cursor.fetchall()


async def list_tracked_bots(conn: Connection, *, limit: int) -> list[tuple[int, int]]:
    """Members (guild, user) that are bots and have a session that is open or has counted time."""
    cursor = await conn.execute(
        """SELECT DISTINCT s.guild_id, s.user_id
           FROM users u JOIN voice_sessions s ON s.user_id = u.user_id
           WHERE u.is_bot AND (s.ended_at IS NULL OR s.counted_seconds > 0)
           ORDER BY s.guild_id, s.user_id LIMIT %(limit)s""",
        {"limit": limit},
    )
    return await cursor.fetchall()


async def list_first_starts(conn: Connection, members: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Per guild, when the first session of any of these members began (unix)."""
    guild, user = zip(*members, strict=True)
    cursor = await conn.execute(
        """SELECT s.guild_id, extract(epoch FROM min(s.started_at))::bigint
           FROM unnest(%(guild)s::bigint[], %(user)s::bigint[]) AS given (guild_id, user_id)
           JOIN voice_sessions s USING (guild_id, user_id)
           GROUP BY s.guild_id ORDER BY s.guild_id""",
        {"guild": numbers(guild), "user": numbers(user)},
    )
    return await cursor.fetchall()


async def set_uncounted(conn: Connection, members: Sequence[tuple[int, int]], *, at: int | None) -> None:
    """End the open sessions of these members at `at` (unix; None: now), set counted time to 0, delete all segments."""
    guild, user = zip(*members, strict=True)
    await conn.execute(
        """WITH given AS (
               SELECT s.guild_id, s.session_id
               FROM unnest(%(guild)s::bigint[], %(user)s::bigint[]) AS given (guild_id, user_id)
               JOIN voice_sessions s USING (guild_id, user_id)
           ), dropped AS (
               DELETE FROM voice_segments g USING given
               WHERE g.guild_id = given.guild_id AND g.session_id = given.session_id
           )
           UPDATE voice_sessions s
           SET counted_seconds = 0, close_reason = coalesce(close_reason, 'ignored_channel'),
               ended_at = coalesce(ended_at, greatest(started_at, coalesce(to_timestamp(%(at)s::bigint), now())))
           FROM given
           WHERE s.guild_id = given.guild_id AND s.session_id = given.session_id""",
        {"guild": numbers(guild), "user": numbers(user), "at": at},
    )


async def take_session_ids(conn: Connection, count: int) -> list[int]:
    """Reserve ids for `count` new sessions."""
    cursor = await conn.execute(
        """SELECT nextval((SELECT pg_get_serial_sequence('voice_sessions', 'session_id')::regclass))
           FROM generate_series(1, %(count)s)""",
        {"count": count},
    )
    return [row[0] for row in await cursor.fetchall()]


async def set_sessions(conn: Connection, rows: Sequence[SessionRow]) -> None:
    """Update stored sessions."""
    await conn.execute(
        """UPDATE voice_sessions s
           SET discord_session_id = given.voice_session, ended_at = to_timestamp(given.ended),
               credited_until = to_timestamp(given.settled), counted_seconds = given.counted,
               close_reason = given.reason::close_reason, is_estimated = given.is_estimated,
               estimated_seconds = given.estimated
           FROM unnest(%(guild)s::bigint[], %(id)s::bigint[], %(voice_session)s::text[], %(ended)s::bigint[],
                       %(settled)s::bigint[], %(counted)s::integer[], %(reason)s::text[], %(is_estimated)s::boolean[],
                       %(estimated)s::integer[])
                AS given (guild_id, session_id, voice_session, ended, settled, counted, reason, is_estimated, estimated)
           WHERE s.guild_id = given.guild_id AND s.session_id = given.session_id""",
        _session_columns(rows),
    )


async def add_sessions(conn: Connection, rows: Sequence[SessionRow]) -> None:
    """Insert sessions with ids from `take_session_ids`; `uq_voice_sessions_open` rejects a second open one."""
    await conn.execute(
        """INSERT INTO voice_sessions (guild_id, session_id, user_id, discord_session_id, started_at, ended_at,
                                       credited_until, counted_seconds, close_reason, is_estimated, estimated_seconds)
           SELECT guild_id, session_id, user_id, voice_session, to_timestamp(started), to_timestamp(ended),
                  to_timestamp(settled), counted, reason::close_reason, is_estimated, estimated
           FROM unnest(%(guild)s::bigint[], %(id)s::bigint[], %(user)s::bigint[], %(voice_session)s::text[],
                       %(started)s::bigint[], %(ended)s::bigint[], %(settled)s::bigint[], %(counted)s::integer[],
                       %(reason)s::text[], %(is_estimated)s::boolean[], %(estimated)s::integer[])
                AS given (guild_id, session_id, user_id, voice_session, started, ended, settled, counted, reason,
                          is_estimated, estimated)""",
        _session_columns(rows)
        | {"user": numbers([row[2] for row in rows]), "started": numbers([row[4] for row in rows])},
    )


async def set_segments(conn: Connection, rows: Sequence[SegmentRow]) -> None:
    """Update stored segments."""
    await conn.execute(
        """UPDATE voice_segments s
           SET channel_id = given.channel_id, flags = given.flags, ended_at = to_timestamp(given.ended)
           FROM unnest(%(guild)s::bigint[], %(session)s::bigint[], %(started)s::bigint[], %(channel)s::bigint[],
                       %(flags)s::smallint[], %(ended)s::bigint[])
                AS given (guild_id, session_id, started, channel_id, flags, ended)
           WHERE s.guild_id = given.guild_id AND s.session_id = given.session_id
             AND s.started_at = to_timestamp(given.started)""",
        _segment_columns(rows),
    )


async def add_segments(conn: Connection, rows: Sequence[SegmentRow]) -> None:
    """Insert segments of stored sessions."""
    await conn.execute(
        """INSERT INTO voice_segments (guild_id, session_id, started_at, user_id, channel_id, flags, ended_at)
           SELECT guild_id, session_id, to_timestamp(started), user_id, channel_id, flags, to_timestamp(ended)
           FROM unnest(%(guild)s::bigint[], %(session)s::bigint[], %(started)s::bigint[], %(user)s::bigint[],
                       %(channel)s::bigint[], %(flags)s::smallint[], %(ended)s::bigint[])
                AS given (guild_id, session_id, started, user_id, channel_id, flags, ended)""",
        _segment_columns(rows) | {"user": numbers([row[3] for row in rows])},
    )


def _session_columns(rows: Sequence[SessionRow]) -> dict[str, str]:
    guild, session, _, voice, _, ended, settled, counted, reason, is_estimated, estimated = zip(*rows, strict=True)
    return {
        "guild": numbers(guild),
        "id": numbers(session),
        "voice_session": texts(voice),
        "ended": numbers(ended),
        "settled": numbers(settled),
        "counted": numbers(counted),
        "reason": texts(reason),
        "is_estimated": numbers(is_estimated),
        "estimated": numbers(estimated),
    }


def _segment_columns(rows: Sequence[SegmentRow]) -> dict[str, str]:
    guild, session, started, _, channel, flags, ended = zip(*rows, strict=True)
    return {
        "guild": numbers(guild),
        "session": numbers(session),
        "started": numbers(started),
        "channel": numbers(channel),
        "flags": numbers(flags),
        "ended": numbers(ended),
    }
