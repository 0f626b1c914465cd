"""Webhook events through the whole app: signature, deduplication, order, and storage before the response."""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from nacl.signing import SigningKey

from app.http.signed_request import BODY_MAX
from app.webhook_events import WebhookEventEndpoint
from core.ids import GuildId, UserId
from db.connection import Pool
from services import installations, premium
from tests.fake_discord import ANA, APPLICATION, GUILD, KEY, NOW, FakeDiscord, Frozen, fake_discord, sign
from wire.signature import Verifier

Json = dict[str, Any]

NO_HEADERS: Mapping[str, str] = {}
SKU = 1_019_475_255_913_222_144
BOUGHT = 1_019_653_849_998_299_136
GUILD_SHAPE: Json = {
    "id": str(GUILD),
    "name": "Lyceum",
    "owner_id": "5000000009",
    "icon": "a_1",
    "preferred_locale": "ko",
    "features": [],
}


@pytest.fixture
async def discord(tmp_path: Path, pool: Pool) -> AsyncGenerator[FakeDiscord]:
    async with fake_discord(tmp_path, pool=pool) as running:
        yield running


def event(name: str, data: Json, *, after_s: float = 0) -> Json:
    at = (NOW + timedelta(seconds=after_s)).isoformat()
    return {
        "version": 1,
        "application_id": str(APPLICATION),
        "type": 1,
        "event": {"type": name, "timestamp": at, "data": data},
    }


def let_in(*, guild: Json | None = GUILD_SHAPE, after_s: float = 0) -> Json:
    data: Json = {"integration_type": 0 if guild else 1, "user": ANA.user, "scopes": ["applications.commands"]}
    return event("APPLICATION_AUTHORIZED", data | ({"guild": guild} if guild else {}), after_s=after_s)


def taken_back(*, after_s: float = 0) -> Json:
    return event("APPLICATION_DEAUTHORIZED", {"user": ANA.user}, after_s=after_s)


def bought(what: str, *, after_s: float = 0, **more: object) -> Json:
    data: Json = {
        "id": str(BOUGHT),
        "sku_id": str(SKU),
        "application_id": str(APPLICATION),
        "user_id": str(ANA.id),
        "guild_id": str(GUILD),
        "promotion_id": None,
        "type": 8,
        "deleted": False,
        "gift_code_flags": 0,
        "consumed": False,
        "starts_at": NOW.isoformat(),
        "ends_at": None,
    }
    return event(f"ENTITLEMENT_{what}", data | more, after_s=after_s)


async def send(discord: FakeDiscord, *payloads: Json, key: SigningKey = KEY) -> list[httpx.Response]:
    """Deliver the events concurrently."""
    bodies = [json.dumps(payload).encode() for payload in payloads]
    return list(await asyncio.gather(*(post(discord, body, key=key) for body in bodies)))


async def post(
    discord: FakeDiscord, body: bytes, headers: Mapping[str, str] = NO_HEADERS, *, key: SigningKey = KEY
) -> httpx.Response:
    signed = {name.replace("_", "-"): value for name, value in sign(body, discord.clock.moment, key=key).items()}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(discord.app), base_url="http://lyceum.test") as client:
        return await client.post("/events", content=body, headers=signed | dict(headers))


async def rows(pool: Pool, question: str) -> list[Any]:
    async with pool.connection() as conn:
        return await (await conn.execute(question.encode())).fetchall()


async def test_a_ping_is_answered_empty_with_204_and_a_content_type(discord: FakeDiscord) -> None:
    [answer] = await send(discord, {"version": 1, "application_id": str(APPLICATION), "type": 0})

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["content-type"] == "application/json"


