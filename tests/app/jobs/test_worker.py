import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from apscheduler.triggers.interval import IntervalTrigger
from structlog.testing import capture_logs

from app.jobs.worker import JOBS, Job, Worker
from core.errors import ServiceUnavailable
from core.metrics_registry import Gauge, Histogram
from core.request_context import REQUEST_ID
from db.connection import Connection, Pool
from tests.fake_discord import NOW, Frozen
from tests.populate import ANA, LYCEUM, add_guild, add_member
from wire.rest import Rest

UNREACHABLE = Rest("http://discord.test/api/v10")
OFTEN = IntervalTrigger(seconds=cast("int", 0.05), timezone=UTC)

PROCESS = """
import asyncio, sys
from app.jobs.worker import run
from core import log
from core.config import Config
log.configure("info", "json")
asyncio.run(run(Config.from_env({"DATABASE_URL": sys.argv[1], "LYCEUM_DATA_DIR": sys.argv[2]})))
"""


async def test_interactions_older_than_fifteen_minutes_are_forgotten(pool: Pool) -> None:
    async with pool.connection() as conn:
        await conn.execute(
            "INSERT INTO processed_interactions (interaction_id, received_at) VALUES (%s, %s), (%s, %s)",
            (5_000_001, NOW - timedelta(minutes=15, seconds=1), 5_000_002, NOW - timedelta(minutes=15)),
        )

    async def is_done() -> bool:
        async with pool.connection() as conn:
            cursor = await conn.execute("SELECT interaction_id FROM processed_interactions")
            return await cursor.fetchall() == [(5_000_002,)]

    await _work(Worker(pool, UNREACHABLE, Frozen(), JOBS), until=is_done)


async def test_webhook_events_older_than_a_day_are_forgotten(pool: Pool) -> None:
    async with pool.connection() as conn:
        for subject, age in ((5_000_001, timedelta(days=1, seconds=1)), (5_000_002, timedelta(days=1))):
            await conn.execute(
                """INSERT INTO webhook_events (kind, subject_id, happened_at, received_at)
                   VALUES ('entitlement_create', %s, %s, %s)""",
                (subject, NOW, NOW - age),
            )

    async def is_done() -> bool:
        async with pool.connection() as conn:
            cursor = await conn.execute("SELECT subject_id FROM webhook_events")
            return await cursor.fetchall() == [(5_000_002,)]

    await _work(Worker(pool, UNREACHABLE, Frozen(), JOBS), until=is_done)


async def test_activity_that_no_session_used_is_forgotten_after_two_days(pool: Pool) -> None:
    async with pool.connection() as conn:
        await add_guild(conn)
        await add_member(conn, ANA, "ana")
        for age in (timedelta(days=2, seconds=1), timedelta(days=2)):
            await conn.execute("INSERT INTO voice_activity VALUES (%s, %s, %s)", (LYCEUM, ANA, NOW - age))

    async def is_done() -> bool:
        async with pool.connection() as conn:
            cursor = await conn.execute("SELECT active_at FROM voice_activity")
            return await cursor.fetchall() == [(NOW - timedelta(days=2),)]

    await _work(Worker(pool, UNREACHABLE, Frozen(), JOBS), until=is_done)


async def test_a_job_that_fails_stops_neither_itself_nor_the_others(pool: Pool) -> None:
    done: list[str] = []

    async def good(_conn: Connection, _now: datetime) -> int:
        done.append("good")
        return 1

    async def bad(_conn: Connection, _now: datetime) -> int:
        done.append("bad")
        raise ZeroDivisionError

    async def away(_conn: Connection, _now: datetime) -> int:
        done.append("away")
        raise ServiceUnavailable("gone")

    jobs = [Job("good", OFTEN, good), Job("bad", OFTEN, bad), Job("away", OFTEN, away)]

    async def all_came_back() -> bool:
        return min(done.count(each) for each in ("good", "bad", "away")) >= 2

    with capture_logs() as lines:
        await _work(Worker(pool, UNREACHABLE, Frozen(), jobs), until=all_came_back)

    assert {line["event"] for line in lines} >= {"job done", "job failed", "job put off", "worker stopped"}


