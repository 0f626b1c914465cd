"""Gateway faults injected by the local Discord: the listener still records members and sessions."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
import respx
from httpx import Response

from db.connection import Pool
from tests.gateway_listener.rows import stays
from tests.gateway_listener.scripted import NOBODY, PATIENCE_S, ScriptedGateway, following
from tests.local_discord import LocalDiscord, local_discord


@pytest.fixture
def discord(tmp_path: Path) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path) as running:
        yield running


@pytest.mark.parametrize(
    ("faults", "goes_on"),
    [
        (["drop"], True),
        (["reconnect"], True),
        (["invalid_resumable"], True),
        (["heartbeat"], True),
        (["outage", "recover"], True),
        (["refuse_resume", "drop"], False),
        (["forget", "drop"], False),
        (["invalidate"], False),
    ],
)
async def test_after_a_fault_everything_is_heard_again(
    faults: list[str], goes_on: object, discord: LocalDiscord, pool: Pool
) -> None:
    room = next(one["name"] for one in discord.state()["guilds"][0]["channels"] if one["kind"] == "voice")
    async with following(discord.gateway_url, pool, token=discord.config.token):
        before = await _until_committed(discord, pool)
        await asyncio.to_thread(discord.voice, "join", "ada", room)
        await _until_committed(discord, pool)
        for fault in faults:
            await asyncio.to_thread(discord.fault, fault)
        await asyncio.to_thread(discord.voice, "join", "somchai", room)
        await asyncio.sleep(0.3)  # let the connection close before checking which session is connected
        after = await _until_committed(discord, pool)

    members = {int(discord.member(name)["id"]) for name in ("ada", "somchai")}
    assert {stay.user for stay in await stays(pool) if stay.is_open} == members
    assert (before == after) == goes_on


async def test_no_session_is_started_beyond_the_daily_limit(
    gateway: ScriptedGateway, pool: Pool, respx_mock: respx.MockRouter
) -> None:
    limit = {"total": 1000, "remaining": 0, "reset_after": 1100, "max_concurrency": 1}
    answer = {"url": gateway.url, "shards": 1, "session_start_limit": limit}
    route = respx_mock.get(f"{NOBODY}/gateway/bot").mock(
        side_effect=[
            Response(200, json=answer),
            Response(200, json=answer | {"session_start_limit": limit | {"remaining": 1000}}),
        ]
    )
    async with following("", pool):
        link = await gateway.accept()
        await link.greet()

    assert route.call_count == 2


async def test_first_connection_waits_as_long_as_discord_wants(
    gateway: ScriptedGateway, pool: Pool, respx_mock: respx.MockRouter
) -> None:
    answers = [Response(429, headers={"Retry-After": "1.2"}), *[Response(200, json={"url": gateway.url})] * 2]
    respx_mock.get(f"{NOBODY}/gateway/bot").mock(side_effect=answers)
    began = monotonic()
    async with following("", pool):
        link = await gateway.accept()
        waited_s = monotonic() - began
        await link.greet()

    assert waited_s >= 1.2


async def _until_committed(discord: LocalDiscord, pool: Pool) -> str:
    """The connected gateway session, once all its events are committed."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answer = await asyncio.to_thread(discord.http.get, "/playground/gateway")
            told = {one["id"]: one["seq"] for one in answer.json()["sessions"] if one["connected"]}
            async with pool.connection() as conn:
                cursor = await conn.execute("SELECT session_id, seq FROM gateway_sessions")
                if told and told == dict(await cursor.fetchall()):
                    return next(iter(told))
            await asyncio.sleep(0.02)
