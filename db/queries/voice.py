"""Guilds, people, sessions and segments as the listener writes them: whole batches, one statement each."""

from collections.abc import Sequence

from db.connection import Connection
from db.queries.arrays import numbers, texts

GuildRow = tuple[int, str, int | None, str | None, str, int | None]  # id, name, owner, icon, locale, AFK channel
ChannelRow = tuple[int, int, str, int, int | None]  # guild, id, name, Discord's type, category
UserRow = tuple[int, str, str | None, str | None, bool]  # id, username, global name, avatar, is a bot
MemberRow = tuple[int, int, str | None, str | None]  # guild, user, nick, avatar in this guild
PlaceRow = tuple[int, int | None, str, list[int]]  # guild, AFK channel, zone, ignored channels
LockRow = tuple[int, int, int | None]  # guild, user, last press
StateRow = tuple[int, int, int, str | None, int, int | None, int, int, str | None, bool, int, int | None, int, int]
SessionRow = tuple[int, int, int, str | None, int, int | None, int, int, str | None, bool]
SegmentRow = tuple[int, int, int, int, int, int, int | None]  # guild, session, start, user, channel, flags, end


async def list_places(conn: Connection, guilds: Sequence[int]) -> list[PlaceRow]:
    """Of each known guild what decides whether a channel counts, and its zone."""
    cursor = await conn.execute(
        """SELECT g.guild_id, g.afk_channel_id, g.timezone,
                  ARRAY(SELECT c.channel_id FROM channels c WHERE c.guild_id = g.guild_id AND c.kind = 'ignored')
           FROM guilds g WHERE g.guild_id = ANY (%(guilds)s::bigint[])""",
        {"guilds": numbers(guilds)},
    )
    return await cursor.fetchall()


async def add_guilds(conn: Connection, guilds: Sequence[int]) -> None:
    """Rows for guilds that are not known yet; their names come with a snapshot."""
    await conn.execute(
        """INSERT INTO guilds (guild_id)
           SELECT guild_id FROM unnest(%(guilds)s::bigint[]) AS given (guild_id) ORDER BY guild_id
           ON CONFLICT DO NOTHING""",
        {"guilds": numbers(guilds)},
    )


async def set_guilds(conn: Connection, rows: Sequence[GuildRow]) -> None:
    """Guilds as Discord shows them now; settings of ours stay as they are."""
    guild, name, owner, icon, locale, afk = zip(*rows, strict=True)
    await conn.execute(
        """INSERT INTO guilds AS g (guild_id, name, owner_id, icon_hash, locale, afk_channel_id)
           SELECT guild_id, name, owner_id, icon_hash, locale, afk_channel_id
           FROM unnest(%(guild)s::bigint[], %(name)s::text[], %(owner)s::bigint[], %(icon)s::text[], %(locale)s::text[],
                       %(afk)s::bigint[]) AS given (guild_id, name, owner_id, icon_hash, locale, afk_channel_id)
           ORDER BY guild_id
           ON CONFLICT (guild_id) DO UPDATE
           SET name = excluded.name, owner_id = excluded.owner_id, icon_hash = excluded.icon_hash,
               locale = excluded.locale, afk_channel_id = excluded.afk_channel_id, is_active = true, updated_at = now()
           WHERE (g.name, g.owner_id, g.icon_hash, g.locale, g.afk_channel_id, g.is_active)
                 IS DISTINCT FROM (excluded.name, excluded.owner_id, excluded.icon_hash, excluded.locale,
                                   excluded.afk_channel_id, true)""",
        {
            "guild": numbers(guild),
            "name": texts(name),
            "owner": numbers(owner),
            "icon": texts(icon),
            "locale": texts(locale),
            "afk": numbers(afk),
        },
    )


async def set_guilds_gone(conn: Connection, guilds: Sequence[int]) -> None:
    """Guilds that the app was removed from."""
    await conn.execute(
        """UPDATE guilds SET is_active = false, updated_at = now()
           WHERE guild_id = ANY (%(guilds)s::bigint[]) AND is_active""",
        {"guilds": numbers(guilds)},
    )


