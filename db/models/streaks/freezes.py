"""Tables of streak freezes: the number held, the on/off history, and what happened to missed days."""

from datetime import date

from sqlalchemy import (
    CheckConstraint,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    text,
)

from db.models.base import Model, Moment, bool_column, int_column, local_date, member_fk, snowflake, timestamp_column
from db.models.mixins import CRUDMixin, DiscordIDMixin


class Freeze(Model, CRUDMixin, DiscordIDMixin, table=True):
    """How many freezes a member holds, and when the next day ends that may need one; a cache like `streaks`."""

    __tablename__ = "freezes"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", name="pk_freezes"),
        member_fk("freezes"),
        Index("idx_freezes_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        CheckConstraint("held BETWEEN 0 AND 2", name="ck_freezes_held"),
        *DiscordIDMixin.id_checks("freezes", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    user_id: int = snowflake()
    held: int = int_column(0, kind=SmallInteger, ge=0, le=2)
    due_at: Moment | None = timestamp_column(
        None, description="The end of the first missed date that is not worked yet. Empty: none can come."
    )


class FreezeSettingChange(Model, CRUDMixin, DiscordIDMixin, table=True):
    """From which date on automatic freezes are on or off for a member; without a row they are on."""

    __tablename__ = "freeze_settings_history"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", "since_on", name="pk_freeze_settings_history"),
        member_fk("freeze_settings_history"),
        *DiscordIDMixin.id_checks("freeze_settings_history", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    user_id: int = snowflake()
    since_on: date = local_date()
    is_on: bool = bool_column(default=True)


class MissedDay(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A day that ended without activity while a streak was at risk, and its outcome."""

    __tablename__ = "missed_days"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", "missed_on", name="pk_missed_days"),
        member_fk("missed_days"),
        CheckConstraint("streak_days >= 1", name="ck_missed_days_streak_days"),
        *DiscordIDMixin.id_checks("missed_days", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    user_id: int = snowflake()
    missed_on: date = local_date()
    streak_days: int = int_column(ge=1, description="How long the run was that was at stake.")
    is_frozen: bool = bool_column(default=False, description="A freeze was used; otherwise the run ended.")
    is_late: bool = bool_column(default=False, description="Activity arrived late: the date is active after all.")
    processed_at: Moment = timestamp_column()
    requested_at: Moment | None = timestamp_column(
        None, description="When the member asked to repair the run. Empty: never."
    )
