"""Table of cached current and longest streaks."""

from datetime import date

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, text

from core.enums import DayKind
from db.models.base import Model, Moment, enum_column, int_column, local_date, member_fk, snowflake, timestamp_column
from db.models.enum_types import DAY_KIND
from db.models.mixins import CRUDMixin, DiscordIDMixin


class Streak(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A member's current and longest streak; a cache that is rebuilt from the days."""

    __tablename__ = "streaks"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", "kind", name="pk_streaks"),
        member_fk("streaks"),
        Index(
            "idx_streaks_board",
            "guild_id",
            "kind",
            text("(-current_days)"),
            "user_id",
            postgresql_include=["current_days", "alive_until"],
        ),
        CheckConstraint("current_days >= 0", name="ck_streaks_current_days"),
        CheckConstraint("longest_days >= current_days", name="ck_streaks_longest_days"),
        *DiscordIDMixin.id_checks("streaks", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    user_id: int = snowflake()
    kind: DayKind = enum_column(DAY_KIND)
    current_days: int = int_column(0)
    started_on: date | None = local_date(None, description="First date of the run. Empty: no run.")
    last_on: date | None = local_date(None, description="Last active date of the run. Empty: no run.")
    longest_days: int = int_column(0)
    alive_until: Moment | None = timestamp_column(
        None, description="The run is over from this moment on. Empty: no run."
    )
