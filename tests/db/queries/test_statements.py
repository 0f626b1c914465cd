import ast
import re
import subprocess
import sys

import psycopg
import pytest

from tests.db.queries.statements import QUERIES, Statement, module_of, statements

STATEMENTS_MIN = 153  # as many as there were when the folders were made; a move that hides some fails here
TINY = {"gateway_sessions", "gateway_listeners", "alembic_version"}  # one row per shard, per process, or in total


@pytest.mark.parametrize("statement", statements(), ids=lambda statement: statement.where)
def test_statement_is_a_literal_that_the_schema_understands(statement: Statement, quick_url: str) -> None:
    assert statement.sql is not None, f"{statement.where} sends text that is no literal"
    with psycopg.connect(quick_url) as conn:
        conn.execute(f"PREPARE question AS {statement.numbered}".encode())  # the SQL is from our own source
        conn.rollback()


def test_the_statements_are_found_where_the_queries_are() -> None:
    assert len(statements()) >= STATEMENTS_MIN


def test_every_public_query_sends_one_statement() -> None:
    sent = [statement.where for statement in statements()]
    public = {
        f"{module_of(path)}.{node.name}"
        for path in QUERIES.rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_")
    }

    assert sorted(sent) == sorted(public)


@pytest.mark.parametrize("statement", statements(), ids=lambda statement: statement.where)
def test_statement_finds_its_rows_by_an_index(statement: Statement, quick_url: str) -> None:
    """With sequential scans disabled by cost, any that remains has no usable index."""
    with psycopg.connect(quick_url) as conn:
        conn.execute("SET LOCAL enable_seqscan = off")
        plan = conn.execute(f"EXPLAIN (GENERIC_PLAN) {statement.numbered}".encode()).fetchall()
        conn.rollback()

    scanned = {found[1] for (line,) in plan if (found := re.search(r"Seq Scan on (\w+)", line))}
    assert scanned <= TINY


def test_importing_the_queries_is_cheap() -> None:
    modules = ", ".join(f"db.queries.{module_of(path)}" for path in QUERIES.rglob("[a-z]*.py"))
    code = f"import sys, {modules}; sys.exit(' '.join({{'psycopg', 'sqlalchemy', 'pydantic'}} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stderr.strip() == ""
