"""Query that requests a streak repair."""

from datetime import date, datetime

from core.ids import GuildId, UserId
from db.connection import Connection


async def request_repair(
    conn: Connection, *, guild: GuildId, user: UserId, day: date, streak_days: int, now: datetime
) -> bool:
    """Store that a member requests a repair of the streak that this date ended. False: already requested."""
    cursor = await conn.execute(
        """INSERT INTO missed_days AS m (guild_id, user_id, missed_on, streak_days, processed_at, requested_at)
           VALUES (%(guild)s, %(user)s, %(day)s, %(streak_days)s, %(now)s, %(now)s)
           ON CONFLICT ON CONSTRAINT pk_missed_days DO UPDATE SET requested_at = excluded.requested_at
           WHERE m.requested_at IS NULL""",
        {"guild": guild, "user": user, "day": day, "streak_days": streak_days, "now": now},
    )
    return cursor.rowcount == 1
