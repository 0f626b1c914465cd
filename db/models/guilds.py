"""Tables of guilds and their voice channels."""

from sqlalchemy import CheckConstraint, PrimaryKeyConstraint, SmallInteger

from core.enums import ChannelKind
from db.models.base import (
    Model,
    Moment,
    bool_column,
    enum_column,
    guild_fk,
    int_column,
    snowflake,
    text_column,
    timestamp_column,
)
from db.models.enum_types import CHANNEL_KIND
from db.models.mixins import AuditMixin, CRUDMixin, DiscordIDMixin, SoftDeleteMixin, TimestampMixin


class Guild(Model, TimestampMixin, CRUDMixin, DiscordIDMixin, table=True):
    """A Discord server and its settings."""

    __tablename__ = "guilds"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", name="pk_guilds"),
        *DiscordIDMixin.id_checks("guilds", "guild_id", "owner_id", "afk_channel_id"),
        CheckConstraint("study_minutes BETWEEN 1 AND 240", name="ck_guilds_study_minutes"),
    )

    guild_id: int = snowflake()
    name: str = text_column("", max_length=100, description="Empty until the gateway has sent it.")
    owner_id: int | None = snowflake(None)
    icon_hash: str | None = text_column(None, max_length=64)
    locale: str = text_column("en-US", min_length=2, max_length=10, description="Discord's locale of the guild.")
    timezone: str = text_column("UTC", min_length=1, max_length=64, description="IANA zone of the shared day.")
    afk_channel_id: int | None = snowflake(None)
    study_minutes: int = int_column(
        15, kind=SmallInteger, ge=1, le=240, description="Counted minutes that make a day active."
    )
    is_active: bool = bool_column(default=True, description="False: the app was removed from the guild.")
    unheard_from: Moment | None = timestamp_column(
        None, description="Sessions were cut here because the guild was not received; empty once a snapshot has come."
    )


class Channel(Model, TimestampMixin, AuditMixin, SoftDeleteMixin, CRUDMixin, DiscordIDMixin, table=True):
    """A voice channel, stage channel or category, and its kind for tracking."""

    __tablename__ = "channels"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "channel_id", name="pk_channels"),
        guild_fk("channels"),
        *DiscordIDMixin.id_checks("channels", "guild_id", "channel_id", "parent_id", "created_by", "updated_by"),
    )

    guild_id: int = snowflake()
    channel_id: int = snowflake()
    name: str = text_column("", max_length=100)
    parent_id: int | None = snowflake(None, description="The category. Empty: none.")
    type: int = int_column(2, kind=SmallInteger, description="Discord's channel type: 2 voice, 4 category, 13 stage.")
    kind: ChannelKind = enum_column(CHANNEL_KIND, ChannelKind.STUDY)
    is_hidden: bool = bool_column(
        default=False, description="The bot may not view it; name and category are the last that it could see."
    )
