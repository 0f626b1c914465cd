import asyncio
import gzip
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from starlette.responses import Response, StreamingResponse

from app.downloads.avatars import AVATAR_BYTES_MAX, AvatarCache
from tests.wire.discord_server import DiscordServer, serve

PATH = "/avatars/1/a.png"


@pytest.fixture(scope="module")
def cdn() -> Iterator[DiscordServer]:
    with serve() as server:
        yield server


@pytest.fixture
async def avatars(cdn: DiscordServer) -> AsyncIterator[AvatarCache]:
    cdn.forget()
    async with httpx.AsyncClient() as client:
        fresh = AvatarCache(cdn.url, client=lambda: client)
        yield fresh
        await fresh.aclose()


async def test_a_picture_is_fetched_as_it_is(cdn: DiscordServer, avatars: AvatarCache) -> None:
    cdn.script = [Response(b"picture")]

    found = await avatars.fetch([PATH])
    for _ in range(200):  # on a busy machine it arrives only for the next card
        if not found:
            await asyncio.sleep(0.05)
            found = await avatars.fetch([PATH])

    assert found == {PATH: b"picture"}
    assert [seen.headers["accept-encoding"] for seen in cdn.seen] == ["identity"]


async def test_a_picture_that_is_compressed_unasked_is_left_out(cdn: DiscordServer, avatars: AvatarCache) -> None:
    cdn.script = [Response(gzip.compress(bytes(64 * 1024 * 1024)), headers={"content-encoding": "gzip"})]

    assert await avatars.fetch([PATH]) == {}


async def test_a_picture_without_end_is_left_out(cdn: DiscordServer, avatars: AvatarCache) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100_000):
            yield bytes(AVATAR_BYTES_MAX // 8)

    cdn.script = [StreamingResponse(endless())]

    assert await avatars.fetch([PATH]) == {}
