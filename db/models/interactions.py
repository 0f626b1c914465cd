"""What Discord has delivered: interactions already answered, and how far each gateway shard has been heard."""

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, PrimaryKeyConstraint

from db.models.base import Model, Moment, moment, snowflake, whole, words
from db.models.mixins import CRUDMixin, DiscordIDMixin


class SeenInteraction(Model, CRUDMixin, DiscordIDMixin, table=True):
    """An interaction that was claimed by one process; kept 15 minutes so that a second delivery does nothing."""

    __tablename__ = "seen_interactions"
    __table_args__ = (
        PrimaryKeyConstraint("interaction_id", name="pk_seen_interactions"),
        Index("idx_seen_interactions_received", "received_at"),
        *DiscordIDMixin.id_checks("seen_interactions", "interaction_id"),
    )

    interaction_id: int = snowflake()
    received_at: Moment = moment()


class GatewaySession(Model, CRUDMixin, table=True):
    """The committed position of one shard; written in the transaction that writes the events."""

    __tablename__ = "gateway_sessions"
    __table_args__ = (
        PrimaryKeyConstraint("shard_id", "shard_count", name="pk_gateway_sessions"),
        CheckConstraint("shard_id BETWEEN 0 AND shard_count - 1", name="ck_gateway_sessions_shard_id"),
    )

    shard_id: int = whole(kind=Integer)
    shard_count: int = whole(kind=Integer, ge=1)
    session_id: str | None = words(None, max_length=128, description="Empty: nothing to resume.")
    resume_url: str | None = words(None, max_length=512)
    seq: int | None = whole(None, kind=BigInteger)
    seen_at: Moment = moment(description="The last committed heartbeat or batch of events.")
