"""What a member has chosen for themselves, and the guild they chose it in."""

from dataclasses import dataclass
from datetime import datetime

from core.enums import Language, Visibility
from core.ids import GuildId, UserId
from db.connection import Connection
from db.rows import row_of


@dataclass(frozen=True, slots=True)
class GuildFacts:
    """A guild as its members know it."""

    name: str  # empty: the gateway has not told it yet
    icon_hash: str | None
    locale: str
    timezone: str
    study_minutes: int
    is_active: bool


async def find_guild(conn: Connection, *, guild: GuildId) -> GuildFacts | None:
    """The guild, if anything ever happened in it."""
    cursor = conn.cursor(row_factory=row_of(GuildFacts))
    await cursor.execute(
        """SELECT name, icon_hash, locale, timezone, study_minutes, is_active
           FROM guilds WHERE guild_id = %(guild)s""",
        {"guild": guild},
    )
    return await cursor.fetchone()


async def set_language(
    conn: Connection, *, guild: GuildId, user: UserId, language: Language | None, now: datetime
) -> bool:
    """Note the language a member wants; None: whatever Discord is set to. False: no such member."""
    cursor = await conn.execute(
        """UPDATE members SET language = %(language)s, updated_at = %(now)s
           WHERE guild_id = %(guild)s AND user_id = %(user)s""",
        {"guild": guild, "user": user, "language": language, "now": now},
    )
    return cursor.rowcount == 1


async def set_visibility(
    conn: Connection, *, guild: GuildId, user: UserId, visibility: Visibility, now: datetime
) -> bool:
    """Note who may see a member's numbers. False: no such member."""
    cursor = await conn.execute(
        """UPDATE members SET visibility = %(visibility)s, updated_at = %(now)s
           WHERE guild_id = %(guild)s AND user_id = %(user)s""",
        {"guild": guild, "user": user, "visibility": visibility, "now": now},
    )
    return cursor.rowcount == 1
