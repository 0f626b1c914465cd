"""Queries for guilds and their channels."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.ids import GuildId
from db.connection import Connection
from db.queries.arrays import numbers, texts
from db.rows import dataclass_row

GuildRow = tuple[int, str, int | None, str | None, str, int | None]  # id, name, owner, icon, locale, AFK channel


# guild, id, name (empty: hidden, not received), Discord's type, category, whether the bot may not view it
ChannelRow = tuple[int, int, str, int, int | None, bool]


async def add_guilds(conn: Connection, guilds: Sequence[int], *, at: int | None) -> None:
    """Insert guilds that have no row yet; their names come with a snapshot."""
    await conn.execute(
        """INSERT INTO guilds (guild_id, created_at, updated_at)
           SELECT guild_id, coalesce(to_timestamp(%(at)s::bigint), now()), coalesce(to_timestamp(%(at)s::bigint), now())
           FROM unnest(%(guilds)s::bigint[]) AS given (guild_id) ORDER BY guild_id
           ON CONFLICT DO NOTHING""",
        {"guilds": numbers(guilds), "at": at},
    )


async def set_guilds(conn: Connection, rows: Sequence[GuildRow], *, at: int | None) -> None:
    """Update guilds from Discord's current data; Lyceum's settings are kept, and so are names that were not sent."""
    guild, name, owner, icon, locale, afk = zip(*rows, strict=True)
    await conn.execute(
        """INSERT INTO guilds AS g (guild_id, name, owner_id, icon_hash, locale, afk_channel_id, created_at, updated_at)
           SELECT guild_id, name, owner_id, icon_hash, locale, afk_channel_id,
                  coalesce(to_timestamp(%(at)s::bigint), now()), coalesce(to_timestamp(%(at)s::bigint), now())
           FROM unnest(%(guild)s::bigint[], %(name)s::text[], %(owner)s::bigint[], %(icon)s::text[], %(locale)s::text[],
                       %(afk)s::bigint[]) AS given (guild_id, name, owner_id, icon_hash, locale, afk_channel_id)
           ORDER BY guild_id
           ON CONFLICT (guild_id) DO UPDATE
           SET name = coalesce(nullif(excluded.name, ''), g.name), owner_id = excluded.owner_id,
               icon_hash = excluded.icon_hash, locale = excluded.locale, afk_channel_id = excluded.afk_channel_id,
               is_active = true, updated_at = excluded.updated_at
           WHERE (g.name, g.owner_id, g.icon_hash, g.locale, g.afk_channel_id, g.is_active)
                 IS DISTINCT FROM (coalesce(nullif(excluded.name, ''), g.name), excluded.owner_id, excluded.icon_hash,
                                   excluded.locale, excluded.afk_channel_id, true)""",
        {
            "guild": numbers(guild),
            "name": texts(name),
            "owner": numbers(owner),
            "icon": texts(icon),
            "locale": texts(locale),
            "afk": numbers(afk),
            "at": at,
        },
    )


async def set_guilds_gone(conn: Connection, guilds: Sequence[int], *, at: int | None) -> None:
    """Mark guilds that the app was removed from."""
    await conn.execute(
        """UPDATE guilds SET is_active = false, updated_at = coalesce(to_timestamp(%(at)s::bigint), now())
           WHERE guild_id = ANY (%(guilds)s::bigint[]) AND is_active""",
        {"guilds": numbers(guilds), "at": at},
    )


async def list_missing_guilds(conn: Connection, present: Sequence[int], *, shard: tuple[int, int]) -> list[int]:
    """The guilds of a shard (id, count) that the app was in and that are not `present`."""
    cursor = await conn.execute(
        """SELECT guild_id FROM guilds
           WHERE is_active AND (guild_id >> 22) %% %(count)s = %(id)s
             AND NOT EXISTS (SELECT FROM unnest(%(present)s::bigint[]) AS present (guild_id)
                             WHERE present.guild_id = guilds.guild_id)
           ORDER BY guild_id""",
        {"id": shard[0], "count": shard[1], "present": numbers(present)},
    )
    return [row[0] for row in await cursor.fetchall()]


async def set_channels(conn: Connection, rows: Sequence[ChannelRow], *, at: int | None) -> None:
    """Upsert voice channels from Discord's current data; a channel's kind is set once, by its type.

    A channel that the bot may not view keeps the name and category it had when last viewed.
    """
    guild, channel, name, kind, parent, is_hidden = zip(*rows, strict=True)
    await conn.execute(
        """INSERT INTO channels AS c
               (guild_id, channel_id, name, type, parent_id, is_hidden, kind, created_at, updated_at)
           SELECT guild_id, channel_id,
                  CASE WHEN given.is_hidden AND given.name = '' THEN coalesce(old.name, '') ELSE given.name END,
                  given.type,
                  CASE WHEN given.is_hidden AND given.name = '' THEN old.parent_id ELSE given.parent_id END,
                  given.is_hidden,
                  CASE given.type WHEN 13 THEN 'stage'::channel_kind ELSE 'study' END,
                  coalesce(to_timestamp(%(at)s::bigint), now()), coalesce(to_timestamp(%(at)s::bigint), now())
           FROM unnest(%(guild)s::bigint[], %(channel)s::bigint[], %(name)s::text[], %(type)s::smallint[],
                       %(parent)s::bigint[], %(is_hidden)s::boolean[])
                AS given (guild_id, channel_id, name, type, parent_id, is_hidden)
           LEFT JOIN channels old USING (guild_id, channel_id)
           ORDER BY guild_id, channel_id
           ON CONFLICT (guild_id, channel_id) DO UPDATE
           SET name = excluded.name, type = excluded.type, parent_id = excluded.parent_id,
               is_hidden = excluded.is_hidden, deleted_at = NULL, updated_at = excluded.updated_at
           WHERE (c.name, c.type, c.parent_id, c.is_hidden, c.deleted_at)
                 IS DISTINCT FROM (excluded.name, excluded.type, excluded.parent_id, excluded.is_hidden, NULL)""",
        {
            "guild": numbers(guild),
            "channel": numbers(channel),
            "name": texts(name),
            "type": numbers(kind),
            "parent": numbers(parent),
            "is_hidden": numbers(is_hidden),
            "at": at,
        },
    )


async def set_channels_gone(conn: Connection, rows: Sequence[tuple[int, int, int]], *, at: int | None) -> None:
    """Mark channels as deleted: guild, channel, when."""
    guild, channel, since = zip(*rows, strict=True)
    await conn.execute(
        """UPDATE channels c
           SET deleted_at = to_timestamp(gone.at), updated_at = coalesce(to_timestamp(%(at)s::bigint), now())
           FROM unnest(%(guild)s::bigint[], %(channel)s::bigint[], %(since)s::bigint[])
                AS gone (guild_id, channel_id, at)
           WHERE c.guild_id = gone.guild_id AND c.channel_id = gone.channel_id AND c.deleted_at IS NULL""",
        {"guild": numbers(guild), "channel": numbers(channel), "since": numbers(since), "at": at},
    )


async def set_other_channels_gone(
    conn: Connection, guilds: Sequence[tuple[int, int]], kept: Sequence[int], *, at: int | None
) -> None:
    """Mark all voice channels of these guilds (guild, when) except `kept` as deleted; categories are not affected."""
    guild, since = zip(*guilds, strict=True)
    await conn.execute(
        """UPDATE channels c
           SET deleted_at = to_timestamp(seen.at), updated_at = coalesce(to_timestamp(%(at)s::bigint), now())
           FROM unnest(%(guild)s::bigint[], %(since)s::bigint[]) AS seen (guild_id, at)
           WHERE c.guild_id = seen.guild_id AND c.deleted_at IS NULL AND c.type <> 4
             AND NOT EXISTS (SELECT FROM unnest(%(kept)s::bigint[]) AS kept (channel_id)
                             WHERE kept.channel_id = c.channel_id)""",
        {"guild": numbers(guild), "since": numbers(since), "kept": numbers(kept), "at": at},
    )


async def list_unseen_channels(conn: Connection, guilds: Sequence[int]) -> list[tuple[int, int]]:
    """Channels (guild, id) that the bot has never viewed, so that their category is unknown."""
    cursor = await conn.execute(
        """SELECT guild_id, channel_id FROM channels
           WHERE guild_id = ANY (%(guilds)s::bigint[]) AND is_hidden AND name = '' AND updated_by IS NULL""",
        {"guilds": numbers(guilds)},
    )
    return await cursor.fetchall()


async def list_hidden_channels(conn: Connection) -> list[tuple[int, int]]:
    """Voice channels (guild, id) that the bot may not view, except those that staff ignore."""
    cursor = await conn.execute(
        """SELECT c.guild_id, c.channel_id FROM channels c JOIN guilds g USING (guild_id)
           WHERE c.is_hidden AND c.deleted_at IS NULL AND c.kind <> 'ignored' AND g.is_active
           ORDER BY c.guild_id, c.channel_id"""
    )
    return await cursor.fetchall()


@dataclass(frozen=True, slots=True)
class GuildFacts:
    """A guild's data as shown to its members."""

    name: str  # empty: the gateway has not sent it yet
    icon_hash: str | None
    locale: str
    timezone: str
    study_minutes: int
    is_active: bool


async def find_guild(conn: Connection, *, guild: GuildId) -> GuildFacts | None:
    """The guild; None: it has no row."""
    cursor = conn.cursor(row_factory=dataclass_row(GuildFacts))
    await cursor.execute(
        """SELECT name, icon_hash, locale, timezone, study_minutes, is_active
           FROM guilds WHERE guild_id = %(guild)s""",
        {"guild": guild},
    )
    return await cursor.fetchone()
