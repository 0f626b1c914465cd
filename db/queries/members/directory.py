"""Bulk upserts of users and members from gateway events, one statement per batch.

`at` is the time of a batch in seconds since 1970, stored in new and changed rows; None: the server's clock.
"""

from collections.abc import Sequence

from db.connection import Connection
from db.queries.arrays import numbers, texts

UserRow = tuple[int, str, str | None, str | None, bool]  # id, username, global name, avatar, is a bot
MemberRow = tuple[int, int, str | None, str | None]  # guild, user, nick, avatar in this guild


async def set_users(conn: Connection, rows: Sequence[UserRow], *, at: int | None) -> None:
    """Upsert users with their current names; unchanged rows are not locked or written."""
    user, username, global_name, avatar, is_bot = zip(*rows, strict=True)
    await conn.execute(
        """INSERT INTO users (user_id, username, global_name, avatar_hash, is_bot, created_at, updated_at)
           SELECT given.user_id, given.username, given.global_name, given.avatar_hash, given.is_bot,
                  coalesce(to_timestamp(%(at)s::bigint), now()), coalesce(to_timestamp(%(at)s::bigint), now())
           FROM unnest(%(user)s::bigint[], %(username)s::text[], %(global_name)s::text[], %(avatar)s::text[],
                       %(is_bot)s::boolean[]) AS given (user_id, username, global_name, avatar_hash, is_bot)
           LEFT JOIN users u USING (user_id)
           WHERE u.user_id IS NULL OR (u.username, u.global_name, u.avatar_hash, u.is_bot)
                 IS DISTINCT FROM (given.username, given.global_name, given.avatar_hash, given.is_bot)
           ORDER BY given.user_id
           ON CONFLICT (user_id) DO UPDATE
           SET username = excluded.username, global_name = excluded.global_name, avatar_hash = excluded.avatar_hash,
               is_bot = excluded.is_bot, updated_at = excluded.updated_at""",
        {
            "user": numbers(user),
            "username": texts(username),
            "global_name": texts(global_name),
            "avatar": texts(avatar),
            "is_bot": numbers(is_bot),
            "at": at,
        },
    )


async def set_members(conn: Connection, rows: Sequence[MemberRow], *, at: int | None) -> None:
    """Upsert members with their current names in the guild; one who had left becomes present again."""
    guild, user, nick, avatar = zip(*rows, strict=True)
    await conn.execute(
        """INSERT INTO members (guild_id, user_id, nick, avatar_hash, created_at, updated_at)
           SELECT given.guild_id, given.user_id, given.nick, given.avatar_hash,
                  coalesce(to_timestamp(%(at)s::bigint), now()), coalesce(to_timestamp(%(at)s::bigint), now())
           FROM unnest(%(guild)s::bigint[], %(user)s::bigint[], %(nick)s::text[], %(avatar)s::text[])
                AS given (guild_id, user_id, nick, avatar_hash)
           LEFT JOIN members m USING (guild_id, user_id)
           WHERE m.user_id IS NULL
              OR (m.nick, m.avatar_hash, m.left_at) IS DISTINCT FROM (given.nick, given.avatar_hash, NULL)
           ORDER BY given.guild_id, given.user_id
           ON CONFLICT (guild_id, user_id) DO UPDATE
           SET nick = excluded.nick, avatar_hash = excluded.avatar_hash, left_at = NULL,
               updated_at = excluded.updated_at""",
        {"guild": numbers(guild), "user": numbers(user), "nick": texts(nick), "avatar": texts(avatar), "at": at},
    )


async def add_nameless_users(conn: Connection, users: Sequence[int], *, at: int | None) -> None:
    """Insert users of whom only the id is known; the id stands in for the name until one is received."""
    await conn.execute(
        """INSERT INTO users (user_id, username, created_at, updated_at)
           SELECT user_id, user_id::text,
                  coalesce(to_timestamp(%(at)s::bigint), now()), coalesce(to_timestamp(%(at)s::bigint), now())
           FROM unnest(%(users)s::bigint[]) AS given (user_id) ORDER BY given.user_id
           ON CONFLICT DO NOTHING""",
        {"users": numbers(users), "at": at},
    )


async def add_members(conn: Connection, rows: Sequence[tuple[int, int]], *, at: int | None) -> None:
    """Insert members (guild, user) that have no row yet."""
    guild, user = zip(*rows, strict=True)
    await conn.execute(
        """INSERT INTO members (guild_id, user_id, created_at, updated_at)
           SELECT guild_id, user_id,
                  coalesce(to_timestamp(%(at)s::bigint), now()), coalesce(to_timestamp(%(at)s::bigint), now())
           FROM unnest(%(guild)s::bigint[], %(user)s::bigint[]) AS given (guild_id, user_id)
           ORDER BY guild_id, user_id
           ON CONFLICT DO NOTHING""",
        {"guild": numbers(guild), "user": numbers(user), "at": at},
    )


async def list_bots(conn: Connection, users: Sequence[int]) -> list[int]:
    """Those of `users` that are bots."""
    cursor = await conn.execute(
        "SELECT user_id FROM users WHERE user_id = ANY (%(users)s::bigint[]) AND is_bot", {"users": numbers(users)}
    )
    return [row[0] for row in await cursor.fetchall()]
