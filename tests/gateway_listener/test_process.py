"""The real listener process: how much counted time a restart or a crash loses."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway_listener.protocol.stall_detector import STALL_S
from services.voice.session import DOUBT_MAX
from tests.local_discord import LocalDiscord, local_discord
from tests.on_other_days import environ_of_child
from tests.paths import ROOT

pytestmark = pytest.mark.slow

PATIENCE_S = 20.0
SLACK_S = 8  # real time besides clock jumps: starting processes, requests, waiting
COMMIT_S = 15  # interval between commits of the last-received time
ANA, BEN, CHO, DEE = "ada", "joonseo", "somchai", "kwame"


@dataclass(frozen=True)
class World:
    """The local Discord, a database, and methods to start listeners for both."""

    discord: LocalDiscord
    database_url: str
    data_dir: Path

    @contextmanager
    def listener(self) -> "Generator[subprocess.Popen[str]]":
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            **environ_of_child(),
            "LYCEUM_DATA_DIR": str(self.data_dir),
            "PLAYGROUND_PORT": str(self.discord.config.port),
            "DATABASE_URL": self.database_url,
            "LOG_FORMAT": "json",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway_listener"], env=environ, cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def jump(self, seconds: float) -> None:
        """Advance the simulated clock after all events so far were received."""
        self.until(lambda: not self._told() or self._is_committed())
        self.discord.steer("clock", advance_s=seconds).raise_for_status()

    def join(self, *members: str) -> None:
        for member in members:
            self.discord.voice("join", member, self.room)

    def leave(self, *members: str) -> None:
        for member in members:
            self.discord.voice("leave", member)

    @property
    def room(self) -> str:
        channels = self.discord.state()["guilds"][0]["channels"]
        return next(channel["name"] for channel in channels if channel["kind"] == "voice")

    def settle(self) -> None:
        """Wait until all events sent are committed."""
        self.until(self._is_committed)

    def heard_lately(self) -> None:
        """Wait until a heartbeat at the simulated now is committed."""
        now = self.discord.http.get("/playground/clock").json()["unix"]
        query = "SELECT 1 FROM gateway_sessions WHERE heartbeat_at >= to_timestamp(%s)"
        self.until(lambda: bool(self.rows(query, now)))

    def session(self) -> str:
        ((session,),) = self.rows("SELECT session_id FROM gateway_sessions")
        return str(session)

    def counted(self, member: str) -> list[int]:
        """Counted seconds of each session of a member."""
        user = int(self.discord.member(member)["id"])
        query = "SELECT counted_seconds FROM voice_sessions WHERE user_id = %s ORDER BY session_id"
        return [seconds for (seconds,) in self.rows(query, user)]

    def estimated(self, member: str) -> list[int]:
        """The estimated part of the counted seconds (time without gateway frames)."""
        user = int(self.discord.member(member)["id"])
        query = "SELECT estimated_seconds FROM voice_sessions WHERE user_id = %s ORDER BY session_id"
        return [seconds for (seconds,) in self.rows(query, user)]

    def advance(self, seconds: float) -> None:
        """Advance the simulated clock while no listener is connected."""
        self.discord.steer("clock", advance_s=seconds).raise_for_status()

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url) as conn:
            return conn.execute(query.encode(), values).fetchall()

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, "it never came true"
            time.sleep(0.02)

    def _is_committed(self) -> bool:
        told = self._told()
        return bool(told) and told == dict(self.rows("SELECT session_id, seq FROM gateway_sessions"))

    def _told(self) -> dict[str, int]:
        """The last sequence number sent, by connected session."""
        sessions = self.discord.http.get("/playground/gateway").json()["sessions"]
        return {one["id"]: one["seq"] for one in sessions if one["connected"]}


@pytest.fixture
def world(tmp_path: Path, database_url: str) -> Iterator[World]:
    with local_discord(tmp_path, resumable_s=1e6) as discord:
        yield World(discord, database_url, tmp_path)


def test_planned_restart_loses_no_second(world: World) -> None:
    with world.listener() as first:
        world.settle()
        session = world.session()
        world.join(ANA, BEN)
        world.jump(700)
        world.settle()
        first.send_signal(signal.SIGTERM)
        assert first.wait(PATIENCE_S) == 0
    world.jump(60)
    world.leave(BEN)
    world.join(CHO)
    world.jump(60)
    with world.listener():
        world.settle()
        world.jump(300)
        world.leave(ANA, CHO)
        world.settle()

    assert world.session() == session
    (ana,), (ben,), (cho,) = world.counted(ANA), world.counted(BEN), world.counted(CHO)
    assert 1120 <= ana <= 1120 + SLACK_S
    assert 760 <= ben <= 760 + SLACK_S  # the time of leaving is unknown: one minute of the gap is credited
    assert 360 <= cho <= 360 + SLACK_S


def test_crash_with_resume_loses_no_second(world: World) -> None:
    with world.listener() as first:
        world.settle()
        session = world.session()
        world.join(ANA)
        world.jump(700)
        world.settle()
        first.kill()
    world.jump(60)
    with world.listener():
        world.settle()
        world.jump(300)
        world.leave(ANA)
        world.settle()

    assert world.session() == session
    (ana,) = world.counted(ANA)
    assert 1060 <= ana <= 1060 + SLACK_S


@pytest.mark.parametrize("gap_s", [58, 3600])
@pytest.mark.parametrize("is_frozen", [False, True])
def test_gap_with_a_resume_credits_a_minute_of_doubt_at_most(world: World, gap_s: int, is_frozen: bool) -> None:  # noqa: FBT001
    with ExitStack() as stack:
        first = stack.enter_context(world.listener())
        world.settle()
        session = world.session()
        world.join(ANA, BEN)
        world.jump(100)
        world.heard_lately()
        first.send_signal(signal.SIGSTOP if is_frozen else signal.SIGKILL)
        world.advance(3)
        world.leave(BEN)
        world.advance(gap_s - 6)
        world.join(DEE)
        world.leave(DEE)
        world.join(CHO)
        if is_frozen:
            time.sleep(2 * STALL_S)
            world.advance(3)
            first.send_signal(signal.SIGCONT)
        else:
            first.wait(PATIENCE_S)
            world.advance(3)
            stack.enter_context(world.listener())
        world.until(lambda: world.rows("SELECT 1 FROM voice_gaps") != [])
        world.settle()
        world.jump(300)
        world.leave(ANA, CHO)
        world.settle()

    doubt = min(gap_s, DOUBT_MAX)
    slack = SLACK_S + 2 * STALL_S
    assert world.session() == session
    (ana,), (ben,), (cho,), dee = map(world.counted, (ANA, BEN, CHO, DEE))
    assert 100 + gap_s + 300 <= ana <= 100 + gap_s + 300 + slack
    assert 103 <= ben <= 100 + doubt + slack
    assert 303 <= cho <= 300 + doubt + slack
    assert sum(dee) <= doubt + slack
    (ana_s,), (ben_s,), (cho_s,) = map(world.estimated, (ANA, BEN, CHO))
    assert gap_s <= ana_s <= gap_s + slack
    assert 3 <= ben_s <= doubt + slack
    assert 3 <= cho_s <= doubt + slack
    assert world.rows("SELECT DISTINCT is_estimated FROM voice_sessions") == [(True,)]


@pytest.mark.parametrize(("gap_s", "kept_s"), [(840, 840), (4 * 3600, 0)])
@pytest.mark.parametrize("is_outage", [False, True])
def test_gap_without_a_resume_is_bridged_for_a_quarter_of_an_hour(
    world: World,
    gap_s: int,
    kept_s: int,
    is_outage: bool,  # noqa: FBT001
) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(world.listener())
        world.settle()
        world.join(ANA, BEN)
        world.jump(600)
        world.heard_lately()
        if is_outage:
            world.discord.fault("outage")
            world.settle()
        else:
            first.kill()
            first.wait(PATIENCE_S)
            world.discord.fault("forget")
        world.advance(3)
        world.leave(BEN)
        world.advance(gap_s - 3)
        if is_outage:
            world.discord.fault("recover")
        else:
            stack.enter_context(world.listener())
        world.settle()
        world.jump(300)
        world.leave(ANA)
        world.settle()

    (ben,) = world.counted(BEN)
    ana = sum(world.counted(ANA))
    assert 900 + kept_s - COMMIT_S <= ana <= 900 + kept_s + SLACK_S
    assert 600 - COMMIT_S <= ben <= 600 + SLACK_S
    assert kept_s - COMMIT_S <= sum(world.estimated(ANA)) <= (kept_s + SLACK_S if kept_s else 0)
    assert world.estimated(BEN) == [0]


def test_crash_without_resume_loses_nothing_of_whoever_is_still_there(world: World) -> None:
    with world.listener() as first:
        world.settle()
        session = world.session()
        world.join(ANA)
        world.jump(700)
        world.heard_lately()
        world.jump(14)  # before the next heartbeat
        first.kill()
        world.discord.fault("forget")
    world.jump(50)
    with world.listener():
        world.settle()
        world.jump(300)
        world.leave(ANA)
        world.settle()

    assert world.session() != session
    counted = sum(world.counted(ANA))
    assert 1064 <= counted <= 1064 + SLACK_S
    assert 50 <= sum(world.estimated(ANA)) <= 50 + 15 + SLACK_S


def test_crash_while_members_come_and_go_leaves_nobody_behind(world: World) -> None:
    with world.listener() as first:
        world.settle()
        world.join(ANA, BEN)
        world.settle()
        first.kill()
        world.discord.fault("forget")
        world.leave(ANA)
        world.join(CHO)
    with world.listener():
        world.settle()

    open_now = {user for (user,) in world.rows("SELECT user_id FROM voice_sessions WHERE ended_at IS NULL")}
    assert open_now == {int(world.discord.member(member)["id"]) for member in (BEN, CHO)}


def test_second_listener_takes_over_from_a_dead_one(world: World) -> None:
    with world.listener() as first:
        world.settle()
        session = world.session()
        with world.listener() as second:
            world.join(ANA)
            world.settle()
            first.kill()
            world.join(BEN)
            world.settle()
            second.send_signal(signal.SIGINT)
            assert second.wait(PATIENCE_S) == 0

    assert world.session() == session
    assert world.rows("SELECT count(*) FROM voice_sessions WHERE ended_at IS NULL") == [(2,)]


def test_refused_token_ends_with_one_sentence_and_a_code_of_its_own(tmp_path: Path, database_url: str) -> None:
    with local_discord(tmp_path, token="another") as discord:
        world = World(discord, database_url, tmp_path)
        with world.listener() as process:
            _, said = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 78
    assert "Discord refused the token: copy it again" in said
    assert "Traceback" not in said


def test_nothing_is_asked_of_discord_without_a_database(tmp_path: Path) -> None:
    environ = environ_of_child() | {"PATH": os.environ["PATH"], "LYCEUM_DATA_DIR": str(tmp_path)}
    said = [
        subprocess.run(
            [sys.executable, "-m", "gateway_listener"], env=environ | more, cwd=ROOT, capture_output=True, check=False
        )
        for more in ({}, {"LOG_LEVEL": "loud"})
    ]

    assert [one.returncode for one in said] == [2, 2]
    assert said[0].stderr.startswith(b"DATABASE_URL is missing")
    assert b"LOG_LEVEL" in said[1].stderr
