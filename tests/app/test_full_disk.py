"""A database with a really full disk: what users, load balancers, monitoring and operators get."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from db import embedded, migrate
from db.connection import Pool
from tests.conftest import fill
from tests.fake_discord import FakeDiscord, fake_discord
from tests.paths import ROOT

pytestmark = pytest.mark.slow

NAMED = "The database's disk is full: it cannot write."


async def test_a_full_disk_is_told_to_everybody_and_forgotten_when_there_is_room(
    tmp_path: Path, small_disk: Path
) -> None:
    server, ballast = embedded.start(small_disk / "postgres"), small_disk / "ballast"
    url = server.get_uri()
    migrate.upgrade(url)
    try:
        async with Pool(url) as pool, fake_discord(tmp_path, pool=pool) as discord:
            before = [await _get(discord, path) for path in ("/ready", "/health")]
            fill(ballast)
            with capture_logs() as lines:
                answers = [await discord.slash("profile") for _ in range(3)]
                during = await _get_until(discord, "/ready", 503)
            page = (await _get(discord, "/metrics")).text
            told = _doctor(url, tmp_path)
            ballast.unlink()
            after = await _get_until(discord, "/ready", 200)
            answered = await discord.slash("profile")
        async with Pool(url) as pool, fake_discord(tmp_path, pool=pool) as discord:
            fill(ballast)
            health = await _get(discord, "/health")
    finally:
        ballast.unlink(missing_ok=True)
        server.cleanup()

    assert [one.status_code for one in before] == [200, 200]
    assert {answer.final["content"] for answer in answers} == {
        "My notebook is full, so I can't save anything right now. Please tell whoever runs me."
    }
    assert (during.status_code, during.json()["database"], during.json()["writes"]) == (503, True, False)
    assert {line["reason"] for line in lines if line["event"] in {"outside trouble", "not ready"}} == {NAMED}
    assert 'lyceum_database_refusals_total{reason="disk full"}' in page
    assert "lyceum_database_writable 0.0" in page
    assert 'lyceum_first_answers_total{outcome="trouble"} 3.0' in page
    assert f"writes       {NAMED}" in told
    assert after.json()["writes"]
    assert "content" not in answered.final or "notebook" not in answered.final["content"]
    assert (health.status_code, health.json()["database"]) == (503, False)


async def _get(discord: FakeDiscord, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(discord.app), base_url="http://x") as client:
        return await client.get(path)


async def _get_until(discord: FakeDiscord, path: str, status: int) -> httpx.Response:
    """Poll until the expected status: a health result is cached for one second."""
    async with asyncio.timeout(60):
        while (answer := await _get(discord, path)).status_code != status:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)
    return answer


def _doctor(url: str, folder: Path) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("DISCORD_", "DATABASE_"))}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "cli", "doctor"],
        env={**environ, "DATABASE_URL": url, "LYCEUM_DATA_DIR": str(folder), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout
