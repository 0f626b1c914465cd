"""What was counted per day, by the member's calendar and by the guild's, and the runs of days made from it."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, PrimaryKeyConstraint, text

from core.enums import DayKind
from db.models.base import Model, Moment, choice, local_date, moment, snowflake, whole, words
from db.models.mixins import CRUDMixin, DiscordIDMixin
from db.models.types import DAY_KIND


def _member(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["guild_id", "user_id"],
        ["members.guild_id", "members.user_id"],
        name=f"fk_{table}_member",
        ondelete="CASCADE",
    )


class DailyStreak(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A member's counted seconds on one date of the member's own calendar."""

    __tablename__ = "daily_streaks"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", "kind", "streak_date", name="pk_daily_streaks"),
        _member("daily_streaks"),
        Index("idx_streaks_user_guild", "user_id", "guild_id"),
        CheckConstraint("seconds >= 0", name="ck_daily_streaks_seconds"),
        *DiscordIDMixin.id_checks("daily_streaks", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    user_id: int = snowflake()
    kind: DayKind = choice(DAY_KIND)
    streak_date: date = local_date()
    seconds: int = whole(0, description="Active when this reaches the guild's study minutes.")
    zone: str = words(min_length=1, max_length=64, description="The IANA zone that the date was told by.")


class GuildDay(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A member's counted seconds on one date of the guild's calendar: for boards and the daily cap."""

    __tablename__ = "guild_days"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "local_on", "user_id", name="pk_guild_days"),
        _member("guild_days"),
        CheckConstraint("seconds >= 0", name="ck_guild_days_seconds"),
        *DiscordIDMixin.id_checks("guild_days", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    local_on: date = local_date()
    user_id: int = snowflake()
    seconds: int = whole(0)


class Streak(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A member's current and longest run; a cache that is rebuilt from the dates."""

    __tablename__ = "streaks"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", "kind", name="pk_streaks"),
        _member("streaks"),
        Index("idx_streaks_board", "guild_id", "kind", text("run_days DESC"), "user_id"),
        CheckConstraint("run_days >= 0", name="ck_streaks_run_days"),
        CheckConstraint("longest_days >= run_days", name="ck_streaks_longest_days"),
        *DiscordIDMixin.id_checks("streaks", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    user_id: int = snowflake()
    kind: DayKind = choice(DAY_KIND)
    run_days: int = whole(0)
    started_on: date | None = local_date(None, description="First date of the run. Empty: no run.")
    last_on: date | None = local_date(None, description="Last active date of the run. Empty: no run.")
    longest_days: int = whole(0)
    alive_until: Moment | None = moment(None, description="The run is over from this moment on. Empty: no run.")
