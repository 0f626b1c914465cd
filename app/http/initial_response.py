"""Sends the single initial response to an interaction, and defers automatically when the handler takes too long."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import Any, Final, NamedTuple

from starlette.types import Send

from wire.body import JSON
from wire.message import Message
from wire.reply import Acknowledge, AutocompleteResult, Deferred, ImageReply, to_callback

DEFER_AFTER_S: Final = 1.5  # from the request's arrival; a handler that needs longer is deferred. Discord waits 3 s
DEADLINE_S: Final = 14 * 60  # the token lives 15 minutes: there must be time left to say that it took too long

_SLOW_BODY_S: Final = 0.05  # between the head of a request and the end of its body
_AS_JSON: Final = (b"content-type", JSON.encode())


class DeferralKind(Enum):
    """What a person sees while an answer is being made."""

    NEW_MESSAGE = auto()  # a new message that says so, for everybody to see: a public answer replaces it
    THINKING_PRIVATELY = auto()  # the same, for the person alone: any answer replaces it
    UPDATE = auto()  # the message with the pressed button, unchanged: the answer edits it, or comes as a new message
    NONE = auto()  # suggestions cannot be deferred: none are given

    @property
    def is_loading(self) -> bool:
        """Whether it says "thinking…" in a message of its own."""
        return self in {DeferralKind.NEW_MESSAGE, DeferralKind.THINKING_PRIVATELY}

    @property
    def callback(self) -> bytes:
        """The body of the first answer that shows it."""
        return _CALLBACKS[self]


def placeholder_of(reply: ImageReply | Deferred) -> DeferralKind:
    """What a reply that takes time shows until it is there."""
    if isinstance(reply, ImageReply):
        if reply.edits:
            return DeferralKind.UPDATE
        return thinking(is_private=reply.message.private)
    return thinking(is_private=reply.private)


def thinking(*, is_private: bool) -> DeferralKind:
    """The placeholder for a new message."""
    return DeferralKind.THINKING_PRIVATELY if is_private else DeferralKind.NEW_MESSAGE


async def _unasked() -> Message:
    raise NotImplementedError  # only the shape of the placeholder is wanted


_CALLBACKS: Final = {
    DeferralKind.NEW_MESSAGE: to_callback(Deferred(private=False, work=_unasked)).content,
    DeferralKind.THINKING_PRIVATELY: to_callback(Deferred(private=True, work=_unasked)).content,
    DeferralKind.UPDATE: to_callback(Acknowledge()).content,
    DeferralKind.NONE: to_callback(AutocompleteResult()).content,
}


class Deferral(NamedTuple):
    """What stands in for an answer that takes too long."""

    kind: DeferralKind
    before_send: Callable[[], Awaitable[None]] | None = None  # done first, so that what is promised is kept


class InitialResponse:
    """Sends exactly one response to one request.

    The handler runs in the request's own task, with no timer task beside it. Only when time runs out, a task sends what
    is offered instead while the handler goes on. Where even the long limit passes, the handler is cancelled.
    """

    __slots__ = ("_giving_up", "_handler", "_offer", "_send", "_sending", "_under_way", "timed_out")

    def __init__(
        self,
        send: Send,
        offer: Callable[[], Deferral],
        *,
        handler: asyncio.Task[Any] | None,
        under_way: "dict[InitialResponse, float]",
    ) -> None:
        self.timed_out = False  # the handler was cancelled because nobody could be told any more what it did
        self._send = send
        self._offer = offer
        self._handler = handler
        self._under_way = under_way
        self._sending: asyncio.Task[DeferralKind] | None = None
        self._giving_up: asyncio.TimerHandle | None = None

    async def send(self, status: int, body: bytes, content_type: str = JSON) -> DeferralKind | None:
        """Answer with `body`; where the clock was faster, nothing is sent and its placeholder comes back."""
        self.end()
        if self._sending is not None:
            return await self._sending
        await respond(self._send, status, body, content_type)
        return None

    def defer(self, limit_s: float) -> None:
        """Send what is offered instead, and wait no longer than `limit_s` for the handler."""
        loop = asyncio.get_running_loop()
        self._sending = loop.create_task(self._send_deferral())
        self._giving_up = loop.call_later(limit_s, self._time_out)

    def end(self) -> None:
        """Stop the clock."""
        self._under_way.pop(self, None)
        if self._giving_up is not None:
            self._giving_up.cancel()

    async def _send_deferral(self) -> DeferralKind:
        offer = self._offer()
        if offer.before_send is not None:
            await offer.before_send()
        await respond(self._send, 200, offer.kind.callback)
        return offer.kind

    def _time_out(self) -> None:
        if self._handler is not None:
            self.timed_out = True
            self._handler.cancel()


class DeferralTimer:
    """How long first answers may take.

    All may take equally long, so the one that began first is due first, and one timer looks after all of them: one for
    each request would cost as much as its response. A request whose body came slowly has a timer of its own.
    """

    def __init__(self, *, patience_s: float = DEFER_AFTER_S, limit_s: float = DEADLINE_S) -> None:
        self._patience_s = patience_s
        self._limit_s = limit_s
        self._under_way: dict[InitialResponse, float] = {}  # with the loop's time when each began, the oldest first
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self, send: Send, offer: Callable[[], Deferral], *, arrived: float | None = None) -> InitialResponse:
        """The first answer that the calling task, which is the handler's, will give; the clock runs.

        Args:
            send: ASGI's.
            offer: what stands in when time runs out.
            arrived: the loop's time when the request came; None: just now.
        """
        loop = asyncio.get_running_loop()
        first = InitialResponse(send, offer, handler=asyncio.current_task(loop), under_way=self._under_way)
        now = loop.time()
        self._under_way[first] = now
        if arrived is not None and now - arrived > _SLOW_BODY_S:
            loop.call_at(arrived + self._patience_s, self._run_out, first)
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
            self._run_out(first)

    def _run_out(self, first: InitialResponse) -> None:
        if self._under_way.pop(first, None) is not None:  # else it was given in the meantime
            first.defer(self._limit_s)


async def respond(
    send: Send, status: int, body: bytes, content_type: str = JSON, extra: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    """One whole HTTP response, with `extra` headers."""
    kind = _AS_JSON if content_type == JSON else (b"content-type", content_type.encode())
    headers = [kind, (b"content-length", b"%d" % len(body)), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
