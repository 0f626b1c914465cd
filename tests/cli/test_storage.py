from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.command_line import build
from cli.problems import AWAY, FAILED, USAGE, Problem

Answer = tuple[int, str]  # exit code, what was said


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """Settings of the local Discord, whatever the shell of the person who runs the tests has set."""
    for name in ("DISCORD_TOKEN", "DISCORD_PUBLIC_KEY", "DISCORD_APPLICATION_ID", "LOG_LEVEL", "LOG_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return {"LYCEUM_DATA_DIR": str(tmp_path)}


def db(*arguments: str, environ: dict[str, str]) -> Answer:
    result = CliRunner().invoke(build(whole=True), ["db", *arguments], env=environ)
    if isinstance(result.exception, Problem):
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
    assert db("downgrade", "base", environ=environ) == (0, "The database is empty.\n")


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
