"""Several real listeners on one database: shard assignment, and the time lost when a listener stops or dies."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest

from db.queries.gateway.positions import SHARD_LOCKS
from tests.local_discord import Json, LocalDiscord, local_discord
from tests.on_other_days import environ_of_child
from tests.paths import ROOT

pytestmark = pytest.mark.slow

PATIENCE_S = 30.0
SLACK_S = 8  # real time besides clock jumps: starting processes, requests, waiting
PEOPLE = ("ada", "mina", "layla", "noam")

Process = subprocess.Popen[str]


@dataclass
class Crowd:
    """The local Discord, a database, and the listeners that connect both."""

    discord: LocalDiscord
    database_url: str
    folder: Path
    stack: ExitStack
    counted: dict[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])  # expected
    here: dict[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])  # since

    def start(self, shards: str) -> Process:
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            **environ_of_child(),
            "LYCEUM_DATA_DIR": str(self.folder),
            "PLAYGROUND_PORT": str(self.discord.config.port),
            "DATABASE_URL": self.database_url,
            "LOG_FORMAT": "json",
        }
        log = self.stack.enter_context((self.folder / f"{time.monotonic_ns()}.log").open("w", encoding="utf-8"))
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway_listener", "--shards", shards],
            env=environ,
            cwd=ROOT,
            stderr=log,
            text=True,
        )
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process

    @property
    def guilds(self) -> list[str]:
        return [str(guild["id"]) for guild in self.discord.state()["guilds"]]

    def gateway(self) -> Json:
        return self.discord.http.get("/playground/gateway").json()

    def sessions(self) -> dict[tuple[int, int], str]:
        """The ids of connected gateway sessions, by (shard, shard count)."""
        found = self.gateway()["sessions"]
        return {(one["shard"][0], one["shard"][1]): one["id"] for one in found if one["connected"]}

    def owners(self) -> list[int]:
        """The number of shards that each listener owns, sorted."""
        query = """SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
                   WHERE l.locktype = 'advisory' AND l.classid = %s::oid AND a.datname = current_database()
                   GROUP BY a.application_name ORDER BY 1"""
        return [count for (count,) in self.rows(query, SHARD_LOCKS)]

    def settle(self, *owners: int) -> None:
        """Wait until each listener has the given number of shards, all are connected, and all events are committed."""
        self.until(lambda: self.owners() == list(owners) and self._is_committed(sum(owners)))

    def move(self, action: str, who: str, guild: str) -> None:
        self.discord.voice(action, who, "Library", guild=guild)
        now = self.now()
        if (since := self.here.pop((who, guild), None)) is not None:
            self.counted[who, guild] = self.counted.get((who, guild), 0) + now - since
        if action == "join":
            self.here[who, guild] = now

    def jump(self, seconds: float) -> None:
        self.discord.steer("clock", advance_s=seconds).raise_for_status()

    def heard_lately(self, shards: int) -> None:
        """Wait until every shard's last-received time in the database has reached the simulated now."""
        query = "SELECT count(*) FROM gateway_sessions WHERE heartbeat_at >= to_timestamp(%s)"
        now = self.now()
        self.until(lambda: self.rows(query, now) == [(shards,)])

    def now(self) -> float:
        return float(self.discord.http.get("/playground/clock").json()["unix"])

    def written(self) -> dict[tuple[str, str], int]:
        """Counted seconds in the database, by member and guild."""
        names = {str(one["id"]): str(one["username"]) for one in self.discord.state()["guilds"][0]["members"]}
        query = "SELECT user_id, guild_id, sum(counted_seconds) FROM voice_sessions GROUP BY 1, 2"
        return {(names[str(user)], str(guild)): int(seconds) for user, guild, seconds in self.rows(query)}

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url) as conn:
            return conn.execute(query.encode(), values).fetchall()

    def until(self, holds: Callable[[], bool]) -> float:
        """Wait until `holds()` is true; returns the seconds waited."""
        began = time.monotonic()
        while not holds():
            assert time.monotonic() < began + PATIENCE_S, "it never came true"
            time.sleep(0.03)
        return time.monotonic() - began

    def _is_committed(self, shards: int) -> bool:
        told = {one["id"]: one["seq"] for one in self.gateway()["sessions"] if one["connected"]}
        query = "SELECT session_id, seq FROM gateway_sessions WHERE session_id IS NOT NULL"
        return len(told) == shards and told == dict(self.rows(query))


@contextmanager
def crowd(folder: Path, database_url: str, **settings: Any) -> Generator[Crowd]:
    settings = {"guilds": 4, "max_concurrency": 16} | settings
    with local_discord(folder, **settings) as discord, ExitStack() as stack:
        yield Crowd(discord, database_url, folder, stack)


def test_dead_listeners_shards_are_resumed_by_the_others_without_a_lost_second(
    tmp_path: Path, database_url: str
) -> None:
    chance = Random(4)
    with crowd(tmp_path, database_url) as world:
        first = world.start("4")
        world.settle(4)
        world.start("auto")
        world.start("auto")
        world.settle(1, 1, 2)
        sessions = world.sessions()
        for who in PEOPLE:
            for guild in world.guilds:
                world.move("join", who, guild)
        world.settle(1, 1, 2)
        world.jump(700)
        world.heard_lately(4)
        first.kill()
        moved = {(chance.choice(PEOPLE), guild) for guild in world.guilds}
        for who, guild in moved:  # while no listener receives two of the guilds
            world.move("leave", who, guild)
        took_s = world.until(lambda: world.owners() == [2, 2])
        world.settle(2, 2)
        resumed = world.sessions()
        world.jump(300)
        for who, guild in list(world.here):
            world.move("leave", who, guild)
        world.settle(2, 2)
        written = world.written()

    assert took_s < 30
    assert resumed == sessions
    assert written.keys() == world.counted.keys()
    late = {key: written[key] - world.counted[key] for key in written}
    assert all(-1 <= more <= SLACK_S for more in late.values()), late


