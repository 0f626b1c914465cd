"""Tables of Discord users and their guild memberships."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    PrimaryKeyConstraint,
    text,
)

from core.enums import Language, Visibility
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
from db.models.enum_types import LANGUAGE, VISIBILITY
from db.models.mixins import CRUDMixin, DiscordIDMixin, TimestampMixin


class User(Model, TimestampMixin, CRUDMixin, DiscordIDMixin, table=True):
    """A Discord account, independent of guilds."""

    __tablename__ = "users"
    __table_args__ = (
        PrimaryKeyConstraint("user_id", name="pk_users"),
        Index("idx_users_bots", "user_id", postgresql_where=text("is_bot")),
        *DiscordIDMixin.id_checks("users", "user_id"),
    )

    user_id: int = snowflake()
    username: str = text_column(min_length=1, max_length=32)
    global_name: str | None = text_column(None, max_length=32)
    avatar_hash: str | None = text_column(None, max_length=64)
    is_bot: bool = bool_column(default=False)


class Member(Model, TimestampMixin, CRUDMixin, DiscordIDMixin, table=True):
    """A user in one guild; owns all progress."""

    __tablename__ = "members"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", name="pk_members"),
        guild_fk("members"),
        Index("idx_users_guild", "guild_id"),
        Index("idx_members_user", "user_id"),
        Index(
            "idx_members_board",
            "guild_id",
            text("(-total_seconds)"),
            "user_id",
            postgresql_include=["total_seconds"],
            postgresql_where=text("visibility = 'public' AND left_at IS NULL"),
        ),
        CheckConstraint("total_seconds >= 0", name="ck_members_total_seconds"),
        *DiscordIDMixin.id_checks("members", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    user_id: int = snowflake(description="No foreign key: users are not split by guild, and every key here is.")
    nick: str | None = text_column(None, max_length=32)
    avatar_hash: str | None = text_column(None, max_length=64, description="The avatar worn in this guild alone.")
    language: Language | None = enum_column(LANGUAGE, None, description="Empty: follow Discord's language.")
    visibility: Visibility = enum_column(VISIBILITY, Visibility.PUBLIC)
    total_seconds: int = int_column(0, kind=BigInteger, description="Counted focus seconds, a cache of the sessions.")
    last_seen_at: Moment | None = timestamp_column(None, description="The last interaction.")
    left_at: Moment | None = timestamp_column(None, description="When the member was found gone. Empty: is here.")
