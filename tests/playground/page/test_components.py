from collections.abc import Iterator

import pytest
from playwright.async_api import Locator, Page, expect

from tests.local_discord import Json, LocalDiscord, local_discord
from tests.playground.page.browser import Visits, violations
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
    """A new message with every kind of component, requested by the page's user."""
    told = discord.steer("interactions", **{"as": "ada", "text": "/panel"}).raise_for_status().json()
    message = page.locator(f"#message-{told['message']['id']}")
    await expect(message).to_be_visible()
    return message


async def posted(page: Page, discord: LocalDiscord, menu: Json) -> Locator:
    """A new message of the app with one select menu."""
    channel = next(one["id"] for one in discord.state()["guilds"][0]["channels"] if one["name"] == "study-log")
    body: Json = {"content": "June", "components": [{"type": 1, "components": [menu]}]}
    told = discord.rest("POST", f"/channels/{channel}/messages", json=body).raise_for_status().json()
    message = page.locator(f"#message-{told['id']}")
    await expect(message).to_be_visible()
    return message


def role_id(discord: LocalDiscord, name: str) -> str:
    guild = discord.state()["guilds"][0]["id"]
    return next(one["id"] for one in discord.rest("GET", f"/guilds/{guild}/roles").json() if one["name"] == name)


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


async def test_a_menu_of_roles_and_people_shows_what_is_chosen_and_takes_more(
    discord: LocalDiscord, app: SmallApp, visit: Visits
) -> None:
    mina, regular = discord.member("mina")["id"], role_id(discord, "Regular")
    preset = [{"id": mina, "type": "user"}]
    menu = {"type": 7, "custom_id": "all", "placeholder": "All", "max_values": 2, "default_values": preset}
    page = await visit(discord.url)
    message = await posted(page, discord, menu)

    await message.get_by_role("button", name="@김민아").click()
    await expect(page.get_by_role("option", selected=True)).to_contain_text("김민아")
    await page.get_by_placeholder("Search").fill("regu")
    await page.get_by_role("group", name="Roles").get_by_role("option", name="Regular").click()
    await page.get_by_role("button", name="Confirm (2 of 2)").click()

    await expect(message).to_contain_text("July")
    assert last_sent(app)["values"] == [mina, regular]
    assert list(last_sent(app)["resolved"]) == ["users", "members", "roles"]


@pytest.mark.parametrize(
    ("menu", "found", "kind"),
    [({"type": 6}, "Moderator", "roles"), ({"type": 8, "channel_types": [2]}, "Library", "channels")],
)
async def test_a_menu_of_one_kind_sends_what_was_chosen(
    discord: LocalDiscord, app: SmallApp, visit: Visits, menu: Json, found: str, kind: str
) -> None:
    page = await visit(discord.url)
    message = await posted(page, discord, menu | {"custom_id": "one", "placeholder": "One"})

    await message.get_by_role("button", name="One").click()
    await expect(page.get_by_role("option", name="welcome")).to_have_count(0)  # a text channel is not offered
    await page.get_by_role("option", name=found).click()

    await expect(message).to_contain_text("July")
    assert [one["name"] for one in last_sent(app)["resolved"][kind].values()] == [found]


async def test_what_is_chosen_is_sent_by_its_value_whatever_others_are_called(
    discord: LocalDiscord, app: SmallApp, visit: Visits
) -> None:
    crossed = [{"label": "1", "value": "2"}, {"label": "2", "value": "1"}]
    page = await visit(discord.url)
    message = await posted(page, discord, {"type": 3, "custom_id": "x", "placeholder": "X", "options": crossed})

    await message.get_by_role("button", name="X").click()
    await page.get_by_role("option", name="2").click()

    await expect(message).to_contain_text("July 1")
    assert last_sent(app)["values"] == ["1"]


async def test_a_menu_that_is_open_closes_where_it_was_opened(
    discord: LocalDiscord, app: SmallApp, visit: Visits
) -> None:
    page = await visit(discord.url)
    message = await panel(page, discord)
    menu, count = message.get_by_role("button", name="Board"), len(app.seen)

    await menu.click()
    await expect(page.get_by_role("option")).to_have_count(2)
    await menu.click()

    await expect(page.get_by_role("option")).to_have_count(0)
    assert len(app.seen) == count


async def test_a_press_that_the_app_does_not_answer_has_failed(
    discord: LocalDiscord, app: SmallApp, visit: Visits
) -> None:
    page = await visit(discord.url)
    message = await panel(page, discord)
    app.is_down = True

    await message.get_by_role("button", name="Next month").click()
    await expect(page.locator(".is-failed").last).to_contain_text("This interaction failed")
    app.is_down = False
    await message.get_by_role("button", name="Next month").click()

    await expect(message).to_contain_text("July")


async def test_a_form_that_failed_stays_and_can_be_sent_again(
    discord: LocalDiscord, app: SmallApp, visit: Visits
) -> None:
    page = await visit(discord.url)
    message = await panel(page, discord)
    await message.get_by_role("button", name="Form").click()
    await page.get_by_label("Title").fill("Twice")
    app.is_down = True

    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("Something went wrong. Try again.")).to_be_visible()
    app.is_down = False
    await page.get_by_role("button", name="Submit").click()

    await expect(page.locator("dialog#form")).to_be_hidden()
    assert last_sent(app)["components"][0]["component"]["value"] == "Twice"


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

    await expect(page.locator("dialog#form")).to_be_hidden()
    await expect(page.locator("#messages > li").last).to_contain_text("Thank you.")
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


@pytest.mark.parametrize("phone", [False, pytest.param(True, marks=pytest.mark.slow)])
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
