"""Table of recent interactions by members who are in voice."""

from sqlalchemy import (
    PrimaryKeyConstraint,
)

from db.models.base import (
    Model,
    Moment,
    member_fk,
    snowflake,
    timestamp_column,
)
from db.models.mixins import CRUDMixin, DiscordIDMixin


class VoiceActivity(Model, CRUDMixin, DiscordIDMixin, table=True):
    """An interaction of a member with an open session; each restarts the unattended cap and is then deleted."""

    __tablename__ = "voice_activity"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", "active_at", name="pk_voice_activity"),
        member_fk("voice_activity"),
        *DiscordIDMixin.id_checks("voice_activity", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    user_id: int = snowflake()
    active_at: Moment = timestamp_column(description="A whole second.")
