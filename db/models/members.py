"""Discord accounts, their memberships, and the zone each member has lived by."""

from datetime import date

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    text,
)

from core.enums import Language, ProtectionKind, Visibility
from db.models.base import Model, Moment, choice, fact, local_date, moment, of_guild, of_member, snowflake, whole, words
from db.models.enum_types import LANGUAGE, PROTECTION_KIND, VISIBILITY
from db.models.mixins import CRUDMixin, DiscordIDMixin, TimestampMixin


class User(Model, TimestampMixin, CRUDMixin, DiscordIDMixin, table=True):
    """One Discord account, whatever guilds it is in."""

    __tablename__ = "users"
    __table_args__ = (
        PrimaryKeyConstraint("user_id", name="pk_users"),
        Index("idx_users_bots", "user_id", postgresql_where=text("is_bot")),
        *DiscordIDMixin.id_checks("users", "user_id"),
    )

    user_id: int = snowflake()
    username: str = words(min_length=1, max_length=32)
    global_name: str | None = words(None, max_length=32)
    avatar_hash: str | None = words(None, max_length=64)
    is_bot: bool = fact(default=False)


class Member(Model, TimestampMixin, CRUDMixin, DiscordIDMixin, table=True):
    """A user in one guild; owns all progress."""

    __tablename__ = "members"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", name="pk_members"),
        of_guild("members"),
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
    nick: str | None = words(None, max_length=32)
    avatar_hash: str | None = words(None, max_length=64, description="The avatar worn in this guild alone.")
    language: Language | None = choice(LANGUAGE, None, description="Empty: follow Discord's language.")
    visibility: Visibility = choice(VISIBILITY, Visibility.PUBLIC)
    total_seconds: int = whole(0, kind=BigInteger, description="Counted focus seconds, a cache of the sessions.")
    last_seen_at: Moment | None = moment(None, description="The last interaction.")
    left_at: Moment | None = moment(None, description="When the member was found gone. Empty: is here.")


class MemberZone(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A rule of a member's calendar: which zone and which day start hold from a moment on."""

    __tablename__ = "member_zones"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", "valid_from", name="pk_member_zones"),
        of_member("member_zones"),
        CheckConstraint("day_start_min BETWEEN 0 AND 360", name="ck_member_zones_day_start_min"),
        *DiscordIDMixin.id_checks("member_zones", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    user_id: int = snowflake()
    valid_from: Moment = moment()
    zone: str = words(min_length=1, max_length=64, description="IANA name.")
    day_start_min: int = whole(
        0, kind=SmallInteger, ge=0, le=360, description="Minutes after midnight at which the member's day begins."
    )
    created_at: Moment | None = moment(None, server_now=True)
    zone_asked_at: Moment | None = moment(
        None,
        description="When the zone was asked for: the seven days count from here. Empty: with the row, or earlier.",
    )
    day_start_asked_at: Moment | None = moment(
        None, description="When the day start was asked for, likewise. Empty: with the row, or earlier."
    )


class Protection(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A date that does not break a member's run."""

    __tablename__ = "protections"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", "protected_on", name="pk_protections"),
        of_member("protections"),
        *DiscordIDMixin.id_checks("protections", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    user_id: int = snowflake()
    protected_on: date = local_date()
    kind: ProtectionKind = choice(PROTECTION_KIND)
    created_at: Moment | None = moment(None, server_now=True)
