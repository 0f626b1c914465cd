"""Queries for processed Discord webhook events, used to ignore duplicate deliveries."""

from datetime import datetime

from core.enums import WebhookEventKind
from db.connection import Connection


async def add_event(
    conn: Connection, *, kind: WebhookEventKind, subject: int, happened_at: datetime, now: datetime
) -> bool:
    """Claim an event; False: it was processed before. Of two simultaneous deliveries the second waits for the first."""
    cursor = await conn.execute(
        """INSERT INTO webhook_events (kind, subject_id, happened_at, received_at)
           VALUES (%(kind)s, %(subject)s, %(happened_at)s, %(now)s)
           ON CONFLICT ON CONSTRAINT pk_webhook_events DO NOTHING""",
        {"kind": kind.value, "subject": subject, "happened_at": happened_at, "now": now},
    )
    return cursor.rowcount == 1


async def remove_events(conn: Connection, *, before: datetime) -> int:
    """Delete events received before a time. Returns: how many."""
    cursor = await conn.execute(
        "DELETE FROM webhook_events WHERE received_at < %(before)s",
        {"before": before},
    )
    return cursor.rowcount
