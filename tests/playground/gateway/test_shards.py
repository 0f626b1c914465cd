import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.local_discord import LocalDiscord, local_discord
from tests.playground.gateway.test_sessions import RECORDER, Json, Listener, listening

IDENTIFY: Json = {"token": "playground", "intents": RECORDER, "properties": {}}


def guild_ids(discord: LocalDiscord) -> list[int]:
    return [int(guild["id"]) for guild in discord.state()["guilds"]]


def told(ready: Json) -> set[int]:
    return {int(guild["id"]) for guild in ready["d"]["guilds"]}


async def start(listener: Listener, *shard: int) -> Json:
    """Send IDENTIFY; returns the next frame: READY, or the rejection."""
    await listener.send(2, {**IDENTIFY, "shard": shard})
    return await listener.receive()


async def test_shard_hears_its_own_guilds_alone(tmp_path: Path) -> None:
    with local_discord(tmp_path, guilds=5) as discord:
        guilds = await asyncio.to_thread(guild_ids, discord)
        by_shard = [{guild for guild in guilds if (guild >> 22) % 2 == shard} for shard in (0, 1)]
        async with listening(discord.gateway_url) as first, listening(discord.gateway_url) as second:
            ready = [await first.identify(shard=[0, 2]), await second.identify(shard=[1, 2])]
            created = {int((await first.event("GUILD_CREATE"))["d"]["id"]) for _ in by_shard[0]}
            for guild in guilds:
                await asyncio.to_thread(discord.voice, "join", "ada", "Library", guild=str(guild))
            heard = {int((await first.event("VOICE_STATE_UPDATE"))["d"]["guild_id"]) for _ in by_shard[0]}
            other = {int((await second.event("VOICE_STATE_UPDATE"))["d"]["guild_id"]) for _ in by_shard[1]}

    assert [told(one) for one in ready] == by_shard
    assert min(map(len, by_shard)) == 2
    assert [one["d"]["shard"] for one in ready] == [[0, 2], [1, 2]]
    assert (created, heard, other) == (by_shard[0], by_shard[0], by_shard[1])


async def test_buckets_are_as_many_as_the_concurrency(tmp_path: Path) -> None:
    with local_discord(tmp_path, identify_gap_s=60.0, max_concurrency=2) as discord:
        answers: list[Any] = []
        for shard in (0, 1, 2, 3):
            async with listening(discord.gateway_url) as listener:
                answers.append(await start(listener, shard, 4))
        log = (await asyncio.to_thread(discord.http.get, "/playground/gateway")).json()["identifies"]

    assert [answer["t"] for answer in answers] == ["READY", "READY", None, None]
    assert [answer["op"] for answer in answers] == [0, 0, 9, 9]
    assert [(one["shard"], one["allowed"]) for one in log] == [
        ([0, 4], True),
        ([1, 4], True),
        ([2, 4], False),
        ([3, 4], False),
    ]


async def test_the_start_too_many_ends_everything(tmp_path: Path) -> None:
    with local_discord(tmp_path, starts_per_day=2, max_concurrency=16) as discord:
        async with listening(discord.gateway_url) as first, listening(discord.gateway_url) as second:
            await first.identify()
            await second.identify()
            limit = discord.rest("GET", "/gateway/bot").json()["session_start_limit"]
            async with listening(discord.gateway_url) as third:
                await third.send(2, IDENTIFY)
                codes = [await one.close_code() for one in (third, first, second)]
        async with listening(discord.gateway_url) as late:
            await late.send(2, IDENTIFY)
            codes.append(await late.close_code())

    assert 0 < limit.pop("reset_after") <= 86_400_000
    assert limit == {"total": 2, "remaining": 0, "max_concurrency": 16}
    assert codes == [4004] * 4


@pytest.mark.parametrize(("guilds", "shard", "code"), [(3, [0, 1], 4011), (2, [0, 1], 4011), (5, [0, 2], 4011)])
async def test_too_many_guilds_need_shards(tmp_path: Path, guilds: int, shard: list[int], code: int) -> None:
    with local_discord(tmp_path, guilds=guilds, guilds_per_shard=2) as discord:
        async with listening(discord.gateway_url) as listener:
            await listener.send(2, {**IDENTIFY, "shard": shard})
            assert await listener.close_code() == code


async def test_the_right_number_of_shards_is_recommended(tmp_path: Path) -> None:
    with local_discord(tmp_path, guilds=5, guilds_per_shard=5) as discord:
        found = discord.rest("GET", "/gateway/bot").json()
    with local_discord(tmp_path, shards=7) as discord:
        asked = discord.rest("GET", "/gateway/bot").json()

    assert (found["shards"], asked["shards"]) == (3, 7)


async def test_a_guild_that_removed_the_app_is_not_among_those_of_a_new_session(tmp_path: Path) -> None:
    with local_discord(tmp_path, guilds=2) as discord:
        first, second = await asyncio.to_thread(guild_ids, discord)
        await asyncio.to_thread(discord.fault, "remove", guild=str(second))
        async with listening(discord.gateway_url) as listener:
            gone = await listener.identify()
            await asyncio.to_thread(discord.fault, "recover", guild=str(second))
            back = await listener.event("GUILD_CREATE")
            while int(back["d"]["id"]) != second:
                back = await listener.event("GUILD_CREATE")
        async with listening(discord.gateway_url) as listener:
            again = await listener.identify()

    assert told(gone) == {first}
    assert told(again) == {first, second}
