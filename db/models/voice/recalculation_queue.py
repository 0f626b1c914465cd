"""Table of members whose counted time must be recalculated."""

from sqlalchemy import PrimaryKeyConstraint

from db.models.base import Model, identity_column, member_fk, snowflake
from db.models.mixins import CRUDMixin, DiscordIDMixin


class RecalculationQueueEntry(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A member whose time must be recalculated from the segments; may be queued more than once."""

    __tablename__ = "recalculation_queue"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "user_id", "entry_id", name="pk_recalculation_queue"),
        member_fk("recalculation_queue"),
        *DiscordIDMixin.id_checks("recalculation_queue", "guild_id", "user_id"),
    )

    guild_id: int = snowflake()
    user_id: int = snowflake()
    entry_id: int | None = identity_column()
