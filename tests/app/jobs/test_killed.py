import base64
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from app.commands.sync import sync
from core.config import LOCAL_APPLICATION_ID
from core.ids import ApplicationId, ChannelId, RoleId, UserId
from tests.app.jobs.killed import NOTES, Plan, features
from tests.local_discord import LocalDiscord, local_discord
from tests.paths import ROOT
from wire.rest import Rest

LOADING = 1 << 7
EPHEMERAL = 1 << 6
SENTENCES = (
    (
        "I was interrupted before I could answer. What you asked for is done: "
        "use the command again only to see how things stand."
    ),
    "I was interrupted in the middle of that, and nothing was changed. Please try again.",
)


pytestmark = pytest.mark.slow


class Mortals:
    """Starts the child processes that die, one at a time."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def begin(self, role: str, dies_at: int) -> None:
        assert self._process.stdin is not None
        print(role, dies_at, file=self._process.stdin, flush=True)

    def ended(self) -> bool:
        """Whether the child finished before its time to die."""
        assert self._process.stdout is not None
        status = int(self._process.stdout.readline())
        assert status in {0, -signal.SIGKILL}
        return status == 0


@pytest.fixture
def discord(tmp_path: Path) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path, reply_wait_s=0.2) as running:
        yield running


@pytest.fixture
async def plan(discord: LocalDiscord, database_url: str, tmp_path: Path) -> Plan:
    guild = discord.state()["guilds"][0]
    [room] = [each for each in guild["channels"] if each["name"] == "study-log"]
    roles = discord.rest("GET", f"/guilds/{guild['id']}/roles").json()
    [regular] = [each["id"] for each in roles if each["name"] == "Regular"]
    environ = {
        "DATABASE_URL": database_url,
        "LYCEUM_DATA_DIR": str(tmp_path / "ours"),
        "DISCORD_TOKEN": discord.config.token,
        "DISCORD_PUBLIC_KEY": discord.public_key,
        "DISCORD_APPLICATION_ID": str(LOCAL_APPLICATION_ID),
        "DISCORD_API_URL": discord.api_url,
        "DISCORD_CDN_URL": f"{discord.url}/cdn",
    }
    made = Plan(environ, ChannelId(int(room["id"])), UserId(int(discord.member("mina")["id"])), RoleId(int(regular)))
    async with Rest(discord.api_url, discord.config.token) as rest:
        await sync(rest, ApplicationId(LOCAL_APPLICATION_ID), features(made))
    return made


@contextmanager
def mortals(plan: Plan, discord: LocalDiscord) -> Generator[Mortals]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(64)
        sock.set_inheritable(True)
        command = [
            sys.executable,
            "-m",
            "tests.app.jobs.killed",
            msgspec.json.encode(plan).decode(),
            str(sock.fileno()),
        ]
        with subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, pass_fds=[sock.fileno()]
        ) as process:
            given = Mortals(process)
            address = f"http://127.0.0.1:{sock.getsockname()[1]}/interactions"
            given.begin("door", 0)
            discord.http.put("/playground/endpoint", json={"url": address}).raise_for_status()
            assert given.ended()
            yield given
            assert process.stdin is not None
            process.stdin.close()


def kill_web(
    discord: LocalDiscord, given: Mortals, path: str, *, step: int, **more: object
) -> dict[int, dict[str, Any]]:
    """Send interactions in turn, each to a process that dies `step` awaits later than the last, until one survives."""
    replies: dict[int, dict[str, Any]] = {}
    for number in range(1, 300, step):
        given.begin("web", number)
        text = f"/{path} number:{number}"
        replies[number] = discord.steer("interactions", text=text, **{"as": "ada"}, **more).json()
        if given.ended():
            assert number > 10
            return replies
    raise AssertionError("no process survived")


def kill_workers(given: Mortals) -> int:
    for number in range(1, 500):
        given.begin("worker", number)
        if given.ended():
            return number
    raise AssertionError("no worker survived")


def committed(plan: Plan, replies: dict[int, dict[str, Any]]) -> set[int]:
    """The numbers of the interactions whose transaction was committed."""
    with psycopg.connect(plan.environ["DATABASE_URL"]) as conn:
        seen = {row[0] for row in conn.execute("SELECT interaction_id FROM processed_interactions")}
    return {number for number, reply in replies.items() if int(reply["request"]["id"]) in seen}


def test_what_was_decided_happens_once_whenever_web_and_workers_are_killed(plan: Plan, discord: LocalDiscord) -> None:
    with mortals(plan, discord) as given:
        replies = kill_web(discord, given, "decide", step=1)
        kill_workers(given)

    expected = Counter(f"effect {number}" for number in committed(plan, replies))
    direct = discord.rest("POST", "/users/@me/channels", json={"recipient_id": str(plan.user)}).json()["id"]
    assert 0 < len(expected) < len(replies)
    assert posted(discord, plan.channel) == expected
    assert posted(discord, direct) == expected
    assert str(plan.role) in discord.rest("GET", f"/guilds/{guild(discord)}/members/{plan.user}").json()["roles"]
    assert statuses(plan) == {"done": 3 * len(expected)}


@pytest.mark.parametrize(("path", "step"), [("promise", 4), ("dawdle", 8)])
def test_nobody_is_left_with_a_thinking_app(plan: Plan, discord: LocalDiscord, path: str, step: int) -> None:
    with mortals(plan, discord) as given:
        replies = kill_web(discord, given, path, step=step)
        kill_workers(given)

    assert_all_are_told(plan, discord, replies)


def test_nobody_else_reads_a_private_answer_whenever_web_and_workers_are_killed(
    plan: Plan, discord: LocalDiscord
) -> None:
    with mortals(plan, discord) as given:
        replies = kill_web(discord, given, "secret", step=7)
        kill_workers(given)

    told = Counter[str]()
    for number, reply in replies.items():
        kept = discord.http.get(f"/playground/replies/{reply['reply']}").json()
        assert kept["message"] is None  # the "thinking…" message was public, and was deleted
        for message in kept["follow_ups"]:
            assert message["flags"] == EPHEMERAL
            assert message["content"] in {f"answer {number}", *SENTENCES}
            told["answer" if message["content"] not in SENTENCES else "cut off"] += 1
    assert told["answer"] > 0
    assert told["cut off"] > 0


def test_a_file_is_used_once_and_whole_whenever_web_is_killed(plan: Plan, discord: LocalDiscord) -> None:
    file: dict[str, Any] = {"files": {"notes.txt": base64.b64encode(NOTES).decode()}}
    with mortals(plan, discord) as given:
        replies = kill_web(discord, given, "read file:notes.txt", step=5, **file)
        kill_workers(given)

    done = assert_all_are_told(plan, discord, replies)
    assert 0 < len(done) < len(replies)
    assert posted(discord, plan.channel) == Counter(f"effect {number}" for number in done)


def assert_all_are_told(plan: Plan, discord: LocalDiscord, replies: dict[int, dict[str, Any]]) -> set[int]:
    """Assert that every interaction got its answer or an error message; returns the numbers of those that were done."""
    done = committed(plan, replies)
    told = Counter[str]()
    for number, reply in replies.items():
        kept = discord.http.get(f"/playground/replies/{reply['reply']}").json()
        shown = kept["message"]
        if shown is None and kept["follow_ups"]:  # a public placeholder was replaced with a private message
            shown = kept["follow_ups"][-1]
            assert shown["flags"] == EPHEMERAL
            assert shown["content"] in SENTENCES
        if shown is None:
            told["no answer at all"] += 1
            continue
        assert not shown["flags"] & LOADING
        expected = {f"answer {number}", SENTENCES[0] if number in done else SENTENCES[1]}
        assert shown["content"] in expected
        told[shown["content"] if shown["content"] in SENTENCES else "answer"] += 1
    assert told["answer"] > 0
    assert told[SENTENCES[0]] + told[SENTENCES[1]] > 0
    assert set(statuses(plan)) <= {"done", "failed"}
    return done


def posted(discord: LocalDiscord, channel: int | str) -> Counter[str]:
    found = discord.rest("GET", f"/channels/{channel}/messages", params={"limit": 100}).json()
    return Counter(one["content"] for one in found if one["content"].startswith("effect"))


def guild(discord: LocalDiscord) -> str:
    return discord.state()["guilds"][0]["id"]


def statuses(plan: Plan) -> dict[str, int]:
    with psycopg.connect(plan.environ["DATABASE_URL"]) as conn:
        return dict(conn.execute("SELECT status::text, count(*) FROM outbox GROUP BY status").fetchall())
