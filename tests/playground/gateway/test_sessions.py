import asyncio
import json
import zlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import zstandard
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.local_discord import LocalDiscord, local_discord

Json = dict[str, Any]

RECORDER = 129  # GUILDS and GUILD_VOICE_STATES
MISTAKES: list[tuple[str, list[tuple[int, Any]], int]] = [
    ("", [(2, {"token": "wrong", "intents": 129, "properties": {}})], 4004),
    ("", [(2, {"token": "playground", "intents": 129, "properties": {}, "shard": [1, 1]})], 4010),
    ("", [(2, {"token": "playground", "intents": 1 << 30, "properties": {}})], 4013),
    ("", [(2, {"token": "playground", "properties": {}})], 4013),
    ("", [(2, {"token": "playground", "intents": 1 << 15, "properties": {}})], 4014),
    ("", [(2, {"token": "playground", "intents": 129, "properties": {}})] * 2, 4005),
    ("", [(2, "nonsense")], 4002),
    ("", [(1, "x" * 5000)], 4002),
    ("", [(99, None)], 4001),
    ("", [(3, {})], 4003),
    ("", [(6, {"token": "wrong", "session_id": "a", "seq": 1})], 4004),
    ("", [(1, None)] * 121, 4008),
    ("?v=5&encoding=json", [], 4012),
    ("?v=10&encoding=etf", [], 4002),
]


class Listener:
    """A gateway client that reads frames with any compression."""

    def __init__(self, connection: ClientConnection, decode: Callable[[bytes], bytes]) -> None:
        self.connection = connection
        self._decode = decode

    async def send(self, operation: int, payload: Any) -> None:
        await self.connection.send(json.dumps({"op": operation, "d": payload}))

    async def receive(self) -> Json:
        async with asyncio.timeout(5):
            raw = await self.connection.recv()
        return json.loads(raw if isinstance(raw, str) else self._decode(raw))

    async def event(self, name: str) -> Json:
        while (frame := await self.receive())["t"] != name:
            pass
        return frame

    async def identify(self, **more: object) -> Json:
        await self.send(2, {"token": "playground", "intents": RECORDER, "properties": {"os": "linux"}} | more)
        return await self.event("READY")

    async def close_code(self) -> int:
        try:
            while True:
                await self.receive()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006


def decoder(compress: str | None) -> Callable[[bytes], bytes]:
    if compress == "zlib-stream":
        return zlib.decompressobj().decompress
    if compress == "zstd-stream":
        return zstandard.ZstdDecompressor().decompressobj().decompress
    return zlib.decompress


@asynccontextmanager
async def listening(url: str, compress: str | None = None, query: str = "") -> AsyncGenerator[Listener]:
    asked = f"?v=10&encoding=json{f'&compress={compress}' if compress else ''}"
    async with connect(f"{url}/{query or asked}", compression=None) as connection:
        listener = Listener(connection, decoder(compress))
        hello = await listener.receive()
        assert hello["op"] == 10
        yield listener


@pytest.mark.parametrize("compress", [None, "zlib-stream", "zstd-stream"])
async def test_identify_is_answered_with_ready_and_the_guild(discord: LocalDiscord, compress: str | None) -> None:
    await asyncio.to_thread(discord.voice, "join", "mina", "Library")

    async with listening(discord.gateway_url, compress) as listener:
        ready = await listener.identify()
        guild = await listener.event("GUILD_CREATE")

    assert ready["s"] == 1
    assert ready["d"]["guilds"] == [{"id": guild["d"]["id"], "unavailable": True}]
    assert ready["d"]["resume_gateway_url"].endswith("/gateway/resume")
    assert guild["s"] == 2
    assert guild["d"]["name"] == "Lyceum Commons"
    assert [state["user_id"] for state in guild["d"]["voice_states"]] == [discord.member("mina")["id"]]
    assert "guild_id" not in guild["d"]["voice_states"][0]
    assert len(guild["d"]["members"]) == 2  # the app and the member in voice


