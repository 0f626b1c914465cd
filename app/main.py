"""The web process: `create_app` puts the parts together, each of them made when it is first needed.

Importing this module and answering a first ping loads no database driver, no HTTP client and no image library, and
nothing depends on the lifespan having run.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog
from starlette.applications import Starlette
from starlette.routing import Route

from app.app_context import House
from app.downloads.avatars import Avatars
from app.downloads.uploads import Uploads
from app.health import Health, Readiness, live
from app.http.access_log import by_structlog, quick
from app.http.fast_path import Lyceum
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
    from db.connection import Pool
    from handlers.feature import Feature
    from wire.rest import Rest

log = structlog.get_logger()


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
