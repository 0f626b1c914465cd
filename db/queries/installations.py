"""Queries for installations: which users authorized the app, and the guilds they added it to."""

from datetime import datetime

from core.ids import GuildId, UserId
from db.connection import Connection


async def set_authorization(
    conn: Connection, user: UserId, *, authorized_at: datetime | None = None, deauthorized_at: datetime | None = None
) -> None:
    """Store when a user authorized or deauthorized the app; the latest time of each is kept."""
    await conn.execute(
        """INSERT INTO authorizations AS old (user_id, authorized_at, deauthorized_at)
           VALUES (%(user)s, %(authorized_at)s, %(deauthorized_at)s)
           ON CONFLICT ON CONSTRAINT pk_authorizations DO UPDATE
           SET authorized_at = greatest(old.authorized_at, excluded.authorized_at),
               deauthorized_at = greatest(old.deauthorized_at, excluded.deauthorized_at)""",
        {"user": user, "authorized_at": authorized_at, "deauthorized_at": deauthorized_at},
    )


async def find_authorization(conn: Connection, user: UserId) -> tuple[datetime | None, datetime | None] | None:
    """When a user last authorized and last deauthorized the app; None: neither was received."""
    cursor = await conn.execute(
        "SELECT authorized_at, deauthorized_at FROM authorizations WHERE user_id = %(user)s",
        {"user": user},
    )
    return await cursor.fetchone()


async def add_guild(
    conn: Connection,
    *,
    guild: GuildId,
    name: str,
    owner: UserId | None,
    icon_hash: str | None,
    locale: str,
    now: datetime,
) -> None:
    """Insert a guild that the app just joined; an existing row only gets its missing name."""
    await conn.execute(
        """INSERT INTO guilds AS old (guild_id, name, owner_id, icon_hash, locale, created_at, updated_at)
           VALUES (%(guild)s, %(name)s, %(owner)s, %(icon_hash)s, %(locale)s, %(now)s, %(now)s)
           ON CONFLICT ON CONSTRAINT pk_guilds DO UPDATE
           SET name = excluded.name, owner_id = coalesce(old.owner_id, excluded.owner_id),
               icon_hash = coalesce(old.icon_hash, excluded.icon_hash), updated_at = excluded.updated_at
           WHERE old.name = '' AND excluded.name <> ''""",
        {"guild": guild, "name": name, "owner": owner, "icon_hash": icon_hash, "locale": locale, "now": now},
    )
