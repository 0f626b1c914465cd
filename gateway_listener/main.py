"""Starts the listener process: signals, database connections, shard coordination until shutdown, the exit code."""

import asyncio
import gc
import signal
from contextlib import suppress
from typing import Final

import structlog

from core import error_reporting, metrics
from core.clock import Clock
from core.config import Config
from core.errors import DatabaseTrouble
from db.connection import Pool
from db.pooler import Pooler, PoolerInTheWay, find_pooler
from gateway_listener.protocol.close_codes import REFUSED, GatewayRefused
from gateway_listener.protocol.gateway_url import GatewayInfoClient
from gateway_listener.recording.metrics import ListenerMetrics
from gateway_listener.session.identify_limiter import IdentifyLimiter
from gateway_listener.session.shard_runner import ShardRunner
from gateway_listener.sharding.coordinator import APPLICATION, ShardCoordinator
from gateway_listener.sharding.selection import ShardSelection

AUTO: Final = ShardSelection()
COLLECT_AFTER: Final = 20_000  # objects; a batch allocates a few thousand, and nearly all are freed with it
CONNECTIONS: Final = 3  # in addition to one per shard: for the coordinator and for the identify limiter

AWAY_S: Final = 1.0  # between two connection attempts while the database is unavailable at start

log = structlog.get_logger()


async def run(settings: Config, wish: ShardSelection = AUTO) -> None:
    """Run the listener until SIGTERM or SIGINT.

    Raises:
        SystemExit: Discord refuses the connection for good, or the database is behind a transaction pooler (code 78).
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # not on Windows
            loop.add_signal_handler(number, stop.set)
    error_reporting.configure(settings.sentry_dsn, process="listener")
    gc.collect()
    gc.freeze()  # objects loaded so far live as long as the process: exclude them from collections
    gc.set_threshold(COLLECT_AFTER)
    try:
        await listen(settings, wish, stop=stop)
    except (GatewayRefused, PoolerInTheWay) as refusal:
        log.error(str(refusal))  # noqa: TRY400 - the message is clear without a traceback
        raise SystemExit(REFUSED) from None


async def listen(settings: Config, wish: ShardSelection = AUTO, *, stop: asyncio.Event) -> None:
    """Run the listener until `stop` is set.

    Raises:
        GatewayRefused: Discord refuses the connection for good.
        PoolerInTheWay: behind a transaction pooler, several listeners could hold the same advisory lock.
    """
    url = settings.direct_url
    if url is None:
        raise ValueError("The listener needs the address of a database.")
    await _refuse_pooler(url, stop, name="DATABASE_DIRECT_URL" if settings.given_direct_url else "DATABASE_URL")
    directory = GatewayInfoClient(settings.api_url, settings.token, settings.gateway_url)
    clock = Clock(settings.clock_file)
    meter = ListenerMetrics(clock)
    watched = metrics.serve(meter.metrics, process="listener", host=settings.host, port=settings.metrics_port)
    with watched:
        pool = Pool(url, application_name=APPLICATION, min_size=1, max_size=CONNECTIONS)
        async with pool:
            follower = ShardRunner(settings, url, clock, directory, IdentifyLimiter(pool, directory), meter)
            await ShardCoordinator(pool, directory, wish, follower.run).run(stop)


async def _refuse_pooler(url: str, stop: asyncio.Event, *, name: str) -> None:
    """Wait until the database answers; raise PoolerInTheWay if our connections do not get sessions of their own."""
    while not stop.is_set():
        try:
            if await find_pooler(url) is Pooler.TRANSACTION:
                raise PoolerInTheWay("the listener", name=name)
        except DatabaseTrouble as trouble:
            log.warning("The database is away; nothing is heard yet.", why=str(trouble), wait_s=AWAY_S)
        else:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), AWAY_S)
