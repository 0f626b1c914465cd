"""Tables of voice sessions and their segments."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    text,
)
from sqlmodel import Field

from core.enums import SessionEndReason
from db.models.base import (
    Model,
    Moment,
    bool_column,
    enum_column,
    identity_column,
    int_column,
    member_fk,
    snowflake,
    text_column,
    timestamp_column,
)
from db.models.enum_types import CLOSE_REASON
from db.models.mixins import CRUDMixin, DiscordIDMixin


class VoiceSession(Model, CRUDMixin, DiscordIDMixin, table=True):
    """One continuous time of a member in tracked voice channels."""

    __tablename__ = "voice_sessions"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "session_id", name="pk_voice_sessions"),
        member_fk("voice_sessions"),
        Index("idx_sessions_user_guild", "user_id", "guild_id", "started_at"),
        Index("uq_voice_sessions_open", "guild_id", "user_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        CheckConstraint("ended_at >= started_at", name="ck_voice_sessions_ended_at"),
        CheckConstraint("credited_until >= started_at", name="ck_voice_sessions_credited_until"),
        CheckConstraint("counted_seconds >= 0", name="ck_voice_sessions_counted_seconds"),
        CheckConstraint("estimated_seconds >= 0", name="ck_voice_sessions_estimated_seconds"),
        *DiscordIDMixin.id_checks("voice_sessions", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    session_id: int | None = identity_column()
    user_id: int = snowflake()
    discord_session_id: str | None = text_column(
        None, max_length=64, description="Discord's id of the voice connection."
    )
    started_at: Moment = timestamp_column()
    ended_at: Moment | None = timestamp_column(None, description="Empty: still there.")
    credited_until: Moment = timestamp_column(description="Up to here the time is credited.")
    counted_seconds: int = int_column(0, description="Credited so far.")
    duration_seconds: int | None = Field(
        None,
        sa_type=Integer,
        sa_column_args=(Computed("floor(extract(epoch FROM ended_at - started_at))::integer", persisted=True),),
        description="Whole seconds from start to end, made by the database. Empty: still there.",
    )
    close_reason: SessionEndReason | None = enum_column(CLOSE_REASON, None)
    is_estimated: bool = bool_column(
        default=False, description="A boundary was worked out, or some time counted unheard."
    )
    estimated_seconds: int = int_column(0, description="The part of what is credited that lies in gaps.")
    is_corrected: bool = bool_column(default=False, description="Staff adjusted or voided it; it is never reopened.")
    confirmed_at: Moment | None = timestamp_column(
        None, description="When Discord was asked last whether it still goes on."
    )


class VoiceSegment(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A part of a session in one channel with the same flags."""

    __tablename__ = "voice_segments"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "session_id", "started_at", name="pk_voice_segments"),
        ForeignKeyConstraint(
            ["guild_id", "session_id"],
            ["voice_sessions.guild_id", "voice_sessions.session_id"],
            name="fk_voice_segments_session",
            ondelete="CASCADE",
        ),
        Index(
            "uq_voice_segments_open", "guild_id", "session_id", unique=True, postgresql_where=text("ended_at IS NULL")
        ),
        Index("idx_voice_segments_ended", "guild_id", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
        CheckConstraint("ended_at >= started_at", name="ck_voice_segments_ended_at"),
        CheckConstraint("flags BETWEEN 0 AND 127", name="ck_voice_segments_flags"),
        *DiscordIDMixin.id_checks("voice_segments", "guild_id", "user_id", "channel_id"),
    )

    guild_id: int = snowflake()
    session_id: int = int_column(kind=BigInteger, ge=1)
    started_at: Moment = timestamp_column()
    user_id: int = snowflake()
    channel_id: int = snowflake()
    flags: int = int_column(
        0,
        kind=SmallInteger,
        le=127,
        description="1 self mute, 2 self deaf, 4 mute, 8 deaf, 16 stream, 32 video, 64 suppress.",
    )
    ended_at: Moment | None = timestamp_column(None, description="Empty: still so.")
