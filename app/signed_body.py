"""The way in that Discord's two doors share: refuses by size, then age, then signature, and gives trusted bytes."""

import asyncio
import contextlib
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from app.door_log import Note
from app.first_answer import respond
from core.clock import Clock
from wire.errors import BadSignature
from wire.signature import Verifier

BODY_MAX: Final = 1024 * 1024  # bytes; the largest real ones, a modal full of text or a long message, stay below 200 kB

_DRAIN_S: Final = 1.0  # a caller who is still sending would see a reset instead of the answer
_CLOSE: Final = ((b"connection", b"close"),)  # whatever comes after that is not read


class SignedBody:
    """Reads requests that Discord has signed; what it refuses it answers itself, and notes as `line`."""

    def __init__(self, line: str, *, verifier: Verifier, clock: Clock, note: Note) -> None:
        self._line = line
        self._verifier = verifier
        self._clock = clock
        self._note = note

    async def read(self, scope: Scope, receive: Receive, send: Send) -> bytes | None:
        """The body, verified; None: it was refused and answered, or the caller went away."""
        signature, timestamp, claimed = _headers(scope)
        try:
            body = await _read(receive, claimed)
        except ClientDisconnect:
            return None
        if body is None:
            self._note(self._line, status=413, reason="too large")
            await respond(send, 413, b"", extra=_CLOSE)
            return None
        try:
            self._verifier.verify(body, signature=signature, timestamp=timestamp, now=self._clock.now())
        except BadSignature as error:
            self._note(self._line, status=401, reason=str(error))
            await respond(send, 401, b"")
            return None
        return body


def _headers(scope: Scope) -> tuple[str, str, int]:
    """Signature, timestamp and claimed length; empty or 0 where absent or unreadable."""
    signature = timestamp = ""
    length = 0
    for name, value in scope["headers"]:
        if name == b"x-signature-ed25519":
            signature = value.decode("latin-1")
        elif name == b"x-signature-timestamp":
            timestamp = value.decode("latin-1")
        elif name == b"content-length" and value.isdigit():
            length = int(value)
    return signature, timestamp, length


async def _read(receive: Receive, claimed: int) -> bytes | None:
    """The whole body; None when it is larger than it may be, by its header or in fact, and was thrown away.

    Raises:
        ClientDisconnect: the caller went away in the middle.
    """
    body = b""
    more = True
    while more:
        chunk, more = await _next(receive)
        body = body + chunk if body else chunk
        if len(body) > BODY_MAX or claimed > BODY_MAX:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_DRAIN_S):
                    while more:
                        _, more = await _next(receive)
            return None
    return body


async def _next(receive: Receive) -> tuple[bytes, bool]:
    """A piece of the body, and whether more follows."""
    message = await receive()
    if message["type"] != "http.request":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)