async def test_voice_changes_are_told_in_order(discord: LocalDiscord) -> None:
    async with listening(discord.gateway_url) as listener:
        await listener.identify()
        for action, channel in (("join", "Deep Work"), ("deafen", None), ("move", "AFK"), ("leave", None)):
            await asyncio.to_thread(discord.voice, action, "noam", channel)
        states = [(await listener.event("VOICE_STATE_UPDATE"))["d"] for _ in range(4)]

    assert [state["self_deaf"] for state in states] == [False, True, True, False]
    assert [state["channel_id"] is None for state in states] == [False, False, False, True]
    assert len({state["session_id"] for state in states}) == 1
    assert states[2]["suppress"]
    assert states[0]["member"]["user"]["global_name"] == "נועם כהן"


async def test_heartbeats_are_acknowledged_and_their_absence_ends_the_session(tmp_path: Path) -> None:
    with local_discord(tmp_path, heartbeat_ms=100) as discord:
        async with listening(discord.gateway_url) as listener:
            await listener.send(1, None)
            assert (await listener.receive())["op"] == 11
            assert await listener.close_code() == 4009


async def test_a_broken_connection_resumes_with_what_it_missed(discord: LocalDiscord) -> None:
    async with listening(discord.gateway_url) as listener:
        ready = await listener.identify()
        created = await listener.event("GUILD_CREATE")
        await listener.connection.close(4900)
    await asyncio.to_thread(discord.voice, "join", "ada", "Deep Work")

    async with listening(ready["d"]["resume_gateway_url"]) as listener:
        await listener.send(6, {"token": "playground", "session_id": ready["d"]["session_id"], "seq": created["s"]})
        missed = await listener.event("VOICE_STATE_UPDATE")
        resumed = await listener.event("RESUMED")

    assert missed["s"] == created["s"] + 1
    assert resumed["s"] > missed["s"]


@pytest.mark.parametrize("code", [1000, 1001])
async def test_a_session_closed_for_good_cannot_be_resumed(discord: LocalDiscord, code: int) -> None:
    async with listening(discord.gateway_url) as listener:
        ready = await listener.identify()
        await listener.connection.close(code)

    async with listening(discord.gateway_url) as listener:
        await listener.send(6, {"token": "playground", "session_id": ready["d"]["session_id"], "seq": 1})
        refused = await listener.receive()
        again = await listener.identify()

    assert (refused["op"], refused["d"]) == (9, False)
    assert again["t"] == "READY"


@pytest.mark.parametrize(("query", "frames", "code"), MISTAKES)
async def test_mistakes_close_with_their_code(
    discord: LocalDiscord, query: str, frames: list[tuple[int, Any]], code: int
) -> None:
    async with connect(f"{discord.gateway_url}/{query or '?v=10&encoding=json'}", compression=None) as connection:
        listener = Listener(connection, zlib.decompress)
        for operation, payload in frames:
            await listener.send(operation, payload)
        assert await listener.close_code() == code


async def test_resuming_ahead_of_the_session_is_a_bad_sequence(discord: LocalDiscord) -> None:
    async with listening(discord.gateway_url) as listener:
        ready = await listener.identify()
        await listener.connection.close(4900)
    async with listening(discord.gateway_url) as listener:
        await listener.send(6, {"token": "playground", "session_id": ready["d"]["session_id"], "seq": 999})
        assert await listener.close_code() == 4007


async def test_two_identifies_in_a_row_are_refused(tmp_path: Path) -> None:
    with local_discord(tmp_path, identify_gap_s=5.0) as discord:
        async with listening(discord.gateway_url) as first, listening(discord.gateway_url) as second:
            await first.identify()
            await second.send(2, {"token": "playground", "intents": RECORDER, "properties": {}})
            refused = await second.receive()

    assert (refused["op"], refused["d"]) == (9, False)


