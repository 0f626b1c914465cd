import subprocess
import sys
from pathlib import Path

import httpx
import psycopg
import pytest
from starlette.responses import Response

from cli.errors import AWAY, FAILED
from core.config import LOCAL_APPLICATION_ID, LOCAL_TOKEN
from handlers import FEATURES
from tests.cli.conftest import House, free_port
from tests.local_discord import USER_AGENT
from tests.wire.discord_server import failed, ok, serve

NAMES = [command.name for feature in FEATURES for command in feature.commands]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")


def test_settings_that_do_not_work_are_one_sentence(house: House) -> None:
    refused = house.run("web", DISCORD_TOKEN="t0ken", API_PORT="nope")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("✗ The settings do not work yet: DISCORD_PUBLIC_KEY is missing; ")
    assert refused.stderr.endswith("Each variable is explained in .env.example.\n")
    assert refused.stderr.count("\n") == 1


def test_settings_come_from_the_file_in_the_working_directory(house: House) -> None:
    (house.folder / ".env").write_text("LOG_LEVEL=loud\n", encoding="utf-8")

    refused = house.run("worker")

    assert (refused.returncode, "LOG_LEVEL must be one of" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    "arguments", [["try", "/profile"], ["voice", "join", "mina", "Library"], ["voice", "leave", "x"]]
)
def test_commands_for_the_local_discord_say_how_to_start_it(house: House, arguments: list[str]) -> None:
    refused = house.run(*arguments)

    assert refused.returncode == AWAY
    assert refused.stderr == (
        f"✗ The local Discord is not running on port {house.playground_port}: "
        "start it with `make up` in another terminal.\n"
    )


def test_commands_say_that_discord_does_not_answer(house: House) -> None:
    refused = house.run("commands", "diff", DISCORD_API_URL=f"http://127.0.0.1:{free_port()}")

    assert refused.returncode == AWAY
    assert refused.stderr.endswith("does not answer: start the local one with `make up`.\n")


@pytest.mark.parametrize(
    ("refusal", "next_step"),
    [
        (failed(401), "check DISCORD_TOKEN and DISCORD_APPLICATION_ID."),
        (failed(404), "check DISCORD_APPLICATION_ID."),
        (failed(400, 30034), "try again later; `lyceum commands diff` says what is still to send."),
        (failed(400, 50035), "our list is at fault, not your settings; please report this line."),
    ],
)
def test_commands_blame_the_token_only_where_it_is_refused(house: House, refusal: Response, next_step: str) -> None:
    with serve() as discord:
        discord.script = [refusal]
        refused = house.run("commands", "diff", DISCORD_API_URL=discord.url)

    assert refused.returncode == FAILED
    assert refused.stderr.endswith(f"): {next_step}\n")


def test_a_429_of_hours_is_no_outage(house: House) -> None:
    said = "Max number of daily application command creates has been reached (200)"
    with serve() as discord:
        discord.script = [ok([]), failed(429, 30034, said, retry_after=54321.5, **{"global": False})]
        refused = house.run("commands", "sync", DISCORD_API_URL=discord.url)

    assert (refused.returncode, refused.stderr.count("\n")) == (AWAY, 1), refused.stderr
    assert refused.stderr.startswith("✗ Discord asks to wait 15 h 5 min, until ")
    assert "UTC (30034: 200 new commands a day are allowed and used up); nothing is wrong with the " in refused.stderr


def test_a_refused_list_is_told_by_command_and_field(house: House) -> None:
    reason = {"_errors": [{"code": "BASE_TYPE_BAD_LENGTH", "message": "Must be between 1 and 32 in length."}]}
    with serve() as discord:
        discord.script = [ok([]), failed(400, 50035, "Invalid Form Body", errors={"0": {"name": reason}})]
        refused = house.run("commands", "sync", DISCORD_API_URL=discord.url)

    assert (refused.returncode, refused.stderr.count("\n")) == (FAILED, 1), refused.stderr
    assert "(400 50035: Invalid Form Body (/freeze name: Must be between 1 and 32 in length)): " in refused.stderr