async def set_channels(conn: Connection, rows: Sequence[ChannelRow]) -> None:
    """Voice channels as Discord shows them now; what a channel is for is chosen once, by its type."""
    guild, channel, name, kind, parent = zip(*rows, strict=True)
    await conn.execute(
        """INSERT INTO channels AS c (guild_id, channel_id, name, type, parent_id, kind)
           SELECT guild_id, channel_id, name, type, parent_id,
                  CASE type WHEN 13 THEN 'stage'::channel_kind ELSE 'study' END
           FROM unnest(%(guild)s::bigint[], %(channel)s::bigint[], %(name)s::text[], %(type)s::smallint[],
                       %(parent)s::bigint[]) AS given (guild_id, channel_id, name, type, parent_id)
           ORDER BY guild_id, channel_id
           ON CONFLICT (guild_id, channel_id) DO UPDATE
           SET name = excluded.name, type = excluded.type, parent_id = excluded.parent_id, deleted_at = NULL,
               updated_at = now()
           WHERE (c.name, c.type, c.parent_id, c.deleted_at)
                 IS DISTINCT FROM (excluded.name, excluded.type, excluded.parent_id, NULL)""",
        {
            "guild": numbers(guild),
            "channel": numbers(channel),
            "name": texts(name),
            "type": numbers(kind),
            "parent": numbers(parent),
        },
    )


async def set_channels_gone(conn: Connection, rows: Sequence[tuple[int, int, int]]) -> None:
    """Channels that were deleted: guild, channel, when."""
    guild, channel, at = zip(*rows, strict=True)
    await conn.execute(
        """UPDATE channels c SET deleted_at = to_timestamp(gone.at), updated_at = now()
           FROM unnest(%(guild)s::bigint[], %(channel)s::bigint[], %(at)s::bigint[]) AS gone (guild_id, channel_id, at)
           WHERE c.guild_id = gone.guild_id AND c.channel_id = gone.channel_id AND c.deleted_at IS NULL""",
        {"guild": numbers(guild), "channel": numbers(channel), "at": numbers(at)},
    )


async def set_other_channels_gone(conn: Connection, guilds: Sequence[tuple[int, int]], kept: Sequence[int]) -> None:
    """All channels of these guilds (guild, when) but the `kept` ones are deleted."""
    guild, at = zip(*guilds, strict=True)
    await conn.execute(
        """UPDATE channels c SET deleted_at = to_timestamp(seen.at), updated_at = now()
           FROM unnest(%(guild)s::bigint[], %(at)s::bigint[]) AS seen (guild_id, at)
           WHERE c.guild_id = seen.guild_id AND c.deleted_at IS NULL
             AND NOT EXISTS (SELECT FROM unnest(%(kept)s::bigint[]) AS kept (channel_id)
                             WHERE kept.channel_id = c.channel_id)""",
        {"guild": numbers(guild), "at": numbers(at), "kept": numbers(kept)},
    )


async def set_users(conn: Connection, rows: Sequence[UserRow]) -> None:
    """Accounts under their present names; those that have not changed are left alone, without a lock."""
    user, username, global_name, avatar, is_bot = zip(*rows, strict=True)
    await conn.execute(
        """INSERT INTO users (user_id, username, global_name, avatar_hash, is_bot)
           SELECT given.user_id, given.username, given.global_name, given.avatar_hash, given.is_bot
           FROM unnest(%(user)s::bigint[], %(username)s::text[], %(global_name)s::text[], %(avatar)s::text[],
                       %(is_bot)s::boolean[]) AS given (user_id, username, global_name, avatar_hash, is_bot)
           LEFT JOIN users u USING (user_id)
           WHERE u.user_id IS NULL OR (u.username, u.global_name, u.avatar_hash, u.is_bot)
                 IS DISTINCT FROM (given.username, given.global_name, given.avatar_hash, given.is_bot)
           ORDER BY given.user_id
           ON CONFLICT (user_id) DO UPDATE
           SET username = excluded.username, global_name = excluded.global_name, avatar_hash = excluded.avatar_hash,
               is_bot = excluded.is_bot, updated_at = now()""",
        {
            "user": numbers(user),
            "username": texts(username),
            "global_name": texts(global_name),
            "avatar": texts(avatar),
            "is_bot": numbers(is_bot),
        },
    )


