"""The worker process: runs periodic jobs and drains the outbox. Several workers may run at the same time."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from time import perf_counter
from typing import Final

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # pyright: ignore[reportMissingTypeStubs]
from apscheduler.triggers.base import BaseTrigger  # pyright: ignore[reportMissingTypeStubs]
from apscheduler.triggers.interval import IntervalTrigger  # pyright: ignore[reportMissingTypeStubs]

from app.http.metrics import collect_with_database
from app.jobs.doubtful_sessions import confirm_sessions
from app.jobs.outbox import Outbox, entries_of
from core import error_reporting, metrics
from core.clock import Clock
from core.config import Config
from core.enums import LeaderboardPeriod
from core.errors import ServiceUnavailable
from core.metrics_registry import Gauge, Histogram, Metric
from core.request_context import REQUEST_ID
from core.tracebacks import traceback_of
from db.connection import Connection, Pool
from db.queries import webhook_events as webhook_event_queries
from db.queries.application_name import set_label
from db.queries.interactions import processed as processed_interaction_queries
from db.queries.metrics import PRESENCE
from db.queries.voice import activity as activity_queries
from services.jobs import outbox
from services.leaderboards import checkpoints
from services.streaks import freezes
from services.voice import bots, recalculation, stale_shards
from services.voice import consistency_check as drift
from wire.message import Effect
from wire.rest import Rest

SEEN_FOR: Final = timedelta(minutes=15)  # lifetime of an interaction's token; a later copy has no effect
ACTIVITY_FOR: Final = timedelta(days=2)  # every open session is credited or truncated within this time
EVENTS_FOR: Final = timedelta(days=1)  # Discord retries an event for ten minutes; event order does not depend on this
DRIFT: Final = "count drift"
NAME: Final = "lyceum worker"  # application_name of our connections
HOLD_S: Final = 5.0  # between two checks that the presence connection is still open
WATCH_S: Final = 5.0  # for the database when metrics are read
GRACE_S: Final = 10.0  # how long running jobs may continue after a stop signal

log = structlog.get_logger()

Work = Callable[[Connection, datetime], Awaitable[int | Sequence[Effect]]]
"""One transaction and the time. A number is logged; effects are written in the transaction and happen after it."""

Ask = Callable[[Pool, Rest, datetime], Awaitable[int]]
"""Asks Discord in between, and opens its transactions itself. Returns a number that is logged."""


@dataclass(frozen=True, slots=True)
class Job:
    """A periodic job."""

    name: str
    trigger: BaseTrigger
    work: Work | None  # None: runs `ask`, or without it drains the outbox
    ask: Ask | None = None


async def forget_seen(conn: Connection, now: datetime) -> int:
    """Delete claims of processed interactions whose token has expired."""
    return await processed_interaction_queries.remove_processed(conn, before=now - SEEN_FOR)


async def forget_events(conn: Connection, now: datetime) -> int:
    """Delete claims of webhook events that Discord no longer retries."""
    return await webhook_event_queries.remove_events(conn, before=now - EVENTS_FOR)


async def forget_effects(conn: Connection, _now: datetime) -> int:
    """Delete outbox rows that finished long ago."""
    return await outbox.forget_settled(conn)


async def forget_activity(conn: Connection, now: datetime) -> int:
    """Delete old voice activity that no session has used."""
    return await activity_queries.remove_old_activity(conn, before=now - ACTIVITY_FOR)


async def watch_sessions(conn: Connection, now: datetime) -> int:
    """Close open sessions whose gateway shard sends no heartbeat any more."""
    return await stale_shards.close_stale_sessions(conn, now=now)


async def take_back_from_bots(conn: Connection, now: datetime) -> int:
    """Remove counted time of users that turn out to be bots."""
    return await bots.take_back_known(conn, now=now)


async def count_again(conn: Connection, _now: datetime) -> int:
    """Recalculate members whose tracking policy or channel occupancy has changed for past time."""
    return await recalculation.recalculate(conn)


async def close_days(conn: Connection, now: datetime) -> int:
    """Process ended days of members without activity."""
    return await freezes.process_ended_days(conn, now=now)


async def count_drift(conn: Connection, _now: datetime) -> int:
    """Count members whose cached streak, freezes or total differ from a recalculation."""
    return await drift.count_drift(conn)


async def mark_today(conn: Connection, now: datetime) -> int:
    """Refresh checkpoints of today's large leaderboards, whose ranks change by the minute."""
    return await checkpoints.refresh_checkpoints(conn, now=now, periods=(LeaderboardPeriod.TODAY,))


