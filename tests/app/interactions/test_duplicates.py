"""A repeated delivery of an interaction with a pending response gets the deferral again, and is answered later."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.http.initial_response import DEFER_AFTER_S
from db.connection import Pool
from handlers.feature import Deps, Feature
from tests.fake_discord import CHANNEL, Answer, FakeDiscord, Json, envelope, fake_discord, slash_payload
from wire.custom_id import Action
from wire.interaction import ButtonClick, SlashCommand
from wire.message import Message
from wire.reply import Deferred, EditMessage, ImageReply, Reply

PRESS = Action("slow", "press")


class Work:
    """A handler that signals its start and then never ends."""

    begun = asyncio.Event()


@pytest.fixture(autouse=True)
def _not_begun() -> None:
    Work.begun = asyncio.Event()


async def for_ever() -> Message:
    Work.begun.set()
    await asyncio.sleep(600)
    raise AssertionError


def features() -> Sequence[Feature]:
    async def later(interaction: SlashCommand, deps: Deps) -> Reply:
        match interaction.options.string("how", default=""):
            case "private":
                return Deferred(private=True, work=for_ever)
            case "public":
                return Deferred(private=False, work=for_ever)
            case _:
                return Message("at once")

    async def press(interaction: ButtonClick, deps: Deps) -> ImageReply:
        return ImageReply(EditMessage("new"), draw=lambda _: b"PNG", filename="a.png", alt="A", edits=True)

    async def dawdle(interaction: SlashCommand, deps: Deps) -> Message:
        await asyncio.sleep(DEFER_AFTER_S + 0.2)
        return await for_ever()

    slash = {"later": later, "dawdle": dawdle}
    return [Feature(name="slow", slash=slash, buttons={PRESS: press}, public=frozenset({"dawdle"}))]


async def cut_off(fake: FakeDiscord, payload: Json) -> None:
    """Deliver the interaction to a process that dies while it prepares the response."""
    delivering = asyncio.create_task(fake.deliver(payload))
    await Work.begun.wait()
    delivering.cancel()
    await asyncio.wait([delivering])


async def leases_run_out(pool: Pool) -> None:
    async with pool.connection() as conn:
        await conn.execute("UPDATE outbox SET held_until = now() - interval '1 minute'")


def command(how: str) -> Json:
    return slash_payload("later", options={"how": how})


@pytest.mark.parametrize(
    ("how", "expected"), [("private", {"type": 5, "data": {"flags": 64}}), ("public", {"type": 5})]
)
async def test_another_process_defers_again_and_the_worker_tells_the_person_alone(
    tmp_path: Path, pool: Pool, how: str, expected: Json
) -> None:
    payload = command(how)
    async with fake_discord(tmp_path, pool=pool, features=features()) as dying:
        await cut_off(dying, payload)
    async with fake_discord(tmp_path, pool=pool, features=features()) as fake:
        again = await fake.deliver(payload)
        await leases_run_out(pool)
        fake.original_flags = 128 | (64 if how == "private" else 0)
        await fake.house.outbox().drain()

    assert (again.status, again.json) == (200, expected)
    calls = [(edit.method, edit.payload.get("flags", 0)) for edit in fake.edits]
    if how == "private":
        assert calls == [("GET", 0), ("PATCH", 0)]
    else:
        assert calls == [("GET", 0), ("DELETE", 0), ("POST", 64)]
    assert fake.edits[-1].payload["content"].startswith("I was interrupted before I could answer.")


async def test_the_same_process_defers_again_while_it_is_at_work(tmp_path: Path, pool: Pool) -> None:
    payload = command("public")
    async with fake_discord(tmp_path, pool=pool, features=features()) as fake:
        delivering = asyncio.create_task(fake.deliver(payload))
        await Work.begun.wait()
        again = await fake.deliver(payload)
        delivering.cancel()
        await asyncio.wait([delivering])

    assert (again.status, again.json) == (200, {"type": 5})


async def test_what_was_deferred_by_the_clock_is_deferred_again_alike(tmp_path: Path, pool: Pool) -> None:
    payload = slash_payload("dawdle", options={})
    async with fake_discord(tmp_path, pool=pool, features=features()) as fake:
        delivering = asyncio.create_task(fake.deliver(payload))
        await Work.begun.wait()
        again = await fake.deliver(payload)
        delivering.cancel()
        await asyncio.wait([delivering])

    assert (again.status, again.json) == (200, {"type": 5})


async def test_what_was_answered_is_passed_over(tmp_path: Path, pool: Pool) -> None:
    said = command("at once")
    pressed = envelope(3, {"custom_id": PRESS.pack(), "component_type": 2}) | {
        "message": {"id": "77777777777", "channel_id": str(CHANNEL), "flags": 0}
    }
    again: list[Answer] = []
    async with fake_discord(tmp_path, pool=pool, features=features()) as fake:
        for payload in (said, pressed):
            await fake.deliver(payload)
            again.append(await fake.deliver(payload))
    async with fake_discord(tmp_path, pool=pool, features=features()) as other:
        again += [await other.deliver(payload) for payload in (said, pressed)]

    assert [(each.status, each.body) for each in again] == [(202, b"")] * 4