def test_a_sync_beside_an_entry_point_and_another_tool(house: House) -> None:
    launch = {"type": 4, "name": "launch", "handler": 2, "contexts": [0, 1, 2], "integration_types": [0, 1]}
    dice = {"type": 1, "name": "dice", "description": "Roll dice"}
    with house.start("playground") as local:
        local.wait_for("Ctrl-C stops it.")
        url = f"http://127.0.0.1:{house.playground_port}/api/v10/applications/{LOCAL_APPLICATION_ID}/commands"
        with httpx.Client(headers={"User-Agent": USER_AGENT, "Authorization": f"Bot {LOCAL_TOKEN}"}) as http:
            for command in (launch, dice):
                http.post(url, json=command).raise_for_status()
            planned, sent = house.run("commands", "diff"), house.run("commands", "sync")
            again, looked = house.run("commands", "diff"), house.run("doctor")
            deleted = house.run("commands", "sync", "--delete-foreign")
            left = {each["name"] for each in http.get(url).json()} - set(NAMES)

    kept = "Kept, because Lyceum did not register them: Entry Point: launch, /dice."
    assert [line for line in planned.stdout.splitlines() if not line.startswith("+ ")] == [kept]
    assert (sent.returncode, sent.stdout.splitlines()[-1]) == (0, kept), sent.stderr
    assert again.stdout.splitlines() == ["Discord's list is up to date.", kept]
    found = f"Discord knows all {len(NAMES)} commands as they are. Others registered Entry Point: launch, /dice; "
    assert found in looked.stdout
    assert deleted.stdout.splitlines()[0] == "- /dice"
    assert left == {"launch"}


def test_commands_want_a_real_guild(house: House) -> None:
    refused = house.run("commands", "sync", "--guild", "12")

    assert (refused.returncode, refused.stderr) == (
        2,
        "✗ --guild wants the number that Discord shows under Copy Server ID.\n",
    )


@pytest.mark.parametrize("arguments", [["try"], ["voice", "join"]])
def test_wrong_use_ends_with_two(house: House, arguments: list[str]) -> None:
    refused = house.run(*arguments)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["voice", "simulate", "-h"]])
def test_help_is_there(house: House, arguments: list[str]) -> None:
    helped = house.run(*arguments)

    assert helped.returncode == 0, helped.stderr
    assert "Usage: lyceum" in helped.stdout


def test_an_error_of_ours_leaves_a_reference_and_no_traceback(house: House, empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url) as conn:
        conn.execute("CREATE TABLE alembic_version (something_else text)")

    failed = house.run("db", "current", DATABASE_URL=empty_database_url)

    reference = failed.stderr.partition("(ref ")[2][:6]
    log = house.folder / "errors.log"
    elsewhere = house.folder / "lyceum-errors.log"
    written = next(path for path in (log, elsewhere) if path.exists())
    assert (failed.returncode, failed.stderr.count("\n")) == (1, 1), failed.stderr
    assert failed.stderr.startswith("✗ That broke on our side (ref ")
    assert f"ref={reference} db current" in Path(written).read_text(encoding="utf-8")


def broken(house: House, url: str) -> "subprocess.CompletedProcess[str]":
    """An internal error while the data folder is not writable."""
    with psycopg.connect(url) as conn:
        conn.execute("CREATE TABLE alembic_version (something_else text)")
    (house.folder / "file").touch()
    real = {"DISCORD_TOKEN": "t", "DISCORD_PUBLIC_KEY": "ab" * 32, "DISCORD_APPLICATION_ID": "1000000000000000001"}
    return house.run("db", "current", DATABASE_URL=url, LYCEUM_DATA_DIR=str(house.folder / "file" / "data"), **real)


def test_an_error_without_a_data_folder_leaves_no_traceback_either(house: House, empty_database_url: str) -> None:
    failed = broken(house, empty_database_url)

    assert (failed.returncode, failed.stderr.count("\n")) == (1, 1), failed.stderr
    assert f"{house.folder / 'lyceum-errors.log'} says how" in failed.stderr


def test_an_error_that_cannot_be_written_down_is_told_in_its_last_line(house: House, empty_database_url: str) -> None:
    (house.folder / "lyceum-errors.log").mkdir()

    failed = broken(house, empty_database_url)

    assert (failed.returncode, failed.stderr.count("\n")) == (1, 1), failed.stderr
    assert "SQLSTATE 42703: column alembic_version.version_num does not exist" in failed.stderr
    assert failed.stderr.endswith("; please report that.\n")
