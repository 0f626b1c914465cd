"""Tables that coordinate gateway listeners: running listeners, identify rate limits and shard positions."""

from sqlalchemy import BigInteger, CheckConstraint, Integer, PrimaryKeyConstraint

from db.models.base import Model, Moment, identity_column, int_column, text_column, timestamp_column
from db.models.mixins import CRUDMixin


class GatewayListener(Model, CRUDMixin, table=True):
    """A running gateway listener; it counts as running while it holds the advisory lock of its id."""

    __tablename__ = "gateway_listeners"
    __table_args__ = (
        PrimaryKeyConstraint("listener_id", name="pk_gateway_listeners"),
        CheckConstraint("shard_count >= 1", name="ck_gateway_listeners_shard_count"),
    )

    listener_id: int | None = identity_column(
        kind=Integer, description="Ours; the database gives it. The oldest has the lowest."
    )
    shard_selection: str = text_column(max_length=1000, description="What it was asked for: auto, 16 or 0,1,2/16.")
    shard_count: int = int_column(kind=Integer, ge=1, description="Into how many shards it splits the guilds now.")
    heartbeat_at: Moment = timestamp_column(description="Its last sign of life, by the clock of the database.")


class GatewayIdentifySlot(Model, CRUDMixin, table=True):
    """One of Discord's identify rate-limit buckets: one identify per five seconds each, across all listeners."""

    __tablename__ = "gateway_identify_slots"
    __table_args__ = (
        PrimaryKeyConstraint("bucket", name="pk_gateway_identify_slots"),
        CheckConstraint("bucket >= 0", name="ck_gateway_identify_slots_bucket"),
    )

    bucket: int = int_column(kind=Integer, description="The shard's number modulo Discord's max_concurrency.")
    available_at: Moment = timestamp_column(
        description="From here on the next identify may be sent, by the clock of the database."
    )


class GatewaySession(Model, CRUDMixin, table=True):
    """The committed position of one shard; written in the same transaction as its events."""

    __tablename__ = "gateway_sessions"
    __table_args__ = (
        PrimaryKeyConstraint("shard_id", "shard_count", name="pk_gateway_sessions"),
        CheckConstraint("shard_id BETWEEN 0 AND shard_count - 1", name="ck_gateway_sessions_shard_id"),
    )

    shard_id: int = int_column(kind=Integer)
    shard_count: int = int_column(kind=Integer, ge=1)
    session_id: str | None = text_column(None, max_length=128, description="Empty: nothing to resume.")
    resume_url: str | None = text_column(None, max_length=512)
    seq: int | None = int_column(None, kind=BigInteger)
    heartbeat_at: Moment = timestamp_column(description="The last committed heartbeat or batch of events.")
