"""Downloads files that users attach to interactions, from Discord's CDN only and up to a given size."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import structlog

from core.config import DISCORD_CDN_URL
from core.errors import DomainError
from wire.objects import Attachment
from wire.uploads import FileTooLarge, accept_bytes

if TYPE_CHECKING:
    import httpx

TIMEOUT_S: Final = 20.0  # for one file; the user sees "thinking…" meanwhile
CONCURRENT_MAX: Final = 4  # files in memory at a time, of all users
DISCORD_CDN_HOSTS: Final = (DISCORD_CDN_URL, "https://media.discordapp.net")

_OK: Final = 200

log = structlog.get_logger()


class FileOutOfReach(DomainError):
    """Raised by fetch(): the URL is not Discord's CDN, or the CDN does not return the file."""

    def __init__(self) -> None:
        super().__init__("I could not get your file from Discord. Please send it again in a minute.")


class Uploads:
    """Downloads attachments as bytes. The URL is checked before the request, and redirects are not followed."""

    def __init__(
        self, cdn_url: str, *, client: "Callable[[], httpx.AsyncClient]", timeout_s: float = TIMEOUT_S
    ) -> None:
        self._hosts = DISCORD_CDN_HOSTS if cdn_url == DISCORD_CDN_URL else (cdn_url,)
        self._client = client
        self._timeout_s = timeout_s
        self._turn = asyncio.Semaphore(CONCURRENT_MAX)

    async def fetch(self, file: Attachment, *, file_types: Sequence[str], size_max: int) -> bytes:
        """The content of a file, after checking that it matches its declared type; see `wire.uploads.accept_bytes`.

        Raises:
            FileOutOfReach: the file cannot be downloaded.
            FileTooLarge, FileOfOtherKind: the content is larger than `size_max` or of another type.
        """
        async with self._turn:
            content = await self._read(file, size_max)
        return accept_bytes(content, file, file_types=file_types, size_max=size_max)

    async def _read(self, file: Attachment, size_max: int) -> bytes:
        import httpx  # noqa: PLC0415 - takes 100 ms, not needed for the first response

        try:
            address = httpx.URL(file.url)
            if not any(_is_at(address, httpx.URL(host)) for host in self._hosts):
                raise _NotFound(f"{address.scheme}://{address.host} is not Discord's CDN")  # noqa: TRY301 - reported below
            async with (
                asyncio.timeout(self._timeout_s),
                self._client().stream(
                    "GET",
                    address,
                    follow_redirects=False,
                    headers={"accept-encoding": "identity"},  # so that the size on the wire is the size in memory
                    timeout=self._timeout_s,
                ) as response,
            ):
                if response.status_code != _OK:
                    raise _NotFound(f"status {response.status_code}")  # noqa: TRY301 - reported below
                return await _body(response, size_max)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, _NotFound) as error:
            why = str(error) if isinstance(error, _NotFound) else type(error).__name__
            log.warning("file not fetched", reason=why)  # never the URL: anyone who has it can read the file
            raise FileOutOfReach from error


class _NotFound(Exception):
    """Carries the reason why a file cannot be downloaded."""


def _is_at(address: "httpx.URL", host: "httpx.URL") -> bool:
    return (address.scheme, address.host, address.port, address.userinfo) == (host.scheme, host.host, host.port, b"")


async def _body(response: "httpx.Response", size_max: int) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > size_max:
            raise FileTooLarge(size_max)
    return bytes(content)