async def mark_boards(conn: Connection, now: datetime) -> int:
    """Refresh checkpoints of all other large leaderboards."""
    return await checkpoints.refresh_checkpoints(
        conn, now=now, periods=(LeaderboardPeriod.WEEK, LeaderboardPeriod.MONTH, LeaderboardPeriod.ALL)
    )


JOBS: Final[tuple[Job, ...]] = (
    Job("outbox", IntervalTrigger(seconds=1, timezone=UTC), None),
    Job("watch sessions", IntervalTrigger(minutes=1, timezone=UTC), watch_sessions),
    Job("confirm sessions", IntervalTrigger(minutes=1, timezone=UTC), None, ask=confirm_sessions),
    Job("take back from bots", IntervalTrigger(minutes=10, timezone=UTC), take_back_from_bots),
    Job("count again", IntervalTrigger(seconds=10, timezone=UTC), count_again),
    Job("close days", IntervalTrigger(seconds=10, timezone=UTC), close_days),
    Job(DRIFT, IntervalTrigger(days=1, timezone=UTC), count_drift),
    Job("mark today's boards", IntervalTrigger(minutes=1, timezone=UTC), mark_today),
    Job("mark long boards", IntervalTrigger(minutes=5, timezone=UTC), mark_boards),
    Job("forget activity", IntervalTrigger(hours=1, timezone=UTC), forget_activity),
    Job("forget effects", IntervalTrigger(hours=1, timezone=UTC), forget_effects),
    Job("forget seen interactions", IntervalTrigger(minutes=1, timezone=UTC), forget_seen),
    Job("forget webhook events", IntervalTrigger(hours=1, timezone=UTC), forget_events),
)


