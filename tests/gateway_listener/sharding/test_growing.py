import asyncio

import pytest
import respx
from httpx import Response

from db.connection import Pool
from gateway_listener.protocol.close_codes import TOO_FEW_SHARDS, GatewayRefused
from gateway_listener.protocol.gateway_url import GatewayInfoClient
from gateway_listener.sharding.coordinator import ShardCoordinator
from gateway_listener.sharding.selection import ShardSelection

API = "https://discord.test/api/v10"


class Shards:
    """Fake shard runner without locks: Discord rejects every shard if the shard count is below three."""

    def __init__(self) -> None:
        self.followed: set[tuple[int, int]] = set()

    async def follow(self, shard: tuple[int, int], stop: asyncio.Event, _name: str) -> None:
        if shard[1] < 3:
            raise GatewayRefused("too few", code=TOO_FEW_SHARDS)
        self.followed.add(shard)
        await stop.wait()
        self.followed.remove(shard)


def recommended(mock: respx.MockRouter, *shards: int) -> None:
    answers = [Response(200, json={"url": "wss://named.test", "shards": number}) for number in shards]
    mock.get(f"{API}/gateway/bot").mock(side_effect=answers)


async def test_listeners_grow_together_when_discord_wants_more_shards(
    pool: Pool, database_url: str, respx_mock: respx.MockRouter
) -> None:
    recommended(respx_mock, 1, 3, 3, 3)
    directory = GatewayInfoClient(API, "secret", None)
    first, second, stop = Shards(), Shards(), asyncio.Event()
    async with Pool(database_url) as elsewhere:
        running = [
            asyncio.create_task(ShardCoordinator(pool, directory, ShardSelection(), first.follow).run(stop)),
            asyncio.create_task(ShardCoordinator(elsewhere, directory, ShardSelection(), second.follow).run(stop)),
        ]
        async with asyncio.timeout(15):
            while sorted(map(len, (first.followed, second.followed))) != [1, 2]:
                await asyncio.sleep(0.05)
                for task in running:
                    assert not task.done(), task.result()
        stop.set()
        await asyncio.gather(*running)

    assert first.followed == second.followed == set()


async def test_listener_waits_as_long_as_discord_wants(pool: Pool, respx_mock: respx.MockRouter) -> None:
    route = respx_mock.get(f"{API}/gateway/bot")
    route.mock(side_effect=[Response(429, headers={"Retry-After": "60"})])
    stop = asyncio.Event()
    running = asyncio.create_task(
        ShardCoordinator(pool, GatewayInfoClient(API, "secret", None), ShardSelection(), Shards().follow).run(stop)
    )
    await asyncio.sleep(1.5)
    stop.set()
    await running

    assert route.call_count == 1


async def test_shards_that_were_told_do_not_grow(pool: Pool, respx_mock: respx.MockRouter) -> None:
    recommended(respx_mock, 3)

    with pytest.raises(GatewayRefused, match="too few"):
        await asyncio.wait_for(
            ShardCoordinator(pool, GatewayInfoClient(API, "secret", None), ShardSelection(2), Shards().follow).run(
                asyncio.Event()
            ),
            10,
        )


async def test_trouble_with_one_shard_ends_the_process(pool: Pool) -> None:
    async def break_down(_shard: tuple[int, int], _stop: asyncio.Event, _name: str) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(
            ShardCoordinator(pool, GatewayInfoClient(API, "secret", None), ShardSelection(1), break_down).run(
                asyncio.Event()
            ),
            10,
        )
