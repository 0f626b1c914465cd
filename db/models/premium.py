"""Table of entitlements (purchases and grants of premium)."""

from sqlalchemy import Index, PrimaryKeyConstraint, SmallInteger, text

from db.models.base import Model, Moment, bool_column, int_column, snowflake, timestamp_column
from db.models.mixins import CRUDMixin, DiscordIDMixin, TimestampMixin


class Entitlement(Model, TimestampMixin, CRUDMixin, DiscordIDMixin, table=True):
    """An entitlement (something bought or granted), in the newest state received from Discord."""

    __tablename__ = "entitlements"
    __table_args__ = (
        PrimaryKeyConstraint("entitlement_id", name="pk_entitlements"),
        Index(
            "idx_entitlements_guild",
            "granted_guild_id",
            postgresql_where=text("granted_guild_id IS NOT NULL AND NOT is_deleted"),
        ),
        Index(
            "idx_entitlements_user",
            "granted_user_id",
            postgresql_where=text("granted_user_id IS NOT NULL AND NOT is_deleted"),
        ),
        *DiscordIDMixin.id_checks("entitlements", "entitlement_id", "sku_id", "granted_guild_id", "granted_user_id"),
    )

    entitlement_id: int = snowflake()
    sku_id: int = snowflake(description="What was bought.")
    type: int = int_column(kind=SmallInteger, description="Discord's entitlement type: 8 subscription, 4 test, …")
    granted_guild_id: int | None = snowflake(
        None, description="The guild that has it. Discord's shop is not split by guild, and some are a user's alone."
    )
    granted_user_id: int | None = snowflake(None, description="The user who has it, or who bought it for the guild.")
    starts_at: Moment | None = timestamp_column(None, description="Empty: always was.")
    ends_at: Moment | None = timestamp_column(None, description="Empty: until further notice.")
    is_deleted: bool = bool_column(default=False, description="Refunded or removed, which is final.")
    is_consumed: bool = bool_column(default=False, description="A consumable that was used up.")
    changed_at: Moment = timestamp_column(
        description="Discord's timestamp of this state: an older one never overwrites it."
    )
