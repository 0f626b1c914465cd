import gzip

import pytest
import respx
from httpx import ConnectError, Response

from gateway_listener.protocol.close_codes import GatewayRefused
from gateway_listener.protocol.gateway_url import GatewayInfoClient, GatewayUnknown, address

API = "https://discord.test/api/v10"
ANSWER = {
    "url": "wss://named.test",
    "shards": 1,
    "session_start_limit": {"total": 1000, "remaining": 7, "reset_after": 5000, "max_concurrency": 1},
}


async def test_address_and_limit_come_from_discord(respx_mock: respx.MockRouter) -> None:
    route = respx_mock.get(f"{API}/gateway/bot").respond(json=ANSWER)

    found = await GatewayInfoClient(API, "secret", None).look_up()

    assert (found.url, found.session_start_limit.remaining) == ("wss://named.test", 7)
    assert route.calls.last.request.headers["authorization"] == "Bot secret"
    assert route.calls.last.request.headers["user-agent"].startswith("DiscordBot (")


async def test_given_address_goes_first(respx_mock: respx.MockRouter) -> None:
    respx_mock.get(f"{API}/gateway/bot").respond(json=ANSWER)

    found = await GatewayInfoClient(API, "secret", "ws://given.test").look_up()

    assert (found.url, found.session_start_limit.remaining) == ("ws://given.test", 7)


@pytest.mark.parametrize(
    "answer", [Response(404), Response(401), Response(500), Response(200, text="no"), ConnectError("nobody")]
)
async def test_beside_a_given_address_nobody_needs_to_answer(
    answer: Response | ConnectError, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{API}/gateway/bot").mock(side_effect=[answer])

    found = await GatewayInfoClient(API, "secret", "ws://given.test").look_up()

    assert (found.url, found.session_start_limit.remaining) == ("ws://given.test", 1)


async def test_without_any_address_it_is_tried_again_later(respx_mock: respx.MockRouter) -> None:
    respx_mock.get(f"{API}/gateway/bot").respond(503)

    with pytest.raises(GatewayUnknown):
        await GatewayInfoClient(API, "secret", None).look_up()


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [({"Retry-After": "2.5"}, 2.5), ({}, 0), ({"Retry-After": "soon"}, 0), ({"Retry-After": "nan"}, 0)],
)
async def test_who_asks_too_often_is_told_how_long_to_wait(
    headers: dict[str, str], wait_s: float, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{API}/gateway/bot").respond(429, headers=headers)

    with pytest.raises(GatewayUnknown) as caught:
        await GatewayInfoClient(API, "secret", None).look_up()

    assert caught.value.retry_after_s == wait_s
    assert str(caught.value).startswith("Discord asks to wait")


async def test_wrong_token_is_not_tried_again(respx_mock: respx.MockRouter) -> None:
    respx_mock.get(f"{API}/gateway/bot").respond(401)

    with pytest.raises(GatewayRefused, match="DISCORD_TOKEN"):
        await GatewayInfoClient(API, "secret", None).look_up()


def test_query_of_the_given_address_is_kept() -> None:
    assert address("ws://a.test/gateway?x=1&compress=no", compression="zlib-stream") == (
        "ws://a.test/gateway?x=1&v=10&encoding=json&compress=zlib-stream"
    )
    assert address("wss://a.test", compression=None) == "wss://a.test/?v=10&encoding=json"


async def test_an_answer_without_end_is_no_answer(respx_mock: respx.MockRouter) -> None:
    respx_mock.get(f"{API}/gateway/bot").respond(content=b" " * 1_000_000 + b"{}")

    with pytest.raises(GatewayUnknown):
        await GatewayInfoClient(API, "secret", None).look_up()


async def test_an_answer_that_is_compressed_unasked_is_not_inflated(respx_mock: respx.MockRouter) -> None:
    asked = respx_mock.get(f"{API}/gateway/bot").respond(
        content=gzip.compress(b'{"url": "wss://gateway.test"}'), headers={"content-encoding": "gzip"}
    )

    with pytest.raises(GatewayUnknown):
        await GatewayInfoClient(API, "secret", None).look_up()

    assert asked.calls.last.request.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("limit", [None, {}, {"remaining": None, "reset_after": None, "max_concurrency": None}])
async def test_answer_with_gaps_is_understood(limit: object, respx_mock: respx.MockRouter) -> None:
    answer = {"url": "wss://there", "shards": None, "session_start_limit": limit}
    respx_mock.get("https://discord.test/gateway/bot").mock(return_value=Response(200, json=answer))

    found = await GatewayInfoClient("https://discord.test", "a", None).look_up()

    assert (found.shards, found.session_start_limit.remaining, found.session_start_limit.max_concurrency) == (1, 1, 1)
