import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.clock import Clock


def test_clock_without_a_file_shows_real_time() -> None:
    before = datetime.now(UTC)
    shown = Clock().now()

    assert before <= shown <= datetime.now(UTC)
    assert Clock().speed == 1.0


def test_clock_refuses_to_change_real_time() -> None:
    with pytest.raises(RuntimeError, match="Real time cannot be changed"):
        Clock().set_speed(rate=60)


def test_clock_file_moves_every_clock_that_follows_it(tmp_path: Path) -> None:
    writer, reader = Clock(tmp_path / "clock.json"), Clock(tmp_path / "clock.json")
    before = time.time()
    assert before <= reader.unix() <= time.time()

    writer.set_speed(rate=1000, shown=reader.unix() + 3600)

    assert reader.speed == 1000
    assert reader.unix() - time.time() > 3599


def test_clock_never_goes_back_when_the_pace_returns_to_normal(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock.json")
    clock.set_speed(rate=100_000)
    time.sleep(0.01)
    fast = clock.unix()

    clock.set_speed(rate=1)

    assert clock.unix() >= fast > time.time() + 100


def test_clock_takes_a_damaged_file_for_real_time(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    path.write_text('{"real": 1')

    before = time.time()
    assert before <= Clock(path).unix() <= time.time()


async def test_clock_sleeps_by_the_time_shown(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock.json")
    clock.set_speed(rate=6000)
    until = clock.unix() + 60

    await clock.sleep(60)

    assert clock.unix() >= until


async def test_clock_wakes_when_time_is_advanced_under_it(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock.json")
    sleeper = asyncio.create_task(clock.sleep(3600))
    await asyncio.sleep(0)

    Clock(tmp_path / "clock.json").set_speed(rate=1, shown=clock.unix() + 3600)

    await asyncio.wait_for(sleeper, timeout=5)


async def test_clock_sleeps_in_real_time_without_a_file() -> None:
    before = time.monotonic()

    await Clock().sleep(0.01)

    assert time.monotonic() - before >= 0.009
