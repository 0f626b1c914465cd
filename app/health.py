"""Health endpoints of the web process: `GET /live`, `GET /ready` and `GET /health`.

A process that is not live should be restarted. A process that is not ready should get no requests until it is.
`/health` reports every dependency of the app to operators and monitors. The answers carry no reasons; the log does.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TYPE_CHECKING, Final

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse

from core.clock import Clock
from core.errors import ServiceUnavailable
from core.tracebacks import traceback_of
from wire.errors import DiscordError

if TYPE_CHECKING:
    from app.routes import Routes
    from db.connection import Connection, Pool
    from wire.rest import Rest

TIMEOUT_S: Final = 2.0  # for each check of /health
FRESH_S: Final = 10.0  # seconds a result is reused, so that no client can make us call Discord as often as it likes
READY_TIMEOUT_S: Final = 0.8  # platforms commonly wait one second
READY_FRESH_S: Final = 1.0

log = structlog.get_logger()


class Health:
    """Checks the database and Discord, at most once in ten seconds."""

    def __init__(self, *, pool: "Callable[[], Awaitable[Pool]]", rest: "Callable[[], Rest]", clock: Clock) -> None:
        self._pool = pool
        self._rest = rest
        self._clock = clock
        self._started = monotonic()
        self._asking = asyncio.Lock()
        self._asked = float("-inf")
        self._database = self._discord = False

    async def show(self, _request: Request) -> JSONResponse:
        """Uptime in seconds, the dependencies' state, the time in milliseconds; 503 without the database or Discord."""
        async with self._asking:
            if monotonic() - self._asked > FRESH_S:
                self._database, self._discord = await asyncio.gather(
                    _answers(self._ask_database), _answers(self._ask_discord)
                )
                self._asked = monotonic()
        return JSONResponse(
            {
                "uptime": round(monotonic() - self._started, 3),
                "discord": self._discord,
                "database": self._database,
                "redis": False,  # not used; nothing depends on it
                "timestamp": int(self._clock.unix() * 1000),
            },
            status_code=200 if self._discord and self._database else 503,
        )

    async def _ask_database(self) -> bool:
        await (await self._pool()).try_write()  # a write, because a database with a full disk still answers reads
        return True

    async def _ask_discord(self) -> bool:
        await self._rest().check()
        return True


class Readiness:
    """Checks whether this process can serve requests now; at most one check a second, however often it is requested.

    Discord is not checked: during its outage no other process could do better than this one. `writes` is whether the
    database accepts writes; it is tried only after a refused write, such as on a full disk.
    """

    def __init__(
        self,
        *,
        routes: "Callable[[], Routes]",
        pool: "Callable[[], Awaitable[Pool]]",
        fresh_s: float = READY_FRESH_S,
    ) -> None:
        self._routes = routes
        self._pool = pool
        self._fresh_s = fresh_s
        self._asking = asyncio.Lock()
        self._asked = float("-inf")
        self._why = ""  # why the database is not usable, for the log
        self._found: dict[str, bool] = dict.fromkeys(("routes", "database", "schema", "writes"), False)

    async def show(self, _request: Request) -> JSONResponse:
        """Whether all checks pass, and the result of each; 503 while one fails."""
        async with self._asking:
            if monotonic() - self._asked > self._fresh_s:
                found = await self._look()
                if found != self._found and not all(found.values()):
                    log.warning("not ready", **found, reason=self._why)
                self._found, self._asked = found, monotonic()
        is_ready = all(self._found.values())
        return JSONResponse(
            {"ready": is_ready, **self._found},
            status_code=200 if is_ready else 503,
            headers={"cache-control": "no-store"},
        )

    async def _look(self) -> dict[str, bool]:
        found = dict.fromkeys(self._found, False)
        try:
            await asyncio.to_thread(self._routes)  # imports the features if nothing has needed them yet
            found["routes"] = True
            async with asyncio.timeout(READY_TIMEOUT_S):
                pool = await self._pool()
                async with pool.connection() as conn:
                    found["database"] = True
                    found["schema"] = await self._fits(conn)
                trouble = await pool.why_no_writes()
            found["writes"] = trouble is None
            self._why = "" if trouble is None else str(trouble)
        except (ServiceUnavailable, TimeoutError) as error:
            found["database"] = found["schema"] = False
            self._why = str(error) or type(error).__name__
        except Exception as error:  # noqa: BLE001 - boundary: the client gets a response, the log the error
            log.error("readiness unknown", exception=traceback_of(error))  # noqa: TRY400 - without values of variables
        return found

    @staticmethod
    async def _fits(conn: "Connection") -> bool:
        from db import schema_revision  # noqa: PLC0415 - not before the first ping
        from db.queries.schema_revision import find_revision  # noqa: PLC0415 - likewise

        return schema_revision.fits(await find_revision(conn))


async def live(_request: Request) -> JSONResponse:
    """The process accepts requests. Dependencies are not checked here, because a restart would not repair them."""
    return JSONResponse({"live": True})


async def _answers(ask: Callable[[], Awaitable[bool]]) -> bool:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return await ask()
    except (ServiceUnavailable, TimeoutError, DiscordError) as error:
        log.warning("no answer", reason=f"{type(error).__name__}: {error}")
        return False
