import asyncio

import pytest
import respx
from httpx import Request, Response

from db.connection import Pool
from gateway_listener.protocol.gateway_url import GatewayInfoClient
from gateway_listener.session.identify_limiter import IdentifyLimiter

API = "https://discord.test/api/v10"


def limited(mock: respx.MockRouter, *remaining: int, concurrency: int = 1, reset_after: int = 1) -> respx.Route:
    """Mock of GET /gateway/bot with these remaining identify counts in order; the last one repeats."""
    answers = [
        {
            "url": "wss://named.test",
            "shards": 4,
            "session_start_limit": {
                "total": 1000,
                "remaining": left,
                "reset_after": reset_after,
                "max_concurrency": concurrency,
            },
        }
        for left in remaining
    ]
    last = answers[-1]

    def answer(_request: Request) -> Response:
        return Response(200, json=answers.pop(0) if answers else last)

    return mock.get(f"{API}/gateway/bot").mock(side_effect=answer)


async def waited_s(starts: IdentifyLimiter, *shards: int) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    for shard in shards:
        await starts.wait(shard)
        await starts.sent(shard)
    return loop.time() - began


async def test_identifies_are_kept_apart_over_processes(
    pool: Pool, database_url: str, respx_mock: respx.MockRouter
) -> None:
    limited(respx_mock, 1000)
    directory = GatewayInfoClient(API, "secret", None)
    async with Pool(database_url) as elsewhere:
        took_s = await asyncio.gather(
            waited_s(IdentifyLimiter(pool, directory, window_s=0.2), 0, 1),
            waited_s(IdentifyLimiter(elsewhere, directory, window_s=0.2), 2),
        )

    assert max(took_s) >= 0.4


async def test_shards_of_different_keys_need_not_wait_for_each_other(pool: Pool, respx_mock: respx.MockRouter) -> None:
    limited(respx_mock, 1000, concurrency=16)
    starts = IdentifyLimiter(pool, GatewayInfoClient(API, "secret", None), window_s=60.0)

    await asyncio.wait_for(waited_s(starts, *range(16)), 5)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(starts.wait(16), 0.3)


async def test_identify_that_may_be_on_its_way_shuts_the_bucket_longer(
    pool: Pool, respx_mock: respx.MockRouter
) -> None:
    limited(respx_mock, 1000)
    starts = IdentifyLimiter(pool, GatewayInfoClient(API, "secret", None), window_s=0.2)
    await starts.wait(0)

    assert await waited_s(starts, 1) >= 0.35


async def test_nobody_starts_beyond_the_daily_limit(pool: Pool, respx_mock: respx.MockRouter) -> None:
    route = limited(respx_mock, 0, 0, 1, reset_after=1100)
    starts = IdentifyLimiter(pool, GatewayInfoClient(API, "secret", None), window_s=0.01)

    assert await waited_s(starts, 0) >= 1.1
    assert route.call_count == 3


async def test_as_many_starts_are_left_as_may_be_on_their_way(pool: Pool, respx_mock: respx.MockRouter) -> None:
    limited(respx_mock, 15, concurrency=16, reset_after=60_000)
    starts = IdentifyLimiter(pool, GatewayInfoClient(API, "secret", None), window_s=0.01)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(starts.wait(0), 0.3)


async def test_away_database_starts_nothing_and_stops_nothing(pool: Pool, respx_mock: respx.MockRouter) -> None:
    limited(respx_mock, 1000)
    away = Pool("postgresql://127.0.0.1:1/nothing", wait_s=0.1)
    directory = GatewayInfoClient(API, "secret", None)
    starts = IdentifyLimiter(away, directory, window_s=0.01)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(starts.wait(0), 0.5)
    await starts.sent(0)
    await away.close()
    await IdentifyLimiter(pool, directory).sent(0)  # before the first request
