import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from cli.errors import CliError
from cli.supervisor import Child, Part, run_once
from tests.cli.conftest import House, wait_until
from tests.local_discord import LocalDiscord, local_discord

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")


@dataclass
class Witness:
    """Collects the children's output and the supervisor's log events."""

    notes: list[str] = field(default_factory=list[str])
    answers: bool = True
    trouble: str | None = None

    def hear(self, name: str, line: str) -> None:
        del name, line

    def note(self, name: str, sentence: str) -> None:
        self.notes.append(f"{name} {sentence}")

    async def is_answering(self) -> bool:
        return self.answers

    async def tell(self) -> None:
        if self.trouble:
            raise CliError(self.trouble)

    async def wait_for(self, note: str) -> None:
        await asyncio.to_thread(wait_until, lambda: note in self.notes, what=note)


def handles(pid: int, number: signal.Signals) -> bool:
    """Whether a process handles a signal; a signal without a handler ends even a stopped process."""
    caught = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> number - 1 & 1)


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
async def child(house: House, witness: Witness) -> AsyncIterator[Child]:
    part = Part("playground", ("playground", "--supervised"), witness.is_answering, then=witness.tell, stop_s=2)
    fresh = Child(part, house.environ, hear=witness.hear, note=witness.note)
    yield fresh
    await fresh.stop()


async def test_child_comes_back_and_says_what_is_still_wrong(child: Child, witness: Witness) -> None:
    await child.start()
    first = child.pid
    witness.trouble = "Discord is away."

    child.kill()
    await witness.wait_for("playground runs again, but: Discord is away.")

    assert witness.notes[0] == "playground was ended by SIGKILL; it starts again in 0.5 s"
    assert child.pid not in (None, first)
    await child.stop()
    assert child.pid is None


async def test_child_that_does_not_stop_is_killed(child: Child, witness: Witness) -> None:
    await child.start()
    pid = child.pid or 0
    await asyncio.to_thread(wait_until, lambda: handles(pid, signal.SIGTERM), what="it has a way to stop")
    os.kill(pid, signal.SIGSTOP)

    await child.stop()

    assert witness.notes == ["playground did not stop within 2 s and was killed"]


async def test_child_may_go_on_trying(house: House, witness: Witness) -> None:
    witness.answers = False
    part = Part("playground", ("playground", "--supervised"), witness.is_answering, must_answer=False, start_s=1)
    part = replace(part, waits_for="Discord's gateway")
    child = Child(part, house.environ, hear=witness.hear, note=witness.note)

    await child.start()
    pid, is_answering, waiting = child.pid, child.is_answering, child.still_waiting()
    witness.answers = True
    await witness.wait_for("playground is connected now")
    await child.stop()

    assert (pid is not None, is_answering) == (True, False)
    assert waiting == "not connected after 1 s, goes on trying: it waits for Discord's gateway"
    assert witness.notes == ["playground is connected now"]


async def test_child_that_must_answer_and_does_not_is_a_problem(house: House, witness: Witness) -> None:
    witness.answers = False
    part = Part("playground", ("playground", "--supervised"), witness.is_answering, start_s=1)

    with pytest.raises(CliError, match=r"^The playground did not answer within 1 s: "):
        await Child(part, house.environ, hear=witness.hear, note=witness.note).start()


async def test_child_that_ends_is_a_problem_in_its_own_words(house: House, witness: Witness) -> None:
    witness.answers = False
    part = Part("web", ("web", "--supervised"), witness.is_answering)
    child = Child(part, {**house.environ, "API_PORT": "none"}, hear=witness.hear, note=witness.note)

    with pytest.raises(CliError, match=r"^The web ended at once: The settings do not work yet: API_PORT must be"):
        await child.start()


async def test_run_once_gives_what_was_printed_or_the_problem(house: House) -> None:
    assert "Usage: lyceum" in await run_once("web", "--help", environ=house.environ)
    with pytest.raises(CliError, match=r"^The settings do not work yet: "):
        await run_once("worker", environ={**house.environ, "LOG_LEVEL": "loud"})


async def test_child_for_which_starting_again_is_pointless_stays_away(
    house: House, witness: Witness, database_url: str
) -> None:
    environ = {**house.environ, "DATABASE_URL": database_url}
    with local_discord(house.folder / "elsewhere", port=house.playground_port) as discord:
        part = Part("listener", ("listener", "--supervised"), witness.is_answering, stop_s=5)
        child = Child(part, environ, hear=witness.hear, note=witness.note)
        await child.start()
        await asyncio.to_thread(wait_until, lambda: _listens(discord), what="it listens")
        await asyncio.to_thread(discord.fault, "close", code=4004)
        await witness.wait_for(
            "listener is not started again: Discord refused the token: copy it again from the Bot page of the "
            "developer portal into DISCORD_TOKEN. (close code 4004)"
        )
        await asyncio.sleep(0.7)  # longer than the first restart delay

    assert len(witness.notes) == 1
    assert child.pid is None
    await child.stop()


def _listens(discord: LocalDiscord) -> bool:
    sessions = discord.http.get("/playground/gateway").json()["sessions"]
    return any(one["connected"] for one in sessions)
