"""Outbox table: one row per Discord API call that must follow a commit, written in the same transaction."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from core.enums import EffectStatus
from core.ids import SNOWFLAKE_MIN
from db.models.base import Model, Moment, enum_column, identity_column, int_column, text_column, timestamp_column
from db.models.enum_types import EFFECT_STATUS
from db.models.mixins import CRUDMixin


class OutboxEntry(Model, CRUDMixin, table=True):
    """One effect at Discord (such as a message to send), from the decision until it is delivered."""

    __tablename__ = "outbox"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "outbox_id", name="pk_outbox"),
        UniqueConstraint("guild_id", "kind", "dedupe_key", name="uq_outbox_dedupe_key"),
        Index("idx_outbox_status", "status", "due_at"),
        Index("idx_outbox_settled", "settled_at"),
        CheckConstraint(f"guild_id = 0 OR guild_id >= {SNOWFLAKE_MIN}", name="ck_outbox_guild_id"),
        CheckConstraint("attempts >= 0", name="ck_outbox_attempts"),
        CheckConstraint("(status = 'pending') = (settled_at IS NULL)", name="ck_outbox_settled_at"),
    )

    guild_id: int = int_column(kind=BigInteger, description="0: it belongs to no guild.")
    outbox_id: int | None = identity_column()
    kind: str = text_column(min_length=1, max_length=32, description="What is to happen, such as send_message.")
    dedupe_key: str = text_column(min_length=1, max_length=200, description="The same effect is written once.")
    payload: dict[str, Any] = Field(sa_type=JSONB, nullable=False, description="To whom and what. Emptied when done.")
    due_at: Moment = timestamp_column(description="Not before, by the clock of the product.")
    held_until: Moment = timestamp_column(
        server_now=True,
        description="Not before, by the database's clock: a process works on it, or it waits to be retried.",
    )
    attempts: int = int_column(0, kind=SmallInteger)
    unsure_from: Moment | None = timestamp_column(
        None, description="The first attempt of which nobody knows how it ended. Empty: it surely has not happened."
    )
    status: EffectStatus = enum_column(EFFECT_STATUS, EffectStatus.PENDING)
    last_error: str | None = text_column(None, max_length=500)
    created_at: Moment | None = timestamp_column(None, server_now=True)
    settled_at: Moment | None = timestamp_column(None, description="When nothing more was to be done.")
