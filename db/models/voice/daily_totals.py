"""Tables of counted seconds per member and day, week or month, on the guild's calendar."""

from datetime import date

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, text

from core.enums import LeaderboardPeriod
from db.models.base import Model, enum_column, int_column, local_date, member_fk, snowflake
from db.models.enum_types import PERIOD
from db.models.mixins import CRUDMixin, DiscordIDMixin


class GuildMemberDay(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A member's counted seconds on one date of the guild's calendar, for leaderboards and the daily cap."""

    __tablename__ = "guild_member_days"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", "local_on", name="pk_guild_member_days"),
        member_fk("guild_member_days"),
        Index(
            "idx_guild_member_days_board",
            "guild_id",
            "local_on",
            text("(-seconds)"),
            "user_id",
            postgresql_include=["seconds"],
        ),
        CheckConstraint("seconds >= 0", name="ck_guild_member_days_seconds"),
        CheckConstraint("estimated_seconds >= 0", name="ck_guild_member_days_estimated_seconds"),
        *DiscordIDMixin.id_checks("guild_member_days", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    user_id: int = snowflake()
    local_on: date = local_date()
    seconds: int = int_column(0)
    estimated_seconds: int = int_column(0, description="The part of the seconds that lies in gaps.")


class PeriodTotal(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A member's counted seconds in one week or month of the guild's calendar: the sum of their `guild_member_days`."""

    __tablename__ = "period_totals"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", "period", "starts_on", name="pk_period_totals"),
        member_fk("period_totals"),
        Index(
            "idx_period_totals_board",
            "guild_id",
            "period",
            "starts_on",
            text("(-seconds)"),
            "user_id",
            postgresql_include=["seconds"],
        ),
        CheckConstraint("period IN ('week', 'month')", name="ck_period_totals_period"),
        CheckConstraint("seconds >= 0", name="ck_period_totals_seconds"),
        *DiscordIDMixin.id_checks("period_totals", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    user_id: int = snowflake()
    period: LeaderboardPeriod = enum_column(PERIOD)
    starts_on: date = local_date(description="The first date of the week (a Monday) or of the month.")
    seconds: int = int_column(0)
