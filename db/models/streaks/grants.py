"""Table of changes that staff made to streaks."""

from datetime import date

from sqlalchemy import (
    Index,
    PrimaryKeyConstraint,
)

from db.models.base import (
    Model,
    Moment,
    bool_column,
    identity_column,
    local_date,
    member_fk,
    snowflake,
    text_column,
    timestamp_column,
)
from db.models.mixins import CRUDMixin, DiscordIDMixin


class StreakAct(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A change that staff made to a member's days; never changed and never deleted."""

    __tablename__ = "streak_acts"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "act_id", name="pk_streak_acts"),
        member_fk("streak_acts"),
        Index("idx_streak_acts_member", "guild_id", "user_id", "act_id"),
        *DiscordIDMixin.id_checks("streak_acts", "guild_id", "user_id", "by_id"),
    )

    guild_id: int = snowflake()
    act_id: int | None = identity_column()
    user_id: int = snowflake(description="Whose date it is.")
    by_id: int = snowflake(description="Who did it.")
    is_grant: bool = bool_column(
        default=True, description="The date was protected; otherwise its protection was taken back."
    )
    day_on: date = local_date()
    reason: str = text_column(min_length=1, max_length=200)
    acted_at: Moment = timestamp_column()
