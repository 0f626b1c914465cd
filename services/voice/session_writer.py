"""Credits sessions and stores them."""

from collections.abc import Sequence

from db.connection import Connection
from services.voice import occupancy, session_store
from services.voice.accrual import credit
from services.voice.guild_config import Rulebook
from services.voice.session import Session


async def _write(
    conn: Connection, sessions: Sequence[Session], *, due: Sequence[tuple[Session, int]], rules: Rulebook
) -> None:
    """Credit what is due and store it all. Where company matters, everybody's stays are stored before any is judged."""
    shared = rules.with_company({session.guild for session in sessions})
    if shared:
        first = [session for session in sessions if session.guild in shared]
        await occupancy.mark_misjudged(conn, first, rules=rules)
        await session_store.store(conn, first)
    await credit(conn, due, rules=rules)
    await session_store.store(conn, sessions)
