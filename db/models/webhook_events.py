"""Table of processed Discord webhook events, used to ignore duplicate deliveries."""

from sqlalchemy import Index, PrimaryKeyConstraint

from core.enums import WebhookEventKind
from db.models.base import Model, Moment, enum_column, snowflake, timestamp_column
from db.models.enum_types import WEBHOOK_EVENT_KIND
from db.models.mixins import CRUDMixin, DiscordIDMixin


class WebhookEvent(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A webhook event that was processed; kept for a day so that a duplicate delivery has no effect."""

    __tablename__ = "webhook_events"
    __table_args__ = (
        PrimaryKeyConstraint("kind", "subject_id", "happened_at", name="pk_webhook_events"),
        Index("idx_webhook_events_received", "received_at"),
        *DiscordIDMixin.id_checks("webhook_events", "subject_id"),
    )

    kind: WebhookEventKind = enum_column(WEBHOOK_EVENT_KIND)
    subject_id: int = snowflake(description="The entitlement, or the user who authorised or left the app.")
    happened_at: Moment = timestamp_column(description="Discord's timestamp of the event.")
    received_at: Moment = timestamp_column()
