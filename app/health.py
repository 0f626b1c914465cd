"""Whether this process can do its work: `GET /health` for people and balancers, `GET /ready` for platforms."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TYPE_CHECKING, Final

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse

from core.clock import Clock
from core.errors import OutsideTrouble
from wire.errors import DiscordError

if TYPE_CHECKING:
    from db.connection import Pool
    from wire.rest import Rest

PATIENCE_S: Final = 2.0  # for each of the two questions
FRESH_S: Final = 10.0  # an answer holds this long, so that nobody can make us ask Discord as often as they like

log = structlog.get_logger()


class Health:
    """Asks the database and Discord, at most once in ten seconds."""

    def __init__(self, *, pool: "Callable[[], Awaitable[Pool]]", rest: "Callable[[], Rest]", clock: Clock) -> None:
        self._pool = pool
        self._rest = rest
        self._clock = clock
        self._started = monotonic()
        self._asking = asyncio.Lock()
        self._asked = float("-inf")
        self._database = self._discord = False

    async def health(self, _request: Request) -> JSONResponse:
        """Uptime in seconds, what answers, and the time in milliseconds; 503 when the database or Discord is away."""
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
                "redis": False,  # none is used; nothing depends on it
                "timestamp": int(self._clock.unix() * 1000),
            },
            status_code=200 if self._discord and self._database else 503,
        )

    async def ready(self, _request: Request) -> JSONResponse:
        """Answers as soon as the process can; with its database away it still has kind words, so that is no matter."""
        return JSONResponse({"ready": True})

    async def _ask_database(self) -> bool:
        return await (await self._pool()).is_alive()

    async def _ask_discord(self) -> bool:
        await self._rest().gateway_bot()
        return True


async def _answers(ask: Callable[[], Awaitable[bool]]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await ask()
    except (OutsideTrouble, TimeoutError, DiscordError) as error:
        log.warning("no answer", reason=f"{type(error).__name__}: {error}")
        return False
