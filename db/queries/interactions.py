"""What is kept about interactions once they are answered: next to nothing, and not for long."""

from datetime import datetime

from db.connection import Connection


async def remove_seen(conn: Connection, *, before: datetime) -> int:
    """Forget interactions received before a moment; how many there were."""
    cursor = await conn.execute(
        "DELETE FROM seen_interactions WHERE received_at < %(before)s",
        {"before": before},
    )
    return cursor.rowcount
