"""Reads and verifies signed requests from Discord: checks size, then age, then signature, and returns the body."""

import asyncio
import contextlib
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from app.http.access_log import LogFn
from app.http.initial_response import respond
from core.clock import Clock
from wire.errors import BadSignature
from wire.signature import Verifier

BODY_MAX: Final = 1024 * 1024  # bytes; the largest real ones, a modal full of text or a long message, stay below 200 kB

_DRAIN_S: Final = 1.0  # seconds; a client that is still sending would see a reset instead of the response
_CLOSE: Final = ((b"connection", b"close"),)  # the rest of the request is not read


class SignedRequestReader:
    """Reads requests that Discord has signed. Answers the requests that it refuses, and logs them as event `line`."""

    def __init__(self, line: str, *, verifier: Verifier, clock: Clock, note: LogFn) -> None:
        self._line = line
        self._verifier = verifier
        self._clock = clock
        self._note = note

    async def read(self, scope: Scope, receive: Receive, send: Send) -> bytes | None:
        """The verified body; None when the request was refused and answered, or the client disconnected."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        message = await receive()
        body: bytes = message.get("body", b"")
        if message.get("more_body", False) or len(body) > BODY_MAX or message["type"] != "http.request":
            try:
                whole = await _read_rest(message, receive, headers.get(b"content-length", b""))
            except ClientDisconnect:
                return None
            if whole is None:
                self._note(self._line, status=413, reason="too large")
                await respond(send, 413, b"", extra=_CLOSE)
                return None
            body = whole
        try:
            self._verifier.verify(
                body,
                signature=headers.get(b"x-signature-ed25519", b""),
                timestamp=headers.get(b"x-signature-timestamp", b""),
                now_s=self._clock.unix(),
            )
        except BadSignature as error:
            self._note(self._line, status=401, reason=str(error))
            await respond(send, 401, b"")
            return None
        return body


async def _read_rest(message: Message, receive: Receive, length: bytes) -> bytes | None:
    """The complete body, which begins with `message`; None when it exceeds `BODY_MAX` and was discarded.

    Raises:
        ClientDisconnect: the client disconnected before the end.
    """
    is_too_large = length.isdigit() and int(length) > BODY_MAX
    body = b""
    while True:
        chunk, more = _chunk(message)
        body = body + chunk if body else chunk
        if is_too_large or len(body) > BODY_MAX:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_DRAIN_S):
                    while more:
                        _, more = _chunk(await receive())
            return None
        if not more:
            return body
        message = await receive()


def _chunk(message: Message) -> tuple[bytes, bool]:
    """One chunk of the body, and whether more follow."""
    if message["type"] != "http.request":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)