async def test_faults_happen_on_request(discord: LocalDiscord) -> None:
    async with listening(discord.gateway_url) as listener:
        ready = await listener.identify()
        await listener.event("GUILD_CREATE")
        for action in ("reconnect", "heartbeat", "invalid_resumable"):
            await asyncio.to_thread(discord.fault, action)
        operations = [(await listener.receive())["op"] for _ in range(3)]
        await listener.send(6, {"token": "playground", "session_id": ready["d"]["session_id"], "seq": 2})
        await listener.event("RESUMED")
        await asyncio.to_thread(discord.fault, "outage")
        gone = await listener.event("GUILD_DELETE")
        await asyncio.to_thread(discord.voice, "join", "ada", "Library")
        await asyncio.to_thread(discord.fault, "recover")
        back = await listener.receive()
        await asyncio.to_thread(discord.fault, "silence")
        await listener.send(1, None)
        await asyncio.to_thread(discord.fault, "close", code=4006)
        code = await listener.close_code()

    assert operations == [7, 1, 9]
    assert gone["d"]["unavailable"]
    assert back["t"] == "GUILD_CREATE"
    assert len(back["d"]["voice_states"]) == 1
    assert code == 4006


async def test_an_invalidated_client_identifies_again_on_the_same_connection(discord: LocalDiscord) -> None:
    async with listening(discord.gateway_url) as listener:
        first = await listener.identify()
        await asyncio.to_thread(discord.fault, "invalidate")
        while (frame := await listener.receive())["op"] != 9:
            pass
        second = await listener.identify()

    assert frame["d"] is False
    assert first["d"]["session_id"] != second["d"]["session_id"]


@pytest.mark.parametrize("fault", ["forget", "refuse_resume"])
async def test_a_session_can_be_made_impossible_to_resume(discord: LocalDiscord, fault: str) -> None:
    async with listening(discord.gateway_url) as listener:
        ready = await listener.identify()
        await asyncio.to_thread(discord.fault, fault)
        await asyncio.to_thread(discord.voice, "join", "ada", "Library")
        assert (await listener.event("VOICE_STATE_UPDATE"))["d"]["channel_id"]
        await listener.connection.close(4900)

    async with listening(discord.gateway_url) as listener:
        await listener.send(6, {"token": "playground", "session_id": ready["d"]["session_id"], "seq": 2})
        refused = await listener.receive()

    assert (refused["op"], refused["d"]) == (9, False)


async def test_a_session_is_forgotten_after_a_while(tmp_path: Path) -> None:
    with local_discord(tmp_path, resumable_s=0.05) as discord:
        async with listening(discord.gateway_url) as listener:
            ready = await listener.identify()
            await listener.connection.close(4900)
        await asyncio.sleep(0.1)
        async with listening(discord.gateway_url) as listener:
            await listener.send(6, {"token": "playground", "session_id": ready["d"]["session_id"], "seq": 2})
            assert (await listener.receive())["op"] == 9


async def test_whoever_resumes_takes_the_session_over(discord: LocalDiscord) -> None:
    async with listening(discord.gateway_url) as old, listening(discord.gateway_url) as new:
        ready = await old.identify()
        await new.send(6, {"token": "playground", "session_id": ready["d"]["session_id"], "seq": 2})
        await new.event("RESUMED")
        code = await old.close_code()
        await asyncio.to_thread(discord.voice, "join", "ada", "Library")
        heard = await new.event("VOICE_STATE_UPDATE")

    assert code == 4000
    assert heard["d"]["channel_id"]


async def test_being_removed_is_told(discord: LocalDiscord) -> None:
    async with listening(discord.gateway_url) as listener:
        await listener.identify()
        await asyncio.to_thread(discord.fault, "remove")
        gone = await listener.event("GUILD_DELETE")
        await asyncio.to_thread(discord.voice, "join", "ada", "Library")
        await asyncio.to_thread(discord.fault, "recover")
        await asyncio.to_thread(discord.steer, "guild", name="Lyceum")
        changed = await listener.event("GUILD_UPDATE")
        await asyncio.to_thread(discord.steer, "guild", delete_channel="Library")
        deleted = await listener.event("CHANNEL_DELETE")

    assert "unavailable" not in gone["d"]
    assert changed["d"]["name"] == "Lyceum"
    assert deleted["d"]["name"] == "Library"


