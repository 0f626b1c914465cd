"""HTTP transport to Discord's REST API: rate limits, bounded retries with backoff, and typed errors.

Source: https://discord.com/developers/docs/reference and topics/rate-limits. httpx is imported at the first
request, so that a process that only answers interactions starts without it.
"""

import asyncio
import logging
import os
import random
from collections.abc import Mapping
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple, Self
from urllib.parse import quote

import structlog
from msgspec import MsgspecError, Struct, field
from msgspec.json import Decoder

from core import environment_checks
from core.metrics_registry import Histogram
from wire.body import Body
from wire.buckets import Bucket, Buckets
from wire.checks import check_length
from wire.errors import DiscordUnavailable, RateLimited, Unauthorized, refusal
from wire.limits import ANSWER_BYTES_MAX, AUDIT_REASON_MAX
from wire.routes import Route

if TYPE_CHECKING:
    import httpx

USER_AGENT: Final = "DiscordBot (https://lyceum.example, 0.1.0)"
ATTEMPTS: Final = 5
PATIENCE_S: Final = 30.0  # from the first attempt to the last, waits for rate limits included
ATTEMPT_S: Final = 30.0  # one request from its first byte to the last byte of its response
BACKOFF_S: Final = 0.25  # doubled with each attempt, also the first: random waits up to 0.5, 1, 2 and 4 s

_SUCCESS: Final = 2  # 2xx
_UNAUTHORIZED: Final = 401
_TOO_MANY: Final = 429
_SERVER_TROUBLE: Final = 500
_NO_PROXY: Final = {  # the local Discord, regardless of HTTP_PROXY
    "all://127.0.0.1": None,
    "all://localhost": None,
    "all://[::1]": None,
}
_PROBE: Final = "GET /gateway/bot"  # health checks call it every few seconds: log its success at debug level
_REPEATABLE: Final = frozenset({"GET", "PUT", "PATCH", "DELETE"})


class _Failure(Struct, frozen=True):
    message: str = ""
    code: int = 0
    retry_after: float | None = None  # seconds; of a 429
    is_global: bool = field(default=False, name="global")
    errors: object = None


_failure: Final = Decoder(_Failure, strict=False)

log = structlog.get_logger()


