"""Table of time zones and day starts per member, each valid from a given time."""

from sqlalchemy import (
    CheckConstraint,
    PrimaryKeyConstraint,
    SmallInteger,
)

from db.models.base import Model, Moment, int_column, member_fk, snowflake, text_column, timestamp_column
from db.models.mixins import CRUDMixin, DiscordIDMixin


class MemberZone(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A member's time zone and day start from a point in time on."""

    __tablename__ = "member_zones"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", "valid_from", name="pk_member_zones"),
        member_fk("member_zones"),
        CheckConstraint("day_start_min BETWEEN 0 AND 360", name="ck_member_zones_day_start_min"),
        *DiscordIDMixin.id_checks("member_zones", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    user_id: int = snowflake()
    valid_from: Moment = timestamp_column()
    zone: str = text_column(min_length=1, max_length=64, description="IANA name.")
    day_start_min: int = int_column(
        0, kind=SmallInteger, ge=0, le=360, description="Minutes after midnight at which the member's day begins."
    )
    created_at: Moment | None = timestamp_column(None, server_now=True)
    zone_asked_at: Moment | None = timestamp_column(
        None,
        description="When the zone was asked for: the seven days count from here. Empty: with the row, or earlier.",
    )
    day_start_asked_at: Moment | None = timestamp_column(
        None, description="When the day start was asked for, likewise. Empty: with the row, or earlier."
    )
