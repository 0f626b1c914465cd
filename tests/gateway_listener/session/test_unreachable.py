"""An unreachable gateway: for every kind of connection failure the listener backs off and retries."""

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
import respx

from core.clock import Clock
from db.connection import Pool
from gateway_listener.protocol.gateway_url import GatewayInfoClient, GatewayUnknown
from gateway_listener.recording.recorder import Recorder
from gateway_listener.session.connection import Connection, ConnectionConfig, Session, Unreachable
from gateway_listener.session.identify_limiter import IdentifyLimiter
from gateway_listener.session.shard import Backoff
from tests.gateway_listener.rows import until_seq
from tests.gateway_listener.scripted import NOBODY, PATIENCE_S, TOKEN, ScriptedGateway, following

ANSWERS = {
    "reset at once": None,
    "closed at once": b"",
    "reset after the request": None,
    "closed after the request": b"",
    "no HTTP": b"220 mail.example ESMTP\r\n",
    "half an answer": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: webso",
    "no upgrade": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "wrong key": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: wrong\r\n\r\n",
    "trouble": b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
    "redirect to nowhere": b"HTTP/1.1 302 Found\r\nLocation: gopher://[\r\nContent-Length: 0\r\n\r\n",
    "endless header": b"HTTP/1.1 101 Switching Protocols\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
}


@dataclass
class Door:
    """TCP server that accepts each connection and ends it in a given way."""

    way: str
    tries: asyncio.Queue[None] = field(default_factory=asyncio.Queue[None])
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tries.put_nowait(None)
        if "at once" not in self.way:
            await reader.read(65_536)
        answer = ANSWERS[self.way]
        if answer is None:
            ended: socket.socket = writer.get_extra_info("socket")
            ended.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return
        writer.write(answer)
        writer.close()


@asynccontextmanager
async def door(way: str) -> AsyncGenerator[Door]:
    opened = Door(way)
    server = await asyncio.start_server(opened.serve, "127.0.0.1", 0)
    opened.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield opened


@pytest.mark.parametrize("way", ANSWERS)
async def test_gateway_that_ends_the_handshake_is_tried_again(way: str, pool: Pool) -> None:
    async with door(way) as opened, following(opened.url, pool) as running:
        async with asyncio.timeout(PATIENCE_S):
            for _ in range(4):
                await opened.tries.get()

        assert not running.shard.done()


async def refuse(url: str, pool: Pool) -> str:
    """The error of a failed connection attempt."""
    clock = Clock()
    directory = GatewayInfoClient(NOBODY, TOKEN, url)
    caller = ConnectionConfig(TOKEN, Recorder(pool, clock), clock, IdentifyLimiter(pool, directory))
    with pytest.raises(Unreachable) as refused:
        await Connection.open(url, caller, Session(), compression=None)
    return str(refused.value)


@pytest.mark.parametrize("url", ["ws://gateway.invalid", "ws://a..b", f"ws://{'x' * 300}.test", "http://127.0.0.1:9"])
async def test_address_that_leads_nowhere_is_unreachable(url: str, pool: Pool) -> None:
    assert await refuse(url, pool)


async def test_plain_server_behind_an_encrypted_address_is_unreachable(pool: Pool) -> None:
    async with door("trouble") as opened:
        assert await refuse(opened.url.replace("ws:", "wss:"), pool)


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "http://127.0.0.1:9", "http://[", "gopher://127.0.0.1:9"])
async def test_proxy_that_cannot_be_used_is_unreachable(
    proxy: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "wss_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy)

    assert await refuse("wss://gateway.invalid", pool)
    with pytest.raises(GatewayUnknown):
        await GatewayInfoClient("https://discord.invalid/api/v10", TOKEN, None).look_up()


async def test_requests_of_the_gateway_tell_who_asks(
    gateway: ScriptedGateway, pool: Pool, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.get(f"{NOBODY}/gateway/bot").mock(return_value=httpx.Response(200, json={"url": gateway.url}))
    async with following("", pool):
        link = await gateway.accept()
        await link.greet()

    assert link.socket.request
    names = [link.socket.request.headers["User-Agent"], route.calls.last.request.headers["User-Agent"]]
    assert [name.startswith("DiscordBot (https://") for name in names] == [True, True]


def counting(waited: list[int]) -> Callable[[Backoff, int, float], float]:
    """A back-off function that returns no delay and records the number of failures."""

    def note(_backoff: Backoff, failures: int, _chance: float) -> float:
        waited.append(failures)
        return 0.0

    return note


async def test_refused_resume_after_an_outage_is_followed_by_an_identify_at_once(
    gateway: ScriptedGateway, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[int] = []
    monkeypatch.setattr(Backoff, "wait_s", counting(waited))
    async with following(gateway.url, pool):
        link = await gateway.accept()
        async with door("reset at once") as opened:
            await link.greet(url=opened.url)
            await until_seq(pool, 1)
            await link.close(4000)
            await opened.tries.get()
        for _ in range(4):
            link = await gateway.accept()
            await link.close(1001)
        link = await gateway.accept()
        during = list(waited)
        await link.hello()
        await link.expect(6)
        await link.send(9, d=False)
        link = await gateway.accept()
        await link.greet("second")
        await until_seq(pool, 1, session="second")

    assert max(during) > 4
    assert waited == during


async def test_outage_is_over_when_somebody_says_hello(
    gateway: ScriptedGateway, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[int] = []
    monkeypatch.setattr(Backoff, "wait_s", counting(waited))
    async with following(gateway.url, pool):
        for _ in range(3):
            await (await gateway.accept()).close(1001)
        for _ in range(3):
            link = await gateway.accept()
            await link.hello()
            await link.expect(2)
            await link.close(1001)
        await (await gateway.accept()).greet()
        await until_seq(pool, 1)

    assert waited == [1, 2, 3, 1, 2, 3]