def test_leaving_listener_hands_over_and_a_newcomer_gets_a_fair_part(tmp_path: Path, database_url: str) -> None:
    with crowd(tmp_path, database_url) as world:
        first = world.start("4")
        world.settle(4)
        sessions = world.sessions()
        for guild in world.guilds:
            world.move("join", "ada", guild)
        second = world.start("4")
        world.settle(2, 2)
        world.jump(700)
        first.send_signal(signal.SIGTERM)
        assert first.wait(PATIENCE_S) == 0
        world.settle(4)
        handed_over = world.sessions()
        for guild in world.guilds:
            world.move("leave", "ada", guild)
        world.settle(4)
        second.send_signal(signal.SIGTERM)
        assert second.wait(PATIENCE_S) == 0
        written = world.written()

        assert world.rows("SELECT count(*) FROM gateway_listeners") == [(0,)]
    assert handed_over == sessions
    assert all(-1 <= written[key] - world.counted[key] <= SLACK_S for key in world.counted)
    assert len(written) == 4


def test_identifies_of_listeners_that_start_together_keep_the_gap(tmp_path: Path, database_url: str) -> None:
    with crowd(tmp_path, database_url, guilds=2, max_concurrency=1, identify_gap_s=5.0) as world:
        world.start("0/2")
        world.start("1/2")
        world.settle(1, 1)
        log = world.gateway()["identifies"]

    assert all(one["allowed"] for one in log)
    assert [later["at"] - earlier["at"] >= 5.0 for earlier, later in pairwise(log)] == [True]


def test_listeners_never_start_more_sessions_than_the_day_allows(tmp_path: Path, database_url: str) -> None:
    with crowd(tmp_path, database_url, starts_per_day=3, max_concurrency=2) as world:
        processes = [world.start("0,1/4"), world.start("2,3/4")]
        world.until(lambda: any("daily limit" in line for line in _said(world)))

        assert [process.poll() for process in processes] == [None, None]
        assert len(world.sessions()) == 2
        assert (len(world.gateway()["identifies"]), world.gateway()["starts_left"]) == (2, 1)  # one may be in flight


def test_change_of_the_shard_count_cuts_the_gap_and_nothing_else(tmp_path: Path, database_url: str) -> None:
    with crowd(tmp_path, database_url) as world:
        old = world.start("2")
        world.settle(2)
        for guild in world.guilds:
            world.move("join", "ada", guild)
        world.settle(2)
        world.jump(700)
        waiting = world.start("4")  # may not run with a different shard count
        world.until(lambda: world.rows("SELECT count(*) FROM gateway_listeners") == [(2,)])
        world.heard_lately(2)
        old.send_signal(signal.SIGSTOP)  # stopped: it receives nothing and cannot report it
        world.jump(1000)
        old.kill()
        world.settle(4)
        world.jump(300)
        for guild in world.guilds:
            world.move("leave", "ada", guild)
        world.settle(4)
        written = world.written()

        assert set(world.sessions()) == {(shard, 4) for shard in range(4)}
        world.jump(120)
        world.until(lambda: world.rows("SELECT DISTINCT shard_count FROM gateway_sessions") == [(4,)])
        assert waiting.poll() is None
    assert set(written) == set(world.counted)
    assert all(1000 - 15 <= seconds <= 1000 + 3 * SLACK_S for seconds in written.values()), written


def test_hanging_listener_loses_its_shards(tmp_path: Path, database_url: str) -> None:
    with crowd(tmp_path, database_url) as world:
        hangs = world.start("4")
        world.settle(4)
        world.start("4")
        world.settle(2, 2)
        hangs.send_signal(signal.SIGSTOP)
        took_s = world.until(lambda: world.owners() == [4])
        hangs.send_signal(signal.SIGCONT)
        world.settle(2, 2)

    assert took_s < 30


def test_guilds_that_removed_the_app_meanwhile_are_inactive_at_the_next_start(
    tmp_path: Path, database_url: str
) -> None:
    with crowd(tmp_path, database_url) as world:
        first = world.start("auto")
        world.settle(1)
        gone = world.guilds[-1]
        world.move("join", "ada", gone)
        world.settle(1)
        first.kill()
        world.discord.fault("forget")
        world.discord.fault("remove", guild=gone)
        world.start("auto")
        world.settle(1)

        assert world.rows("SELECT guild_id FROM guilds WHERE NOT is_active") == [(int(gone),)]
        assert world.rows("SELECT count(*) FROM voice_sessions WHERE ended_at IS NULL") == [(0,)]


def test_auto_makes_as_many_shards_as_discord_wants(tmp_path: Path, database_url: str) -> None:
    with crowd(tmp_path, database_url, guilds_per_shard=4) as world:
        world.start("auto")
        world.settle(3)

        assert set(world.sessions()) == {(shard, 3) for shard in range(3)}


@pytest.mark.parametrize("wish", ["1", "auto"])
def test_too_few_shards_end_the_listener_where_no_more_are_recommended(
    tmp_path: Path, database_url: str, wish: str
) -> None:
    with crowd(tmp_path, database_url, guilds_per_shard=4, shards=1) as world:
        assert world.start(wish).wait(PATIENCE_S) == 78
        assert "use --shards auto. (close code 4011)" in _said(world)[-1]


def _said(world: Crowd) -> list[str]:
    return [line for path in world.folder.glob("*.log") for line in path.read_text(encoding="utf-8").splitlines()]
