"""Table of tracking policy changes: which preset a guild uses, and from when."""

from sqlalchemy import CheckConstraint, PrimaryKeyConstraint

from core.enums import TrackingPreset
from db.models.base import Model, Moment, enum_column, guild_fk, identity_column, snowflake, timestamp_column
from db.models.enum_types import PRESET
from db.models.mixins import CRUDMixin, DiscordIDMixin


class TrackingPolicyChange(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A guild's choice of a preset for a time span; later rows override earlier ones, and rows are never changed."""

    __tablename__ = "tracking_policies"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "policy_id", name="pk_tracking_policies"),
        guild_fk("tracking_policies"),
        CheckConstraint("valid_until > valid_from", name="ck_tracking_policies_valid_until"),
        *DiscordIDMixin.id_checks("tracking_policies", "guild_id", "set_by"),
    )

    guild_id: int = snowflake()
    policy_id: int | None = identity_column()
    preset: TrackingPreset = enum_column(PRESET)
    valid_from: Moment = timestamp_column()
    valid_until: Moment | None = timestamp_column(
        None, description="Set: a re-application to a past span. Empty: until another."
    )
    set_by: int = snowflake(description="Who chose it.")
    set_at: Moment = timestamp_column()