class Transport:
    """HTTP client that connects on first use; use it as async context manager, or call close() at the end."""

    def __init__(
        self,
        api_url: str,
        token: str | None = None,
        *,
        client: "httpx.AsyncClient | None" = None,
        patience_s: float = PATIENCE_S,
        attempt_s: float = ATTEMPT_S,
        backoff_s: float = BACKOFF_S,
    ) -> None:
        self._api_url = api_url
        self._token = token
        self._given = client
        self._opened: httpx.AsyncClient | None = None
        self._patience_s = patience_s
        self._attempt_s = attempt_s
        self._backoff_s = backoff_s
        self._buckets = Buckets()
        self._is_refused = False
        self.calls = Histogram(
            "lyceum_rest_seconds", "Calls to Discord, each attempt by itself, without waiting.", "route", "status"
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the HTTP client, unless it was passed in."""
        if self._opened is not None:
            await self._opened.aclose()
            self._opened = None

    @property
    def client(self) -> "httpx.AsyncClient":
        """The HTTP client, created on first use; sends no token by default, so it is usable for the CDN too."""
        if self._given is not None:
            return self._given
        if self._opened is None:
            logging.getLogger("httpx").setLevel(logging.WARNING)  # its info lines contain interaction tokens
            self._opened = _open_client(trust_env=not environment_checks.faults(os.environ))
        return self._opened

    async def request(
        self,
        route: Route,
        sent: Body | None = None,
        *,
        query: Mapping[str, str] | None = None,
        reason: str | None = None,
        is_repeatable: bool | None = None,
    ) -> bytes:
        """Send a request, with retries; returns the body of Discord's response.

        Args:
            route: method and path.
            sent: request body; None: none.
            query: URL query parameters.
            reason: entry for the guild's audit log, 1 to 512 characters.
            is_repeatable: whether repeating the request is harmless; None: True for all methods except POST.

        Raises:
            DiscordError: Discord rejected the request; the subclass depends on its code.
            DiscordUnavailable: no response, or only 429 and 5xx, until the deadline or the last attempt. With
                `is_unseen`, Discord certainly did nothing.
        """
        self._check_token(route)
        call = _Call(sent, query, self._headers(route, sent, reason))
        may_repeat = route.method in _REPEATABLE if is_repeatable is None else is_repeatable
        deadline = monotonic() + self._patience_s
        is_unseen = True
        limit: _Failure | None = None  # content of the latest 429
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self._buckets.turn(route, deadline) as bucket:
                    self._check_token(route)  # another request may have got a 401 while we waited
                    return await self._once(route, call, bucket)
            except DiscordUnavailable as trouble:  # the deadline passed while waiting for the rate limit
                trouble.is_unseen = is_unseen
                if isinstance(trouble, RateLimited) and limit is not None:
                    trouble.code, trouble.reason = limit.code, limit.message
                raise
            except _TryAgain as again:
                limit = again.limit
                is_unseen = is_unseen and again.is_unseen
                backoff_s = 0.0 if again.has_waited else random.uniform(0, self._backoff_s * 2**attempt)  # noqa: S311 - jitter, not a secret
                is_over = attempt == ATTEMPTS or (backoff_s and monotonic() + backoff_s > deadline)
                if is_over or not (may_repeat or again.is_unseen):
                    raise DiscordUnavailable(
                        f"Discord did not take {route.method} {route.template}: {again}.", is_unseen=is_unseen
                    ) from again
                await asyncio.sleep(backoff_s)
        raise AssertionError("the last attempt returns or raises")  # pragma: no cover - for the type checker

    def _check_token(self, route: Route) -> None:
        if route.is_ours and self._is_refused:
            raise Unauthorized(_UNAUTHORIZED, 0, "The token was refused before and is not tried again.")

    async def _once(self, route: Route, call: "_Call", bucket: Bucket) -> bytes:
        answer = await self._send(route, call)
        bucket = self._buckets.learn(route, bucket, answer.headers)
        if answer.status_code // 100 == _SUCCESS:
            return answer.content
        failure = _read_failure(answer.content)
        if answer.status_code == _TOO_MANY:
            seconds = _retry_after(answer.headers, failure)
            bucket.pause(seconds)
            if failure.is_global or "x-ratelimit-global" in answer.headers:
                self._buckets.pause(seconds)
            elif failure.retry_after is None and "x-ratelimit-scope" not in answer.headers:
                self._buckets.shut(seconds)
            raise _TryAgain("429", is_unseen=True, has_waited=True, limit=failure)
        if answer.status_code >= _SERVER_TROUBLE:
            raise _TryAgain(str(answer.status_code))
        error = refusal(answer.status_code, failure.code, failure.message, details=failure.errors)
        if isinstance(error, Unauthorized) and route.is_ours:
            self._is_refused = True  # Discord blocks the IP address after 10,000 invalid requests
        raise error

    async def _send(self, route: Route, call: "_Call") -> "_Answer":
        client = self.client
        import httpx  # noqa: PLC0415 - loaded with the client

        status = "cancelled"
        started = monotonic()
        try:
            async with (
                asyncio.timeout(self._attempt_s),
                client.stream(
                    route.method,
                    self._api_url + route.path,
                    params=call.query,
                    content=None if call.sent is None else call.sent.content,
                    headers=call.headers,
                ) as response,
            ):
                answer = _Answer(response.status_code, response.headers, await _body(response))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            status = type(error).__name__
            raise _TryAgain(type(error).__name__, is_unseen=True) from error
        except (httpx.RequestError, TimeoutError, _UnusableBody) as error:
            status = type(error).__name__.lstrip("_")
            raise _TryAgain(str(error) if isinstance(error, _UnusableBody) else status) from error
        else:
            status = str(answer.status_code)
            return answer
        finally:
            self._note(route, status, monotonic() - started)

    def _note(self, route: Route, status: str, seconds: float) -> None:
        """Log one call by its route template, because a path can contain an interaction token."""
        name = f"{route.method} {route.template}"
        self.calls.add(seconds, name, status)
        tell = log.debug if (name, status) == (_PROBE, "200") else log.info
        tell("discord called", call=name, status=status, duration_ms=round(seconds * 1000, 1))

    def _headers(self, route: Route, sent: Body | None, reason: str | None) -> dict[str, str]:
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        if route.is_ours and self._token is not None:
            headers["Authorization"] = f"Bot {self._token}"
        if sent is not None:
            headers["Content-Type"] = sent.content_type
        if reason is not None:
            check_length("reason", reason, 1, AUDIT_REASON_MAX)
            headers["X-Audit-Log-Reason"] = quote(reason)
        return headers


def _open_client(*, trust_env: bool) -> "httpx.AsyncClient":
    """Create a client; ignores the proxies of the environment if they are unusable.

    core.config rejects unusable proxies at start, except if all called hosts are on this machine.
    """
    import httpx  # noqa: PLC0415 - see `client`

    try:
        return httpx.AsyncClient(timeout=httpx.Timeout(10.0, connect=5.0), mounts=_NO_PROXY, trust_env=trust_env)
    except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:  # for example an invalid NO_PROXY
        if not trust_env:
            raise
        log.error(  # noqa: TRY400 - the message is clear without a traceback
            "the proxies of the environment cannot be used; calls go without them", reason=type(error).__name__
        )
        return _open_client(trust_env=False)


class _Call(NamedTuple):
    sent: Body | None
    query: Mapping[str, str] | None
    headers: dict[str, str]


class _Answer(NamedTuple):
    status_code: int
    headers: Mapping[str, str]
    content: bytes


class _UnusableBody(Exception):
    """A response body that is too large, or compressed although we did not request it."""


class _TryAgain(Exception):
    """The attempt has no final result: rate limit, server error, or no response."""

    def __init__(
        self, what: str, *, is_unseen: bool = False, has_waited: bool = False, limit: _Failure | None = None
    ) -> None:
        super().__init__(what)
        self.limit = limit  # content of the 429
        self.is_unseen = is_unseen  # Discord did nothing, so even a POST may be repeated
        self.has_waited = has_waited  # the bucket delays the next attempt


async def _body(response: "httpx.Response") -> bytes:
    """Read the body without decompression, so its transfer size is its size in memory."""
    coding = response.headers.get("content-encoding", "identity")
    if coding != "identity":
        raise _UnusableBody(f"an answer with content-encoding {coding[:20]!r}")
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > ANSWER_BYTES_MAX:
            raise _UnusableBody(f"an answer of more than {ANSWER_BYTES_MAX} bytes")
    return bytes(content)


def _read_failure(content: bytes) -> _Failure:
    try:
        return _failure.decode(content)
    except (MsgspecError, UnicodeDecodeError):
        return _Failure()  # a proxy's HTML page instead of Discord's JSON


def _retry_after(headers: Mapping[str, str], failure: _Failure) -> float:
    if failure.retry_after is not None:
        return failure.retry_after
    try:
        return float(headers["retry-after"])
    except (KeyError, ValueError):
        return 1.0
