"""Queries for interaction ids that were already processed: look up and purge."""

from datetime import datetime

from core.ids import InteractionId
from db.connection import Connection


async def remove_processed(conn: Connection, *, before: datetime) -> int:
    """Delete interactions received before a time. Returns: how many."""
    cursor = await conn.execute(
        "DELETE FROM processed_interactions WHERE received_at < %(before)s",
        {"before": before},
    )
    return cursor.rowcount


async def is_processed(conn: Connection, interaction: InteractionId) -> bool:
    """Whether an interaction's transaction was committed; answers for 15 minutes after it was received."""
    cursor = await conn.execute(
        "SELECT EXISTS (SELECT FROM processed_interactions WHERE interaction_id = %(interaction)s)",
        {"interaction": interaction},
    )
    [(is_there,)] = await cursor.fetchall()
    return is_there
