import psycopg
import pytest
from typer.testing import CliRunner

from cli import outbox
from cli.errors import CliError
from tests.populate import LYCEUM

runner = CliRunner()


@pytest.fixture(autouse=True)
def settings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)


def add(url: str, key: str, status: str) -> int:
    with psycopg.connect(url) as conn:
        row = conn.execute(
            """INSERT INTO outbox (guild_id, kind, dedupe_key, payload, due_at, status, settled_at, last_error,
                                   attempts)
               VALUES (%s, 'send_message', %s, '{}', now(), %s::effect_status,
                       CASE WHEN %s <> 'pending' THEN now() END, '403 50013: Missing Permissions', 5)
               RETURNING outbox_id""",
            (LYCEUM, key, status, status),
        ).fetchone()
    assert row is not None
    return row[0]


def statuses(url: str) -> list[tuple[int, str]]:
    with psycopg.connect(url) as conn:
        return conn.execute("SELECT outbox_id, status::text FROM outbox ORDER BY outbox_id").fetchall()


def test_what_needs_attention_is_listed_with_its_reason(database_url: str) -> None:
    add(database_url, "a", "needs_attention")
    add(database_url, "b", "done")

    told = runner.invoke(outbox.app, ["list"]).output

    assert "send_message" in told
    assert "50013" in told
    assert "In all: 1 done, 1 needs attention." in told


def test_an_empty_outbox_says_so() -> None:
    assert runner.invoke(outbox.app, ["list"]).output == "In all: nothing.\n"


def test_some_or_all_can_be_tried_again(database_url: str) -> None:
    ids = [add(database_url, key, "needs_attention") for key in "abc"]

    one = runner.invoke(outbox.app, ["retry", str(ids[0])]).output
    after_one = statuses(database_url)
    rest = runner.invoke(outbox.app, ["retry", "--all"]).output

    assert one == "1 will be tried again by the worker.\n"
    assert [status for _, status in after_one] == ["pending", "needs_attention", "needs_attention"]
    assert rest == "2 will be tried again by the worker.\n"
    assert {status for _, status in statuses(database_url)} == {"pending"}


def test_what_is_dropped_never_happens(database_url: str) -> None:
    number = add(database_url, "a", "needs_attention")

    assert runner.invoke(outbox.app, ["drop", str(number)]).output == "1 will not happen any more.\n"
    assert statuses(database_url) == [(number, "failed")]


@pytest.mark.parametrize("arguments", [["retry"], ["retry", "7", "--all"], ["retry", "7"], ["drop", "7"]])
def test_a_wrong_choice_is_explained(arguments: list[str]) -> None:
    failed = runner.invoke(outbox.app, arguments)

    assert isinstance(failed.exception, CliError)
    assert "lyceum outbox list" in str(failed.exception) or "--all" in str(failed.exception)


def test_a_database_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")

    failed = runner.invoke(outbox.app, ["list"])

    assert isinstance(failed.exception, CliError)
    assert "DATABASE_URL" in str(failed.exception)


@pytest.mark.parametrize("arguments", [["list"], ["retry", "--all"], ["drop", "1"]])
def test_a_database_that_was_never_prepared_is_told_with_the_next_step(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_database_url)

    failed = runner.invoke(outbox.app, arguments)

    assert str(failed.exception) == "The database is empty: prepare it with `lyceum db upgrade`."


def test_a_schema_that_is_behind_is_told_and_one_that_is_ahead_works(database_url: str) -> None:
    def at(revision: str) -> str:
        with psycopg.connect(database_url) as conn:
            conn.execute("UPDATE alembic_version SET version_num = %s", [revision])
        shown = runner.invoke(outbox.app, ["list"])
        return str(shown.exception or shown.output)

    assert at("0001").startswith("The database stands at revision 0001 and this version needs ")
    assert at("9999") == "In all: nothing.\n"
