"""Looks up the gateway's URL and the session start limit at Discord (GET /gateway/bot)."""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
import structlog

from core import environment_checks
from gateway_listener.protocol.close_codes import WRONG_CREDENTIAL, GatewayRefused
from gateway_listener.protocol.frames import best_compression

if TYPE_CHECKING:
    import httpx

DISCORD_GATEWAY_URL: Final = "wss://gateway.discord.gg"
VERSION: Final = "10"

USER_AGENT: Final = "DiscordBot (https://lyceum.example, 0.1.0)"
_TIMEOUT_S: Final = 10.0  # without receiving a byte
_WHOLE_S: Final = 30.0  # from the first byte of the request to the last of the response
_BODY_MAX: Final = 64 * 1024  # bytes; a real response has about 150
_UNAUTHORIZED: Final = 401
_OK: Final = 200
_TOO_MANY: Final = 429

log = structlog.get_logger()


class SessionStartLimit(msgspec.Struct):
    """How many sessions may still be started before the limit resets."""

    remaining: int = 1
    reset_after: int = 0  # milliseconds
    max_concurrency: int = 1


class GatewayBot(msgspec.Struct):
    """Response of GET /gateway/bot."""

    url: str
    shards: int = 1  # shard count that Discord recommends
    session_start_limit: SessionStartLimit = msgspec.field(default_factory=SessionStartLimit)


class _LimitPayload(msgspec.Struct):
    remaining: int | None = None
    reset_after: float | None = None
    max_concurrency: int | None = None


class _GatewayPayload(msgspec.Struct):
    url: str
    shards: int | None = None
    session_start_limit: _LimitPayload | None = None


class GatewayUnknown(Exception):
    """The lookup of the gateway URL failed; the message contains the reason."""

    def __init__(self, sentence: str, *, retry_after_s: float = 0.0) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s  # 0: Discord gave no time to wait


@dataclass(frozen=True, slots=True)
class GatewayInfoClient:
    """Client of GET /gateway/bot; a configured gateway URL takes precedence over Discord's."""

    api_url: str
    token: str
    given_url: str | None

    async def look_up(self) -> GatewayBot:
        """The gateway URL, shard count and session start limit; with a configured URL a failed lookup is not an error.

        Raises:
            GatewayUnknown: no URL is configured, and the lookup failed.
            GatewayRefused: the token is wrong.
        """
        try:
            found = await self._ask()
        except GatewayUnknown as error:
            if self.given_url is None:
                raise
            log.debug("The session start limit is not known.", why=str(error))
            return GatewayBot(self.given_url)
        return msgspec.structs.replace(found, url=self.given_url or found.url)

    async def _ask(self) -> GatewayBot:
        import httpx  # noqa: PLC0415 - not needed by a process that resumes

        headers = {"Authorization": f"Bot {self.token}", "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        is_here = environment_checks.is_loopback(self.api_url)
        try:
            async with (
                asyncio.timeout(_WHOLE_S),
                httpx.AsyncClient(timeout=_TIMEOUT_S, headers=headers, trust_env=not is_here) as client,
                client.stream("GET", f"{self.api_url}/gateway/bot") as response,
            ):
                content = await _body(response)
        except Exception as error:  # DNS, proxy or TLS errors of any kind: the next try may succeed
            raise GatewayUnknown(f"{type(error).__name__}: {error}") from error
        if response.status_code == _UNAUTHORIZED and self.given_url is None:
            raise GatewayRefused(WRONG_CREDENTIAL)
        if response.status_code == _TOO_MANY:
            wait_s = _retry_after_s(response.headers)
            how_long = f" {wait_s:,.0f} s" if wait_s else ""
            raise GatewayUnknown(f"Discord asks to wait{how_long} (429); the network is fine", retry_after_s=wait_s)
        if response.status_code != _OK:
            raise GatewayUnknown(f"status {response.status_code}", retry_after_s=_retry_after_s(response.headers))
        try:
            payload = msgspec.json.decode(content, type=_GatewayPayload)
        except msgspec.MsgspecError as error:
            raise GatewayUnknown(str(error)) from error
        limit = payload.session_start_limit or _LimitPayload()
        at_once = limit.max_concurrency or 1
        remaining = at_once if limit.remaining is None else limit.remaining
        known = SessionStartLimit(remaining, int(limit.reset_after or 0), at_once)
        return GatewayBot(payload.url, payload.shards or 1, known)


async def _body(response: "httpx.Response") -> bytes:
    """Read the body up to a size limit, without decompression."""
    content = bytearray()
    if response.headers.get("content-encoding", "identity") == "identity":
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > _BODY_MAX:
                break
    return bytes(content[:_BODY_MAX])


def _retry_after_s(headers: Mapping[str, str]) -> float:
    try:
        wait_s = float(headers.get("Retry-After", 0))
    except ValueError:  # an HTTP date, which Discord does not send
        return 0.0
    return wait_s if 0 < wait_s < math.inf else 0.0


def address(url: str, *, compression: str | None = "auto") -> str:
    """The gateway URL with version, encoding and compression in its query; `compression` None: uncompressed."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query)) | {"v": VERSION, "encoding": "json"}
    query.pop("compress", None)
    if compression:
        query["compress"] = best_compression() if compression == "auto" else compression
    return urlunsplit(parts._replace(path=parts.path or "/", query=urlencode(query)))
