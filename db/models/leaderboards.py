"""Table of rank checkpoints, which keep the ranks of long leaderboards cheap to compute."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, PrimaryKeyConstraint

from core.enums import LeaderboardMetric, LeaderboardPeriod
from db.models.base import Model, Moment, enum_column, guild_fk, int_column, local_date, snowflake, timestamp_column
from db.models.enum_types import BOARD, PERIOD
from db.models.mixins import CRUDMixin, DiscordIDMixin


class LeaderboardCheckpoint(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A row of a long leaderboard and the number of visible rows before it, so that no rank is counted from the top."""

    __tablename__ = "leaderboard_checkpoints"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "board", "period", "starts_on", "entry", name="pk_leaderboard_checkpoints"),
        guild_fk("leaderboard_checkpoints"),
        CheckConstraint("board <> 'xp'", name="ck_leaderboard_checkpoints_board"),
        CheckConstraint("visible_before BETWEEN 0 AND entry", name="ck_leaderboard_checkpoints_visible_before"),
        *DiscordIDMixin.id_checks("leaderboard_checkpoints", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    board: LeaderboardMetric = enum_column(BOARD, description="XP has the order of focus.")
    period: LeaderboardPeriod = enum_column(PERIOD)
    starts_on: date = local_date(description="The first date of the period; of all time 0001-01-01.")
    entry: int = int_column(description="The place among all rows, those that nobody sees included, from 0.")
    value: int = int_column(kind=BigInteger, description="Seconds, or days for the streak board.")
    user_id: int = snowflake(description="Whose row was there; no foreign key, for the place outlives it.")
    visible_before: int = int_column(description="Rows before this place that everybody may see.")
    counted_at: Moment = timestamp_column()
