import asyncio
from typing import Any

import pytest

from app.first_answer import FirstAnswer, Placeholder


class Wire:
    """Keeps what would go to the server."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            self.bodies.append(message["body"])


async def test_the_handler_is_first() -> None:
    wire = Wire()
    first = FirstAnswer(wire.send, patience_s=0.05)
    first.arm(Placeholder.THINKING, b"wait")

    late = await first.give(200, b"done")
    await asyncio.sleep(0.1)

    assert (late, wire.bodies) == (None, [b"done"])


async def test_the_clock_is_first() -> None:
    wire = Wire()
    first = FirstAnswer(wire.send, patience_s=0.01)
    first.arm(Placeholder.SILENT, b"wait")
    await asyncio.sleep(0.05)

    late = await first.give(200, b"done")

    assert (late, wire.bodies) == (Placeholder.SILENT, [b"wait"])


async def test_nobody_is_left_waiting_for_ever() -> None:
    wire = Wire()
    first = FirstAnswer(wire.send, patience_s=0.01, limit_s=0.05)

    async def handle() -> None:
        first.arm(Placeholder.THINKING, b"wait")
        await asyncio.sleep(60)

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(handle())

    assert first.gave_up
    assert wire.bodies == [b"wait"]
