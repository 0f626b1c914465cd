"""Queries for interaction ids that were already processed: look up and purge."""

from datetime import datetime

from core.ids import InteractionId
from db.connection import Connection


async def remove_processed(conn: Connection, *, before: datetime) -> int:
    """Forget interactions received before a moment; how many there were."""
    cursor = await conn.execute(
        "DELETE FROM processed_interactions WHERE received_at < %(before)s",
        {"before": before},
    )
    return cursor.rowcount


async def is_processed(conn: Connection, interaction: InteractionId) -> bool:
    """Whether the transaction of an interaction was committed; for fifteen minutes after it came."""
    cursor = await conn.execute(
        "SELECT EXISTS (SELECT FROM processed_interactions WHERE interaction_id = %(interaction)s)",
        {"interaction": interaction},
    )
    [(is_there,)] = await cursor.fetchall()
    return is_there