async def set_members(conn: Connection, rows: Sequence[MemberRow]) -> None:
    """Members under their present names in the guild; one who had left is back."""
    guild, user, nick, avatar = zip(*rows, strict=True)
    await conn.execute(
        """INSERT INTO members (guild_id, user_id, nick, avatar_hash)
           SELECT given.guild_id, given.user_id, given.nick, given.avatar_hash
           FROM unnest(%(guild)s::bigint[], %(user)s::bigint[], %(nick)s::text[], %(avatar)s::text[])
                AS given (guild_id, user_id, nick, avatar_hash)
           LEFT JOIN members m USING (guild_id, user_id)
           WHERE m.user_id IS NULL
              OR (m.nick, m.avatar_hash, m.left_at) IS DISTINCT FROM (given.nick, given.avatar_hash, NULL)
           ORDER BY given.guild_id, given.user_id
           ON CONFLICT (guild_id, user_id) DO UPDATE
           SET nick = excluded.nick, avatar_hash = excluded.avatar_hash, left_at = NULL, updated_at = now()""",
        {"guild": numbers(guild), "user": numbers(user), "nick": texts(nick), "avatar": texts(avatar)},
    )


async def add_nameless_users(conn: Connection, users: Sequence[int]) -> None:
    """Accounts of which only the id is known; it stands in for the name until one is heard."""
    await conn.execute(
        """INSERT INTO users (user_id, username)
           SELECT user_id, user_id::text FROM unnest(%(users)s::bigint[]) AS given (user_id) ORDER BY given.user_id
           ON CONFLICT DO NOTHING""",
        {"users": numbers(users)},
    )


async def add_members(conn: Connection, rows: Sequence[tuple[int, int]]) -> None:
    """Rows for members (guild, user) that are not known yet."""
    guild, user = zip(*rows, strict=True)
    await conn.execute(
        """INSERT INTO members (guild_id, user_id)
           SELECT guild_id, user_id
           FROM unnest(%(guild)s::bigint[], %(user)s::bigint[]) AS given (guild_id, user_id)
           ORDER BY guild_id, user_id
           ON CONFLICT DO NOTHING""",
        {"guild": numbers(guild), "user": numbers(user)},
    )


async def lock_members(conn: Connection, members: Sequence[tuple[int, int]], guilds: Sequence[int]) -> list[LockRow]:
    """Hold the rows of these members, and of all with an open session in `guilds`, until the transaction ends.

    Whoever writes sessions takes these locks first, in this order, before changing any member: two writers of one
    member then follow each other, and none waits for the other in a circle.
    """
    guild, user = zip(*members, strict=True) if members else ((), ())
    cursor = await conn.execute(
        """SELECT m.guild_id, m.user_id, floor(extract(epoch FROM m.last_seen_at))::bigint
           FROM (SELECT * FROM unnest(%(guild)s::bigint[], %(user)s::bigint[])
                 UNION
                 SELECT s.guild_id, s.user_id FROM voice_sessions s
                 WHERE s.ended_at IS NULL AND s.guild_id = ANY (%(guilds)s::bigint[])) AS given (guild_id, user_id)
           JOIN members m USING (guild_id, user_id)
           ORDER BY m.guild_id, m.user_id
           FOR NO KEY UPDATE OF m""",
        {"guild": numbers(guild), "user": numbers(user), "guilds": numbers(guilds)},
    )
    return await cursor.fetchall()


async def list_bots(conn: Connection, users: Sequence[int]) -> list[int]:
    """Those of `users` that are bots."""
    cursor = await conn.execute(
        "SELECT user_id FROM users WHERE user_id = ANY (%(users)s::bigint[]) AND is_bot", {"users": numbers(users)}
    )
    return [row[0] for row in await cursor.fetchall()]


