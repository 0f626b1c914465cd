"""HTTP load generator for one machine: keep-alive connections, each with one request in flight."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import uvloop


@dataclass(slots=True)
class Outcome:
    """Result of a run: responses by HTTP status, total seconds, and seconds of each response."""

    statuses: Counter[int] = field(default_factory=Counter[int])
    elapsed_s: float = 0.0
    latencies_s: list[float] = field(default_factory=list[float])

    @property
    def per_second(self) -> float:
        """Responses per second."""
        return len(self.latencies_s) / self.elapsed_s

    def percentile_ms(self, share: float) -> float:
        """Latency percentile in milliseconds; `share` is 0 to 1."""
        ordered = sorted(self.latencies_s)
        return 1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)]


class _Connection(asyncio.Protocol):
    def __init__(self, pending: list[bytes], outcome: Outcome, done: asyncio.Future[None]) -> None:
        self._pending, self._outcome, self._done = pending, outcome, done
        self._received = bytearray()
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's class does not inherit from it
        self._send()

    def _send(self) -> None:
        assert self._transport is not None
        if not self._pending:
            if not self._done.done():
                self._done.set_result(None)
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(self._pending.pop())

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._received[:end]).lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._received) < end + 4 + length:
            return
        del self._received[: end + 4 + length]
        self._outcome.latencies_s.append(time.perf_counter() - self._sent_at)
        self._outcome.statuses[int(head[9:12])] += 1
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("The server closed the connection."))


def run(port: int, requests: Sequence[bytes], *, connections: int) -> Outcome:
    """Send all `requests` over `connections` keep-alive connections and wait for every response.

    Raises:
        OSError: the server closed a connection.
    """

    async def main() -> Outcome:
        loop = asyncio.get_running_loop()
        outcome, pending = Outcome(), list(reversed(requests))
        dones: list[asyncio.Future[None]] = [loop.create_future() for _ in range(connections)]
        begun = time.perf_counter()
        for done in dones:
            await loop.create_connection(lambda done=done: _Connection(pending, outcome, done), "127.0.0.1", port)
        await asyncio.gather(*dones)
        outcome.elapsed_s = time.perf_counter() - begun
        return outcome

    return uvloop.run(main())
