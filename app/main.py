"""The web process: `create_app` puts the parts together, each of them made when it is first needed.

Importing this module and answering a first ping loads no database driver, no HTTP client and no image library, and
nothing depends on the lifespan having run.
"""

import asyncio
import gc
import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import structlog
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from app.downloads.avatars import Avatars
from app.downloads.uploads import Uploads
from app.health import Health, Readiness, live
from app.http.access_log import by_structlog, quick
from app.http.metrics import DoorTally, MetricsPage
from app.interactions.dedupe import Recent
from app.interactions.dispatch import Dispatcher
from app.interactions.endpoint import Endpoint
from app.interactions.followup import Finisher
from app.webhook_events import Events
from core import error_reporting, metrics
from core import log as logs
from core.clock import Clock
from core.config import Settings
from core.metrics_registry import Tally
from core.tracebacks import traceback_of
from wire.signature import Verifier

if TYPE_CHECKING:
    from app.jobs.outbox import Outbox
    from app.routes import Routes
    from db.connection import Pool
    from handlers.feature import Feature
    from wire.rest import Rest

WARM_UP_AFTER_S: Final = 0.5  # the first ping goes first

log = structlog.get_logger()


PATH: Final = "/interactions"


class Lyceum(Starlette):
    """Starlette, with a way past its middleware and routing, which cost 6 of an answer's 30 microseconds.

    Only what the route would give to the endpoint anyway takes it; everything else is Starlette's.
    """

    def __init__(self, endpoint: ASGIApp, *, routes: Sequence[Route], lifespan: Lifespan["Lyceum"]) -> None:
        super().__init__(routes=[Route(PATH, endpoint, methods=["POST"]), *routes], lifespan=lifespan)
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "POST":
            await self._endpoint(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class House:
    """The parts of one web process that cost something to make."""

    def __init__(
        self,
        settings: Settings,
        *,
        features: "Sequence[Feature] | None",
        pool: "Pool | None",
        rest: "Rest | None",
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._outbox: Outbox | None = None
        self._routes: Routes | None = None if features is None else self._table(features)
        self._pool = pool
        self._rest = rest
        self._owns_pool = pool is None
        self._owns_rest = rest is None
        self._opening = asyncio.Lock()

    def routes(self) -> "Routes":
        """The table of all routes.

        Raises:
            RouteClash: two features claim the same one.
        """
        if self._routes is None:
            from handlers import FEATURES  # noqa: PLC0415 - loads Pillow and Babel, after the first ping

            self._routes = self._table(FEATURES)
        return self._routes

    async def pool(self) -> "Pool":
        """The one pool; without a database in the settings, the embedded one is started."""
        if self._pool is None:
            async with self._opening:
                if self._pool is None:
                    self._pool = await self._open()
        return self._pool

    async def _open(self) -> "Pool":
        from db.connection import Pool  # noqa: PLC0415 - not before somebody asks for the database
        from db.replica import PoolWithReplica  # noqa: PLC0415 - likewise

        url = self._settings.database_url or await self._embedded()
        replica = self._settings.replica_url
        return Pool(url) if replica is None else PoolWithReplica(url, replica_url=replica)

    def rest(self) -> "Rest":
        """The one client of Discord's REST."""
        if self._rest is None:
            from wire.rest import Rest  # noqa: PLC0415 - loads httpx

            self._rest = Rest(self._settings.api_url, self._settings.token)
        return self._rest

    def outbox(self) -> "Outbox":
        """The hands for what was decided."""
        if self._outbox is None:
            from app.jobs.outbox import Outbox  # noqa: PLC0415 - not before something is decided

            self._outbox = Outbox(pool=self.pool, rest=self.rest, clock=self._clock)
        return self._outbox

    def tallies(self) -> list[Tally]:
        """What the parts that were made so far have counted."""
        pool = [] if self._pool is None else self._pool.tallies()
        return pool if self._rest is None else [*pool, self._rest.calls]

    async def warm_up(self) -> None:
        """Load what the first command would otherwise wait for."""
        await asyncio.sleep(WARM_UP_AFTER_S)
        await asyncio.to_thread(error_reporting.warm_up)
        routes = await asyncio.to_thread(self.routes)
        if routes.uses_database:
            self.rest()
            await (await self.pool()).is_alive()
        gc.collect()
        gc.freeze()  # what is loaded by now lives as long as the process: no collection need look at it again

    async def aclose(self) -> None:
        """Let go of connections; parts that were given stay open."""
        if self._pool is not None and self._owns_pool:
            await self._pool.close()
        if self._rest is not None and self._owns_rest:
            await self._rest.close()

    @staticmethod
    def _table(features: "Sequence[Feature]") -> "Routes":
        from app.routes import Routes  # noqa: PLC0415 - loads the features' module

        return Routes(features)

    async def _embedded(self) -> str:
        from db.embedded import database_url  # noqa: PLC0415 - only where no database is set

        return await asyncio.to_thread(database_url, self._settings.data_dir)


def create_app(
    settings: Settings | None = None,
    *,
    features: "Sequence[Feature] | None" = None,
    pool: "Pool | None" = None,
    rest: "Rest | None" = None,
    clock: Clock | None = None,
) -> Starlette:
    """The ASGI app.

    Args:
        settings: None: out of the environment, and logging is set up too.
        features: what it answers; None: all of ours. A bench or a test brings its own.
        pool: None: opened on first use, closed at the end.
        rest: likewise.
        clock: None: the settings' clock.
    """
    note = by_structlog
    if settings is None:
        settings = Settings.from_env(os.environ)
        logs.configure(settings.log_level, settings.log_format)
        note = quick(settings.log_level, settings.log_format)
        error_reporting.configure(settings.sentry_dsn, process="web")
    clock = clock or Clock(settings.clock_file)
    doors = DoorTally(note)
    note = doors.note
    house = House(settings, features=features, pool=pool, rest=rest, clock=clock)
    avatars = Avatars(settings.cdn_url, client=lambda: house.rest().client)
    uploads = Uploads(settings.cdn_url, client=lambda: house.rest().client)
    finisher = Finisher(rest=house.rest, avatars=avatars, outbox=house.outbox)
    verifier = Verifier(settings.public_keys)
    endpoint = Endpoint(
        verifier=verifier,
        dispatcher=Dispatcher(routes=house.routes, pool=house.pool, uploads=uploads, recent=Recent()),
        finisher=finisher,
        clock=clock,
        note=note,
    )
    events = Events(verifier=verifier, pool=house.pool, clock=clock, note=note)

    def tallies() -> list[Tally]:
        return [*doors.tallies(), *house.tallies()]

    page = MetricsPage(ask=tallies, pool=house.pool, clock=clock, processes=settings.web_processes)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        warming = asyncio.create_task(house.warm_up())
        warming.add_done_callback(_report)
        try:
            with metrics.served(tallies, process="web", host=settings.host, port=settings.metrics_port):
                yield
        finally:
            warming.cancel()
            await asyncio.wait([warming])
            await finisher.aclose()
            await house.aclose()
            await asyncio.to_thread(error_reporting.flush)

    routes = [
        Route("/events", events, methods=["POST"]),
        Route("/health", Health(pool=house.pool, rest=house.rest, clock=clock).show),
        Route("/ready", Readiness(routes=house.routes, pool=house.pool).show),
        Route("/live", live),
        Route("/metrics", page.show),
    ]
    app = Lyceum(endpoint, routes=routes, lifespan=lifespan)
    app.state.house = house
    return app


def _report(warming: asyncio.Task[None]) -> None:
    if not warming.cancelled() and (error := warming.exception()) is not None:
        log.error("warm-up failed", exception=traceback_of(error))
        error_reporting.send(error, route="warm-up")
