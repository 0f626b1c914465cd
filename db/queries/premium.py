"""Queries for entitlements, in the latest state received from Discord."""

from dataclasses import dataclass
from datetime import datetime

from core.ids import EntitlementId, GuildId, SkuId, UserId
from db.connection import Connection
from db.rows import dataclass_row


@dataclass(frozen=True, slots=True)
class Entitlement:
    """One entitlement: something bought or granted."""

    id: EntitlementId
    sku_id: SkuId
    type: int  # Discord's entitlement type
    guild_id: GuildId | None  # None: it belongs to a user only
    user_id: UserId | None
    starts_at: datetime | None  # None: no start date
    ends_at: datetime | None  # None: no end date
    is_deleted: bool
    is_consumed: bool


async def set_entitlement(
    conn: Connection, entitlement: Entitlement, *, changed_at: datetime, is_created: bool, now: datetime
) -> None:
    """Store the state of `changed_at` unless a newer one is stored; deleted or consumed entitlements stay so.

    Of two states with the same time the creation is the older one.
    """
    await conn.execute(
        """INSERT INTO entitlements AS old
               (entitlement_id, sku_id, type, granted_guild_id, granted_user_id, starts_at, ends_at, is_deleted,
                is_consumed, changed_at, created_at, updated_at)
           VALUES (%(id)s, %(sku)s, %(type)s, %(guild)s, %(user)s, %(starts_at)s, %(ends_at)s, %(is_deleted)s,
                   %(is_consumed)s, %(changed_at)s, %(now)s, %(now)s)
           ON CONFLICT ON CONSTRAINT pk_entitlements DO UPDATE
           SET sku_id = excluded.sku_id, type = excluded.type, granted_guild_id = excluded.granted_guild_id,
               granted_user_id = excluded.granted_user_id, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
               is_deleted = old.is_deleted OR excluded.is_deleted,
               is_consumed = old.is_consumed OR excluded.is_consumed,
               changed_at = excluded.changed_at, updated_at = excluded.updated_at
           WHERE excluded.changed_at > old.changed_at
              OR (excluded.changed_at = old.changed_at AND NOT %(is_created)s)""",
        {
            "id": entitlement.id,
            "sku": entitlement.sku_id,
            "type": entitlement.type,
            "guild": entitlement.guild_id,
            "user": entitlement.user_id,
            "starts_at": entitlement.starts_at,
            "ends_at": entitlement.ends_at,
            "is_deleted": entitlement.is_deleted,
            "is_consumed": entitlement.is_consumed,
            "changed_at": changed_at,
            "is_created": is_created,
            "now": now,
        },
    )


async def set_deleted(conn: Connection, entitlement: EntitlementId, *, now: datetime) -> None:
    """Mark an entitlement as refunded or removed; later events do not undo it."""
    await conn.execute(
        """UPDATE entitlements SET is_deleted = true, updated_at = %(now)s
           WHERE entitlement_id = %(entitlement)s AND NOT is_deleted""",
        {"entitlement": entitlement, "now": now},
    )


async def list_granted(conn: Connection, *, guild: GuildId | None, user: UserId) -> list[Entitlement]:
    """The entitlements of a guild and a user that are not deleted, ordered by id; without a guild only the user's."""
    cursor = conn.cursor(row_factory=dataclass_row(Entitlement))
    await cursor.execute(
        """SELECT entitlement_id AS id, sku_id, type, granted_guild_id AS guild_id, granted_user_id AS user_id,
                  starts_at, ends_at, is_deleted, is_consumed
           FROM entitlements
           WHERE NOT is_deleted
             AND (granted_guild_id = %(guild)s OR (granted_guild_id IS NULL AND granted_user_id = %(user)s))
           ORDER BY entitlement_id""",
        {"guild": guild, "user": user},
    )
    return await cursor.fetchall()
