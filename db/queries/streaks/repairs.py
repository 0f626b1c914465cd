"""Repairs of streaks."""

from datetime import date, datetime

from core.ids import GuildId, UserId
from db.connection import Connection


async def request_repair(
    conn: Connection, *, guild: GuildId, user: UserId, day: date, run_days: int, now: datetime
) -> bool:
    """Note that a member wants to repair the run that a date ended. False: they asked before."""
    cursor = await conn.execute(
        """INSERT INTO missed_days AS m (guild_id, user_id, missed_on, run_days, worked_at, asked_at)
           VALUES (%(guild)s, %(user)s, %(day)s, %(run_days)s, %(now)s, %(now)s)
           ON CONFLICT ON CONSTRAINT pk_missed_days DO UPDATE SET asked_at = excluded.asked_at
           WHERE m.asked_at IS NULL""",
        {"guild": guild, "user": user, "day": day, "run_days": run_days, "now": now},
    )
    return cursor.rowcount == 1