async def list_latest(conn: Connection, members: Sequence[tuple[int, int]], *, ended_since: int) -> list[StateRow]:
    """Each member's last session if it is open or ended at `ended_since` or later, one row per segment that matters.

    Those are the segments which are not settled yet and the last one. Rows are ordered by guild, user and start.
    """
    guild, user = zip(*members, strict=True)
    cursor = await conn.execute(
        """SELECT s.guild_id, s.user_id, s.session_id, s.discord_session_id,
                  extract(epoch FROM s.started_at)::bigint, extract(epoch FROM s.ended_at)::bigint,
                  extract(epoch FROM s.settled_until)::bigint, s.counted_s, s.close_reason, s.is_estimated,
                  extract(epoch FROM g.started_at)::bigint, extract(epoch FROM g.ended_at)::bigint,
                  g.channel_id, g.flags
           FROM unnest(%(guild)s::bigint[], %(user)s::bigint[]) AS given (guild_id, user_id)
           CROSS JOIN LATERAL (
               SELECT * FROM voice_sessions v WHERE v.user_id = given.user_id AND v.guild_id = given.guild_id
               ORDER BY v.started_at DESC LIMIT 1) AS s
           CROSS JOIN LATERAL (
               SELECT * FROM voice_segments g WHERE g.guild_id = s.guild_id AND g.session_id = s.session_id
                 AND (g.ended_at IS NULL OR g.ended_at > s.settled_until OR g.ended_at = s.ended_at)
               OFFSET 0) AS g  -- the offset keeps the planner from reading the whole table while it is small
           WHERE s.ended_at IS NULL OR s.ended_at >= to_timestamp(%(ended_since)s)
           ORDER BY s.guild_id, s.user_id, g.started_at""",
        {"guild": numbers(guild), "user": numbers(user), "ended_since": ended_since},
    )
    return await cursor.fetchall()


async def list_history(conn: Connection, guild: int, user: int) -> list[StateRow]:
    """All sessions of a member with all their segments, in order."""
    cursor = await conn.execute(
        """SELECT s.guild_id, s.user_id, s.session_id, s.discord_session_id,
                  extract(epoch FROM s.started_at)::bigint, extract(epoch FROM s.ended_at)::bigint,
                  extract(epoch FROM s.settled_until)::bigint, s.counted_s, s.close_reason, s.is_estimated,
                  extract(epoch FROM g.started_at)::bigint, extract(epoch FROM g.ended_at)::bigint,
                  g.channel_id, g.flags
           FROM voice_sessions s JOIN voice_segments g USING (guild_id, session_id)
           WHERE s.user_id = %(user)s AND s.guild_id = %(guild)s
           ORDER BY s.started_at, s.session_id, g.started_at""",
        {"guild": guild, "user": user},
    )
    return await cursor.fetchall()


async def list_open_members(
    conn: Connection, *, guilds: Sequence[int] | None, shard: tuple[int, int]
) -> list[tuple[int, int]]:
    """Members (guild, user) with an open session in the guilds of a shard (id, count), or in some of them."""
    cursor = await conn.execute(
        """SELECT guild_id, user_id FROM voice_sessions
           WHERE ended_at IS NULL AND (guild_id >> 22) %% %(count)s = %(id)s
             AND (%(guilds)s::bigint[] IS NULL OR guild_id = ANY (%(guilds)s))
           ORDER BY guild_id, user_id""",
        {"id": shard[0], "count": shard[1], "guilds": None if guilds is None else numbers(guilds)},
    )
    return await cursor.fetchall()


async def list_heard(conn: Connection) -> list[tuple[int, int, int]]:
    """Of each shard (id, count) the moment of its last committed word, in seconds since 1970."""
    cursor = await conn.execute(
        "SELECT shard_id, shard_count, floor(extract(epoch FROM seen_at))::bigint FROM gateway_sessions"
    )
    return await cursor.fetchall()


async def take_session_ids(conn: Connection, count: int) -> list[int]:
    """New ids for `count` sessions."""
    cursor = await conn.execute(
        """SELECT nextval(pg_get_serial_sequence('voice_sessions', 'session_id')::regclass)
           FROM generate_series(1, %(count)s)""",
        {"count": count},
    )
    return [row[0] for row in await cursor.fetchall()]


