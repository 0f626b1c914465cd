"""Error messages for connection and server failures, from the real errors of real servers."""

import socket
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from psycopg import errors, sql

from core.errors import DatabaseTrouble, TroubleKind
from core.metrics_registry import Counter
from db import embedded
from db.connection import Pool
from db.error_messages import find_connection_error, of_connecting, of_statement
from tests.conftest import fill, on


def refusals(pool: Pool) -> dict[tuple[str, ...], int]:
    told = {tally.name: tally for tally in pool.tallies() if isinstance(tally, Counter)}
    return dict(told["lyceum_database_refusals"].rows()) if "lyceum_database_refusals" in told else {}


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("53100", TroubleKind.DISK_FULL),
        ("53200", TroubleKind.OUT_OF_MEMORY),
        ("53300", TroubleKind.TOO_MANY_CONNECTIONS),
        ("53400", TroubleKind.EXHAUSTED),
        ("57P01", TroubleKind.LOST),
        ("57P03", TroubleKind.STARTING),
        ("25006", TroubleKind.READ_ONLY),
        ("58030", TroubleKind.FILES),
    ],
)
async def test_a_refusal_is_known_by_its_code(pool: Pool, state: str, kind: TroubleKind) -> None:
    async def write() -> None:
        async with pool.connection() as conn:
            await conn.execute(
                sql.SQL("DO $$ BEGIN RAISE SQLSTATE {} USING MESSAGE = 'as it would'; END $$").format(
                    sql.Literal(state)
                )
            )

    with pytest.raises(DatabaseTrouble) as trouble:
        await write()

    assert trouble.value.kind is kind
    assert refusals(pool) == {(kind.value,): 1}


@pytest.mark.parametrize("error", [errors.UniqueViolation, errors.LockNotAvailable, errors.UndefinedTable])
def test_a_refusal_of_what_we_asked_is_no_trouble_of_the_database(error: type[psycopg.Error]) -> None:
    assert of_statement(error("no")) is None


async def test_a_database_that_is_read_only_is_named_until_it_writes_again(pool: Pool, database_url: str) -> None:
    name = sql.Identifier(database_url.partition("?")[0].rpartition("/")[2])
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name))

        with pytest.raises(DatabaseTrouble, match="The database is read-only: it cannot write"):
            await pool.try_write()
        while_read_only = await pool.why_no_writes()
        admin.execute("SET default_transaction_read_only = off")
        admin.execute(sql.SQL("ALTER DATABASE {} RESET default_transaction_read_only").format(name))
    await pool.close()

    assert while_read_only is not None
    assert while_read_only.kind is TroubleKind.READ_ONLY
    assert await pool.why_no_writes() is None


def test_what_keeps_a_connection_from_coming_about_is_named(server_url: str, database_url: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as admin, suppress(errors.DuplicateObject):
        admin.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # bound, but not listening
        kinds = {
            "well": find_connection_error(database_url),
            "name": find_connection_error(on(server_url, "nothere")),
            "user": find_connection_error(database_url.replace("postgres:@", "nobody:@")),
            "crowd": find_connection_error(database_url.replace("postgres:@", "crowded:@")),
            "port": find_connection_error(f"postgresql://127.0.0.1:{silent.getsockname()[1]}/lyceum"),
            "host": find_connection_error("postgresql://no-such-host.invalid/lyceum"),
            "socket": find_connection_error("postgresql:///lyceum?host=/nowhere"),
            "address": find_connection_error("postgresql://127.0.0.1/lyceum?pgbouncer=true"),
        }

    assert {what: trouble and trouble.kind for what, trouble in kinds.items()} == {
        "well": None,
        "name": TroubleKind.NO_DATABASE,
        "user": TroubleKind.LOGIN,
        "crowd": TroubleKind.TOO_MANY_CONNECTIONS,
        "port": TroubleKind.UNREACHABLE,
        "host": TroubleKind.UNKNOWN_HOST,
        "socket": TroubleKind.UNREACHABLE,
        "address": TroubleKind.UNREACHABLE,
    }
    assert all(trouble.advice for trouble in kinds.values() if trouble)


@pytest.mark.parametrize(
    ("words", "kind"),
    [  # messages of libpq 18 and PgBouncer 1.18
        ('FATAL:  password authentication failed for user "lyceum"', TroubleKind.LOGIN),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "a", database "b", no encryption', TroubleKind.LOGIN),
        ("server does not support SSL, but SSL was required", TroubleKind.TLS),
        ("SSL error: certificate verify failed", TroubleKind.TLS),
        ("FATAL:  the database system is starting up", TroubleKind.STARTING),
        ("FATAL:  sorry, too many clients already", TroubleKind.TOO_MANY_CONNECTIONS),
        ("FATAL:  no more connections allowed (max_client_conn)", TroubleKind.TOO_MANY_CONNECTIONS),
        ("FATAL:  could not write init file: No space left on device", TroubleKind.DISK_FULL),
        ("connection timeout expired", TroubleKind.UNREACHABLE),
    ],
)
def test_words_without_a_code_are_known_too(words: str, kind: TroubleKind) -> None:
    error = psycopg.OperationalError(f'connection failed: connection to server at "10.0.0.1" failed: {words}')

    assert of_connecting(error).kind is kind


def test_words_that_nobody_knows_are_repeated() -> None:
    error = psycopg.OperationalError(
        'connection failed: connection to server at "10.0.0.1" failed: FATAL:  Rien ne va plus\nmore'
    )

    assert str(of_connecting(error)) == "The database refuses connections: FATAL:  Rien ne va plus"


async def test_a_pool_that_waits_in_vain_says_why(server_url: str) -> None:
    async with Pool(on(server_url, "nothere"), wait_s=1) as pool:
        with pytest.raises(DatabaseTrouble, match="The server answers, and has no database of that name"):
            async with pool.connection():
                pass

        assert refusals(pool) == {("no such database",): 1}


async def test_a_full_disk_is_named_until_there_is_room_again(small_disk: Path) -> None:
    server = embedded.start(small_disk / "postgres")
    ballast = small_disk / "ballast"
    try:
        async with Pool(server.get_uri()) as pool:
            before = await pool.why_no_writes()
            await pool.try_write()
            fill(ballast)

            with pytest.raises(DatabaseTrouble, match="The database's disk is full: it cannot write"):
                await pool.try_write()
            during = await pool.why_no_writes()
            is_alive = await pool.is_alive()
            ballast.unlink()
            after = await pool.why_no_writes()
    finally:
        ballast.unlink(missing_ok=True)
        server.cleanup()

    assert before is None
    assert during is not None
    assert (during.kind, is_alive) == (TroubleKind.DISK_FULL, True)
    assert after is None


async def test_nothing_is_tried_where_no_temporary_table_may_be_made(server_url: str, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as admin:
        name = sql.Identifier(admin.info.dbname)
        with suppress(errors.DuplicateObject):
            admin.execute("CREATE ROLE modest LOGIN")
        admin.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(name))
    async with Pool(database_url.replace("postgres:@", "modest:@")) as pool:
        await pool.try_write()

        assert await pool.why_no_writes() is None
        assert refusals(pool) == {}
