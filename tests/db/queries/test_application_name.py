import asyncio

import psycopg
import pytest

from core.ids import InteractionId
from db.connection import Connection, Pool
from db.queries.application_name import set_label
from services import interactions
from services.members.person import Person
from tests.populate import ANA, LYCEUM, NOON

FIRST = InteractionId(30_000_001)


async def arrive(conn: Connection, interaction: int = FIRST, *, in_guild: bool = True) -> None:
    await interactions.begin(
        conn,
        interaction=InteractionId(interaction),
        guild=LYCEUM if in_guild else None,
        guild_locale="en",
        person=Person(ANA, "ana"),
        now=NOON,
    )


async def label(conn: Connection) -> object:
    cursor = await conn.execute("SELECT current_setting('application_name')")
    [(name,)] = await cursor.fetchall()
    return name


async def labels(url: str) -> list[str]:
    async with await psycopg.AsyncConnection.connect(url, application_name="operator") as conn:
        cursor = await conn.execute(
            """SELECT application_name FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        )
        return [name for (name,) in await cursor.fetchall()]


@pytest.mark.parametrize("in_guild", [True, False])
async def test_an_operator_sees_which_interactions_a_connection_works_for(database_url: str, *, in_guild: bool) -> None:
    async with Pool(database_url) as pool:

        async def second_delivery() -> None:
            async with pool.connection() as conn:
                await arrive(conn, in_guild=in_guild)

        async with pool.connection() as conn:
            await arrive(conn, in_guild=in_guild)
            waiting = asyncio.create_task(second_delivery())
            async with asyncio.timeout(20):
                while (await labels(database_url)).count("lyceum request=30000001") != 2:  # noqa: ASYNC110 - has to wait
                    await asyncio.sleep(0.05)
        await waiting

        assert set(await labels(database_url)) == {"lyceum"}


async def test_the_name_of_a_request_leaves_statements_prepared(database_url: str) -> None:
    async with Pool(database_url, max_size=1) as pool:
        for number in range(8):
            async with pool.connection() as conn:
                await arrive(conn, FIRST + number)
        async with pool.connection() as conn:
            cursor = await conn.execute(
                """SELECT count(*) FROM pg_prepared_statements
                   WHERE statement LIKE '%INSERT INTO processed_interactions%'"""
            )
            assert await cursor.fetchone() == (1,)


async def test_a_label_lasts_as_long_as_its_transaction(pool: Pool) -> None:
    async with pool.connection() as conn:
        await set_label(conn, "job=day ends")
        assert await label(conn) == "lyceum job=day ends"

    async with pool.connection() as conn:
        assert await label(conn) == "lyceum"
