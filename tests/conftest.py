"""A real PostgreSQL for every test that asks: one server per run, migrated once, a fresh copy per test."""

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

FAST = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")  # off: these rows need not survive
TEMPLATE = "lyceum_template"

_copies = count()


def server_folder(name: str = "") -> Path:
    """A folder for a server; not below pytest's own, which every new run closes to other users, postgres among them."""
    return Path(gettempdir()) / f"lyceum-test-{name or uuid4().hex}"


def on(url: str, database: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


@contextmanager
def fresh_database(server_url: str, template: str) -> Generator[str]:
    """A copy of `template` under a name of its own, dropped at the end whoever is still connected."""
    name = f"test_{os.getpid()}_{next(_copies)}"
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield on(server_url, name)
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def server_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The server of this run; xdist workers share it, and the last one to leave deletes it."""
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
    """The name of a migrated, empty database; the first worker makes it."""
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(1)")
        with suppress(psycopg.errors.DuplicateDatabase):
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
        migrate.upgrade(on(server_url, TEMPLATE))
    return TEMPLATE


@pytest.fixture
def database_url(server_url: str, template: str) -> Iterator[str]:
    """A fresh migrated database for one test: commit in it what you like."""
    with fresh_database(server_url, template) as url:
        yield url


@pytest.fixture
def empty_database_url(server_url: str) -> Iterator[str]:
    """A fresh database without any table."""
    with fresh_database(server_url, "template0") as url:
        yield url


@pytest.fixture(scope="session")
def quick_url(server_url: str, template: str) -> Iterator[str]:
    """One migrated database per worker, for tests that roll back."""
    with fresh_database(server_url, template) as url:
        yield url


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """A pool on the test's own database."""
    async with Pool(database_url) as fresh:
        yield fresh


@pytest.fixture
async def conn(quick_url: str) -> AsyncIterator[Connection]:
    """One connection in a transaction that is rolled back; the cheapest way to a database."""
    async with await psycopg.AsyncConnection.connect(quick_url, application_name="lyceum test") as connection:
        yield connection
        await connection.rollback()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A folder with a disk of its own of 120 MB."""
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
