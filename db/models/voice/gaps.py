"""Table of time intervals in which a guild's gateway events were not received."""

from sqlalchemy import (
    CheckConstraint,
    Index,
    PrimaryKeyConstraint,
)

from db.models.base import (
    Model,
    Moment,
    guild_fk,
    snowflake,
    timestamp_column,
)
from db.models.mixins import CRUDMixin, DiscordIDMixin


class VoiceGap(Model, CRUDMixin, DiscordIDMixin, table=True):
    """An interval in which a guild's events were not received: a crash, a stall, a lost connection or an outage."""

    __tablename__ = "voice_gaps"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "started_at", name="pk_voice_gaps"),
        guild_fk("voice_gaps"),
        Index("idx_voice_gaps_ended", "guild_id", "ended_at"),
        CheckConstraint("ended_at >= started_at", name="ck_voice_gaps_ended_at"),
        *DiscordIDMixin.id_checks("voice_gaps", "guild_id"),
    )

    guild_id: int = snowflake()
    started_at: Moment = timestamp_column(description="The last frame that was received.")
    ended_at: Moment = timestamp_column(description="The first frame after it that tells of the guild.")
