"""Writes a member's preferences: language and visibility."""

from datetime import datetime

from core.enums import Language, Visibility
from core.ids import GuildId, UserId
from db.connection import Connection


async def set_language(
    conn: Connection, *, guild: GuildId, user: UserId, language: Language | None, now: datetime
) -> bool:
    """Store a member's language; None: follow Discord's setting. False: no such member."""
    cursor = await conn.execute(
        """UPDATE members SET language = %(language)s, updated_at = %(now)s
           WHERE guild_id = %(guild)s AND user_id = %(user)s""",
        {"guild": guild, "user": user, "language": language, "now": now},
    )
    return cursor.rowcount == 1


async def set_visibility(
    conn: Connection, *, guild: GuildId, user: UserId, visibility: Visibility, now: datetime
) -> bool:
    """Store who may see a member's stats. False: no such member."""
    cursor = await conn.execute(
        """UPDATE members SET visibility = %(visibility)s, updated_at = %(now)s
           WHERE guild_id = %(guild)s AND user_id = %(user)s""",
        {"guild": guild, "user": user, "visibility": visibility, "now": now},
    )
    return cursor.rowcount == 1
