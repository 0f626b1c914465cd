"""What was counted per day, week and month, the runs of days made from it, and the marks on long leaderboards."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, Index, PrimaryKeyConstraint, text

from core.enums import Board, DayKind, Period
from db.models.base import Model, Moment, choice, local_date, moment, of_guild, of_member, snowflake, whole, words
from db.models.enum_types import BOARD, DAY_KIND, PERIOD
from db.models.mixins import CRUDMixin, DiscordIDMixin


class DailyStreak(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A member's counted seconds on one date of the member's own calendar."""

    __tablename__ = "daily_streaks"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", "kind", "streak_date", name="pk_daily_streaks"),
        of_member("daily_streaks"),
        Index("idx_streaks_user_guild", "user_id", "guild_id"),
        CheckConstraint("seconds >= 0", name="ck_daily_streaks_seconds"),
        CheckConstraint("estimated_seconds >= 0", name="ck_daily_streaks_estimated_seconds"),
        *DiscordIDMixin.id_checks("daily_streaks", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    user_id: int = snowflake()
    kind: DayKind = choice(DAY_KIND)
    streak_date: date = local_date()
    seconds: int = whole(0, description="Active when this reaches the guild's study minutes.")
    zone: str = words(min_length=1, max_length=64, description="The IANA zone that the date was told by.")
    estimated_seconds: int = whole(0, description="Those of the seconds that nobody heard.")


class GuildDay(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A member's counted seconds on one date of the guild's calendar: for boards and the daily cap."""

    __tablename__ = "guild_days"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", "local_on", name="pk_guild_days"),
        of_member("guild_days"),
        Index(
            "idx_guild_days_board",
            "guild_id",
            "local_on",
            text("(-seconds)"),
            "user_id",
            postgresql_include=["seconds"],
        ),
        CheckConstraint("seconds >= 0", name="ck_guild_days_seconds"),
        CheckConstraint("estimated_seconds >= 0", name="ck_guild_days_estimated_seconds"),
        *DiscordIDMixin.id_checks("guild_days", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    user_id: int = snowflake()
    local_on: date = local_date()
    seconds: int = whole(0)
    estimated_seconds: int = whole(0, description="Those of the seconds that nobody heard.")


class GuildSpan(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A member's counted seconds in one week or month of the guild's calendar: the sum of their `guild_days`."""

    __tablename__ = "guild_spans"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", "period", "starts_on", name="pk_guild_spans"),
        of_member("guild_spans"),
        Index(
            "idx_guild_spans_board",
            "guild_id",
            "period",
            "starts_on",
            text("(-seconds)"),
            "user_id",
            postgresql_include=["seconds"],
        ),
        CheckConstraint("period IN ('week', 'month')", name="ck_guild_spans_period"),
        CheckConstraint("seconds >= 0", name="ck_guild_spans_seconds"),
        *DiscordIDMixin.id_checks("guild_spans", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    user_id: int = snowflake()
    period: Period = choice(PERIOD)
    starts_on: date = local_date(description="The first date of the week (a Monday) or of the month.")
    seconds: int = whole(0)


class BoardMark(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A place on a long leaderboard and how many stand before it, so that nobody has to count from the top."""

    __tablename__ = "board_marks"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "board", "period", "starts_on", "entry", name="pk_board_marks"),
        of_guild("board_marks"),
        CheckConstraint("board <> 'xp'", name="ck_board_marks_board"),
        CheckConstraint("shown_before BETWEEN 0 AND entry", name="ck_board_marks_shown_before"),
        *DiscordIDMixin.id_checks("board_marks", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    board: Board = choice(BOARD, description="XP has the order of focus.")
    period: Period = choice(PERIOD)
    starts_on: date = local_date(description="The first date of the period; of all time 0001-01-01.")
    entry: int = whole(description="The place among all rows, those that nobody sees included, from 0.")
    value: int = whole(kind=BigInteger, description="Seconds, or days for the streak board.")
    user_id: int = snowflake(description="Whose row was there; no foreign key, for the place outlives it.")
    shown_before: int = whole(description="Rows before this place that everybody may see.")
    counted_at: Moment = moment()


class Streak(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A member's current and longest run; a cache that is rebuilt from the dates."""

    __tablename__ = "streaks"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", "kind", name="pk_streaks"),
        of_member("streaks"),
        Index(
            "idx_streaks_board",
            "guild_id",
            "kind",
            text("(-run_days)"),
            "user_id",
            postgresql_include=["run_days", "alive_until"],
        ),
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
