from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from cli.command_line import build
from cli.errors import AWAY, FAILED, USAGE, CliError
from tests.conftest import server_folder
from tests.pgbouncer import pgbouncer

Answer = tuple[int, str]  # exit code, output


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """Environment with the local Discord's settings, independent of the developer's shell."""
    for name in ("DISCORD_TOKEN", "DISCORD_PUBLIC_KEY", "DISCORD_APPLICATION_ID", "LOG_LEVEL", "LOG_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return {"LYCEUM_DATA_DIR": str(tmp_path)}


def db(*arguments: str, environ: dict[str, str], typed: str | None = None) -> Answer:
    result = CliRunner().invoke(build(whole=True), ["db", *arguments], env=environ, input=typed)
    if isinstance(result.exception, CliError):
        return result.exception.code, f"{result.stdout}{result.exception}"
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout


def test_database_goes_up_and_down(environ: dict[str, str], empty_database_url: str) -> None:
    environ["DATABASE_URL"] = empty_database_url

    assert db("current", environ=environ) == (
        FAILED,
        "empty\nThe database is empty: prepare it with `lyceum db upgrade`.",
    )
    assert db("upgrade", environ=environ)[1].startswith("The schema is at ")
    assert db("upgrade", environ=environ)[1].endswith(" already.\n")
    assert db("current", environ=environ)[1].endswith(" (up to date)\n")
    assert db("upgrade", "nowhere", environ=environ) == (
        USAGE,
        'There is no revision "nowhere": the files in db/migrations/versions name them all.',
    )
    assert db("downgrade", "nowhere", environ=environ)[0] == USAGE
    assert db("downgrade", "base", "--yes", environ=environ) == (0, "The database is empty.\n")


def test_going_back_shows_what_is_lost_and_asks(environ: dict[str, str], database_url: str) -> None:
    environ["DATABASE_URL"] = database_url
    with psycopg.connect(database_url) as conn:
        conn.execute("INSERT INTO guilds (guild_id, locale) VALUES (41771983423143937, 'en')")
        conn.execute("INSERT INTO users (user_id, username) VALUES (5000000, 'ana')")

    silent = db("downgrade", "base", environ=environ)
    refused = db("downgrade", "base", environ=environ, typed="n\n")
    stands = db("current", environ=environ)
    nothing = db("downgrade", "-1", environ=environ, typed="n\n")
    agreed = db("downgrade", "base", environ=environ, typed="y\n")
    empty = db("downgrade", environ=environ)

    assert (silent[0], refused[0]) == (FAILED, FAILED)
    assert refused[1].startswith("To base, this would be lost for good:\n")
    assert "  guilds: the whole table, 1 rows\n" in refused[1]
    assert "  users: the whole table, 1 rows\n" in refused[1]
    assert "voice_sessions" not in refused[1]  # empty tables are not listed
    assert refused[1].endswith("Nothing was changed; with --yes it is done without asking.")
    assert stands[1].endswith(" (up to date)\n")
    assert nothing[1].startswith("To -1, ")
    assert agreed[1].endswith("The database is empty.\n")
    assert empty == (FAILED, "The database is empty: there is nothing to take back.")


@pytest.mark.parametrize("arguments", [["upgrade"], ["downgrade"], ["seed"]])
def test_a_schema_of_a_newer_version_is_left_to_it(
    environ: dict[str, str], database_url: str, arguments: list[str]
) -> None:
    environ["DATABASE_URL"] = database_url
    with psycopg.connect(database_url) as conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")

    code, said = db(*arguments, environ=environ)

    assert code == FAILED
    assert said.startswith("The database stands at revision 9999, which a newer version has made and this one does not")


def test_tables_in_use_are_not_waited_for_without_end(environ: dict[str, str], database_url: str) -> None:
    environ["DATABASE_URL"] = database_url
    with psycopg.connect(database_url) as conn:
        conn.execute("LOCK TABLE users")

        assert db("downgrade", "base", environ=environ) == (
            FAILED,
            "The tables are in use: stop web, listener and worker, then try again.",
        )


def test_a_migration_goes_past_the_pooler_or_says_so(environ: dict[str, str], database_url: str) -> None:
    with pgbouncer(server_folder(), database_url) as pooled:
        environ["DATABASE_URL"] = pooled
        refused = db("upgrade", environ=environ)
        current = db("current", environ=environ)
        environ["DATABASE_DIRECT_URL"] = database_url
        done = db("upgrade", environ=environ)

    assert (refused[0], "set DATABASE_DIRECT_URL to the address of the database itself" in refused[1]) == (USAGE, True)
    assert current[1].endswith(" (up to date)\n")
    assert done[1].endswith(" already.\n")


def test_database_gets_a_past_once(environ: dict[str, str], database_url: str) -> None:
    environ["DATABASE_URL"] = database_url

    code, said = db("seed", environ=environ)

    assert code == 0
    assert said.startswith("15 members studied ")
    assert db("seed", environ=environ) == (0, "The community has a past already.\n")


def test_database_gets_a_crowd_once(environ: dict[str, str], empty_database_url: str) -> None:
    environ["DATABASE_URL"] = empty_database_url

    code, said = db("seed", "--members", "60", "--sessions", "300", environ=environ)

    assert code == 0
    assert "60 members studied " in said
    assert " times in the last 26 weeks " in said
    assert db("seed", "--members", "60", environ=environ)[1].endswith("The community has a past already.\n")
    assert db("seed", "--sessions", "300", environ=environ) == (
        USAGE,
        "--sessions says how often a crowd came: say with --members how large it is.",
    )


def test_database_of_the_real_discord_gets_no_made_up_past(environ: dict[str, str]) -> None:
    environ |= {
        "DISCORD_TOKEN": "t0ken",
        "DISCORD_PUBLIC_KEY": "ab" * 32,
        "DISCORD_APPLICATION_ID": "1234567890123456789",
    }

    code, said = db("seed", environ=environ)

    assert (code, said.startswith("A made-up past is for the local Discord only: ")) == (USAGE, True)


def test_an_empty_database_is_prepared_before_it_gets_a_past(environ: dict[str, str], empty_database_url: str) -> None:
    environ["DATABASE_URL"] = empty_database_url

    assert db("seed", environ=environ)[0] == 0


@pytest.mark.parametrize("arguments", [["current"], ["upgrade"], ["downgrade"], ["seed"]])
def test_database_that_is_away_is_told_apart(environ: dict[str, str], arguments: list[str]) -> None:
    environ["DATABASE_URL"] = "postgresql://127.0.0.1:1/nothing"

    code, said = db(*arguments, environ=environ)

    assert (code, said.startswith("The database does not answer")) == (AWAY, True)
