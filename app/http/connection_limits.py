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
FRAMING_MAX: Final = 1024 * 1024  # bytes of one request that are no body: its head, chunk sizes, trailers
HEAD_S: Final = 10.0  # from the first byte of a request, or from connecting, to the end of its head
BODY_S: Final = 20.0  # from the end of the head to the end of the body
LOOK_S: Final = 1.0  # between two looks at requests that are not whole
UNFINISHED_MAX: Final = 1000  # connections without a whole request; beyond, the oldest is closed
SPARE_FILES: Final = 200  # for the database, Discord, and what the process has open otherwise

_END: Final = b"\r\n\r\n"
_CLOSE: Final = b"connection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\n" + _CLOSE
_TIMEOUT: Final = b"HTTP/1.1 408 Request Timeout\r\n" + _CLOSE


def connections_max() -> int:
    """As many connections as this process may have open files for, at most 4096."""
    if sys.platform == "win32":
        return 4096
    import resource  # noqa: PLC0415 - not on every platform

    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 4096 if files == resource.RLIM_INFINITY else max(min(files - SPARE_FILES, 4096), 64)


class Unfinished:
    """The connections of one server whose request has not arrived whole, with the moment at which patience ends.

    One timer looks after all of them, and runs only while there are any.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, limit: int) -> None:
        self._loop = loop
        self._limit = limit
        self._due: dict[BoundedProtocol, float] = {}  # the oldest first
        self._timer: asyncio.TimerHandle | None = None

    def add(self, protocol: "BoundedProtocol", seconds: float) -> None:
        """Close `protocol` in so many seconds unless it is removed; an earlier number is replaced."""
        self._due[protocol] = self._loop.time() + seconds
        if len(self._due) > self._limit:
            oldest = next(iter(self._due))
            del self._due[oldest]
            oldest.time_out()
        if self._timer is None:
            self._timer = self._loop.call_later(LOOK_S, self._look)

    def remove(self, protocol: "BoundedProtocol") -> None:
        """Its request is whole, or the connection is gone."""
        self._due.pop(protocol, None)

    def _look(self) -> None:
        now = self._loop.time()
        for protocol in [each for each, due in self._due.items() if due <= now]:
            del self._due[protocol]
            protocol.time_out()
        self._timer = self._loop.call_later(LOOK_S, self._look) if self._due else None


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

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
        self._head = 0  # bytes of a head that has begun and not ended
        self._framing = 0  # bytes of an unfinished request that were no body
        self._is_waited_for = False  # stands among the unfinished
        self._is_in_body = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As uvicorn does; who opens a connection and sends nothing is waited for as long as for a head."""
        super().connection_made(transport)  # type: ignore[arg-type]
        if len(self.connections) > self.connections_max:
            self._make_room()
        self._wait(self.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """As uvicorn does."""
        self._unfinished.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """As uvicorn does, within the bounds."""
        if self._is_waited_for:
            self._receive_more(data)
        elif len(data) > HEAD_MAX and self._is_head_too_large(data):
            self._refuse(_TOO_LARGE)
        else:
            super().data_received(data)
            if not self._is_whole():
                self._go_on_waiting(data)

    def _receive_more(self, data: bytes) -> None:
        """Data for a request that has not arrived whole."""
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
        """The rest of a request did not come in time, or others need the place."""
        self._is_waited_for = False
        if self._head:
            self._refuse(_TIMEOUT)
        else:
            self.transport.close()

    def _is_whole(self) -> bool:
        """Whether every request that has begun has arrived."""
        cycle = self.cycle  # None before the first request, whatever uvicorn's types say
        return cycle is not None and not cycle.more_body and cycle.scope is self.scope  # pyright: ignore[reportUnnecessaryComparison]

    def _is_before_body(self) -> bool:
        """Whether the next byte belongs to a head, of the request that has begun or of the next one."""
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
            last = data.rfind(_END)  # of a request that was whole, before the one that is not
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
        """Answer where nothing else is being answered, and close."""
        self._unfinished.remove(self)
        if not self.transport.is_closing():
            if self.cycle is None or self.cycle.response_complete:  # pyright: ignore[reportUnnecessaryComparison]
                self.transport.write(response)
            self.transport.close()

    def _make_room(self) -> None:
        """Close a connection that only waits for its next request; where there is none, this one."""
        for other in self.connections:
            if isinstance(other, BoundedProtocol) and other.timeout_keep_alive_task is not None:
                other.transport.close()
                return
        self.transport.close()


_SERVERS: Final[WeakKeyDictionary[Any, Unfinished]] = WeakKeyDictionary()
