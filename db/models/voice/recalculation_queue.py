"""Members whose counted time must be recalculated."""

from sqlalchemy import PrimaryKeyConstraint

from db.models.base import Model, identity_column, member_fk, snowflake
from db.models.mixins import CRUDMixin, DiscordIDMixin


class RecalculationQueueEntry(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A member whose time is to be counted again from the segments; a mark may be there more than once."""

    __tablename__ = "recounts"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", "recount_id", name="pk_recounts"),
        member_fk("recounts"),
        *DiscordIDMixin.id_checks("recounts", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    user_id: int = snowflake()
    recount_id: int | None = identity_column()
