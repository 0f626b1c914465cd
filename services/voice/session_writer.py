"""Credits a batch of sessions and stores them."""

from collections.abc import Sequence

from db.connection import Connection
from services.voice import occupancy, session_store
from services.voice.accrual import accrue
from services.voice.guild_config import TrackingConfig
from services.voice.session import Session


async def write_sessions(
    conn: Connection, sessions: Sequence[Session], *, due: Sequence[tuple[Session, int]], rules: TrackingConfig
) -> None:
    """Credit the `due` sessions and store all; where occupancy matters, sessions are stored before any evaluation."""
    shared = rules.guilds_requiring_company({session.guild for session in sessions})
    if shared:
        first = [session for session in sessions if session.guild in shared]
        await occupancy.mark_stale(conn, first, rules=rules)
        await session_store.store(conn, first)
    await accrue(conn, due, rules=rules)
    await session_store.store(conn, sessions)
