"""Sends the single initial response to an interaction, and defers automatically when the handler takes too long."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import Any, Final, NamedTuple

from starlette.types import Send

from wire.body import JSON
from wire.message import Message
from wire.reply import Acknowledge, AutocompleteResult, Deferred, ImageReply, to_callback

DEFER_AFTER_S: Final = 1.5  # from the request's arrival; a slower handler is deferred. Discord waits 3 s
DEADLINE_S: Final = 14 * 60  # the token lives 15 minutes: this leaves time to report the timeout

_SLOW_BODY_S: Final = 0.05  # between the head of a request and the end of its body
_AS_JSON: Final = (b"content-type", JSON.encode())


class DeferralKind(Enum):
    """What the user sees while the answer is being made."""

    NEW_MESSAGE = auto()  # a public "thinking…" message: a public answer replaces it
    THINKING_PRIVATELY = auto()  # an ephemeral "thinking…" message: any answer replaces it
    UPDATE = auto()  # the message with the clicked button, unchanged: the answer edits it, or is a new message
    NONE = auto()  # autocomplete cannot be deferred: the result is empty

    @property
    def is_loading(self) -> bool:
        """Whether the user sees "thinking…" in a separate message."""
        return self in {DeferralKind.NEW_MESSAGE, DeferralKind.THINKING_PRIVATELY}

    @property
    def callback(self) -> bytes:
        """Body of the initial response that shows this deferral."""
        return _CALLBACKS[self]


def placeholder_of(reply: ImageReply | Deferred) -> DeferralKind:
    """The deferral that a slow reply is shown with until it is ready."""
    if isinstance(reply, ImageReply):
        if reply.edits:
            return DeferralKind.UPDATE
        return thinking(is_private=reply.message.private)
    return thinking(is_private=reply.private)


def thinking(*, is_private: bool) -> DeferralKind:
    """The deferral for a new message."""
    return DeferralKind.THINKING_PRIVATELY if is_private else DeferralKind.NEW_MESSAGE


async def _unasked() -> Message:
    raise NotImplementedError  # only the JSON of the deferral is needed


_CALLBACKS: Final = {
    DeferralKind.NEW_MESSAGE: to_callback(Deferred(private=False, work=_unasked)).content,
    DeferralKind.THINKING_PRIVATELY: to_callback(Deferred(private=True, work=_unasked)).content,
    DeferralKind.UPDATE: to_callback(Acknowledge()).content,
    DeferralKind.NONE: to_callback(AutocompleteResult()).content,
}


class Deferral(NamedTuple):
    """The deferral that is sent when an answer takes too long."""

    kind: DeferralKind
    before_send: Callable[[], Awaitable[None]] | None = None  # runs first; stores the pending response


class InitialResponse:
    """Sends exactly one response to one request.

    The handler runs in the request's own task, without a timer task. Only when the time for the initial response runs
    out, a separate task sends the deferral while the handler continues. When the deadline passes too, the handler is
    cancelled.
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
        self.timed_out = False  # the handler was cancelled because its result could no longer be delivered
        self._send = send
        self._offer = offer
        self._handler = handler
        self._under_way = under_way
        self._sending: asyncio.Task[DeferralKind] | None = None
        self._giving_up: asyncio.TimerHandle | None = None

    async def send(self, status: int, body: bytes, content_type: str = JSON) -> DeferralKind | None:
        """Send `body` and return None; when the deferral was sent first, send nothing and return its kind."""
        self.end()
        if self._sending is not None:
            return await self._sending
        await respond(self._send, status, body, content_type)
        return None

    def defer(self, limit_s: float) -> None:
        """Send the deferral, and cancel the handler after `limit_s` seconds."""
        loop = asyncio.get_running_loop()
        self._sending = loop.create_task(self._send_deferral())
        self._giving_up = loop.call_later(limit_s, self._time_out)

    def end(self) -> None:
        """Stop both timers."""
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
    """Limits the time of initial responses in one process.

    The limit is the same for all requests, so the oldest expires first and one timer serves all of them: a timer for
    each request would cost as much as its response. A request whose body arrived slowly has a timer of its own.
    """

    def __init__(self, *, patience_s: float = DEFER_AFTER_S, limit_s: float = DEADLINE_S) -> None:
        self._patience_s = patience_s
        self._limit_s = limit_s
        self._under_way: dict[InitialResponse, float] = {}  # the loop's time at which each began, the oldest first
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self, send: Send, offer: Callable[[], Deferral], *, arrived: float | None = None) -> InitialResponse:
        """Start the timer for the initial response of the calling task, which must be the handler's.

        Args:
            send: ASGI's.
            offer: returns the deferral to send when the time runs out.
            arrived: the loop's time when the request arrived; None: now.
        """
        loop = asyncio.get_running_loop()
        first = InitialResponse(send, offer, handler=asyncio.current_task(loop), under_way=self._under_way)
        now = loop.time()
        self._under_way[first] = now
        if arrived is not None and now - arrived > _SLOW_BODY_S:
            loop.call_at(arrived + self._patience_s, self._run_out, first)
        if self._timer is None or self._loop is not loop:  # some platforms run each request in its own event loop
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
        if self._under_way.pop(first, None) is not None:  # otherwise the response was sent in the meantime
            first.defer(self._limit_s)


async def respond(
    send: Send, status: int, body: bytes, content_type: str = JSON, extra: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    """Send one complete HTTP response, with `extra` headers."""
    kind = _AS_JSON if content_type == JSON else (b"content-type", content_type.encode())
    headers = [kind, (b"content-length", b"%d" % len(body)), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
