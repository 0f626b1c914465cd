"""Fixtures for a real PostgreSQL: one server per test run, whose databases are emptied and reused."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from shutil import rmtree, which
from tempfile import gettempdir
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from db import embedded, migrate
from db.connection import Connection, Pool

FAST = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")  # off: test data need not survive a crash
TEMPLATE = "lyceum_template"

# State that deleting rows does not reset: schema changes, settings, planner statistics, large files.
STATE = """
SELECT (SELECT string_agg(catalogue || ' ' || number || ' ' || newest, ', ') FROM (
    SELECT 'pg_attrdef' AS catalogue, count(*) AS number, max(xmin::text::bigint) AS newest FROM pg_attrdef
    UNION ALL SELECT 'pg_attribute', count(*), max(xmin::text::bigint) FROM pg_attribute
    UNION ALL SELECT 'pg_class', count(*), max(xmin::text::bigint) FROM pg_class
    UNION ALL SELECT 'pg_constraint', count(*), max(xmin::text::bigint) FROM pg_constraint
    UNION ALL SELECT 'pg_enum', count(*), max(xmin::text::bigint) FROM pg_enum
    UNION ALL SELECT 'pg_extension', count(*), max(xmin::text::bigint) FROM pg_extension
    UNION ALL SELECT 'pg_index', count(*), max(xmin::text::bigint) FROM pg_index
    UNION ALL SELECT 'pg_namespace', count(*), max(xmin::text::bigint) FROM pg_namespace
    UNION ALL SELECT 'pg_proc', count(*), max(xmin::text::bigint) FROM pg_proc
    UNION ALL SELECT 'pg_trigger', count(*), max(xmin::text::bigint) FROM pg_trigger
    UNION ALL SELECT 'pg_type', count(*), max(xmin::text::bigint) FROM pg_type
    UNION ALL SELECT 'alembic_version', count(*), max(xmin::text::bigint) FROM alembic_version
    UNION ALL SELECT 'tables with statistics', count(*), 0 FROM pg_class
              WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND reltuples >= 0
    UNION ALL SELECT 'settings', count(*), 0 FROM pg_db_role_setting AS setting
              JOIN pg_database ON pg_database.oid = setting.setdatabase AND datname = current_database()
    UNION ALL SELECT 'large tables', count(*), 0 FROM pg_class
              WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 1000000
) AS states)
"""

_copies = count()


def server_folder(name: str = "") -> Path:
    """A folder for a server, outside pytest's, which each new run makes unreadable for other users such as postgres."""
    return Path(gettempdir()) / f"lyceum-test-{name or uuid4().hex}"


def on(url: str, database: str) -> str:
    """The URL of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def create_database(server_url: str, template: str) -> str:
    """Create a copy of `template` with a unique name; returns its URL."""
    name = f"test_{os.getpid()}_{next(_copies)}"
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
    return on(server_url, name)


def drop_database(server_url: str, url: str) -> None:
    """Drop a database, even with open connections."""
    name = urlsplit(url).path.removeprefix("/")
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def fresh_database(server_url: str, template: str) -> Generator[str]:
    """A copy of `template` that is dropped at the end."""
    url = create_database(server_url, template)
    try:
        yield url
    finally:
        drop_database(server_url, url)


@pytest.fixture(scope="session")
def server_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The server of this run; xdist workers share it, and the last one to finish deletes it."""
    worker: dict[str, str] = getattr(request.config, "workerinput", {})
    server = embedded.start(server_folder(worker.get("testrunuid", "")), keep=False)
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(1)")
        for setting in FAST:
            admin.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        admin.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    """The name of a migrated, empty database; the first worker creates it."""
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(1)")
        with suppress(psycopg.errors.DuplicateDatabase):
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
        migrate.upgrade(on(server_url, TEMPLATE))
    return TEMPLATE


