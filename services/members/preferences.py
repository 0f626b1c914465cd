"""Sets a member's language and visibility."""

from datetime import datetime

from core.enums import Language, Visibility
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries.members import preferences as preference_queries


async def choose_language(
    conn: Connection, *, guild: GuildId, user: UserId, language: Language | None, now: datetime
) -> None:
    """Set the language of answers to a member; None: follow Discord's setting."""
    await preference_queries.set_language(conn, guild=guild, user=user, language=language, now=now)


async def choose_visibility(
    conn: Connection, *, guild: GuildId, user: UserId, visibility: Visibility, now: datetime
) -> None:
    """Show a member's stats to the guild, or hide them from all leaderboards, cards and lists that others see."""
    await preference_queries.set_visibility(conn, guild=guild, user=user, visibility=visibility, now=now)