async def test_a_ping_and_a_strange_event_need_no_database(tmp_path: Path) -> None:
    async with fake_discord(tmp_path) as discord:
        answers = await send(discord, {"type": 0}, event("QUEST_USER_ENROLLMENT", {"user_id": "1"}))

    assert [answer.status_code for answer in answers] == [204, 204]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"x" * (BODY_MAX + 1), {}, 413),
        (b"not json", {"x-signature-timestamp": "1"}, 401),
        (b"not json", {"x-signature-ed25519": "ab" * 64}, 401),
        (b"not json", {"x-signature-ed25519": ""}, 401),
        (b"not json", {}, 400),
        (b"[]", {}, 400),
        (b'{"type": 1}', {}, 400),
        (b'{"type": "x"}', {}, 400),
        (b'{"type": 1, "event": {"timestamp": 5}}', {}, 400),
        (json.dumps(event("ENTITLEMENT_CREATE", {"id": "12"})).encode(), {}, 400),
        (json.dumps(bought("CREATE", sku_id=None)).encode(), {}, 400),
        (json.dumps(event("APPLICATION_DEAUTHORIZED", {"user": {"id": "7"}})).encode(), {}, 400),
    ],
)
async def test_refusals_come_in_the_order_of_the_other_door(
    discord: FakeDiscord, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = await post(discord, body, headers)

    assert (answer.status_code, answer.content) == (status, b"")


@pytest.mark.parametrize("name", ["APPLICATION_AUTHORIZED", "APPLICATION_DEAUTHORIZED", "ENTITLEMENT_CREATE"])
async def test_a_time_without_zone_is_utc(discord: FakeDiscord, pool: Pool, name: str) -> None:
    """As Discord's documentation shows them: https://discord.com/developers/docs/events/webhook-events."""
    guild = {"id": str(GUILD), "name": "Evening Library"}
    user = {"id": str(ANA.id), "username": "ana", "global_name": None, "avatar": None, "discriminator": "0"}
    data: Json = {"integration_type": 0, "scopes": ["bot"], "user": user, "guild": guild}
    if name.startswith("ENTITLEMENT"):
        data = {"id": str(BOUGHT), "sku_id": str(SKU), "type": 4, "user_id": str(ANA.id), "consumed": False}
    told = event(name, data)
    told["event"]["timestamp"] = "2026-11-30T14:40:00.064834"

    [answer] = await send(discord, told)

    assert answer.status_code == 204
    async with pool.connection() as conn:
        cursor = await conn.execute("SELECT kind, happened_at::text FROM webhook_events")
        assert await cursor.fetchall() == [(name.lower(), "2026-11-30 14:40:00.064834+00")]


@pytest.mark.parametrize(
    "body",
    [
        {"type": 2, "event": []},
        {"type": 1, "event": {"type": "QUEST_USER_ENROLLMENT"}},
        {"type": 1, "event": {"type": "LOBBY_MESSAGE_CREATE", "timestamp": 7, "data": "x"}},
        {"type": 1, "event": {"type": "GAME_DIRECT_MESSAGE_CREATE", "timestamp": "yesterday", "data": {"id": []}}},
    ],
)
async def test_an_event_that_means_nothing_to_us_is_accepted_whatever_it_holds(tmp_path: Path, body: Json) -> None:
    async with fake_discord(tmp_path) as without_database:
        [answer] = await send(without_database, body)

    assert answer.status_code == 204


async def test_what_cannot_be_read_of_an_event_costs_no_more_than_itself(discord: FakeDiscord, pool: Pool) -> None:
    guild = GUILD_SHAPE | {"owner_id": "x", "icon": 7, "name": "Ly\0ceum", "preferred_locale": ["ko"]}
    strange: Json = {"type": "enough", "user_id": str(ANA.id), "guild_id": {}, "starts_at": "soon", "ends_at": [1]}
    let = let_in(guild=guild)
    let["event"]["timestamp"] = "just now"

    answers = await send(discord, let, bought("CREATE", **strange, deleted="maybe", consumed=None))

    assert [answer.status_code for answer in answers] == [204, 204]
    async with pool.connection() as conn:
        cursor = await conn.execute("SELECT name, owner_id, icon_hash, locale FROM guilds")
        assert await cursor.fetchall() == [("Lyceum", None, None, "en-US")]
        cursor = await conn.execute("SELECT granted_guild_id, starts_at, ends_at FROM entitlements")
        assert await cursor.fetchall() == [(None, None, None)]
        cursor = await conn.execute("SELECT happened_at FROM webhook_events WHERE kind = 'application_authorized'")
        assert await cursor.fetchall() == [(NOW,)]


async def test_events_are_signed_with_any_of_our_keys_and_no_other(discord: FakeDiscord, pool: Pool) -> None:
    other = SigningKey(b"another key for tests, 32 bytes.")

    assert [answer.status_code for answer in await send(discord, let_in(), key=other)] == [401]
    discord.app = WebhookEventEndpoint(
        verifier=Verifier([KEY.verify_key.encode().hex(), other.verify_key.encode().hex()]),
        pool=_as_it_is(pool),
        clock=discord.clock,
    )
    assert [answer.status_code for answer in await send(discord, let_in(), key=other)] == [204]


async def test_a_guild_has_its_row_from_authorisation(discord: FakeDiscord, pool: Pool) -> None:
    await send(discord, let_in())

    assert await rows(pool, "SELECT guild_id, name, owner_id, icon_hash, locale, is_active FROM guilds") == [
        (GUILD, "Lyceum", 5_000_000_009, "a_1", "ko", True)
    ]
    assert await rows(pool, "SELECT user_id, authorized_at, deauthorized_at FROM authorizations") == [
        (ANA.id, NOW, None)
    ]


async def test_a_guild_met_before_keeps_its_settings_and_gets_its_name(discord: FakeDiscord, pool: Pool) -> None:
    await discord.slash("my visibility", who="private")
    async with pool.connection() as conn:
        await conn.execute("UPDATE guilds SET timezone = 'Asia/Seoul', locale = 'es-ES'")

    await send(discord, let_in())
    await send(discord, let_in(guild=GUILD_SHAPE | {"name": "Another"}, after_s=5))

    assert await rows(pool, "SELECT name, locale, timezone FROM guilds") == [("Lyceum", "es-ES", "Asia/Seoul")]


async def test_contact_after_authorisation_changes_nothing(discord: FakeDiscord, pool: Pool) -> None:
    await send(discord, let_in())
    before = await rows(pool, "SELECT * FROM guilds")

    await discord.slash("my visibility", who="private")

    assert await rows(pool, "SELECT * FROM guilds") == before


async def test_the_first_contact_and_the_authorisation_may_come_at_once(discord: FakeDiscord, pool: Pool) -> None:
    contacts = asyncio.gather(*(discord.slash("my visibility", who="private") for _ in range(10)))

    answers = await send(discord, *(let_in(after_s=number) for number in range(10)))

    assert {answer.status for answer in await contacts} == {200}
    assert {answer.status_code for answer in answers} == {204}
    assert await rows(pool, "SELECT name, count(*) FROM guilds GROUP BY 1") == [("Lyceum", 1)]


async def test_deauthorisation_is_the_users_and_never_the_guilds(discord: FakeDiscord, pool: Pool) -> None:
    await send(discord, let_in())
    await send(discord, taken_back(after_s=60))

    assert await rows(pool, "SELECT is_active FROM guilds") == [(True,)]
    async with pool.connection() as conn:
        assert not await installations.is_authorized(conn, UserId(ANA.id))
    await send(discord, let_in(guild=None, after_s=120))
    async with pool.connection() as conn:
        assert await installations.is_authorized(conn, UserId(ANA.id))


async def test_an_authorisation_that_comes_late_does_not_undo_its_end(discord: FakeDiscord, pool: Pool) -> None:
    await send(discord, taken_back(after_s=60))
    await send(discord, let_in())

    async with pool.connection() as conn:
        assert not await installations.is_authorized(conn, UserId(ANA.id))
        assert not await installations.is_authorized(conn, UserId(1_234_567_890))
    assert await rows(pool, "SELECT count(*) FROM guilds") == [(1,)]


async def test_one_event_fifty_times_at_once_is_done_once(discord: FakeDiscord, pool: Pool) -> None:
    answers = await send(discord, *[bought("CREATE")] * 50, *[let_in()] * 50)

    assert {answer.status_code for answer in answers} == {204}
    assert await rows(pool, "SELECT kind, count(*) FROM webhook_events GROUP BY 1 ORDER BY 1") == [
        ("application_authorized", 1),
        ("entitlement_create", 1),
    ]
    assert await rows(pool, "SELECT entitlement_id, sku_id, granted_guild_id, granted_user_id FROM entitlements") == [
        (BOUGHT, SKU, GUILD, ANA.id)
    ]


async def test_a_second_delivery_writes_nothing(discord: FakeDiscord, pool: Pool) -> None:
    await send(discord, bought("CREATE"))
    before = await rows(pool, "SELECT xmin, * FROM entitlements")

    await send(discord, bought("CREATE"))

    assert await rows(pool, "SELECT xmin, * FROM entitlements") == before


ENDS = (NOW + timedelta(days=30)).isoformat()
STORY = (
    bought("CREATE"),
    bought("UPDATE", after_s=10, ends_at=ENDS),
    bought("UPDATE", after_s=20, ends_at=None),
    bought("UPDATE", after_s=30, ends_at=(NOW + timedelta(days=9)).isoformat()),
)


@pytest.mark.parametrize("seed", range(6))
async def test_the_newest_state_stays_in_whatever_order_events_come(
    discord: FakeDiscord, pool: Pool, seed: int
) -> None:
    order = [*STORY, *STORY]
    random.Random(seed).shuffle(order)

    answers = await send(discord, *order)

    assert {answer.status_code for answer in answers} == {204}
    assert await rows(pool, "SELECT ends_at, is_deleted, changed_at FROM entitlements") == [
        (NOW + timedelta(days=9), False, NOW + timedelta(seconds=30))
    ]


@pytest.mark.parametrize("seed", range(4))
async def test_deletion_is_final_whenever_it_comes(discord: FakeDiscord, pool: Pool, seed: int) -> None:
    order = [*STORY, bought("DELETE", after_s=15)]  # later events of a deleted entitlement do not restore it
    random.Random(seed).shuffle(order)

    for each in order:
        await send(discord, each)

    assert await rows(pool, "SELECT ends_at, is_deleted FROM entitlements") == [(NOW + timedelta(days=9), True)]
    async with pool.connection() as conn:
        assert await premium.skus_of(conn, guild=GuildId(GUILD), user=UserId(ANA.id), now=NOW) == frozenset()


async def test_a_creation_is_older_than_a_change_of_the_same_moment(discord: FakeDiscord, pool: Pool) -> None:
    await send(discord, bought("UPDATE", ends_at=ENDS))
    await send(discord, bought("CREATE"))

    assert await rows(pool, "SELECT ends_at FROM entitlements") == [(NOW + timedelta(days=30),)]


async def test_without_a_database_discord_is_asked_to_come_again(tmp_path: Path) -> None:
    async with fake_discord(tmp_path) as discord:
        [answer] = await send(discord, bought("CREATE"))

    assert (answer.status_code, answer.content) == (503, b"")


async def test_a_slow_database_is_given_up_in_time(pool: Pool) -> None:
    events = WebhookEventEndpoint(
        verifier=Verifier([KEY.verify_key.encode().hex()]), pool=_as_it_is(pool), clock=Frozen(), patience_s=0.2
    )
    async with pool.connection() as conn:
        await conn.execute("LOCK TABLE webhook_events IN ACCESS EXCLUSIVE MODE")
        [answer] = await send(FakeDiscord(events, Frozen()), bought("CREATE"))

    assert answer.status_code == 503
    [answer] = await send(FakeDiscord(events, Frozen()), bought("CREATE"))
    assert answer.status_code == 204
    assert await rows(pool, "SELECT count(*) FROM entitlements") == [(1,)]


async def test_what_breaks_on_our_side_leaves_nothing_and_comes_again(pool: Pool) -> None:
    events = WebhookEventEndpoint(
        verifier=Verifier([KEY.verify_key.encode().hex()]), pool=_as_it_is(pool), clock=Frozen()
    )
    async with pool.connection() as conn:
        await conn.execute("ALTER TABLE entitlements RENAME TO elsewhere")
    [answer] = await send(FakeDiscord(events, Frozen()), bought("CREATE"))
    assert answer.status_code == 503
    assert await rows(pool, "SELECT count(*) FROM webhook_events") == [(0,)]

    async with pool.connection() as conn:
        await conn.execute("ALTER TABLE elsewhere RENAME TO entitlements")
    [answer] = await send(FakeDiscord(events, Frozen()), bought("CREATE"))
    assert answer.status_code == 204


def _as_it_is(pool: Pool) -> Any:
    async def opened() -> Pool:
        return pool

    return opened
