import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg import sql
from starlette.requests import Request

from app.health import Readiness
from app.routes import Routes
from core.metrics_registry import Counter
from db import migrate, schema_revision
from db.connection import Pool
from handlers.feature import Deps, Feature
from tests.fake_discord import NOW, FakeDiscord, fake_discord
from wire.interaction import UserMenu
from wire.message import Message

ASKED = Request({"type": "http"})


async def test_health_is_200_when_database_and_discord_answer(tmp_path: Path, pool: Pool) -> None:
    async with fake_discord(tmp_path, pool=pool, features=[]) as discord:
        response = await _get(discord, "/health")

    body = response.json()
    assert response.status_code == 200
    assert 0 <= body.pop("uptime") < 60
    assert body == {"discord": True, "database": True, "redis": False, "timestamp": int(NOW.timestamp() * 1000)}


async def test_health_is_503_without_discord(tmp_path: Path, pool: Pool) -> None:
    async with fake_discord(tmp_path, pool=pool, features=[]) as discord:
        discord.rest_status = 401
        response = await _get(discord, "/health")

    assert response.status_code == 503
    assert (response.json()["discord"], response.json()["database"]) == (False, True)


async def test_health_is_503_without_the_database(tmp_path: Path) -> None:
    async with fake_discord(tmp_path, features=[]) as discord:
        response = await _get(discord, "/health")

    assert response.status_code == 503
    assert (response.json()["discord"], response.json()["database"]) == (True, False)


async def test_health_asks_discord_rarely(tmp_path: Path, pool: Pool) -> None:
    async with fake_discord(tmp_path, pool=pool, features=[]) as discord:
        for _ in range(5):
            await _get(discord, "/health")

        assert len(discord.edits) == 1


async def test_ready_when_the_database_fits_and_the_routes_are_there(tmp_path: Path, pool: Pool) -> None:
    async with fake_discord(tmp_path, pool=pool) as discord:
        response = await _get(discord, "/ready")

    assert response.status_code == 200
    assert response.json() == {"ready": True, "routes": True, "database": True, "schema": True, "writes": True}
    assert response.headers["cache-control"] == "no-store"
    assert discord.edits == []  # a Discord outage does not make this process unready


async def test_not_ready_without_the_database(tmp_path: Path) -> None:
    async with fake_discord(tmp_path, features=[]) as discord:
        response = await _get(discord, "/ready")
        living = await _get(discord, "/live")

    assert response.status_code == 503
    assert response.json() == {
        "ready": False,
        "routes": True,
        "database": False,
        "schema": False,
        "writes": False,
    }
    assert (living.status_code, living.json()) == (200, {"live": True})


def test_the_revision_that_is_needed_is_the_newest_of_the_history() -> None:
    assert migrate.head() == schema_revision.NEEDED


@pytest.mark.parametrize(
    ("revision", "fits"), [(None, False), ("0001", False), (schema_revision.NEEDED, True), ("9999", True)]
)
async def test_ready_once_the_database_has_our_revision_or_a_later_one(
    tmp_path: Path, pool: Pool, revision: str | None, *, fits: bool
) -> None:
    async with pool.connection() as conn:
        if revision is None:
            await conn.execute("DROP TABLE alembic_version")
        else:
            await conn.execute("UPDATE alembic_version SET version_num = %s", [revision])
    async with fake_discord(tmp_path, pool=pool, features=[]) as discord:
        response = await _get(discord, "/ready")

    assert response.status_code == (200 if fits else 503)
    assert response.json() == {
        "ready": fits,
        "routes": True,
        "database": True,
        "schema": fits,
        "writes": True,
    }


async def test_not_ready_when_two_features_claim_one_route(pool: Pool) -> None:
    feature = Feature(name="twice", user_menus={"Profile": _never})

    response = await _readiness(pool, features=[feature, feature]).show(ASKED)

    assert response.status_code == 503
    assert json.loads(bytes(response.body)) == {
        "ready": False,
        "routes": False,
        "database": False,
        "schema": False,
        "writes": False,
    }


async def test_the_database_is_asked_once_however_many_ask_for_readiness(pool: Pool) -> None:
    readiness = _readiness(pool, fresh_s=60)

    answers = await asyncio.gather(*(readiness.show(ASKED) for _ in range(50)))

    [asked] = [tally for tally in pool.tallies() if tally.name == "lyceum_pool_requests"]
    assert {answer.status_code for answer in answers} == {200}
    assert isinstance(asked, Counter)
    assert sum(count for _, count in asked.rows()) == 1


async def test_readiness_follows_a_database_that_goes_and_comes_back(server_url: str, pool: Pool) -> None:
    readiness = _readiness(pool, fresh_s=0)
    async with pool.connection() as conn:
        name = conn.info.dbname

    before = await readiness.show(ASKED)
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)))
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        away = await readiness.show(ASKED)
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(sql.Identifier(name)))
    after = [(await readiness.show(ASKED)).status_code for _ in range(8)]

    assert (before.status_code, away.status_code) == (200, 503)
    assert after[-1] == 200


def _readiness(pool: Pool, *, features: Sequence[Feature] = (), fresh_s: float = 1) -> Readiness:
    async def opened() -> Pool:
        return pool

    return Readiness(routes=lambda: Routes(features), pool=opened, fresh_s=fresh_s)


async def _never(_interaction: UserMenu, _deps: Deps) -> Message:
    raise AssertionError


async def _get(discord: FakeDiscord, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(discord.app), base_url="http://x") as client:
        return await client.get(path)
