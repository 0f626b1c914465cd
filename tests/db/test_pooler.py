"""The connection pool through a real PgBouncer, and detection of a pooler."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import sql

from db import migrate
from db.connection import Pool
from db.pooler import Pooler, PoolerInTheWay, find_pooler, find_pooler_now
from tests.conftest import server_folder
from tests.pgbouncer import pgbouncer

pytestmark = pytest.mark.slow


@pytest.fixture
async def pooled_url(database_url: str) -> AsyncIterator[str]:
    with pgbouncer(server_folder(), database_url) as url:
        yield url


async def test_a_direct_connection_is_found_to_be_one(database_url: str) -> None:
    assert await find_pooler(database_url) is Pooler.NONE
    assert find_pooler_now(database_url) is Pooler.NONE


@pytest.mark.parametrize(
    ("mode", "size", "expected"),
    [
        ("transaction", 4, Pooler.TRANSACTION),
        ("transaction", 1, Pooler.TRANSACTION),
        ("session", 4, Pooler.SESSION),
        ("session", 1, Pooler.SESSION),
    ],
)
async def test_a_pooler_is_found_by_what_it_does(database_url: str, mode: str, size: int, expected: Pooler) -> None:
    with pgbouncer(server_folder(), database_url, mode=mode, size=size) as url:
        assert await find_pooler(url, wait_s=1) is expected


async def test_statements_repeated_through_a_pooler_all_work(pooled_url: str) -> None:
    async with Pool(pooled_url, max_size=8) as pool:

        async def ask(number: int) -> int:
            async with pool.connection() as conn:
                cursor = await conn.execute("SELECT %s::int + 1", [number])
                [(answer,)] = await cursor.fetchall()
                return answer - 1

        answers = await asyncio.gather(*(ask(number) for number in range(240)))

        assert answers == list(range(240))
        assert pool.is_pooled


async def test_a_direct_pool_prepares_and_a_pooled_one_does_not(database_url: str, pooled_url: str) -> None:
    async def prepared(url: str) -> int:
        async with Pool(url, max_size=1) as pool, pool.connection() as conn:
            for _ in range(20):
                await conn.execute("SELECT %s::int", [1])
            cursor = await conn.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE '_pg3%'")
            [(count,)] = await cursor.fetchall()
            return count

    assert await prepared(database_url) > 0
    assert await prepared(pooled_url) == 0


async def test_a_pool_learns_from_a_statement_that_is_gone(database_url: str) -> None:
    async with Pool(database_url, max_size=1) as pool:

        async def ask() -> None:
            async with pool.connection() as conn:
                await conn.execute("SELECT %s::int", [1])

        for _ in range(10):
            await ask()
        async with pool.connection() as conn:  # like an undetected pooler: statements are in another session
            await conn.execute("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$")
        with pytest.raises(psycopg.errors.InvalidSqlStatementName):
            await ask()

        assert pool.is_pooled
        for _ in range(10):
            await ask()


async def test_times_are_utc_through_a_pooler_and_nothing_stays_in_its_sessions(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as admin:
        name = sql.Identifier(admin.info.dbname)
        admin.execute(sql.SQL("ALTER DATABASE {} SET timezone = 'Asia/Seoul'").format(name))
    with pgbouncer(server_folder(), database_url) as url:
        async with Pool(url, max_size=2) as pool, pool.connection() as conn:
            cursor = await conn.execute("SELECT current_setting('TimeZone'), '2026-11-30 12:00Z'::timestamptz")
            [(zone, moment)] = await cursor.fetchall()
        async with await psycopg.AsyncConnection.connect(url, prepare_threshold=None) as stranger:
            cursor = await stranger.execute("SELECT current_setting('TimeZone')")
            left = await cursor.fetchone()

    assert (zone, moment, moment.utcoffset()) == ("UTC", datetime(2026, 11, 30, 12, tzinfo=UTC), timedelta(0))
    assert left == ("Asia/Seoul",)


async def test_migrations_refuse_a_pooler_and_only_looking_does_not(database_url: str, pooled_url: str) -> None:
    with pytest.raises(PoolerInTheWay, match="a migration cannot work through one: set DATABASE_DIRECT_URL to the"):
        await asyncio.to_thread(migrate.upgrade, pooled_url)
    with pytest.raises(PoolerInTheWay):
        await asyncio.to_thread(migrate.downgrade, pooled_url)

    for _ in range(8):
        assert await asyncio.to_thread(migrate.current, pooled_url) == migrate.head()
