"""The one answer that Discord waits three seconds for: given by the handler, or by the clock when time runs out."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import Any, Final, NamedTuple

from starlette.types import Send

from wire.body import JSON

PATIENCE_S: Final = 2.0  # a handler that needs longer is deferred; Discord's own patience ends at 3
LIMIT_S: Final = 14 * 60  # the token lives 15 minutes: there must be time left to say that it took too long

_AS_JSON: Final = (b"content-type", JSON.encode())


class Placeholder(Enum):
    """What a person sees while an answer is being made."""

    THINKING = auto()  # a new message that says so: the answer replaces it
    SILENT = auto()  # the message with the pressed button, unchanged: the answer edits it, or comes as a new message
    NOTHING = auto()  # suggestions cannot be deferred: none are given


class Offer(NamedTuple):
    """What stands in for an answer that takes too long."""

    placeholder: Placeholder
    body: bytes  # the callback for it
    before: Callable[[], Awaitable[None]] | None = None  # done first, so that what is promised is kept


class FirstAnswer:
    """Sends exactly one response to one request.

    The handler runs in the request's own task, with no timer task beside it. Only when time runs out, a task sends what
    is offered instead while the handler goes on. Where even the long limit passes, the handler is cancelled.
    """

    __slots__ = ("_giving_up", "_handler", "_offer", "_send", "_sending", "_under_way", "gave_up")

    def __init__(
        self,
        send: Send,
        offer: Callable[[], Offer],
        *,
        handler: asyncio.Task[Any] | None,
        under_way: "dict[FirstAnswer, float]",
    ) -> None:
        self.gave_up = False  # the handler was cancelled because nobody could be told any more what it did
        self._send = send
        self._offer = offer
        self._handler = handler
        self._under_way = under_way
        self._sending: asyncio.Task[Placeholder] | None = None
        self._giving_up: asyncio.TimerHandle | None = None

    async def give(self, status: int, body: bytes, content_type: str = JSON) -> Placeholder | None:
        """Answer with `body`; where the clock was faster, nothing is sent and its placeholder comes back."""
        self.end()
        if self._sending is not None:
            return await self._sending
        await respond(self._send, status, body, content_type)
        return None

    def run_out(self, limit_s: float) -> None:
        """Send what is offered instead, and wait no longer than `limit_s` for the handler."""
        loop = asyncio.get_running_loop()
        self._sending = loop.create_task(self._send_offer())
        self._giving_up = loop.call_later(limit_s, self._give_up)

    def end(self) -> None:
        """Stop the clock."""
        self._under_way.pop(self, None)
        if self._giving_up is not None:
            self._giving_up.cancel()

    async def _send_offer(self) -> Placeholder:
        offer = self._offer()
        if offer.before is not None:
            await offer.before()
        await respond(self._send, 200, offer.body)
        return offer.placeholder

    def _give_up(self) -> None:
        if self._handler is not None:
            self.gave_up = True
            self._handler.cancel()


class Patience:
    """How long first answers may take.

    All may take equally long, so the one that began first is due first, and one timer looks after all of them: one for
    each request would cost as much as its response.
    """

    def __init__(self, *, patience_s: float = PATIENCE_S, limit_s: float = LIMIT_S) -> None:
        self._patience_s = patience_s
        self._limit_s = limit_s
        self._under_way: dict[FirstAnswer, float] = {}  # with the loop's time when each began, the oldest first
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self, send: Send, offer: Callable[[], Offer]) -> FirstAnswer:
        """The first answer that the calling task, which is the handler's, will give; from now on the clock runs."""
        loop = asyncio.get_running_loop()
        first = FirstAnswer(send, offer, handler=asyncio.current_task(loop), under_way=self._under_way)
        self._under_way[first] = loop.time()
        if self._timer is None or self._loop is not loop:  # some platforms give each request a loop of its own
            self._loop = loop
            self._timer = loop.call_later(self._patience_s, self._look)
        return first

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        for first, begun in list(self._under_way.items()):
            if begun + self._patience_s > loop.time():
                self._timer = loop.call_at(begun + self._patience_s, self._look)
                return
            del self._under_way[first]
            first.run_out(self._limit_s)


async def respond(
    send: Send, status: int, body: bytes, content_type: str = JSON, extra: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    """One whole HTTP response, with `extra` headers."""
    kind = _AS_JSON if content_type == JSON else (b"content-type", content_type.encode())
    headers = [kind, (b"content-length", b"%d" % len(body)), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
