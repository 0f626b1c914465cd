"""The way in that Discord's two doors share: refuses by size, then age, then signature, and gives trusted bytes."""

from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from app.door_log import Note
from app.first_answer import respond
from core.clock import Clock
from wire.errors import BadSignature
from wire.signature import Verifier

BODY_MAX: Final = 1024 * 1024  # bytes; the largest real ones, a modal full of text or a long message, stay below 200 kB

_CLOSE: Final = ((b"connection", b"close"),)  # the rest of what was too large is not read


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
            body = None if claimed > BODY_MAX else await _read(receive)
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


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None as soon as it is too large.

    Raises:
        ClientDisconnect: the caller went away in the middle.
    """
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        body = body + chunk if body else chunk
        if len(body) > BODY_MAX:
            return None
        more = message.get("more_body", False)
    return body