class Databases:
    """Migrated databases for one test at a time: emptied and reused, or dropped if more than rows changed."""

    def __init__(self, server_url: str, template: str) -> None:
        self._server_url = server_url
        self._template = template
        self._free: list[str] = []
        self._state = ""
        self._emptying = b""

    @contextmanager
    def lent(self) -> Generator[str]:
        """The URL of an empty, migrated database, in which a test may commit."""
        url = self._free.pop() if self._free else self._made()
        try:
            yield url
        finally:
            if self._emptied(url):
                self._free.append(url)
            else:
                drop_database(self._server_url, url)

    def close(self) -> None:
        """Drop all databases."""
        while self._free:
            drop_database(self._server_url, self._free.pop())

    def _made(self) -> str:
        url = create_database(self._server_url, self._template)
        if not self._state:
            with psycopg.connect(url, autocommit=True) as conn:
                self._state = _first(conn, STATE)
                self._emptying = _emptying(conn)
        return url

    def _emptied(self, url: str) -> bool:
        """Delete all rows; returns whether the database is as new."""
        try:
            with psycopg.connect(url, autocommit=True) as conn:
                conn.execute("""SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                                WHERE datname = current_database() AND pid <> pg_backend_pid()""")
                if _first(conn, STATE) != self._state:
                    return False
                conn.execute(self._emptying)
        except psycopg.Error:
            return False
        return True


def _first(conn: psycopg.Connection, question: str) -> str:
    row = conn.execute(question.encode()).fetchone()
    assert row is not None
    return str(row[0])


def _emptying(conn: psycopg.Connection) -> bytes:
    """SQL that deletes all rows regardless of foreign keys and restarts identity columns at 1."""
    tables = conn.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    )
    deletes = [sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for (name,) in tables]
    sequences = conn.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'")
    restarts = [sql.SQL("SELECT setval({}, 1, false)").format(sql.Literal(name)) for (name,) in sequences]
    begin, end = sql.SQL("SET session_replication_role = replica"), sql.SQL("RESET session_replication_role")
    return sql.SQL("; ").join([begin, *deletes, *restarts, end]).as_bytes(conn)


@pytest.fixture(scope="session")
def databases(server_url: str, template: str) -> Iterator[Databases]:
    """The databases of this worker."""
    lending = Databases(server_url, template)
    yield lending
    lending.close()


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """URL of an empty migrated database for one test, which may commit."""
    with databases.lent() as url:
        yield url


@pytest.fixture
def empty_database_url(server_url: str) -> Iterator[str]:
    """URL of a new database without tables."""
    with fresh_database(server_url, "template0") as url:
        yield url


@pytest.fixture(scope="session")
def quick_url(server_url: str, template: str) -> Iterator[str]:
    """URL of one migrated database per worker, for tests that roll back."""
    with fresh_database(server_url, template) as url:
        yield url


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """A pool on the test's own database."""
    async with Pool(database_url) as fresh:
        yield fresh


@pytest.fixture
async def conn(quick_url: str) -> AsyncIterator[Connection]:
    """A connection in a transaction that is rolled back; the cheapest database fixture."""
    async with await psycopg.AsyncConnection.connect(quick_url, application_name="lyceum test") as connection:
        yield connection
        await connection.rollback()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A folder on its own 120 MB file system."""
    mount, umount = which("mount"), which("umount")
    if sys.platform != "linux" or os.geteuid() != 0 or mount is None or umount is None:
        pytest.skip("only root may give a folder a disk of its own")
    folder = server_folder()
    folder.mkdir()
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=120m", "tmpfs", folder], check=False).returncode:
        folder.rmdir()
        pytest.skip("nothing may be mounted here")
    yield folder
    subprocess.run([umount, "--lazy", folder], check=True)
    rmtree(folder, ignore_errors=True)


def fill(ballast: Path) -> None:
    """Write a file until the disk is full."""
    with ballast.open("wb") as file, suppress(OSError):
        while True:
            file.write(b"." * 65_536)
            file.flush()
