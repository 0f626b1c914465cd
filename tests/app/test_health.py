from pathlib import Path

import httpx

from db.connection import Pool
from tests.fake_discord import NOW, FakeDiscord, fake_discord


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


async def test_ready_answers_without_anything_else(tmp_path: Path) -> None:
    async with fake_discord(tmp_path, features=[]) as discord:
        response = await _get(discord, "/ready")

    assert (response.status_code, response.json()) == (200, {"ready": True})


async def _get(discord: FakeDiscord, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(discord.app), base_url="http://x") as client:
        return await client.get(path)
