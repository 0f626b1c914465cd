"""A small HTTP server with Discord's rate limits and faults; it records each request that it gets."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

MESSAGE = {"id": "867793854505943041", "channel_id": "1", "content": "hello"}


@dataclass
class Seen:
    """One received request."""

    at: float  # monotonic seconds
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int = 0


@dataclass
class DiscordServer:
    """Answers with `script` first, then 200; each rate limit allows `places` requests per `window_s`, by key."""

    url: str

    def __post_init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Reset all limits and recorded requests."""
        self.seen: list[Seen] = []
        self.script: list[Response] = []
        self.limit_of: Callable[[Seen], tuple[str, str] | None] = lambda _: None  # bucket and major; None: no limit
        self.places = 3
        self.window_s = 0.3
        self.is_silent_about_limits = False
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}

    @property
    def statuses(self) -> list[int]:
        return [each.status for each in self.seen]

    async def answer(self, request: Request) -> Response:
        seen = Seen(time.monotonic(), request.method, request.url.path, dict(request.headers), await request.body())
        self.seen.append(seen)
        response = self.script.pop(0) if self.script else self._limited(seen)
        seen.status = response.status_code
        return response

    def _limited(self, seen: Seen) -> Response:
        key = self.limit_of(seen)
        if key is None:
            return ok()
        opened_at, used = self._windows.get(key, (seen.at, 0))
        if seen.at >= opened_at + self.window_s:
            opened_at, used = seen.at, 0
        reset_after = opened_at + self.window_s - seen.at
        self._windows[key] = opened_at, used + 1
        if used >= self.places:
            return limited(reset_after)
        headers = {
            "x-ratelimit-bucket": key[0],
            "x-ratelimit-limit": str(self.places),
            "x-ratelimit-remaining": str(self.places - used - 1),
            "x-ratelimit-reset-after": f"{reset_after:.3f}",
        }
        return ok(headers=None if self.is_silent_about_limits else headers)


def ok(shape: Any = MESSAGE, *, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(shape), headers=headers, media_type="application/json")


def failed(status: int, code: int = 0, message: str = "No.", **more: object) -> Response:
    body = json.dumps({"code": code, "message": message, **more})
    return Response(body, status_code=status, media_type="application/json")


def limited(seconds: float, *, is_global: bool = False) -> Response:
    body = json.dumps({"message": "You are being rate limited.", "retry_after": seconds, "global": is_global})
    scope = {"x-ratelimit-global": "true"} if is_global else {"x-ratelimit-scope": "user"}
    return Response(body, status_code=429, headers=scope, media_type="application/json")


@contextmanager
def serve() -> Generator[DiscordServer]:
    """Serve on a free port in its own thread until the block ends."""
    discord = DiscordServer("")
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    app = Starlette(routes=[Route("/{path:path}", discord.answer, methods=methods)])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        while not server.started:
            time.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        discord.url = f"http://127.0.0.1:{port}/api/v10"
        yield discord
    finally:
        server.should_exit = True
        thread.join()
