import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.local_discord import LocalDiscord, local_discord
from tests.playground.page.browser import Visits
from tests.served import prepare, served

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def discord(tmp_path: Path, database_url: str) -> Iterator[LocalDiscord]:
    """A local Discord with a served Lyceum, where Mina has one hour of counted time."""
    with local_discord(tmp_path) as running:
        asyncio.run(prepare(running, database_url))
        with served(running, tmp_path, database_url) as url:
            running.http.put("/playground/endpoint", json={"url": f"{url}/interactions"}).raise_for_status()
            yield running


async def command(page: Page, text: str) -> Locator:
    """Type a command and send it; returns the message that answers it."""
    lines = page.locator("#messages > li")
    count = await lines.count()
    await page.locator("#text").focus()
    await page.keyboard.type(text)
    await page.keyboard.press("Enter")
    await expect(page.locator("#command")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(lines).to_have_count(count + 1)
    return lines.last


async def test_a_streak_is_paged_by_its_buttons(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(f"{discord.url}/?as=mina&locale=en-GB")
    streak = await command(page, "/streak")
    picture = streak.locator("[data-enlarge] img")
    await expect(picture).to_be_visible()
    first = await picture.get_attribute("src")
    assert first

    await streak.get_by_role("button").filter(has_text="◀").click()

    await expect(picture).not_to_have_attribute("src", first)
    await expect(picture).to_have_js_property("complete", value=True)


async def test_a_zone_is_completed_and_set_in_ones_own_language(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(f"{discord.url}/?as=mina")
    listed = discord.http.get("/page/commands?as=mina").json()["chat"]
    zone = next(one for one in listed if one["name"] == "my timezone")

    await page.locator("#text").focus()
    await page.keyboard.type(f"/{zone['called']} ")
    await expect(page.get_by_role("option").filter(has_text=zone["options"][0]["called"])).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.get_by_label(zone["options"][0]["called"])).to_be_focused()
    await page.keyboard.type("seo")
    await page.get_by_role("option").filter(has_text="서울").click()
    await page.keyboard.press("Enter")

    answer = page.locator("#messages > li").last
    await expect(answer).to_contain_text("서울")
    await expect(answer.get_by_text("Only you can see this")).to_be_visible()


async def test_a_profile_is_opened_from_the_menu_of_a_member(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(f"{discord.url}/?as=ada")

    await page.locator(f"#members [data-user='{discord.member('mina')['id']}']").click(button="right")
    await page.get_by_role("menuitem", name="Apps").hover()
    await page.get_by_role("menuitem", name="Profile").last.click()

    await expect(page.locator("#messages > li").last.locator("[data-enlarge] img")).to_be_visible()


async def test_a_vacation_is_planned_in_a_form(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(f"{discord.url}/?as=mina&locale=en-GB", phone=True)
    status = await command(page, "/freeze status")
    first = datetime.now(UTC) + timedelta(days=3)

    await status.get_by_role("button", name="vacation").click()
    await page.get_by_label("First day").fill(f"{first:%Y-%m-%d}")
    await page.get_by_label("Last day").fill(f"{first + timedelta(days=2):%Y-%m-%d}")
    await page.get_by_role("button", name="Submit").click()

    await expect(page.locator("#messages > li").last).to_contain_text("Your run rests on these days and stays.")
