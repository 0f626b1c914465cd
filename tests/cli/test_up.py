import json
import os
import re
import shlex
import signal
import socket
import sys
from typing import Any

import pytest

from cli import console
from cli.up import _step  # pyright: ignore[reportPrivateUsage] - the line that an operator reads
from tests.cli.conftest import House, wait_until
from tests.paths import ROOT

README = ROOT / "README.md"
READY = "Ctrl-C stops everything."

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")


def reply_of(said: str) -> dict[str, Any]:
    reply: dict[str, Any] = json.loads(said.splitlines()[-1])
    return reply


def examples(text: str) -> list[list[str]]:
    """The arguments of each `lyceum try` command in a text."""
    found = re.findall(r"^\s*\S+(?: -m cli)? (try .*)$", text, re.MULTILINE)
    return [shlex.split(each) for each in found]


def test_up_serves_everything_and_leaves_nothing_behind(house: House) -> None:
    with house.start("up", WEB_CONCURRENCY="2") as up:
        up.wait_for(READY)
        helped = house.run("try", "/help", "--as", "ada", "--json")
        house.run("voice", "leave", "mina")  # the ambient activity may have moved her into a channel
        joined = house.run("voice", "join", "mina", "Deep Work")
        moved = house.run("voice", "stream", "mina", "Deep Work")
        paged = house.run(
            "try", "/leaderboard period:all", "--as", "ada", "--press", "Jump to me", "--save", "pictures"
        )
        read = [house.run(*example) for example in examples(README.read_text())]
        printed = [house.run(*example) for example in examples(up.said())]
        profile = house.run("try", "--user-menu", "Profile", "--target", "priya")
        zones = house.run("try", "/my timezone zone:seoul", "--autocomplete")
        evening = house.run("voice", "simulate", "--members", "40", "--minutes", "5", "--speed", "300", "--seed", "3")
        second = house.run("up")
        diff = house.run("commands", "diff")
        sync = house.run("commands", "sync")
        unknown = house.run("try", "/nonsense")
        nobody = house.run("voice", "join", "nobody-at-all", "Deep Work")
        web = house.pid_of("web")
        os.kill(web, signal.SIGKILL)
        up.wait_for("web runs again.")
        again = house.run("try", "/help")
        code = up.stop(signal.SIGINT)

    reply = reply_of(helped.stdout)
    assert (helped.returncode, reply["as"], reply["problems"]) == (0, "ada", [])
    assert (joined.returncode, joined.stdout) == (0, "김민아 is in Deep Work.\n")
    assert (moved.returncode, moved.stdout) == (0, "김민아 is in Deep Work (streaming).\n")
    assert paged.returncode == 0, paged.stderr
    assert paged.stdout.count("saved as pictures/leaderboard") == 2
    assert {path.name for path in (house.folder / "pictures").iterdir()} == {"leaderboard.png", "leaderboard-2.png"}
    assert [one.stderr for one in (*read, *printed) if one.returncode] == []
    assert (len(read), len(printed)) == (3, 3)
    assert profile.returncode == 0, profile.stderr
    assert (house.folder / "replies" / "profile.png").read_bytes().startswith(b"\x89PNG")
    assert (zones.returncode, "Asia/Seoul" in zones.stdout) == (0, True), zones.stderr
    assert evening.returncode == 0, evening.stderr
    assert evening.stdout.startswith("An evening of 5 minutes went by: ")
    assert second.returncode == 1
    assert second.stderr.startswith(f"✗ Lyceum already runs here as process {up.process.pid}: stop it with Ctrl-C")
    assert (diff.returncode, diff.stdout) == (0, "Discord's list is up to date.\n")
    assert sync.stdout.startswith("Nothing to do: Discord knows all ")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert unknown.stderr.startswith("✗ There is no command /nonsense; try ")
    assert nobody.returncode == 2
    assert "web was ended by SIGKILL; it starts again in 0.5 s." in up.said()
    assert again.returncode == 0, again.stderr
    assert code == 0, up.said()
    assert house.processes() == {}


@pytest.mark.slow
def test_up_starts_again_after_it_was_killed(house: House) -> None:
    with house.start("up") as up:
        up.wait_for(READY)
        started = house.processes()
        up.stop(signal.SIGKILL)

    with house.start("up") as up:
        up.wait_for(READY)
        code = up.stop(signal.SIGTERM)

    assert len([words for words in started.values() if "--supervised" in words]) == 5
    assert code == 0, up.said()
    wait_until(lambda: house.processes() == {}, what="everything is gone")


def test_a_step_that_is_not_done_is_not_ticked(capsys: pytest.CaptureFixture[str]) -> None:
    console.out.cache_clear()
    with _step("Connecting the listener", "The listener follows the voice channels") as step:
        step.put_off("The listener is not connected after 40 s, goes on trying: it waits for Discord")
    with _step("Starting the worker", "The worker does what is due"):
        pass
    console.out.cache_clear()

    [late, done] = capsys.readouterr().out.splitlines()
    assert late == "! The listener is not connected after 40 s, goes on trying: it waits for Discord."
    assert done.startswith("✓ The worker does what is due (")


def test_up_says_which_port_is_taken(house: House) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", house.api_port))
        taken.listen()
        refused = house.run("up")

    assert refused.returncode == 1
    assert refused.stderr == (
        f"✗ Port {house.api_port} is in use by another program: stop that one, or choose another with "
        f"API_PORT={house.api_port + 10}.\n"
    )
    assert house.processes() == {}


def test_up_stops_in_the_middle_of_its_start(house: House) -> None:
    with house.start("up") as up:
        up.wait_for("The tables are up to date")
        code = up.stop(signal.SIGTERM)

    assert code == 0, up.said()
    assert house.processes() == {}


def test_a_start_that_failed_is_not_taken_for_one_that_was_killed(house: House) -> None:
    with socket.create_server(("127.0.0.1", int(house.environ["API_PORT"]))):
        first = house.run("up")
        second = house.run("up")

    assert (first.returncode, second.returncode) == (1, 1)
    assert (house.folder / "up.lock").read_text() == ""


def test_a_data_folder_that_cannot_be_made_is_named(house: House) -> None:
    (house.folder / "file").write_text("")

    refused = house.run("up", LYCEUM_DATA_DIR=str(house.folder / "file" / "data"))

    assert refused.returncode == 2
    assert "cannot be used (" in refused.stderr
