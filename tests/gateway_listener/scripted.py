"""Scripted gateway server: a test sends each frame itself, to reproduce what the local Discord does not do."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from core.clock import Clock
from core.ids import snowflake_at
from db.connection import Pool
from gateway_listener.protocol.gateway_url import GatewayInfoClient
from gateway_listener.recording.recorder import Recorder
from gateway_listener.session.connection import ConnectionConfig
from gateway_listener.session.identify_limiter import IdentifyLimiter
from gateway_listener.session.shard import Backoff, Shard

Json = dict[str, Any]

PATIENCE_S = 20.0  # generous, for busy machines
TOKEN = "a-token"
GUILD = snowflake_at(Clock().now(), increment=1)
ROOM = GUILD + 1
OTHER_ROOM = GUILD + 2
ANA = GUILD + 3
BEN = GUILD + 4
NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens


@dataclass
class Link:
    """One client connection, on the server's side."""

    socket: ServerConnection
    over: asyncio.Event = field(default_factory=asyncio.Event)
    answers: bool = True  # whether heartbeats received meanwhile are acknowledged

    @property
    def query(self) -> dict[str, str]:
        assert self.socket.request
        return dict(parse_qsl(urlsplit(self.socket.request.path).query))

    @property
    def path(self) -> str:
        assert self.socket.request
        return urlsplit(self.socket.request.path).path

    async def send(self, op: int, d: object = None, *, s: int | None = None, t: str | None = None) -> None:
        await self.socket.send(msgspec.json.encode({"op": op, "d": d, "s": s, "t": t}).decode())

    async def hello(self, interval_ms: float = 45_000) -> None:
        await self.send(10, {"heartbeat_interval": interval_ms, "_trace": ["test"]})

    async def ready(self, session: str = "first", *, s: int = 1, url: str | None = None, **more: object) -> None:
        ready: Json = {
            "v": 10,
            "session_id": session,
            "guilds": [{"id": str(GUILD)}],
            "user": {"id": "1"},
            "unknown": {"deep": [1]},
        }
        ready.update(more)
        if url:
            ready["resume_gateway_url"] = url
        await self.send(0, ready, s=s, t="READY")

    async def voice(
        self, s: int | None, channel: int | None, *, user: int = ANA, guild: int = GUILD, **more: object
    ) -> None:
        await self.send(0, voice_state(channel, user=user, guild=guild, **more), s=s, t="VOICE_STATE_UPDATE")

    async def next(self) -> Json:
        async with asyncio.timeout(PATIENCE_S):
            return msgspec.json.decode(await self.socket.recv())

    async def expect(self, op: int) -> Any:
        """The payload of the next frame other than heartbeats; asserts that its opcode is `op`."""
        frame = await self.next()
        while frame["op"] == 1 != op:
            if self.answers:
                await self.send(11)
            frame = await self.next()
        assert frame["op"] == op
        return frame["d"]

    async def close(self, code: int, reason: str = "") -> None:
        await self.socket.close(code, reason)

    async def closed(self) -> int | None:
        """Wait for the client to close; returns its close code."""
        with suppress(ConnectionClosed):
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    await self.socket.recv()
        return self.socket.close_code

    async def greet(self, session: str = "first", *, s: int = 1, url: str | None = None) -> Json:
        """Send HELLO, receive IDENTIFY, send READY; returns the IDENTIFY payload."""
        await self.hello()
        identify = await self.expect(2)
        await self.ready(session, s=s, url=url)
        return identify


class ScriptedGateway:
    """Gateway server that passes accepted connections to the test one by one."""

    def __init__(self) -> None:
        self.links: list[Link] = []
        self._waiting: asyncio.Queue[Link] = asyncio.Queue()
        self.server: Server | None = None

    @property
    def url(self) -> str:
        assert self.server
        return f"ws://127.0.0.1:{next(iter(self.server.sockets)).getsockname()[1]}"

    async def accept(self) -> Link:
        """Wait for the client's next connection."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._waiting.get()

    async def serve(self, socket: ServerConnection) -> None:
        link = Link(socket)
        self.links.append(link)
        self._waiting.put_nowait(link)
        await link.over.wait()


@asynccontextmanager
async def scripted_gateway() -> AsyncGenerator[ScriptedGateway]:
    gateway = ScriptedGateway()
    server = await serve(gateway.serve, "127.0.0.1", 0, compression=None, ping_interval=None, close_timeout=0.2)
    gateway.server = server
    try:
        yield gateway
    finally:
        for link in gateway.links:
            link.over.set()
        server.close()
        await server.wait_closed()


class SleptClock(Clock):
    """The clock of a machine that was suspended for a while."""

    slept_s = 0.0

    def unix(self) -> float:
        return super().unix() + self.slept_s


@dataclass
class Following:
    """A listener that runs in the test's event loop."""

    recorder: Recorder
    shard: "asyncio.Task[None]"
    writer: "asyncio.Task[None]"


@asynccontextmanager
async def following(
    url: str,
    pool: Pool,
    *,
    compression: str | None = "auto",
    queue_rows: int = 20_000,
    token: str = TOKEN,
    clock: Clock | None = None,
) -> AsyncGenerator[Following]:
    """Start a listener on the gateway at `url`, with short retry delays."""
    clock = clock or Clock()
    recorder = Recorder(pool, clock, queue_rows=queue_rows)
    directory = GatewayInfoClient(NOBODY, token, url or None)
    caller = ConnectionConfig(
        token,
        recorder,
        clock,
        IdentifyLimiter(pool, directory, window_s=0.05),
        invalid_session_s=(0.02, 0.05),
        farewell_s=0.1,
        chance=lambda: 0.5,
    )
    shard = Shard(caller, directory, backoff=Backoff(0.02, 0.1), compression=compression)

    async def follow() -> None:
        await shard.run(await recorder.start())

    running = Following(recorder, asyncio.create_task(follow()), asyncio.create_task(recorder.run()))
    try:
        yield running
    finally:
        running.shard.cancel()
        running.writer.cancel()
        await asyncio.gather(running.shard, running.writer, return_exceptions=True)


def voice_state(channel: int | None, *, user: int = ANA, guild: int | None = GUILD, **more: object) -> Json:
    state: Json = {
        "channel_id": None if channel is None else str(channel),
        "user_id": str(user),
        "session_id": "voice",
        "deaf": False,
        "mute": False,
        "self_deaf": False,
        "self_mute": False,
        "self_video": False,
        "suppress": False,
        "request_to_speak_timestamp": None,
        "member": {
            "user": {"id": str(user), "username": f"user{user}", "global_name": None, "avatar": None},
            "nick": None,
            "roles": [],
            "joined_at": None,
        },
    }
    if guild is not None:
        state["guild_id"] = str(guild)
    return state | more


def guild_create(*states: Json, guild: int = GUILD, **more: object) -> Json:
    return {
        "id": str(guild),
        "name": "A guild",
        "icon": None,
        "owner_id": str(BEN),
        "preferred_locale": "ko",
        "afk_channel_id": None,
        "channels": [
            {"id": str(ROOM), "type": 2, "name": "Room", "parent_id": None},
            {"id": str(OTHER_ROOM), "type": 13, "name": "Stage"},
            {"id": str(ROOM + 100), "type": 0, "name": "text"},
        ],
        "voice_states": list(states),
        "members": [],
        "unavailable": False,
    } | more
