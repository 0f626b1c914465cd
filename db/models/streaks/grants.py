"""Changes that staff made to streaks."""

from datetime import date

from sqlalchemy import (
    Index,
    PrimaryKeyConstraint,
)

from db.models.base import Model, Moment, fact, local_date, moment, of_member, own_id, snowflake, words
from db.models.mixins import CRUDMixin, DiscordIDMixin


class StreakAct(Model, CRUDMixin, DiscordIDMixin, table=True):
    """What staff did to a member's dates; never changed and never removed."""

    __tablename__ = "streak_acts"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "act_id", name="pk_streak_acts"),
        of_member("streak_acts"),
        Index("idx_streak_acts_member", "guild_id", "user_id", "act_id"),
        *DiscordIDMixin.id_checks("streak_acts", "guild_id", "user_id", "by_id"),
    )

    guild_id: int = snowflake()
    act_id: int | None = own_id()
    user_id: int = snowflake(description="Whose date it is.")
    by_id: int = snowflake(description="Who did it.")
    is_grant: bool = fact(default=True, description="The date was protected; otherwise its protection was taken back.")
    day_on: date = local_date()
    reason: str = words(min_length=1, max_length=200)
    acted_at: Moment = moment()
