import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from core.clock import Clock
from core.config import Config
from db.connection import Pool
from db.queries.gateway.positions import Position, set_position
from gateway_listener.main import listen, run
from gateway_listener.protocol.close_codes import REFUSED, GatewayRefused
from tests.gateway_listener.rows import until_seq
from tests.gateway_listener.scripted import ANA, NOBODY, PATIENCE_S, ROOM, TOKEN, ScriptedGateway


def settings(gateway: ScriptedGateway, database_url: str | None, data_dir: Path) -> Config:
    environ = {
        "DISCORD_TOKEN": TOKEN,
        "DISCORD_PUBLIC_KEY": "ab" * 32,
        "DISCORD_APPLICATION_ID": str(ANA),
        "DISCORD_API_URL": NOBODY,
        "DISCORD_GATEWAY_URL": gateway.url,
        "LYCEUM_DATA_DIR": str(data_dir),
        "DATABASE_URL": database_url or "",
    }
    return Config.from_env(environ)


@asynccontextmanager
async def listening(given: Config) -> AsyncGenerator[asyncio.Event]:
    stop = asyncio.Event()
    task = asyncio.create_task(listen(given, stop=stop))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE_S)


async def test_stop_writes_what_was_received_and_keeps_the_session(
    gateway: ScriptedGateway, pool: Pool, database_url: str, tmp_path: Path
) -> None:
    async with listening(settings(gateway, database_url, tmp_path)):
        link = await gateway.accept()
        await link.greet()
        await link.voice(2, ROOM)
        await until_seq(pool, 2)
    async with listening(settings(gateway, database_url, tmp_path)):
        again = await gateway.accept()
        await again.hello()
        resume = await again.expect(6)

    assert await link.closed() not in (None, 1000, 1001)
    assert resume == {"token": TOKEN, "session_id": "first", "seq": 2}


async def test_who_was_replaced_waits_behind_the_new_owner_and_goes_on_from_there(
    gateway: ScriptedGateway, pool: Pool, database_url: str, tmp_path: Path
) -> None:
    async with listening(settings(gateway, database_url, tmp_path)):
        link = await gateway.accept()
        await link.greet()
        await until_seq(pool, 1)
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as other:
            taking = asyncio.create_task(other.execute("SELECT pg_advisory_lock(%s::int, 0)", [0x4C79]))
            await asyncio.sleep(0.1)
            async with pool.connection() as conn:
                await conn.execute(
                    """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE application_name LIKE 'lyceum listener%' AND datname = current_database()"""
                )
            await taking
            await set_position(other, Position("theirs", None, 9, Clock().now()), shard=(0, 1))
            await link.voice(2, ROOM)
            assert await link.closed() not in (None, 1000, 1001)
        again = await gateway.accept()
        await again.hello()
        resume = await again.expect(6)

    assert (resume["session_id"], resume["seq"]) == ("theirs", 9)


async def test_refusal_ends_the_process_with_its_own_code(
    gateway: ScriptedGateway, database_url: str, tmp_path: Path
) -> None:
    given = settings(gateway, database_url, tmp_path)
    running = asyncio.create_task(_exit_code(given))
    link = await gateway.accept()
    await link.hello()
    await link.expect(2)
    await link.close(4014)

    assert await asyncio.wait_for(running, PATIENCE_S) == REFUSED


async def test_refusal_is_told_to_whoever_listens(gateway: ScriptedGateway, database_url: str, tmp_path: Path) -> None:
    task = asyncio.create_task(listen(settings(gateway, database_url, tmp_path), stop=asyncio.Event()))
    link = await gateway.accept()
    await link.hello()
    await link.expect(2)
    await link.close(4004)

    with pytest.raises(GatewayRefused, match="DISCORD_TOKEN"):
        await asyncio.wait_for(task, PATIENCE_S)


async def test_without_a_database_nothing_is_listened_to(gateway: ScriptedGateway, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="database"):
        await listen(settings(gateway, None, tmp_path), stop=asyncio.Event())


async def _exit_code(given: Config) -> object:
    try:
        await run(given)
    except SystemExit as end:  # inside the task, so that it does not end the test's loop
        return end.code
    return None
