"""The embedded database under `lyceum up`, with real processes that are killed."""

import os
import signal
import sys
from pathlib import Path

import pytest

from db import embedded
from tests.cli.conftest import House, Running, wait_until
from tests.cli.test_up import READY

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc"),
]


def wait_for(up: Running, text: str, *, times: int = 1) -> None:
    """Like `Running.wait_for`, with a longer timeout for busy machines."""
    wait_until(lambda: up.said().count(text) >= times or up.process.poll() is not None, what=text, patience_s=150)
    assert up.said().count(text) >= times, up.said()


def server_of(house: House) -> int:
    return embedded.running_process(house.folder / "postgres") or 0


def test_up_brings_back_a_database_that_was_killed(house: House) -> None:
    with house.start("up") as up:
        wait_for(up, READY)
        first = server_of(house)
        os.kill(first, signal.SIGKILL)
        wait_for(up, "postgres runs again.")
        second = server_of(house)
        tried = house.run("try", "/profile", "--as", "ada")
        os.kill(house.pid_of("postgres"), signal.SIGKILL)  # the watching process, not the server
        wait_for(up, "postgres runs again.", times=2)
        third = server_of(house)
        code = up.stop(signal.SIGINT)

    assert 0 not in (first, second)
    assert first != second
    assert second == third  # the running server was reused
    assert "PostgreSQL ended without being asked to; " in up.said()
    assert "postgres ended with exit code 1; it starts again in 0.5 s." in up.said()
    assert tried.returncode == 0, tried.stderr
    assert code == 0, up.said()
    assert house.processes() == {}


def test_a_database_goes_with_an_up_that_was_killed(house: House) -> None:
    with house.start("up") as up:
        wait_for(up, READY)
        before = server_of(house)
        up.stop(signal.SIGKILL)

    wait_until(lambda: house.processes() == {}, what="everything is gone")
    assert before
    assert server_of(house) == 0
    assert not embedded.is_ended_badly(house.folder / "postgres")  # it was shut down on request


def test_doctor_starts_no_database(house: House) -> None:
    told = house.run("doctor")

    assert "The embedded database does not run." in told.stdout
    assert "`lyceum up` starts it." in told.stdout
    assert not (house.folder / "postgres").exists()


def test_doctor_heals_no_database(house: House) -> None:
    with house.start("postgres") as kept:
        wait_until(lambda: embedded.running_url(house.folder) is not None, what="the database runs")
        os.kill(kept.process.pid, signal.SIGKILL)
        os.kill(server_of(house), signal.SIGKILL)
        wait_until(lambda: server_of(house) == 0, what="the database is gone")

    told = house.run("doctor")

    assert told.returncode == 1
    log = Path(house.folder) / "postgres" / "log"
    assert f"The embedded database ended without being asked to; {log} says why." in told.stdout
    assert server_of(house) == 0


def test_a_database_elsewhere_is_not_kept(house: House) -> None:
    refused = house.run("postgres", DATABASE_URL="postgresql://db.example/lyceum")

    assert refused.returncode == 2
    assert refused.stderr == "✗ DATABASE_URL names a database elsewhere; there is none to keep running here.\n"
