"""Queries for streak freezes: days to process, missed days, and the on/off history."""

from collections.abc import Sequence
from datetime import date, datetime

from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries.arrays import dates, numbers
from db.queries.streaks.protections import DateRow

MissedRow = tuple[int, int, date, int, bool]  # guild, user, date, days of the streak at risk, whether a freeze was used


async def claim_due(conn: Connection, *, now: datetime, limit: int) -> list[tuple[int, int]]:
    """Lock members (guild, user) with a day to process that ended before `now`, longest ago first, until the commit.

    Members locked by another transaction are skipped.
    """
    cursor = await conn.execute(
        """SELECT f.guild_id, f.user_id
           FROM freezes f JOIN members m USING (guild_id, user_id)
           WHERE f.due_at <= %(now)s
           ORDER BY f.due_at, f.guild_id, f.user_id
           LIMIT %(limit)s
           FOR NO KEY UPDATE OF m SKIP LOCKED""",
        {"now": now, "limit": limit},
    )
    return await cursor.fetchall()


async def set_missed(conn: Connection, rows: Sequence[MissedRow], *, now: datetime) -> None:
    """Store the outcome of missed days; a later outcome replaces an earlier one."""
    guild, user, day, streak_days, is_frozen = zip(*rows, strict=True)
    await conn.execute(
        """INSERT INTO missed_days (guild_id, user_id, missed_on, streak_days, is_frozen, processed_at)
           SELECT guild_id, user_id, missed_on, streak_days, is_frozen, %(now)s
           FROM unnest(%(guild)s::bigint[], %(user)s::bigint[], %(day)s::date[], %(streak_days)s::integer[],
                       %(is_frozen)s::boolean[]) AS given (guild_id, user_id, missed_on, streak_days, is_frozen)
           ON CONFLICT ON CONSTRAINT pk_missed_days DO UPDATE
           SET streak_days = excluded.streak_days, is_frozen = excluded.is_frozen, is_late = false,
               processed_at = excluded.processed_at""",
        {
            "guild": numbers(guild),
            "user": numbers(user),
            "day": dates(day),
            "streak_days": numbers(streak_days),
            "is_frozen": numbers(is_frozen),
            "now": now,
        },
    )


async def set_late(conn: Connection, rows: Sequence[DateRow]) -> None:
    """Mark missed days as active after all."""
    guild, user, day = zip(*rows, strict=True)
    await conn.execute(
        """UPDATE missed_days m SET is_late = true
           FROM unnest(%(guild)s::bigint[], %(user)s::bigint[], %(day)s::date[]) AS given (guild_id, user_id, missed_on)
           WHERE m.guild_id = given.guild_id AND m.user_id = given.user_id AND m.missed_on = given.missed_on""",
        {"guild": numbers(guild), "user": numbers(user), "day": dates(day)},
    )


async def set_switch(conn: Connection, *, guild: GuildId, user: UserId, since: date, is_on: bool) -> None:
    """Turn automatic freezes on or off from the date `since`; replaces an earlier choice for that date."""
    await conn.execute(
        """INSERT INTO freeze_settings_history (guild_id, user_id, since_on, is_on)
           VALUES (%(guild)s, %(user)s, %(since)s, %(is_on)s)
           ON CONFLICT ON CONSTRAINT pk_freeze_settings_history DO UPDATE SET is_on = excluded.is_on""",
        {"guild": guild, "user": user, "since": since, "is_on": is_on},
    )
