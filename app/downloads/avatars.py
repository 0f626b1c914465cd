"""Downloads avatars from Discord's CDN with a short timeout and keeps them in a bounded in-memory cache."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    import httpx

TIMEOUT_S: Final = 2.0  # for all avatars of one card together; cards without them show initials
AVATAR_BYTES_MAX: Final = 512 * 1024  # bytes; the sizes that we request stay far below
CACHE_MAX: Final = 8 * 1024 * 1024  # bytes; an avatar's URL contains its content hash, so the cache is never stale
ENTRIES_MAX: Final = 4096  # includes entries for missing avatars
ABSENT_S: Final = 300.0  # how long a missing avatar is not requested again

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _CacheEntry:
    content: bytes | None  # None: the CDN had no such avatar
    until: float  # on the event loop's clock


class AvatarCache:
    """Bounded in-memory cache in front of the CDN. Never raises: avatars that cannot be loaded are left out."""

    def __init__(self, cdn_url: str, *, client: "Callable[[], httpx.AsyncClient]") -> None:
        self._cdn_url = cdn_url
        self._client = client
        self._kept: OrderedDict[str, _CacheEntry] = OrderedDict()
        self._size = 0
        self._under_way: dict[str, asyncio.Task[bytes | None]] = {}

    async def fetch(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """The avatars at these CDN paths that arrive within `TIMEOUT_S`."""
        wanted = dict.fromkeys(paths)
        missing = [path for path in wanted if not self._is_known(path)]
        if missing:
            tasks = [self._under_way.get(path) or self._start(path) for path in missing]
            await asyncio.wait(tasks, timeout=TIMEOUT_S)
        return {path: kept.content for path in wanted if (kept := self._kept.get(path)) and kept.content}

    async def aclose(self) -> None:
        """Cancel downloads in progress."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _is_known(self, path: str) -> bool:
        kept = self._kept.get(path)
        if kept is None or kept.until < asyncio.get_running_loop().time():
            return False
        self._kept.move_to_end(path)
        return True

    def _start(self, path: str) -> asyncio.Task[bytes | None]:
        # A separate task: the requester may time out, and the avatar is still cached for the next card.
        task = asyncio.get_running_loop().create_task(self._download(path))
        self._under_way[path] = task
        task.add_done_callback(lambda _: self._under_way.pop(path, None))
        return task

    async def _download(self, path: str) -> bytes | None:
        import httpx  # noqa: PLC0415 - takes 100 ms, not needed for the first response

        try:
            async with (
                asyncio.timeout(5 * TIMEOUT_S),
                self._client().stream(
                    "GET",
                    self._cdn_url + path,
                    headers={"accept-encoding": "identity"},  # so that the size on the wire is the size in memory
                    timeout=TIMEOUT_S,
                ) as response,
            ):
                content = await _body(response) if response.is_success else None
                is_final = response.status_code < httpx.codes.INTERNAL_SERVER_ERROR
        except (httpx.HTTPError, TimeoutError) as error:
            log.info("picture not fetched", reason=type(error).__name__)
            return None
        if is_final:
            self._keep(path, content)
        return content

    def _keep(self, path: str, content: bytes | None) -> None:
        now = asyncio.get_running_loop().time()
        old = self._kept.pop(path, None)
        self._size -= len(old.content or b"") if old else 0
        self._kept[path] = _CacheEntry(content, until=float("inf") if content else now + ABSENT_S)
        self._size += len(content or b"")
        while self._size > CACHE_MAX or len(self._kept) > ENTRIES_MAX:
            _, dropped = self._kept.popitem(last=False)
            self._size -= len(dropped.content or b"")


async def _body(response: "httpx.Response") -> bytes | None:
    """The complete body; None as soon as it exceeds the size limit, or when it is compressed unasked."""
    if response.headers.get("content-encoding", "identity") != "identity":
        return None
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > AVATAR_BYTES_MAX:
            return None
    return bytes(content)