async def set_sessions(conn: Connection, rows: Sequence[SessionRow]) -> None:
    """Known sessions as they stand now."""
    await conn.execute(
        """UPDATE voice_sessions s
           SET discord_session_id = given.voice_session, ended_at = to_timestamp(given.ended),
               settled_until = to_timestamp(given.settled), counted_s = given.counted,
               close_reason = given.reason::close_reason, is_estimated = given.is_estimated
           FROM unnest(%(guild)s::bigint[], %(id)s::bigint[], %(user)s::bigint[], %(voice_session)s::text[],
                       %(started)s::bigint[], %(ended)s::bigint[], %(settled)s::bigint[], %(counted)s::integer[],
                       %(reason)s::text[], %(is_estimated)s::boolean[])
                AS given (guild_id, session_id, user_id, voice_session, started, ended, settled, counted, reason,
                          is_estimated)
           WHERE s.guild_id = given.guild_id AND s.session_id = given.session_id""",
        _session_columns(rows),
    )


async def add_sessions(conn: Connection, rows: Sequence[SessionRow]) -> None:
    """New sessions under ids from `take_session_ids`; `uq_voice_sessions_open` refuses a second open one."""
    await conn.execute(
        """INSERT INTO voice_sessions (guild_id, session_id, user_id, discord_session_id, started_at, ended_at,
                                       settled_until, counted_s, close_reason, is_estimated)
           SELECT guild_id, session_id, user_id, voice_session, to_timestamp(started), to_timestamp(ended),
                  to_timestamp(settled), counted, reason::close_reason, is_estimated
           FROM unnest(%(guild)s::bigint[], %(id)s::bigint[], %(user)s::bigint[], %(voice_session)s::text[],
                       %(started)s::bigint[], %(ended)s::bigint[], %(settled)s::bigint[], %(counted)s::integer[],
                       %(reason)s::text[], %(is_estimated)s::boolean[])
                AS given (guild_id, session_id, user_id, voice_session, started, ended, settled, counted, reason,
                          is_estimated)""",
        _session_columns(rows),
    )


async def set_segments(conn: Connection, rows: Sequence[SegmentRow]) -> None:
    """Known segments as they stand now."""
    await conn.execute(
        """UPDATE voice_segments s
           SET channel_id = given.channel_id, flags = given.flags, ended_at = to_timestamp(given.ended)
           FROM unnest(%(guild)s::bigint[], %(session)s::bigint[], %(started)s::bigint[], %(user)s::bigint[],
                       %(channel)s::bigint[], %(flags)s::smallint[], %(ended)s::bigint[])
                AS given (guild_id, session_id, started, user_id, channel_id, flags, ended)
           WHERE s.guild_id = given.guild_id AND s.session_id = given.session_id
             AND s.started_at = to_timestamp(given.started)""",
        _segment_columns(rows),
    )


async def add_segments(conn: Connection, rows: Sequence[SegmentRow]) -> None:
    """New segments of sessions that are stored."""
    await conn.execute(
        """INSERT INTO voice_segments (guild_id, session_id, started_at, user_id, channel_id, flags, ended_at)
           SELECT guild_id, session_id, to_timestamp(started), user_id, channel_id, flags, to_timestamp(ended)
           FROM unnest(%(guild)s::bigint[], %(session)s::bigint[], %(started)s::bigint[], %(user)s::bigint[],
                       %(channel)s::bigint[], %(flags)s::smallint[], %(ended)s::bigint[])
                AS given (guild_id, session_id, started, user_id, channel_id, flags, ended)""",
        _segment_columns(rows),
    )


def _session_columns(rows: Sequence[SessionRow]) -> dict[str, str]:
    guild, session, user, voice, started, ended, settled, counted, reason, is_estimated = zip(*rows, strict=True)
    return {
        "guild": numbers(guild),
        "id": numbers(session),
        "user": numbers(user),
        "voice_session": texts(voice),
        "started": numbers(started),
        "ended": numbers(ended),
        "settled": numbers(settled),
        "counted": numbers(counted),
        "reason": texts(reason),
        "is_estimated": numbers(is_estimated),
    }


def _segment_columns(rows: Sequence[SegmentRow]) -> dict[str, str]:
    guild, session, started, user, channel, flags, ended = zip(*rows, strict=True)
    return {
        "guild": numbers(guild),
        "session": numbers(session),
        "started": numbers(started),
        "user": numbers(user),
        "channel": numbers(channel),
        "flags": numbers(flags),
        "ended": numbers(ended),
    }
