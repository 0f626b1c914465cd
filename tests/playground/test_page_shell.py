import pytest
from playwright.async_api import expect

from tests.local_discord import LocalDiscord
from tests.playground.browser import Visits

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_columns_follow_what_happens_in_voice(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(discord.url)
    rooms = page.locator("#rooms")

    discord.voice("join", "mina", "Library")
    await expect(rooms.get_by_text("김민아")).to_be_visible()
    discord.voice("leave", "mina")

    await expect(rooms.get_by_text("김민아")).to_have_count(0)


async def test_the_page_opens_on_a_phone(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(discord.url, phone=True)

    await expect(page).to_have_title("#study-log · Lyceum Commons · local Discord")
