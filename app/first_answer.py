"""The one answer that Discord waits three seconds for: given by the handler, or by the clock when time runs out."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import Final

from starlette.types import Send

PATIENCE_S: Final = 2.0  # a handler that needs longer is deferred; Discord's own patience ends at 3
LIMIT_S: Final = 14 * 60  # the token lives 15 minutes: there must be time left to say that it took too long
JSON: Final = b"application/json"


class Placeholder(Enum):
    """What a person sees while an answer is being made."""

    THINKING = auto()  # a new message that says so: the answer replaces it
    SILENT = auto()  # the message with the pressed button, unchanged: the answer edits it, or comes as a new message
    NOTHING = auto()  # suggestions cannot be deferred: none are given


class FirstAnswer:
    """Sends exactly one response to one request.

    The handler runs in the request's own task, with no timer task beside it: a callback costs a microsecond where a
    task costs ten. Only when it fires, a task sends the placeholder while the handler goes on.
    """

    __slots__ = (
        "_before",
        "_body",
        "_handler",
        "_limit_s",
        "_patience_s",
        "_placeholder",
        "_send",
        "_sending",
        "_timer",
        "gave_up",
    )

    def __init__(self, send: Send, *, patience_s: float = PATIENCE_S, limit_s: float = LIMIT_S) -> None:
        self.gave_up = False  # the handler was cancelled because nobody could be told any more what it did
        self._send = send
        self._patience_s = patience_s
        self._limit_s = limit_s
        self._handler: asyncio.Task[object] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._sending: asyncio.Task[None] | None = None
        self._placeholder = Placeholder.NOTHING
        self._body = b""
        self._before: Callable[[], Awaitable[None]] | None = None

    def arm(self, placeholder: Placeholder, body: bytes, before: Callable[[], Awaitable[None]] | None = None) -> None:
        """Send `body`, the callback for `placeholder`, unless give() is called in time; `before` is done first.

        Where even the long limit passes, the calling task, which is the handler's, is cancelled.
        """
        self._placeholder = placeholder
        self._body = body
        self._before = before
        self._handler = asyncio.current_task()
        self._timer = asyncio.get_running_loop().call_later(self._patience_s, self._run_out)

    async def give(self, status: int, body: bytes, content_type: bytes = JSON) -> Placeholder | None:
        """Answer with `body`; where the clock was faster, nothing is sent and its placeholder comes back."""
        if self._timer is not None:
            self._timer.cancel()
        if self._sending is not None:
            await self._sending
            return self._placeholder
        await respond(self._send, status, body, content_type)
        return None

    def _run_out(self) -> None:
        loop = asyncio.get_running_loop()
        self._sending = loop.create_task(self._defer())
        self._timer = loop.call_later(self._limit_s, self._give_up)

    async def _defer(self) -> None:
        if self._before is not None:
            await self._before()
        await respond(self._send, 200, self._body)

    def _give_up(self) -> None:
        if self._handler is not None:
            self.gave_up = True
            self._handler.cancel()


async def respond(
    send: Send, status: int, body: bytes, content_type: bytes = JSON, extra: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    """One whole HTTP response, with `extra` headers."""
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
