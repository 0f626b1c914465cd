"""Queries for the time zones and day starts of members."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries.arrays import numbers
from db.rows import dataclass_row


@dataclass(frozen=True, slots=True)
class StoredZone:
    """One rule: from `valid_from` on, days are in `zone` and begin `day_start_min` minutes after midnight."""

    valid_from: datetime
    zone: str
    day_start_min: int
    created_at: datetime  # when it was written
    zone_asked_at: datetime | None = None  # None: same as the row; or earlier, if the previous rule has the same zone
    day_start_asked_at: datetime | None = None  # likewise


async def list_rules(conn: Connection, *, guild: GuildId, user: UserId) -> list[StoredZone]:
    """A member's rules, oldest first, including future ones; empty: the guild's zone applies."""
    cursor = conn.cursor(row_factory=dataclass_row(StoredZone))
    await cursor.execute(
        """SELECT valid_from, zone, day_start_min, created_at, zone_asked_at, day_start_asked_at FROM member_zones
           WHERE guild_id = %(guild)s AND user_id = %(user)s
           ORDER BY valid_from""",
        {"guild": guild, "user": user},
    )
    return await cursor.fetchall()


async def set_rule(
    conn: Connection,
    *,
    guild: GuildId,
    user: UserId,
    valid_from: datetime,
    zone: str,
    day_start_min: int,
    now: datetime,
    requested_at: tuple[datetime | None, datetime | None] = (None, None),
) -> None:
    """Add a rule that applies from a time on; a rule with the same start is replaced.

    `requested_at`: when the zone and the day start were requested, see StoredZone.
    """
    await conn.execute(
        """INSERT INTO member_zones (guild_id, user_id, valid_from, zone, day_start_min, created_at, zone_asked_at,
                                     day_start_asked_at)
           VALUES (%(guild)s, %(user)s, %(valid_from)s, %(zone)s, %(day_start_min)s, %(now)s, %(zone_asked_at)s,
                   %(day_start_asked_at)s)
           ON CONFLICT ON CONSTRAINT pk_member_zones DO UPDATE
           SET zone = excluded.zone, day_start_min = excluded.day_start_min, created_at = excluded.created_at,
               zone_asked_at = excluded.zone_asked_at, day_start_asked_at = excluded.day_start_asked_at""",
        {
            "guild": guild,
            "user": user,
            "valid_from": valid_from,
            "zone": zone,
            "day_start_min": day_start_min,
            "now": now,
            "zone_asked_at": requested_at[0],
            "day_start_asked_at": requested_at[1],
        },
    )


async def remove_rules(conn: Connection, *, guild: GuildId, user: UserId, after: datetime) -> int:
    """Delete the rules that begin after a time. Returns: how many."""
    cursor = await conn.execute(
        """DELETE FROM member_zones
           WHERE guild_id = %(guild)s AND user_id = %(user)s AND valid_from > %(after)s""",
        {"guild": guild, "user": user, "after": after},
    )
    return cursor.rowcount


ZoneRow = tuple[int, int, datetime, str, int]  # guild, user, valid from, zone, day start in minutes


async def list_zone_rules(conn: Connection, members: Sequence[tuple[int, int]]) -> list[ZoneRow]:
    """The zone rules of these members, oldest first; members without own rules are missing."""
    guild, user = zip(*members, strict=True)
    cursor = await conn.execute(
        """SELECT z.guild_id, z.user_id, z.valid_from, z.zone, z.day_start_min
           FROM unnest(%(guild)s::bigint[], %(user)s::bigint[]) AS given (guild_id, user_id)
           JOIN member_zones z USING (guild_id, user_id)
           ORDER BY z.guild_id, z.user_id, z.valid_from""",
        {"guild": numbers(guild), "user": numbers(user)},
    )
    return await cursor.fetchall()
