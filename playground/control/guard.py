"""ASGI middleware that refuses cross-site requests and unknown Host headers, so that other websites have no access."""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OWN: Final = frozenset({"same-origin", "none"})  # from this page, or a URL the user entered
FORBIDDEN: Final = 1008  # WebSocket close code


class Guard:
    """Refuses cross-site browser requests; programs such as curl send no origin and pass."""

    def __init__(self, app: ASGIApp, *, host: str) -> None:
        self._app = app
        self._host = host  # the configured host, which is also an allowed Host name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with one sentence."""
        if scope["type"] in ("http", "websocket") and (trouble := self._trouble(scope)):
            refusal = PlainTextResponse(trouble, 403) if scope["type"] == "http" else WebSocketClose(FORBIDDEN, trouble)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _trouble(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_here(_name(f"//{host}")):
            return f"The local Discord is not called {host}: use its address, such as 127.0.0.1 or localhost.\n"
        if scope["type"] == "http" and scope["method"] in SAFE:
            return None
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if (site and site not in OWN) or (origin and urlsplit(origin).netloc != host):
            return f"A page of {origin or 'another site'} may not steer the local Discord.\n"
        return None

    def _is_here(self, name: str) -> bool:
        """Whether a host name is safe from DNS rebinding: an IP address, localhost, or the configured host."""
        if name in ("localhost", self._host) or name.endswith(".localhost"):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
