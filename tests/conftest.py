"""A real PostgreSQL for every test that asks: one server per run, migrated once, a fresh copy per test."""

import os
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from db import embedded, migrate
from db.connection import Connection, Pool

FAST = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nmax_connections = 200\nautovacuum = off"
TEMPLATE = "lyceum_template"

_copies = count()


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
def server_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The server of this run; xdist workers share it, and the last one to leave deletes it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return embedded.start(shared / "pg", settings=FAST, keep=False).get_uri()


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
