"""Table of counted seconds per member and day, on the member's own calendar."""

from datetime import date

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint

from core.enums import DayKind
from db.models.base import Model, enum_column, int_column, local_date, member_fk, snowflake, text_column
from db.models.enum_types import DAY_KIND
from db.models.mixins import CRUDMixin, DiscordIDMixin


class DailyStreak(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A member's counted seconds on one date of the member's own calendar."""

    __tablename__ = "daily_streaks"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", "kind", "streak_date", name="pk_daily_streaks"),
        member_fk("daily_streaks"),
        Index("idx_streaks_user_guild", "user_id", "guild_id"),
        CheckConstraint("seconds >= 0", name="ck_daily_streaks_seconds"),
        CheckConstraint("estimated_seconds >= 0", name="ck_daily_streaks_estimated_seconds"),
        *DiscordIDMixin.id_checks("daily_streaks", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    user_id: int = snowflake()
    kind: DayKind = enum_column(DAY_KIND)
    streak_date: date = local_date()
    seconds: int = int_column(0, description="Active when this reaches the guild's study minutes.")
    zone: str = text_column(min_length=1, max_length=64, description="The IANA zone that decided the date.")
    estimated_seconds: int = int_column(0, description="The part of the seconds that lies in gaps.")
