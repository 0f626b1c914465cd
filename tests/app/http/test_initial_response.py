import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from app.http.initial_response import DEFER_AFTER_S, Deferral, DeferralKind, DeferralTimer, InitialResponse
from app.jobs.pending_responses import PATIENCE_S as ROW_S

WAIT = b'{"type":5}'


class Wire:
    """Records the ASGI messages that would go to the server."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            self.bodies.append(message["body"])


def offer(placeholder: DeferralKind = DeferralKind.NEW_MESSAGE) -> Callable[[], Deferral]:
    return lambda: Deferral(placeholder)


async def test_the_handler_is_first() -> None:
    wire = Wire()
    first = DeferralTimer(patience_s=0.05).begin(wire.send, offer())

    late = await first.send(200, b"done")
    await asyncio.sleep(0.1)

    assert (late, wire.bodies) == (None, [b"done"])


async def test_the_clock_is_first() -> None:
    wire = Wire()
    first = DeferralTimer(patience_s=0.01).begin(wire.send, offer(DeferralKind.UPDATE))
    await asyncio.sleep(0.05)

    late = await first.send(200, b"done")

    assert (late, wire.bodies) == (DeferralKind.UPDATE, [b'{"type":6}'])


async def test_each_of_several_has_its_own_time() -> None:
    wire = Wire()
    patience = DeferralTimer(patience_s=0.05)
    first = patience.begin(wire.send, offer())
    await asyncio.sleep(0.02)
    second = patience.begin(wire.send, offer(DeferralKind.THINKING_PRIVATELY))
    third = patience.begin(wire.send, offer())
    await third.send(200, b"done")
    await asyncio.sleep(0.2)

    assert wire.bodies == [b"done", WAIT, DeferralKind.THINKING_PRIVATELY.callback]
    assert await first.send(200, b"late") is DeferralKind.NEW_MESSAGE
    assert await second.send(200, b"late") is DeferralKind.THINKING_PRIVATELY


def test_the_clock_runs_in_a_loop_that_came_later() -> None:
    wire = Wire()
    patience = DeferralTimer(patience_s=0.01)

    async def begin_and_wait(seconds: float) -> None:
        first = patience.begin(wire.send, offer())
        await asyncio.sleep(seconds)
        first.end()

    asyncio.run(begin_and_wait(0))
    asyncio.run(begin_and_wait(0.05))

    assert wire.bodies == [WAIT]


async def test_a_handler_that_broke_is_not_answered_for() -> None:
    wire = Wire()
    first = DeferralTimer(patience_s=0.01).begin(wire.send, offer())

    first.end()
    await asyncio.sleep(0.05)

    assert wire.bodies == []


async def test_nobody_is_left_waiting_for_ever() -> None:
    wire = Wire()
    patience = DeferralTimer(patience_s=0.01, limit_s=0.05)
    begun: list[InitialResponse] = []

    async def handle() -> None:
        begun.append(patience.begin(wire.send, offer()))
        await asyncio.sleep(60)

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(handle())

    assert begun[0].timed_out
    assert wire.bodies == [WAIT]


async def test_time_runs_from_the_arrival_of_a_request_whose_body_came_slowly() -> None:
    wire = Wire()
    patience = DeferralTimer(patience_s=10)
    early = asyncio.get_running_loop().time() - 9.95
    waiting = patience.begin(wire.send, offer(DeferralKind.UPDATE))
    slow = patience.begin(wire.send, offer(), arrived=early)
    await asyncio.sleep(0.2)

    assert wire.bodies == [WAIT]
    assert await slow.send(200, b"late") is DeferralKind.NEW_MESSAGE
    assert await waiting.send(200, b"done") is None


def test_there_is_time_left_to_reach_discord() -> None:
    assert DEFER_AFTER_S == 1.5
    assert DEFER_AFTER_S + ROW_S <= 2.0
