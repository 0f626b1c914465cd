from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.local_discord import LocalDiscord, local_discord
from tests.playground.page import browser
from tests.playground.page.browser import Visits


@pytest.fixture
def discord(tmp_path: Path) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncGenerator[Browser]:
    """One browser for the whole run; its tests need `pytestmark = pytest.mark.asyncio(loop_scope="session")`."""
    if browser.executable() is None:
        pytest.skip(browser.MISSING)
    async with browser.chromium() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def visit(chromium: Browser) -> AsyncGenerator[Visits]:
    """Opens pages for one test: `page = await visit(discord.url)`; console errors fail the test."""
    visits = Visits(chromium)
    yield visits
    await visits.close()
    assert visits.complaints == []
