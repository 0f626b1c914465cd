"""Queries for staff changes to streaks."""

from dataclasses import dataclass
from datetime import date, datetime

from core.ids import GuildId, UserId
from db.connection import Connection
from db.rows import dataclass_row


@dataclass(frozen=True, slots=True)
class StaffAct:
    """A staff change to a member's day."""

    user_id: UserId
    by_id: UserId
    is_grant: bool
    day_on: date
    reason: str
    acted_at: datetime


async def add_act(
    conn: Connection,
    *,
    guild: GuildId,
    user: UserId,
    by: UserId,
    is_grant: bool,
    day: date,
    reason: str,
    now: datetime,
) -> None:
    """Add a staff change to the audit record."""
    await conn.execute(
        """INSERT INTO streak_acts (guild_id, user_id, by_id, is_grant, day_on, reason, acted_at)
           VALUES (%(guild)s, %(user)s, %(by)s, %(is_grant)s, %(day)s, %(reason)s, %(now)s)""",
        {"guild": guild, "user": user, "by": by, "is_grant": is_grant, "day": day, "reason": reason, "now": now},
    )


async def list_acts(conn: Connection, *, guild: GuildId, user: UserId | None, limit: int) -> list[StaffAct]:
    """The last staff changes in a guild, newest first; with `user`, those on that member's days."""
    cursor = conn.cursor(row_factory=dataclass_row(StaffAct))
    await cursor.execute(
        """SELECT user_id, by_id, is_grant, day_on, reason, acted_at FROM streak_acts
           WHERE guild_id = %(guild)s AND (%(user)s::bigint IS NULL OR user_id = %(user)s)
           ORDER BY act_id DESC
           LIMIT %(limit)s""",
        {"guild": guild, "user": user, "limit": limit},
    )
    return await cursor.fetchall()


async def list_grants(conn: Connection, *, guild: GuildId, user: UserId, since: date) -> list[StaffAct]:
    """The last staff grant for each of a member's dates from `since` on."""
    cursor = conn.cursor(row_factory=dataclass_row(StaffAct))
    await cursor.execute(
        """SELECT DISTINCT ON (day_on) user_id, by_id, is_grant, day_on, reason, acted_at FROM streak_acts
           WHERE guild_id = %(guild)s AND user_id = %(user)s AND is_grant AND day_on >= %(since)s
           ORDER BY day_on, act_id DESC""",
        {"guild": guild, "user": user, "since": since},
    )
    return await cursor.fetchall()
