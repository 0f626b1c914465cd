from collections.abc import Iterator

import pytest
from playwright.async_api import Locator, Page, expect

from tests.local_discord import Json, LocalDiscord, local_discord
from tests.playground.browser import Visits, violations
from tests.playground.small_app import SmallApp, small_app

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def discord(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path_factory.mktemp("discord")) as running:
        yield running


@pytest.fixture(scope="module")
def app(discord: LocalDiscord) -> Iterator[SmallApp]:
    with small_app(discord) as running:
        yield running


async def panel(page: Page, discord: LocalDiscord) -> Locator:
    """A fresh message with every kind of part, as the person before the page asked for it."""
    told = discord.steer("interactions", **{"as": "ada", "text": "/panel"}).raise_for_status().json()
    message = page.locator(f"#message-{told['message']['id']}")
    await expect(message).to_be_visible()
    return message


def last_sent(app: SmallApp) -> Json:
    return app.seen[-1]["data"]


@pytest.mark.parametrize("phone", [False, True])
async def test_a_button_changes_its_message(
    discord: LocalDiscord,
    app: SmallApp,
    visit: Visits,
    phone: bool,  # noqa: FBT001 - a parameter
) -> None:
    page = await visit(discord.url, phone=phone)
    message = await panel(page, discord)

    await message.get_by_role("button", name="Next month").click()

    await expect(message).to_contain_text("July")
    await expect(message.locator(".context")).to_contain_text("used /panel")
    assert last_sent(app)["custom_id"] == "v1:panel:next"


async def test_a_menu_of_texts_takes_several_by_keyboard_alone(
    discord: LocalDiscord, app: SmallApp, visit: Visits
) -> None:
    page = await visit(discord.url)
    message = await panel(page, discord)

    await message.get_by_role("button", name="Board").press("Enter")
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")

    await expect(message).to_contain_text("July f,x")
    assert last_sent(app)["values"] == ["f", "x"]
    await expect(message.get_by_role("button", name="Board")).to_be_focused()


async def test_a_menu_that_is_left_by_escape_sends_nothing(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await visit(discord.url)
    message = await panel(page, discord)
    count = len(app.seen)

    await message.get_by_role("button", name="Board").click()
    await page.get_by_role("option", name="Focus").click()
    await page.keyboard.press("Escape")

    await expect(page.get_by_role("option", name="Focus")).to_have_count(0)
    assert len(app.seen) == count


@pytest.mark.parametrize("phone", [False, True])
async def test_a_menu_of_people_is_searched_by_name(
    discord: LocalDiscord,
    app: SmallApp,
    visit: Visits,
    phone: bool,  # noqa: FBT001 - a parameter
) -> None:
    page = await visit(discord.url, phone=phone)
    message = await panel(page, discord)

    await message.get_by_role("button", name="Who").click()
    await page.get_by_placeholder("Search").fill("김민")
    await page.get_by_role("option", name="김민아").click()

    await expect(message).to_contain_text(f"July {discord.member('mina')['id']}")
    assert list(last_sent(app)["resolved"]["users"]) == [discord.member("mina")["id"]]


async def test_a_form_is_checked_kept_and_sent(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await visit(discord.url)
    message = await panel(page, discord)

    await message.get_by_role("button", name="Form").click()
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("This field is required")).to_be_visible()
    await page.get_by_label("Title").fill("시험 주간")
    await page.get_by_label("Bug").check()
    await page.keyboard.press("Escape")
    await message.get_by_role("button", name="Form").click()
    await expect(page.get_by_label("Title")).to_have_value("시험 주간")
    await page.get_by_role("button", name="Helpers").click()
    await page.get_by_placeholder("Search").fill("mina")
    await page.get_by_role("option", name="김민아").click()
    await page.get_by_label("Agree").check()
    await page.get_by_role("button", name="Submit").click()

    await expect(page.locator("#messages")).to_contain_text("Thank you.")
    fields = {part["component"]["custom_id"]: part["component"] for part in last_sent(app)["components"]}
    assert fields["title"]["value"] == "시험 주간"
    assert fields["kind"]["value"] == "bug"
    assert fields["helpers"]["values"] == [discord.member("mina")["id"]]
    assert fields["agree"]["value"] is True


async def test_a_form_that_was_sent_is_empty_the_next_time(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    del app
    page = await visit(discord.url)
    message = await panel(page, discord)
    await message.get_by_role("button", name="Form").click()
    await page.get_by_label("Title").fill("Once")
    await page.get_by_role("button", name="Submit").click()
    await expect(page.locator("dialog#form")).to_be_hidden()

    await message.get_by_role("button", name="Form").click()

    await expect(page.get_by_label("Title")).to_have_value("")


@pytest.mark.parametrize("phone", [False, True])
async def test_forms_and_menus_are_accessible(
    discord: LocalDiscord,
    app: SmallApp,
    visit: Visits,
    phone: bool,  # noqa: FBT001 - a parameter
) -> None:
    del app
    page = await visit(discord.url, phone=phone, scheme="light")
    message = await panel(page, discord)

    await message.get_by_role("button", name="Board").click()
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await message.get_by_role("button", name="Form").click()
    await expect(page.get_by_label("Title")).to_be_focused()
    assert await violations(page) == []


async def test_a_form_belongs_to_whoever_opened_it(discord: LocalDiscord, app: SmallApp) -> None:
    del app
    told = discord.steer("interactions", **{"as": "ada", "text": "/form"}).raise_for_status().json()

    mine = discord.http.get(f"/page/forms/{told['reply']}?as=ada")
    others = discord.http.get(f"/page/forms/{told['reply']}?as=mina")

    assert 'data-field="title"' in mine.text
    assert others.status_code == 404
