"""Database errors do not put members' names into logs."""

import ast
import logging
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator

import psycopg
import pytest
import structlog
from sqlalchemy.exc import DBAPIError

from core import log
from core.tracebacks import text_of, traceback_of
from db.connection import Connection
from tests.paths import ROOT

NAME = "Zephyrine"


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level
    sys.excepthook = hook


@pytest.fixture
async def table(conn: Connection) -> AsyncGenerator[Connection]:
    await conn.execute(
        "CREATE TEMP TABLE guests (user_id bigint CONSTRAINT ck_id CHECK (user_id > 0), name text,"
        " CONSTRAINT uq_guests UNIQUE (user_id, name))"
    )
    await conn.execute("INSERT INTO guests VALUES (1, %s)", (NAME,))
    yield conn
    await conn.rollback()


async def refused(conn: Connection, statement: str) -> psycopg.Error:
    with pytest.raises(psycopg.Error) as caught:
        await conn.execute(statement.encode(), (NAME,))
    assert NAME in str(caught.value)  # psycopg's own message contains it
    return caught.value


STATEMENTS = {
    "INSERT INTO guests VALUES (1, %s)": (
        'SQLSTATE 23505, constraint uq_guests: duplicate key value violates unique constraint "uq_guests"'
    ),
    "INSERT INTO guests VALUES (-1, %s)": (
        'SQLSTATE 23514, constraint ck_id: new row for relation "guests" violates check constraint "ck_id"'
    ),
    "SELECT %s::text::bigint": 'SQLSTATE 22P02: invalid input syntax for type bigint: "…"',
}


@pytest.mark.parametrize("statement", STATEMENTS)
async def test_an_error_of_the_database_says_code_constraint_and_message(table: Connection, statement: str) -> None:
    error = await refused(table, statement)

    assert text_of(error) == STATEMENTS[statement]
    assert traceback_of(error).splitlines()[-1].partition(": ")[2] == STATEMENTS[statement]


async def test_chains_groups_and_wrappers_say_no_more(table: Connection) -> None:
    inner = await refused(table, "INSERT INTO guests VALUES (1, %s)")
    wrapped = DBAPIError("INSERT", {"name": NAME}, inner)
    try:
        try:
            raise inner
        except psycopg.Error as error:
            raise ValueError("while greeting") from error
    except ValueError as error:
        chained = error
    written = traceback_of(ExceptionGroup("both", [chained, wrapped]))

    assert NAME not in written
    assert written.count("SQLSTATE 23505, constraint uq_guests") == 2
    assert "ValueError: while greeting" in written
    assert "direct cause" in written


def raise_around(error: Exception) -> None:
    raise RuntimeError("around") from error


@pytest.mark.parametrize("fmt", ["json", "text"])
async def test_no_way_to_write_a_log_tells_more(
    table: Connection, capsys: pytest.CaptureFixture[str], fmt: str
) -> None:
    error = await refused(table, "INSERT INTO guests VALUES (1, %s)")
    log.configure("info", fmt)

    structlog.get_logger().error("one", exc_info=error)
    try:
        raise_around(error)
    except RuntimeError:
        structlog.get_logger().exception("two")
        logging.getLogger("uvicorn.error").exception("three")
    logging.getLogger("asyncio").error("four", exc_info=error)
    logging.getLogger("psycopg").warning("five: %s", error)
    logging.getLogger("psycopg").warning(error)
    sys.excepthook(type(error), error, None)

    written = capsys.readouterr().err
    assert NAME not in written
    assert written.count("SQLSTATE 23505") == 7


def test_what_ends_a_process_is_logged_in_the_same_way() -> None:
    script = "from core import log; log.configure('info', 'json'); raise ValueError('the end')"
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert ended.stderr.startswith('{"exception": "Traceback')
    assert "ValueError: the end" in ended.stderr


def test_nothing_formats_tracebacks_by_itself() -> None:
    layers = ("app", "cli", "core", "db", "gateway_listener", "handlers", "render", "services", "wire")
    found = {
        str(path.relative_to(ROOT))
        for layer in layers
        for path in (ROOT / layer).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Import) and any(name.name == "traceback" for name in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module == "traceback")
    }

    assert found == {"core/tracebacks.py"}
