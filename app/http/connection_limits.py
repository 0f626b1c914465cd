"""uvicorn's HTTP protocol with limits per connection: bytes of a request head, seconds per request, open connections.

httptools keeps a header line until it is complete and copies it with every chunk that arrives: one line of 300 MB kept
a process busy for minutes. Requests that arrive in one chunk, as Discord's do, cost nothing extra: only incomplete
requests are tracked.
"""

import asyncio
import sys
from typing import Any, ClassVar, Final
from weakref import WeakKeyDictionary

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_MAX: Final = 64 * 1024  # bytes of a request's first line and headers; Discord's have one thousand
FRAMING_MAX: Final = 1024 * 1024  # bytes of one request outside its body: head, chunk sizes, trailers
HEAD_S: Final = 10.0  # from the first byte of a request, or from connecting, to the end of its head
BODY_S: Final = 20.0  # from the end of the head to the end of the body
LOOK_S: Final = 1.0  # between two checks of incomplete requests
UNFINISHED_MAX: Final = 1000  # connections with an incomplete request; above this, the oldest is closed
SPARE_FILES: Final = 200  # file descriptors for the database, Discord, and other open files

_END: Final = b"\r\n\r\n"
_CLOSE: Final = b"connection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\n" + _CLOSE
_TIMEOUT: Final = b"HTTP/1.1 408 Request Timeout\r\n" + _CLOSE


def connections_max() -> int:
    """The limit of open connections: this process's file descriptor limit less `SPARE_FILES`, at most 4096."""
    if sys.platform == "win32":
        return 4096
    import resource  # noqa: PLC0415 - not on every platform

    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 4096 if files == resource.RLIM_INFINITY else max(min(files - SPARE_FILES, 4096), 64)


class Unfinished:
    """Connections of one server whose request is incomplete, each with its timeout.

    One timer serves all of them, and runs only while there are any.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, limit: int) -> None:
        self._loop = loop
        self._limit = limit
        self._due: dict[BoundedProtocol, float] = {}  # the oldest first
        self._timer: asyncio.TimerHandle | None = None

    def add(self, protocol: "BoundedProtocol", seconds: float) -> None:
        """Close `protocol` after `seconds` unless it is removed; replaces an earlier timeout."""
        self._due[protocol] = self._loop.time() + seconds
        if len(self._due) > self._limit:
            oldest = next(iter(self._due))
            del self._due[oldest]
            oldest.time_out()
        if self._timer is None:
            self._timer = self._loop.call_later(LOOK_S, self._look)

    def remove(self, protocol: "BoundedProtocol") -> None:
        """Cancel the timeout: the request is complete, or the connection is closed."""
        self._due.pop(protocol, None)

    def _look(self) -> None:
        now = self._loop.time()
        for protocol in [each for each, due in self._due.items() if due <= now]:
            del self._due[protocol]
            protocol.time_out()
        self._timer = self._loop.call_later(LOOK_S, self._look) if self._due else None


class BoundedProtocol(HttpToolsProtocol):
    """One connection with limits."""

    head_s: ClassVar = HEAD_S
    body_s: ClassVar = BODY_S
    unfinished_max: ClassVar = UNFINISHED_MAX
    connections_max: ClassVar = connections_max()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unfinished = _SERVERS.get(self.server_state)
        if unfinished is None:
            unfinished = _SERVERS[self.server_state] = Unfinished(self.loop, limit=self.unfinished_max)
        self._unfinished = unfinished
        self._head = 0  # bytes received of an incomplete head
        self._framing = 0  # bytes of an incomplete request outside its body
        self._is_waited_for = False  # whether it is in `_unfinished`
        self._is_in_body = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As uvicorn does; a connection that sends nothing gets the same timeout as a request head."""
        super().connection_made(transport)  # type: ignore[arg-type]
        if len(self.connections) > self.connections_max:
            self._make_room()
        self._wait(self.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """As uvicorn does."""
        self._unfinished.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """As uvicorn does, within the limits."""
        if self._is_waited_for:
            self._receive_more(data)
        elif len(data) > HEAD_MAX and self._is_head_too_large(data):
            self._refuse(_TOO_LARGE)
        else:
            super().data_received(data)
            if not self._is_whole():
                self._go_on_waiting(data)

    def _receive_more(self, data: bytes) -> None:
        """Handle data for a request that is still incomplete."""
        if self._head + len(data) > HEAD_MAX and self._is_head_too_large(data):
            self._refuse(_TOO_LARGE)
            return
        before = len(self.cycle.body) if self._is_in_body else 0
        super().data_received(data)
        if self._is_in_body:
            self._framing -= max(len(self.cycle.body) - before, 0)
        if self._is_whole():
            self._end_wait()
        else:
            self._go_on_waiting(data)

    def time_out(self) -> None:
        """End the connection: the request did not arrive in time, or too many requests are incomplete."""
        self._is_waited_for = False
        if self._head:
            self._refuse(_TIMEOUT)
        else:
            self.transport.close()

    def _is_whole(self) -> bool:
        """Whether every request that has begun has arrived completely."""
        cycle = self.cycle  # None before the first request, although uvicorn's types say otherwise
        return cycle is not None and not cycle.more_body and cycle.scope is self.scope  # pyright: ignore[reportUnnecessaryComparison]

    def _is_before_body(self) -> bool:
        """Whether the next byte belongs to a head, either of the current request or of the next one."""
        cycle = self.cycle
        return cycle is None or cycle.scope is not self.scope or not cycle.more_body  # pyright: ignore[reportUnnecessaryComparison]

    def _is_head_too_large(self, data: bytes) -> bool:
        if not self._is_before_body():
            return False
        room = HEAD_MAX - self._head
        is_end_split = self._head > 0 and any(data.startswith(_END[cut:]) for cut in (1, 2, 3))
        return not is_end_split and data.find(_END, 0, max(room, 0)) < 0

    def _go_on_waiting(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._framing += len(data)
        if self._is_before_body():
            last = data.rfind(_END)  # end of the head of a complete request that precedes the incomplete one
            self._head = self._head + len(data) if last < 0 else len(data) - last - len(_END)
            if not self._is_waited_for or self._is_in_body:
                self._is_in_body = False
                self._wait(self.head_s)
            return
        self._head = 0
        if self._framing > FRAMING_MAX:
            self.transport.close()
        elif not (self._is_waited_for and self._is_in_body):
            self._is_in_body = True
            self._wait(self.body_s)

    def _wait(self, seconds: float) -> None:
        self._is_waited_for = True
        self._unfinished.add(self, seconds)

    def _end_wait(self) -> None:
        self._is_waited_for = self._is_in_body = False
        self._head = self._framing = 0
        self._unfinished.remove(self)

    def _refuse(self, response: bytes) -> None:
        """Send an error response unless another response is in progress, and close."""
        self._unfinished.remove(self)
        if not self.transport.is_closing():
            if self.cycle is None or self.cycle.response_complete:  # pyright: ignore[reportUnnecessaryComparison]
                self.transport.write(response)
            self.transport.close()

    def _make_room(self) -> None:
        """Close an idle keep-alive connection; when there is none, close this one."""
        for other in self.connections:
            if isinstance(other, BoundedProtocol) and other.timeout_keep_alive_task is not None:
                other.transport.close()
                return
        self.transport.close()


_SERVERS: Final[WeakKeyDictionary[Any, Unfinished]] = WeakKeyDictionary()
