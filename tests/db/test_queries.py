import ast

import psycopg
import pytest

from tests.db.statements import QUERIES, Statement, statements


@pytest.mark.parametrize("statement", statements(), ids=lambda statement: statement.where)
def test_statement_is_a_literal_that_the_schema_understands(statement: Statement, quick_url: str) -> None:
    assert statement.sql is not None, f"{statement.where} sends text that is no literal"
    with psycopg.connect(quick_url) as conn:
        conn.execute(f"PREPARE question AS {statement.numbered}".encode())  # the text is our own source
        conn.rollback()


def test_every_public_query_sends_one_statement() -> None:
    sent = [statement.where for statement in statements()]
    public = {
        f"{path.stem}.{node.name}"
        for path in QUERIES.glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_")
    }

    assert sorted(sent) == sorted(public)
