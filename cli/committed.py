"""Waits until the listener has written down everything that the local Discord has told it."""

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

from cli.control import Control
from cli.database import check_prepared, database_url
from cli.problems import AWAY, Problem
from core.errors import OutsideTrouble
from core.settings import Settings

if TYPE_CHECKING:
    from db.connection import Pool

Json = dict[str, Any]

PATIENCE_S: Final = 30.0
_POLL_S: Final = 0.03


async def wait_until_committed(settings: Settings, control: Control, *, patience_s: float = PATIENCE_S) -> None:
    """Return when the committed position has reached what was told up to now.

    Raises:
        Problem: nobody listens, or it took too long.
    """
    from db.connection import Pool  # noqa: PLC0415 - loads the database driver

    told = _told(await asyncio.to_thread(control.sessions))
    until = time.monotonic() + patience_s
    try:
        async with Pool(database_url(settings), application_name="lyceum voice", min_size=0, max_size=1) as pool:
            async with pool.connection() as conn:
                await check_prepared(conn)
            while not await _has_written(pool, told):
                if time.monotonic() > until:
                    raise Problem(
                        f"The listener has not written this down within {patience_s:.0f} s: "
                        "look at its lines in the terminal of `make up`."
                    )
                await asyncio.sleep(_POLL_S)
                if not told:
                    told = _told(await asyncio.to_thread(control.sessions))
    except OutsideTrouble as trouble:
        raise Problem(f"{trouble} Look at the terminal of `make up`.", code=AWAY) from trouble


def _told(answer: Json) -> dict[str, int]:
    """The last sequence number of each session that somebody listens to."""
    sessions: list[Json] = answer.get("sessions", [])
    return {str(one["id"]): int(one["seq"]) for one in sessions if one.get("connected")}


async def _has_written(pool: "Pool", told: dict[str, int]) -> bool:
    async with pool.connection() as conn:
        cursor = await conn.execute("SELECT session_id, seq FROM gateway_sessions WHERE session_id IS NOT NULL")
        written: dict[str, int | None] = dict(await cursor.fetchall())
    return bool(told) and all((written.get(session) or -1) >= seq for session, seq in told.items())
