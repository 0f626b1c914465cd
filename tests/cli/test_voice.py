"""`lyceum voice` with a separate local Discord: without a listener, with another app, and with many members."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cli.errors import AWAY
from cli.wait_for_listener import NOBODY
from playground.state.fixtures import COMMUNITY
from tests.cli.conftest import House, Running, wait_until
from tests.playground.gateway.test_sessions import listening

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc"),
]

EVENING = ("voice", "simulate", "--members", "60", "--speed", "600", "--seed", "3")


@pytest.fixture
def local(house: House) -> Iterator[Running]:
    with house.start("playground") as running:
        running.wait_for("Ctrl-C stops it.")
        yield running


def guild(house: House) -> dict[str, Any]:
    state = httpx.get(f"http://127.0.0.1:{house.playground_port}/playground/state", trust_env=False).json()
    return state["guilds"][0]


def newcomers(house: House) -> list[dict[str, Any]]:
    known = {str(persona.user) for persona in COMMUNITY.members}
    return [member for member in guild(house)["members"] if member["id"] not in known and not member["bot"]]


@pytest.mark.usefixtures("local")
def test_a_change_where_nobody_listens_is_done_and_says_so(house: House) -> None:
    house.run("voice", "leave", "mina")  # the ambient activity may have moved her into a channel
    joined = house.run("voice", "join", "mina", "Deep Work")

    assert (joined.returncode, joined.stdout, joined.stderr) == (0, "김민아 is in Deep Work.\n", f"{NOBODY}\n")
    assert not (house.folder / "postgres").exists()  # without a listener, no database is started


@pytest.mark.usefixtures("local")
async def test_another_app_that_listens_is_no_listener_of_ours(house: House, database_url: str) -> None:
    async with listening(f"ws://127.0.0.1:{house.playground_port}/gateway") as app:
        await app.identify()
        embedded = await asyncio.to_thread(house.run, "voice", "join", "mina", "Deep Work")
        prepared = await asyncio.to_thread(house.run, "voice", "mute", "mina", DATABASE_URL=database_url)
        away = await asyncio.to_thread(house.run, "voice", "leave", "mina", DATABASE_URL="postgresql://127.0.0.1:1/x")

    assert (embedded.returncode, embedded.stderr) == (0, f"{NOBODY}\n")
    assert (prepared.returncode, prepared.stderr) == (0, f"{NOBODY}\n")
    assert (away.returncode, away.stderr.endswith("Look at the terminal of `make up`.\n")) == (AWAY, True)


@pytest.mark.usefixtures("local")
def test_a_simulation_shows_how_far_it_is_and_the_crowd_goes_home(house: House) -> None:
    told = house.run(*EVENING, "--minutes", "20")
    left = newcomers(house)
    kept = house.run(*EVENING, "--minutes", "5", "--keep")

    assert told.returncode == 0, told.stderr
    lines = told.stderr.splitlines()
    assert lines[0].startswith("  0 %: ")
    assert len([line for line in lines if " members in voice, " in line]) > 2
    assert told.stdout.startswith("An evening of 20 minutes went by: ")
    assert "written down" not in told.stdout
    assert lines[-1] == NOBODY
    assert left == []
    assert kept.returncode == 0, kept.stderr
    assert len(newcomers(house)) > 20


@pytest.mark.usefixtures("local")
def test_ctrl_c_ends_an_evening_and_the_crowd_goes_home(house: House) -> None:
    with house.start(
        "voice", "simulate", "--members", "60", "--minutes", "600", "--speed", "60", "--seed", "3"
    ) as evening:
        wait_until(lambda: any(member["voice"] for member in newcomers(house)), what="the crowd is there")
        code = evening.stop(signal.SIGINT)
        said = evening.said()

    assert code == 0, said
    assert "An evening of 600 minutes was ended after " in said
    assert newcomers(house) == []
