"""Tables of staff corrections to voice sessions."""

from datetime import date

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
)

from db.models.base import (
    Model,
    Moment,
    bool_column,
    identity_column,
    int_column,
    local_date,
    snowflake,
    text_column,
    timestamp_column,
)
from db.models.mixins import CRUDMixin, DiscordIDMixin


class VoiceAdjustment(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A staff correction of a session's counted seconds; never changed and never deleted."""

    __tablename__ = "voice_adjustments"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "adjustment_id", name="pk_voice_adjustments"),
        ForeignKeyConstraint(
            ["guild_id", "session_id"],
            ["voice_sessions.guild_id", "voice_sessions.session_id"],
            name="fk_voice_adjustments_session",
            ondelete="CASCADE",
        ),
        Index("idx_voice_adjustments_session", "guild_id", "session_id", "adjustment_id"),
        CheckConstraint("previous_seconds >= 0", name="ck_voice_adjustments_previous_seconds"),
        CheckConstraint("previous_seconds + seconds >= 0", name="ck_voice_adjustments_seconds"),
        CheckConstraint("NOT is_void OR previous_seconds + seconds = 0", name="ck_voice_adjustments_is_void"),
        *DiscordIDMixin.id_checks("voice_adjustments", "guild_id", "user_id", "actor_id"),
    )

    guild_id: int = snowflake()
    adjustment_id: int | None = identity_column()
    session_id: int = int_column(kind=BigInteger, ge=1)
    user_id: int = snowflake(description="Whose session it is.")
    actor_id: int = snowflake(description="Who corrected it.")
    is_void: bool = bool_column(default=False, description="Nothing of the session counts, whatever a recount finds.")
    previous_seconds: int = int_column(0, description="What the session counted before.")
    seconds: int = int_column(0, ge=-(1 << 31), description="Added; negative: taken away.")
    reason: str = text_column(min_length=1, max_length=200)
    created_at: Moment = timestamp_column()


class VoiceAdjustmentDay(Model, CRUDMixin, DiscordIDMixin, table=True):
    """The part of a correction that belongs to one date of the member and of the guild."""

    __tablename__ = "voice_adjustment_days"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "adjustment_id", "local_on", "guild_on", name="pk_voice_adjustment_days"),
        ForeignKeyConstraint(
            ["guild_id", "adjustment_id"],
            ["voice_adjustments.guild_id", "voice_adjustments.adjustment_id"],
            name="fk_voice_adjustment_days_adjustment",
            ondelete="CASCADE",
        ),
        *DiscordIDMixin.id_checks("voice_adjustment_days", "guild_id"),
    )

    guild_id: int = snowflake()
    adjustment_id: int = int_column(kind=BigInteger, ge=1)
    local_on: date = local_date(description="The date on the member's calendar.")
    guild_on: date = local_date(description="The date on the guild's calendar.")
    seconds: int = int_column(0, ge=-(1 << 31), description="Added; negative: taken away.")