async def test_a_channel_that_the_app_may_not_view_is_hidden_everywhere(discord: LocalDiscord) -> None:
    guild = discord.state()["guilds"][0]["id"]
    async with listening(discord.gateway_url) as listener:
        await listener.identify()
        before = (await listener.event("GUILD_CREATE"))["d"]["channels"]
        library = next(room for room in before if room["name"] == "Library")
        await asyncio.to_thread(discord.steer, "guild", hide="Library")
        hidden = (await listener.event("CHANNEL_UPDATE"))["d"]
        listed = await asyncio.to_thread(discord.rest, "GET", f"/guilds/{guild}/channels")
        asked = await asyncio.to_thread(discord.rest, "GET", f"/channels/{library['id']}")
        async with listening(discord.gateway_url) as second:
            await second.identify()
            told = (await second.event("GUILD_CREATE"))["d"]["channels"]
        await asyncio.to_thread(discord.steer, "guild", show="Library")
        shown = (await listener.event("CHANNEL_UPDATE"))["d"]

    real = {"id": library["id"], "type": 2, "position": library["position"], "guild_id": guild}
    assert {name: value for name, value in hidden.items() if value is not None} == real | {
        "name": "___hidden___",
        "flags": 1 << 17,
        "permission_overwrites": [{"id": guild, "type": 0, "allow": "0", "deny": str(1 << 10)}],
    }
    assert hidden in told
    assert len(told) == len(before)
    assert library["id"] not in {room["id"] for room in listed.json()}
    assert (asked.status_code, asked.json()["code"]) == (403, 50001)
    assert shown["name"] == "Library"


async def test_large_payloads_are_compressed_one_by_one_on_request(discord: LocalDiscord) -> None:
    async with listening(discord.gateway_url) as listener:
        ready = await listener.identify(compress=True)

    assert ready["t"] == "READY"


async def test_running_calls_and_members_are_told_on_request(discord: LocalDiscord) -> None:
    ada = discord.member("ada")["id"]
    guild = discord.state()["guilds"][0]["id"]
    await asyncio.to_thread(discord.voice, "join", "ada", "Library")
    async with listening(discord.gateway_url) as listener:
        await listener.identify()
        await listener.send(43, {"guild_id": guild, "fields": ["voice_start_time"]})
        calls = await listener.event("CHANNEL_INFO")
        await listener.send(8, {"guild_id": guild, "user_ids": [ada, "1"], "limit": 0, "nonce": "n"})
        chunk = await listener.event("GUILD_MEMBERS_CHUNK")
        await listener.send(4, {"guild_id": guild, "channel_id": calls["d"]["channels"][0]["id"], "self_deaf": True})
        joined = await listener.event("VOICE_STATE_UPDATE")

    assert isinstance(calls["d"]["channels"][0]["voice_start_time"], int)
    assert [one["user"]["username"] for one in chunk["d"]["members"]] == ["ada"]
    assert (chunk["d"]["not_found"], chunk["d"]["nonce"]) == (["1"], "n")
    assert joined["d"]["user_id"] == "1000000000000000001"


def test_the_gateway_is_found_over_rest(discord: LocalDiscord) -> None:
    found = discord.rest("GET", "/gateway/bot").json()

    assert found["url"] == discord.gateway_url
    assert found["session_start_limit"]["max_concurrency"] == 1
    assert discord.rest("GET", "/gateway/bot", token="wrong").status_code == 401
    assert discord.rest("GET", "/gateway", headers={"User-Agent": ""}).json()["code"] == 40333
