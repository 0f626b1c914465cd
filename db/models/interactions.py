"""Table of interaction ids that were already processed."""

from sqlalchemy import Index, PrimaryKeyConstraint

from db.models.base import Model, Moment, snowflake, timestamp_column
from db.models.mixins import CRUDMixin, DiscordIDMixin


class ProcessedInteraction(Model, CRUDMixin, DiscordIDMixin, table=True):
    """An interaction that a process claimed; kept for 15 minutes so that a duplicate delivery has no effect."""

    __tablename__ = "processed_interactions"
    __table_args__ = (
        PrimaryKeyConstraint("interaction_id", name="pk_processed_interactions"),
        Index("idx_processed_interactions_received", "received_at"),
        *DiscordIDMixin.id_checks("processed_interactions", "interaction_id"),
    )

    interaction_id: int = snowflake()
    received_at: Moment = timestamp_column()
