"""Checks `make test-dates`: processes see another date, and waiting still takes real time."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.on_other_days import DAYS, Day, environ, environ_of_child, library, main

CHILD = """
import threading, time
from datetime import datetime, UTC
print(datetime.now(UTC).isoformat(), datetime.now().astimezone().utcoffset().total_seconds())
before = time.monotonic()
time.sleep(0.01)
threading.Event().wait(0.01)
assert 0.02 <= time.monotonic() - before
"""


@pytest.mark.skipif(library() is None, reason="libfaketime is not here; deploy/install-faketime installs it")
@pytest.mark.parametrize("day", DAYS, ids=[day.name for day in DAYS])
def test_a_process_lives_on_that_day(day: Day) -> None:
    begins = day.begins.replace(tzinfo=ZoneInfo(day.zone))
    faketime = library()
    assert faketime is not None
    now = datetime.now(UTC)

    shown = subprocess.run(
        [sys.executable, "-c", CHILD], env=environ(day, faketime, now), capture_output=True, text=True, check=True
    )

    moment, offset_s = shown.stdout.split()
    late = datetime.fromisoformat(moment) - begins
    assert timedelta(seconds=-1) <= late <= datetime.now(UTC) - now + timedelta(seconds=1)
    local = datetime.fromisoformat(moment).astimezone(ZoneInfo(day.zone)).utcoffset()
    assert local == timedelta(seconds=float(offset_s))


def test_a_process_with_an_environment_of_its_own_gets_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKETIME", "+86400")
    monkeypatch.setenv("PYTHONPATH", "first")
    monkeypatch.setenv("DISCORD_TOKEN", "kept from it")

    given = environ_of_child()

    assert given["FAKETIME"] == "+86400"
    assert given["PYTHONPATH"].split(os.pathsep)[1:] == ["first"]
    assert "DISCORD_TOKEN" not in given


def test_a_day_that_is_not_in_the_list_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["monday", "doomsday"]) == 2
    assert capsys.readouterr().out.startswith("There is no day doomsday; choose among monday, ")
