"""Pending responses: a database that hangs, and the worker's answer when the web process has died."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from structlog.testing import capture_logs

from app.http.initial_response import DeferralKind
from app.interaction_context import InteractionContext
from app.jobs.outbox import Outbox
from app.jobs.pending_responses import promise_of
from core.enums import Language
from core.i18n import translator_for
from db.connection import Pool
from services.jobs import outbox
from services.jobs.outbox import Rules
from tests.fake_discord import NOW, Frozen, slash_payload
from wire.interaction import SlashCommand
from wire.parsing import parse
from wire.rest import Rest


def turn() -> InteractionContext:
    interaction = parse(json.dumps(slash_payload("x", options={})).encode())
    assert isinstance(interaction, SlashCommand)
    return InteractionContext(interaction, NOW, translator_for(Language.EN), None)


@asynccontextmanager
async def hands(pool: Pool, answer: Callable[[httpx.Request], httpx.Response]) -> AsyncGenerator[Outbox]:
    async def opened() -> Pool:
        return pool

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        rest = Rest("http://discord.test/api/v10", "t", client=client, backoff_s=0.0)
        yield Outbox(pool=opened, rest=lambda: rest, clock=Frozen(NOW), rules=Rules(wait_s=0.0))


def unasked(request: httpx.Request) -> httpx.Response:
    raise AssertionError(request.url)


async def test_a_database_that_hangs_does_not_hold_up_the_placeholder(pool: Pool) -> None:
    waiting = turn()
    async with hands(pool, unasked) as outbox_of, pool.connection() as blocker:
        await blocker.execute("LOCK TABLE outbox")
        with capture_logs() as lines:
            await outbox_of.answers.promise(waiting, DeferralKind.NEW_MESSAGE)  # returns while the lock is held

    assert not waiting.has_pending_response
    assert [line["event"] for line in lines] == ["answer promised without a row"]


async def test_a_row_that_cannot_be_written_does_not_stop_the_placeholder(pool: Pool) -> None:
    waiting = turn()
    async with pool.connection() as conn:
        await conn.execute("ALTER TABLE outbox ADD CONSTRAINT ck_full CHECK (kind <> 'answer')")
    async with hands(pool, unasked) as outbox_of:
        with capture_logs() as lines:
            await outbox_of.answers.promise(waiting, DeferralKind.NEW_MESSAGE)

    assert not waiting.has_pending_response
    assert [line["log_level"] for line in lines] == ["error"]


@pytest.mark.parametrize(
    ("placeholder", "found", "calls"),
    [
        (DeferralKind.NEW_MESSAGE, {"flags": 128}, ["GET", "DELETE", "POST"]),
        (DeferralKind.NEW_MESSAGE, None, ["GET", "POST"]),  # deleted; it is unknown whether a followup came after it
        (DeferralKind.THINKING_PRIVATELY, {"flags": 192}, ["GET", "PATCH"]),
        (DeferralKind.THINKING_PRIVATELY, None, ["GET"]),  # the user dismissed it
        (DeferralKind.NEW_MESSAGE, {"flags": 0}, ["GET"]),  # the answer was already sent
        (DeferralKind.UPDATE, {"flags": 0}, ["GET", "POST"]),
    ],
)
async def test_the_worker_tells_the_person_alone(
    pool: Pool, placeholder: DeferralKind, found: dict[str, int] | None, calls: list[str]
) -> None:
    async with pool.connection() as conn:
        await outbox.write(conn, [promise_of(turn(), placeholder)], now=NOW, rules=Rules(lease_s=0.0))
    made: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if not (made and made[-1].method == request.method):  # a 404 is retried: the initial response may arrive late
            made.append(request)
        if request.method == "GET" and found is None:
            return httpx.Response(404, json={"code": 10008, "message": "Unknown Message"})
        return httpx.Response(200, json={"id": "5000000"} | (found or {}))

    async with hands(pool, answer) as outbox_of:
        await outbox_of.drain()
        await asyncio.sleep(0)

    assert [request.method for request in made] == calls
    if made[-1].method == "POST":
        assert json.loads(made[-1].content)["flags"] == 64


async def test_nothing_is_sent_while_discord_does_not_know_the_interaction(pool: Pool) -> None:
    async with pool.connection() as conn:
        await outbox.write(conn, [promise_of(turn(), DeferralKind.NEW_MESSAGE)], now=NOW, rules=Rules(lease_s=0.0))
    methods: set[str] = set()

    def answer(request: httpx.Request) -> httpx.Response:
        methods.add(request.method)
        if request.method == "GET":
            return httpx.Response(200, json={"id": "5000000", "flags": 128})
        return httpx.Response(404, json={"code": 10015, "message": "Unknown Webhook"})

    async with hands(pool, answer) as outbox_of:
        await outbox_of.drain()

    assert methods == {"GET", "DELETE"}
