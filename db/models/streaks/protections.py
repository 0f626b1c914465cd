"""Table of protected days, which do not break a streak."""

from datetime import date

from sqlalchemy import (
    PrimaryKeyConstraint,
)

from core.enums import ProtectionKind
from db.models.base import Model, Moment, enum_column, local_date, member_fk, snowflake, timestamp_column
from db.models.enum_types import PROTECTION_KIND
from db.models.mixins import CRUDMixin, DiscordIDMixin


class Protection(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A protected day, which does not break a member's streak."""

    __tablename__ = "protections"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", "protected_on", name="pk_protections"),
        member_fk("protections"),
        *DiscordIDMixin.id_checks("protections", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    user_id: int = snowflake()
    protected_on: date = local_date()
    kind: ProtectionKind = enum_column(PROTECTION_KIND)
    created_at: Moment | None = timestamp_column(None, server_now=True)
