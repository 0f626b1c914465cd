"""Entry point of the web process: `create_app` builds the ASGI app; its dependencies are created on first use.

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

from app.app_context import AppContext
from app.downloads.avatars import AvatarCache
from app.downloads.uploads import Uploads
from app.health import Health, Readiness, live
from app.http.access_log import fast_writer, structlog_writer
from app.http.fast_path import FastPathStarlette
from app.http.metrics import MetricsPage, RequestMetrics
from app.interactions.dedupe import RecentInteractions
from app.interactions.dispatch import Dispatcher
from app.interactions.endpoint import Endpoint
from app.interactions.followup import FollowupSender
from app.webhook_events import WebhookEventEndpoint
from core import error_reporting, metrics
from core import log as logs
from core.clock import Clock
from core.config import Config
from core.metrics_registry import Metric
from core.tracebacks import traceback_of
from wire.signature import Verifier

if TYPE_CHECKING:
    from db.connection import Pool
    from handlers.feature import Feature
    from wire.rest import Rest

log = structlog.get_logger()


def create_app(
    settings: Config | None = None,
    *,
    features: "Sequence[Feature] | None" = None,
    pool: "Pool | None" = None,
    rest: "Rest | None" = None,
    clock: Clock | None = None,
) -> Starlette:
    """Build the ASGI app of the web process.

    Args:
        settings: None: read from the environment; logging is configured too.
        features: the features to serve; None: all of ours. Benchmarks and tests pass their own.
        pool: None: opened on first use, closed at shutdown.
        rest: likewise.
        clock: None: built from the settings.
    """
    note = structlog_writer
    if settings is None:
        settings = Config.from_env(os.environ)
        logs.configure(settings.log_level, settings.log_format)
        note = fast_writer(settings.log_level, settings.log_format)
        error_reporting.configure(settings.sentry_dsn, process="web")
    clock = clock or Clock(settings.clock_file)
    doors = RequestMetrics(note)
    note = doors.record
    house = AppContext(settings, features=features, pool=pool, rest=rest, clock=clock)
    avatars = AvatarCache(settings.cdn_url, client=lambda: house.rest().client)
    uploads = Uploads(settings.cdn_url, client=lambda: house.rest().client)
    finisher = FollowupSender(rest=house.rest, avatars=avatars, outbox=house.outbox)
    verifier = Verifier(settings.public_keys)
    endpoint = Endpoint(
        verifier=verifier,
        dispatcher=Dispatcher(routes=house.routes, pool=house.pool, uploads=uploads, recent=RecentInteractions()),
        finisher=finisher,
        clock=clock,
        note=note,
    )
    events = WebhookEventEndpoint(verifier=verifier, pool=house.pool, clock=clock, note=note)

    def tallies() -> list[Metric]:
        return [*doors.metrics(), *house.metrics()]

    page = MetricsPage(ask=tallies, pool=house.pool, clock=clock, processes=settings.web_processes)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        warming = asyncio.create_task(house.warm_up())
        warming.add_done_callback(_report)
        try:
            with metrics.serve(tallies, process="web", host=settings.host, port=settings.metrics_port):
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
    app = FastPathStarlette(endpoint, routes=routes, lifespan=lifespan)
    app.state.house = house
    return app


def _report(warming: asyncio.Task[None]) -> None:
    if not warming.cancelled() and (error := warming.exception()) is not None:
        log.error("warm-up failed", exception=traceback_of(error))
        error_reporting.send(error, route="warm-up")