async def test_a_job_that_found_nothing_to_do_is_silent(pool: Pool) -> None:
    done: list[str] = []

    async def idle(_conn: Connection, _now: datetime) -> int:
        done.append("idle")
        return 0

    async def busy(_conn: Connection, _now: datetime) -> int:
        done.append("busy")
        return 2

    async def all_came_back() -> bool:
        return min(done.count("idle"), done.count("busy")) >= 2

    with capture_logs() as lines:
        await _work(
            Worker(pool, UNREACHABLE, Frozen(), [Job("idle", OFTEN, idle), Job("busy", OFTEN, busy)]),
            until=all_came_back,
        )

    levels = {(line["job"], line["log_level"]) for line in lines if line["event"] == "job done"}
    assert levels == {("idle", "debug"), ("busy", "info")}


async def test_an_outage_is_one_line_for_each_job_and_its_end_another(pool: Pool) -> None:
    tries = 0

    async def away_at_first(_conn: Connection, _now: datetime) -> int:
        nonlocal tries
        tries += 1
        if tries <= 3:
            raise ServiceUnavailable("gone")
        return 0

    async def is_over() -> bool:
        return tries >= 6

    with capture_logs() as lines:
        await _work(Worker(pool, UNREACHABLE, Frozen(), [Job("away", OFTEN, away_at_first)]), until=is_over)

    seen = [(line["event"], line["log_level"]) for line in lines if line.get("job")]
    assert seen[:5] == [
        ("job put off", "warning"),
        ("job put off", "debug"),
        ("job put off", "debug"),
        ("job done", "info"),
        ("job done", "debug"),
    ]


async def test_a_job_under_way_is_finished_before_the_worker_stops(pool: Pool) -> None:
    done: list[str] = []

    async def slow(_conn: Connection, _now: datetime) -> int:
        done.append("begun")
        await asyncio.sleep(0.4)
        done.append("ended")
        return 1

    async def is_under_way() -> bool:
        return done == ["begun"]

    job = Job("slow", IntervalTrigger(hours=1, timezone=UTC), slow)
    await _work(Worker(pool, UNREACHABLE, Frozen(), [job]), until=is_under_way)

    assert done == ["begun", "ended"]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_the_process_stops_cleanly(database_url: str, tmp_path: Path, sign: signal.Signals) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROCESS, database_url, str(tmp_path), stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    said = b""
    async with asyncio.timeout(30):
        while b"worker ready" not in said:
            line = await process.stderr.readline()
            assert line, said
            said += line
        process.send_signal(sign)
        rest = await process.stderr.read()

        assert await process.wait() == 0, rest
    assert b"worker stopped" in rest


async def _work(worker: Worker, *, until: Callable[[], Awaitable[bool]]) -> None:
    stop = asyncio.Event()
    working = asyncio.create_task(worker.run(stop))
    async with asyncio.timeout(30):
        while not await until():  # noqa: ASYNC110 - what is waited for stands in the database
            await asyncio.sleep(0.02)
    stop.set()
    await working


async def test_the_worker_counts_its_jobs_and_names_them_to_operators(pool: Pool) -> None:
    seen: list[tuple[object, object]] = []

    async def look(conn: Connection, _now: datetime) -> int:
        cursor = await conn.execute("SELECT current_setting('application_name')")
        seen.extend((name, REQUEST_ID.get()) for (name,) in await cursor.fetchall())
        return 3

    async def bad(_conn: Connection, _now: datetime) -> int:
        raise ZeroDivisionError

    def outcomes() -> set[tuple[str, ...]]:
        return {labels for tally in worker.tallies() if isinstance(tally, Histogram) for labels, *_ in tally.rows()}

    async def is_done() -> bool:
        return len(outcomes()) == 2

    worker = Worker(pool, UNREACHABLE, Frozen(), [Job("count drift", OFTEN, look), Job("bad", OFTEN, bad)])
    await _work(worker, until=is_done)

    readings = {tally.name: tally.value for tally in worker.tallies() if isinstance(tally, Gauge)}
    assert seen[0] == ("lyceum worker job=count drift", "count drift")
    assert (readings["lyceum_job_last_count"], readings["lyceum_streak_drift"]) == (3, 3)
    assert outcomes() == {("count drift", "done"), ("bad", "failed")}
