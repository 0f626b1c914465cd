"""Downloads of uploaded files over real HTTP: allowed hosts, signed URLs, no redirects, size and type limits."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import httpx
import pytest

from app.downloads.uploads import DISCORD_CDN_HOSTS, FileOutOfReach, Uploads
from core.config import DISCORD_CDN_URL
from core.ids import AttachmentId
from wire.objects import Attachment
from wire.uploads import FileOfOtherKind, FileTooLarge

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 32

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Cdn:
    """A raw HTTP server that sends the bytes a test sets, and records the requests."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Answer] = {}
        self.url = ""
        self._serving: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            path = (await reader.readline()).decode().split()[1]
            self.asked.append(path)
            while (await reader.readline()).strip():
                pass
            with suppress(ConnectionError):  # the client closed the connection
                await self.answers[path.partition("?")[0]](writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def finish(self) -> None:
        """End all responses that are still being sent."""
        serving = list(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


def says(head: str, *parts: bytes, status: str = "200 OK") -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status}\r\nconnection: close\r\n{head}\r\n".encode())
        for part in parts:
            writer.write(part)
            await writer.drain()

    return answer


@pytest.fixture
async def cdn() -> AsyncIterator[Cdn]:
    given = Cdn()
    server = await asyncio.start_server(given.serve, "127.0.0.1", 0)
    given.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield given
        await given.finish()


@pytest.fixture
async def uploads(cdn: Cdn) -> AsyncIterator[Uploads]:
    async with httpx.AsyncClient(follow_redirects=True) as client:
        yield Uploads(f"{cdn.url}/cdn", client=lambda: client, timeout_s=1)


def sent(url: str, *, name: str = "proof.png", size: int = len(PNG)) -> Attachment:
    return Attachment(id=AttachmentId(1), filename=name, size_bytes=size, url=url, content_type="image/png")


async def fetch(uploads: Uploads, file: Attachment, *, size_max: int = 1000) -> bytes:
    return await uploads.fetch(file, file_types=("image",), size_max=size_max)


async def test_a_file_is_fetched_with_its_signature(cdn: Cdn, uploads: Uploads) -> None:
    cdn.answers["/attachments/1/proof.png"] = says("", PNG)

    assert await fetch(uploads, sent(f"{cdn.url}/attachments/1/proof.png?ex=1&hm=2")) == PNG
    assert cdn.asked == ["/attachments/1/proof.png?ex=1&hm=2"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/attachments/1/proof.png",
        "http://169.254.169.254/latest/meta-data",
        "https://cdn.discordapp.com/attachments/1/proof.png",
        "file:///etc/passwd",
        "/attachments/1/proof.png",
        "",
        "http://[",
    ],
)
async def test_nothing_is_asked_anywhere_else(uploads: Uploads, cdn: Cdn, url: str) -> None:
    with pytest.raises(FileOutOfReach):
        await fetch(uploads, sent(url))

    assert cdn.asked == []


@pytest.mark.parametrize("trick", ["{host}@elsewhere.test/x", "elsewhere.test\\@{host}/x", "me:secret@{host}/x"])
async def test_an_address_that_only_looks_right_is_not_asked(uploads: Uploads, cdn: Cdn, trick: str) -> None:
    with pytest.raises(FileOutOfReach):
        await fetch(uploads, sent("http://" + trick.format(host=cdn.url.removeprefix("http://"))))

    assert cdn.asked == []


async def test_no_redirection_is_followed(cdn: Cdn, uploads: Uploads) -> None:
    cdn.answers["/a"] = says(f"location: {cdn.url}/b\r\n", status="302 Found")
    cdn.answers["/b"] = says("", PNG)

    with pytest.raises(FileOutOfReach):
        await fetch(uploads, sent(f"{cdn.url}/a"))

    assert cdn.asked == ["/a"]


@pytest.mark.parametrize("status", ["404 Not Found", "403 Forbidden", "500 Oops", "206 Partial Content"])
async def test_a_file_that_is_not_there_is_told_so(cdn: Cdn, uploads: Uploads, status: str) -> None:
    cdn.answers["/a"] = says("", b"This content is no longer available.", status=status)

    with pytest.raises(FileOutOfReach, match="could not get your file"):
        await fetch(uploads, sent(f"{cdn.url}/a"))


async def test_a_file_larger_than_it_claimed_is_not_read_to_its_end(cdn: Cdn, uploads: Uploads) -> None:
    cdn.answers["/a"] = says("", *([b"0" * 65_536] * 4_000))

    with pytest.raises(FileTooLarge):
        await fetch(uploads, sent(f"{cdn.url}/a"), size_max=100_000)


async def test_what_is_packed_is_not_unpacked(cdn: Cdn, uploads: Uploads) -> None:
    cdn.answers["/a"] = says("content-encoding: gzip\r\n", gzip.compress(PNG + b"0" * 100_000))

    with pytest.raises(FileOfOtherKind):  # without decompression the first bytes are gzip's
        await fetch(uploads, sent(f"{cdn.url}/a"))


async def test_bytes_that_are_not_what_the_name_promises_are_refused(cdn: Cdn, uploads: Uploads) -> None:
    cdn.answers["/a"] = says("", b"<svg onload=alert(1)>")

    with pytest.raises(FileOfOtherKind):
        await fetch(uploads, sent(f"{cdn.url}/a"))


async def test_a_file_that_never_ends_or_breaks_off_is_given_up(cdn: Cdn, uploads: Uploads) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"0")
            await writer.drain()
            await asyncio.sleep(0.05)

    cdn.answers["/slow"] = drip
    cdn.answers["/short"] = says("content-length: 1000\r\n", PNG)

    for path in ("/slow", "/short"):
        with pytest.raises(FileOutOfReach):
            await fetch(uploads, sent(cdn.url + path))


def test_the_real_discord_has_two_hosts() -> None:
    assert DISCORD_CDN_HOSTS == ("https://cdn.discordapp.com", "https://media.discordapp.net")
    assert DISCORD_CDN_URL in DISCORD_CDN_HOSTS
