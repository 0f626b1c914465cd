"""Waits until the listener has committed every event that the local Discord has sent to it."""

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

from cli.control import Control
from cli.database import check_prepared, database_url
from cli.errors import AWAY, CliError
from core.config import Config
from core.errors import ServiceUnavailable

if TYPE_CHECKING:
    from db.connection import Pool

Json = dict[str, Any]

PATIENCE_S: Final = 30.0
COMING_S: Final = 3.0  # for a listener that is starting
NOBODY: Final = "No listener was there to record it: `lyceum up` starts one."
_COMING_LOOK_S: Final = 0.2
_POLL_S: Final = 0.03


async def wait_for_listener(settings: Config, control: Control, *, patience_s: float = PATIENCE_S) -> bool:
    """Return when the committed position has reached the last event sent before this call.

    Returns: False if no Lyceum listener is connected to this local Discord, so that nothing can be waited for.

    Raises:
        CliError: the listener does not commit in time, or the database does not answer.
    """
    from db.connection import Pool  # noqa: PLC0415 - loads the database driver

    answer = await asyncio.to_thread(control.sessions)
    if not await _somebody_comes(control, answer) or not _may_have_database(settings):
        return False
    told, until, coming_until = _told(answer), time.monotonic() + patience_s, time.monotonic() + COMING_S
    try:
        async with Pool(database_url(settings), application_name="lyceum voice", min_size=0, max_size=1) as pool:
            async with pool.connection() as conn:
                await check_prepared(conn)
            while True:
                written = await _written(pool)
                if told and all(written.get(session, -1) >= seq for session, seq in told.items()):
                    return True
                answer = await asyncio.to_thread(control.sessions)
                is_ours = any(str(one["id"]) in written for one in answer.get("sessions", []))
                if not is_ours and time.monotonic() > coming_until:
                    return False  # the connected listener belongs to another app
                if time.monotonic() > until:
                    raise CliError(
                        f"The listener has not written this down within {patience_s:.0f} s: "
                        "look at its lines in the terminal of `make up`."
                    )
                await asyncio.sleep(_POLL_S)
                told = told or _told(answer)
    except ServiceUnavailable as trouble:
        raise CliError(f"{trouble} Look at the terminal of `make up`.", code=AWAY) from trouble


async def _somebody_comes(control: Control, answer: Json) -> bool:
    until = time.monotonic() + COMING_S
    while not answer.get("sessions"):
        if time.monotonic() > until:
            return False
        await asyncio.sleep(_COMING_LOOK_S)
        answer = await asyncio.to_thread(control.sessions)
    return True


def _may_have_database(settings: Config) -> bool:
    """Whether a Lyceum listener could write; does not start an embedded database."""
    return settings.database_url is not None or (settings.data_dir / "postgres" / "postmaster.pid").exists()


def _told(answer: Json) -> dict[str, int]:
    """The last sent sequence number of each connected gateway session."""
    sessions: list[Json] = answer.get("sessions", [])
    return {str(one["id"]): int(one["seq"]) for one in sessions if one.get("connected")}


async def _written(pool: "Pool") -> dict[str, int]:
    """The committed sequence of each gateway session; empty if the tables do not exist."""
    async with pool.connection() as conn:
        cursor = await conn.execute("SELECT to_regclass('gateway_sessions') IS NOT NULL")
        [(is_prepared,)] = await cursor.fetchall()
        if not is_prepared:
            return {}
        cursor = await conn.execute(
            "SELECT session_id, coalesce(seq, -1) FROM gateway_sessions WHERE session_id IS NOT NULL"
        )
        return dict(await cursor.fetchall())
