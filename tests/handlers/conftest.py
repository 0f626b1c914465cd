"""The whole app with all features on a real database."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from db.connection import Pool
from tests.fake_discord import FakeDiscord, fake_discord


@pytest.fixture
async def discord(tmp_path: Path, pool: Pool) -> AsyncGenerator[FakeDiscord]:
    async with fake_discord(tmp_path, pool=pool) as fake:
        yield fake