class Worker:
    """Runs jobs by their triggers, each run in its own transaction; a job never runs twice at once in one worker."""

    def __init__(self, pool: Pool, rest: Rest, clock: Clock, jobs: Sequence[Job] = JOBS) -> None:
        self._pool = pool
        self._clock = clock
        self._jobs = jobs
        self._outbox = Outbox(pool=self._opened, rest=lambda: rest, clock=clock)
        self._stop = asyncio.Event()
        self._rest = rest
        self._done = Histogram("lyceum_job_seconds", "Jobs of the worker.", "job", "outcome")
        self._counts: dict[str, int] = {}  # the last result of each job
        self._put_off: set[str] = set()  # jobs whose last run failed because a dependency was unavailable
        self._running: set[asyncio.Task[None] | None] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set; then running jobs get `GRACE_S` seconds to finish before they are rolled back."""
        scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        for job in self._jobs:
            scheduler.add_job(  # pyright: ignore[reportUnknownMemberType]
                partial(self._do, job), job.trigger, id=job.name, name=job.name, next_run_time=datetime.now(UTC)
            )
        scheduler.start()
        log.info("worker ready", jobs=len(self._jobs))
        try:
            await stop.wait()
        finally:
            self._stop.set()
            scheduler.pause()
            if tasks := [task for task in self._running if task is not None]:
                await asyncio.wait(tasks, timeout=GRACE_S)
            scheduler.shutdown()
            log.info("worker stopped")

    def tallies(self) -> list[Metric]:
        """Metrics of this worker's jobs, REST calls and connection pool."""
        found: list[Metric] = [
            Gauge("lyceum_job_last_count", "What a job counted when it was done last.", count, (("job", name),))
            for name, count in list(self._counts.items())
        ]
        if (drift := self._counts.get(DRIFT)) is not None:
            found.append(Gauge("lyceum_streak_drift", "Members looked at whose caches say something else.", drift))
        return [self._done, self._rest.calls, *self._pool.tallies(), *found]

    async def _do(self, job: Job) -> None:
        task = asyncio.current_task()
        self._running.add(task)
        REQUEST_ID.set(job.name)  # each run is a task of its own
        outcome = "failed"
        started = perf_counter()
        try:
            count = await self._run(job)
        except ServiceUnavailable as error:
            outcome = "put off"
            tell = log.debug if job.name in self._put_off else log.warning  # one warning per outage, not one a second
            self._put_off.add(job.name)
            tell("job put off", job=job.name, reason=str(error))
        except Exception as error:  # noqa: BLE001 - one failing job must not stop the worker
            log.error("job failed", job=job.name, exception=traceback_of(error))  # noqa: TRY400 - without values of variables
            error_reporting.send(error, job=job.name)
        else:
            outcome = "done"
            self._counts[job.name] = count
            is_back = job.name in self._put_off
            self._put_off.discard(job.name)
            tell = log.info if count or is_back else log.debug  # a run without work is not worth a line
            tell("job done", job=job.name, count=count, duration_ms=round((perf_counter() - started) * 1000, 1))
        finally:
            self._done.add(perf_counter() - started, job.name, outcome)
            self._running.discard(task)

    async def _run(self, job: Job) -> int:
        if job.ask is not None:
            return await job.ask(self._pool, self._rest, self._clock.now())
        return await (self._outbox.drain(self._stop) if job.work is None else self._work(job.name, job.work))

    async def _work(self, name: str, work: Work) -> int:
        now = self._clock.now()
        async with self._pool.connection() as conn:
            await set_label(conn, f"worker job={name}")
            made = await work(conn, now)
            if isinstance(made, int):
                return made
            entries = await outbox.write(conn, entries_of(made, now=now), now=now)
        await self._outbox.perform(entries)
        return len(made)

    async def _opened(self) -> Pool:
        return self._pool


@asynccontextmanager
async def _seen_past_a_pooler(settings: Config) -> AsyncGenerator[None]:
    """Hold one direct connection by which `lyceum doctor` and `lyceum up` detect a running worker.

    A pooler's connections carry the application name of their last client.
    """
    if settings.given_direct_url is None:
        yield
        return
    async with Pool(settings.given_direct_url, application_name=PRESENCE, max_size=1) as pool:
        holding = asyncio.create_task(_hold(pool))
        try:
            yield
        finally:
            holding.cancel()
            await asyncio.wait([holding])


async def _hold(pool: Pool) -> None:
    while True:
        await pool.is_alive()  # reconnects when the connection was lost
        await asyncio.sleep(HOLD_S)


async def run(settings: Config) -> None:
    """Run the worker process until SIGTERM or SIGINT."""
    from db.embedded import database_url  # noqa: PLC0415 - only where no database is set

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    url = settings.database_url or await asyncio.to_thread(database_url, settings.data_dir)
    async with (
        Pool(url, application_name=NAME, max_size=4) as pool,
        _seen_past_a_pooler(settings),
        Rest(settings.api_url, settings.token) as rest,
    ):
        clock = Clock(settings.clock_file)
        worker = Worker(pool, rest, clock)

        async def opened() -> Pool:
            return pool

        def tallies() -> list[Metric]:  # called on the thread that serves Prometheus
            kept = asyncio.run_coroutine_threadsafe(collect_with_database(opened, clock), loop).result(WATCH_S)
            return [*worker.tallies(), *kept]

        error_reporting.configure(settings.sentry_dsn, process="worker")
        with metrics.serve(tallies, process="worker", host=settings.host, port=settings.metrics_port):
            await worker.run(stop)
        await asyncio.to_thread(error_reporting.flush)
