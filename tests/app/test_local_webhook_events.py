"""Webhook events over real HTTP: the local Discord signs, posts and retries them; the served app stores them."""

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.local_discord import LocalDiscord, free_port, local_discord
from tests.served import served

Json = dict[str, Any]

SKU = "1000000000000000901"


@pytest.fixture
def discord(tmp_path: Path) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path, event_backoff_s=0.2) as running:
        yield running


@pytest.fixture
def app(discord: LocalDiscord, tmp_path: Path, database_url: str) -> Iterator[str]:
    with served(discord, tmp_path, database_url) as url:
        yield url


def subscribe(discord: LocalDiscord, url: str | None, **more: object) -> httpx.Response:
    kinds = [
        *(f"APPLICATION_{word}" for word in ("AUTHORIZED", "DEAUTHORIZED")),
        *(f"ENTITLEMENT_{word}" for word in ("CREATE", "UPDATE", "DELETE")),
    ]
    wanted = {"event_webhooks_url": url, "event_webhooks_status": 2, "event_webhooks_types": kinds}
    return discord.rest("PATCH", "/applications/@me", json=wanted | more)


def happen(discord: LocalDiscord, kind: str, **more: object) -> Json:
    answer = discord.steer("events", type=kind, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def rows(database_url: str, question: str) -> list[Any]:
    with psycopg.connect(database_url) as conn:
        return conn.execute(question.encode()).fetchall()


def test_discord_takes_our_address_after_its_probe(discord: LocalDiscord, app: str) -> None:
    taken = subscribe(discord, f"{app}/events")

    assert taken.status_code == 200, taken.text
    assert taken.json()["event_webhooks_url"] == f"{app}/events"
    assert taken.json()["event_webhooks_status"] == 2


@pytest.mark.parametrize("path", ["/health", "/interactions", "/nowhere"])
def test_discord_takes_no_other_address(discord: LocalDiscord, app: str, path: str) -> None:
    refused = subscribe(discord, f"{app}{path}")

    assert refused.status_code == 400
    assert "event_webhooks_url" in refused.json()["errors"]


def test_discord_refuses_kinds_that_it_does_not_know(discord: LocalDiscord, app: str) -> None:
    assert subscribe(discord, f"{app}/events", event_webhooks_types=["MESSAGE_CREATE"]).status_code == 400
    assert discord.steer("events", type="ENTITLEMENT_CREATE").status_code == 409


def test_what_happens_is_kept(discord: LocalDiscord, app: str, database_url: str) -> None:
    subscribe(discord, f"{app}/events")

    let_in = happen(discord, "APPLICATION_AUTHORIZED", **{"as": "ada"})
    bought = happen(discord, "ENTITLEMENT_CREATE", sku=SKU, times=50)
    happen(discord, "APPLICATION_DEAUTHORIZED", **{"as": "ada"})

    assert [event["problems"] for event in let_in["events"] + bought["events"]] == [[]] * 51
    assert len(_delivered(discord)) == 52
    assert rows(database_url, "SELECT name, is_active FROM guilds") == [(let_in["data"]["guild"]["name"], True)]
    assert rows(database_url, "SELECT authorized_at < deauthorized_at FROM authorizations") == [(True,)]
    assert rows(database_url, "SELECT sku_id, is_deleted FROM entitlements") == [(int(SKU), False)]


def test_a_purchase_comes_with_interactions_until_it_is_refunded(
    discord: LocalDiscord, app: str, database_url: str
) -> None:
    subscribe(discord, f"{app}/events")
    application = discord.state()["application_id"]
    guild = discord.state()["guilds"][0]["id"]
    path = f"/applications/{application}/entitlements"

    made = discord.rest("POST", path, json={"sku_id": SKU, "owner_id": guild, "owner_type": 1}).json()
    _wait(database_url, "SELECT count(*) FROM entitlements WHERE NOT is_deleted", 1)
    listed = discord.rest("GET", f"{path}?guild_id={guild}").json()
    used = discord.rest("POST", f"{path}/{made['id']}/consume")
    gone = discord.rest("DELETE", f"{path}/{made['id']}")
    _wait(database_url, "SELECT count(*) FROM entitlements WHERE is_deleted AND is_consumed", 1)

    assert [one["id"] for one in listed] == [made["id"]]
    assert (used.status_code, gone.status_code) == (204, 204)
    assert discord.rest("GET", f"{path}/{made['id']}").json()["deleted"] is True
    assert discord.rest("GET", f"{path}/1").status_code == 404


def test_an_app_that_is_away_gets_its_events_when_it_is_back(
    discord: LocalDiscord, tmp_path: Path, database_url: str
) -> None:
    port = free_port()
    with served(discord, tmp_path, database_url, port=port) as url:
        assert subscribe(discord, f"{url}/events").status_code == 200

    late = happen(discord, "ENTITLEMENT_CREATE", sku=SKU)
    assert late["events"][0]["delivered"] is False
    with served(discord, tmp_path, database_url, port=port):
        _wait(database_url, "SELECT count(*) FROM entitlements", 1)
        told = discord.http.get("/playground/events").json()["events"]

    assert len(told[0]["attempts"]) > 1
    moments = [attempt["at_ms"] for attempt in told[0]["attempts"]]
    pauses = [later - sooner for sooner, later in pairwise(moments)]
    assert pauses == sorted(pauses)


def _delivered(discord: LocalDiscord) -> list[Json]:
    """All deliveries, once the app has accepted them; on a busy machine some need a retry."""
    until = time.monotonic() + 20
    while True:
        told = discord.http.get("/playground/events").json()["events"]
        if all(event["delivered"] for event in told):
            return told
        assert time.monotonic() < until, told
        time.sleep(0.05)


def _wait(database_url: str, question: str, expected: int) -> None:
    until = time.monotonic() + 20
    while rows(database_url, question) != [(expected,)]:
        assert time.monotonic() < until, question
        time.sleep(0.05)
