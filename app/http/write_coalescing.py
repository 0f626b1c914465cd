"""uvicorn's HTTP protocol with coalesced writes: several small writes to a connection become one system call.

uvicorn writes the head of a response and then its body, and uvloop passes every write to the kernel at once: two system
calls per response, and the receiver wakes up before the response is complete. Here, while several requests are in
progress, everything written to a connection in one iteration of the event loop is sent at the end of that iteration.
"""

import asyncio
from collections.abc import Callable, Sized
from typing import Any, cast

from app.http.connection_limits import BoundedProtocol


class CoalescingTransport:
    """A transport that writes at the end of the event loop iteration; has only the methods that uvicorn calls."""

    __slots__ = (
        "_loop",
        "_pieces",
        "_transport",
        "_under_way",
        "get_extra_info",
        "is_closing",
        "pause_reading",
        "resume_reading",
    )

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, under_way: Sized) -> None:
        self._transport = transport
        self._loop = loop
        self._under_way = under_way
        self._pieces: list[bytes] = []
        self.get_extra_info: Callable[..., Any] = transport.get_extra_info
        self.is_closing = transport.is_closing
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading

    def write(self, data: bytes) -> None:
        """Send `data` together with this iteration's other writes, or at once when no other request is in progress."""
        if not self._pieces:
            if len(self._under_way) <= 1:
                self._transport.write(data)
                return
            self._loop.call_soon(self._flush)
        self._pieces.append(data)

    def close(self) -> None:
        """Send buffered data, and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._pieces and not self.is_closing():  # a client that disconnected meanwhile reads no response
            self._transport.write(b"".join(self._pieces))
        self._pieces.clear()


class CoalescingProtocol(BoundedProtocol):
    """One connection with coalesced writes: `uvicorn --http app.http.write_coalescing:CoalescingProtocol`."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As uvicorn does, with the transport wrapped in a CoalescingTransport."""
        corked = CoalescingTransport(cast("asyncio.Transport", transport), self.loop, self.tasks)
        super().connection_made(cast("asyncio.Transport", corked))
