from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

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


async def write(page: Page, text: str) -> None:
    """Type into the message box, key by key."""
    await page.get_by_role("textbox", name="Message #study-log").focus()
    await page.keyboard.type(text)


async def take(page: Page, option: str) -> None:
    """Go on to a further option of a command, whose list is open."""
    await expect(page.locator(".tail")).to_be_focused()
    await page.keyboard.type(option)
    await page.keyboard.press("Enter")
    await expect(page.get_by_label(option, exact=True)).to_be_focused()


async def sent(app: SmallApp, count: int, page: Page) -> Json:
    """What the app was sent once it has seen `count` interactions that are no completion."""
    for _ in range(100):
        seen = [one for one in app.seen if one["type"] != 4]
        if len(seen) >= count:
            return seen[-1]["data"]
        await page.wait_for_timeout(50)
    raise AssertionError(f"the app has seen {len(app.seen)} interactions")


def seen(app: SmallApp) -> int:
    return len([one for one in app.seen if one["type"] != 4])


def options_of(data: Json) -> dict[str, object]:
    return {option["name"]: option.get("value", option.get("options")) for option in data["options"]}


async def test_a_slash_lists_the_commands_that_one_may_use(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    del app
    owner, member = await visit(discord.url), await visit(f"{discord.url}/?as=mina")

    for page in (owner, member):
        await page.locator("#text").focus()
        await page.keyboard.type("/adm")

    await expect(owner.get_by_role("option", name="admin")).to_be_visible()
    await expect(member.get_by_role("option", name="admin")).to_have_count(0)


async def test_a_command_with_options_by_keyboard_alone(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await visit(discord.url)
    before = seen(app)

    await write(page, "/every")
    await page.keyboard.press("Enter")
    await page.keyboard.type("세 단어")
    await page.keyboard.press("Tab")
    await take(page, "whole")
    await page.keyboard.type("3")
    await page.keyboard.press("Tab")
    for option, typed, found in (("sure", "tr", "True"), ("user", "mina", "김민아"), ("role", "regu", "Regular")):
        await take(page, option)
        await page.keyboard.type(typed)
        await expect(page.get_by_role("option", name=found)).to_be_visible()
        await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")

    values = options_of(await sent(app, before + 1, page))
    assert values["text"] == "세 단어"
    assert (values["whole"], values["sure"]) == (3, True)
    assert values["user"] == discord.member("mina")["id"]
    await expect(page.locator("#messages > li").last).to_contain_text("used /every")


async def test_what_is_wrong_with_an_option_is_said_at_it(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await visit(discord.url)
    before = seen(app)

    await write(page, "/every")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await expect(page.locator("#hint")).to_contain_text("This option is required")
    await page.keyboard.type("x" * 41)
    await page.keyboard.press("Enter")

    await expect(page.locator("#hint")).to_contain_text("Must be 40 or fewer in length.")
    assert seen(app) == before


async def test_the_app_completes_what_is_typed(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await visit(discord.url)
    before = seen(app)

    await write(page, "/my timezone")
    await page.keyboard.press("Enter")
    await page.keyboard.type("seo")
    await expect(page.get_by_role("option", name="Seoul, 14:30")).to_be_visible()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")

    data = await sent(app, before + 1, page)
    assert data["options"][0]["name"] == "timezone"
    assert data["options"][0]["options"][0]["value"] == "Asia/Seoul"


async def test_a_whole_command_can_be_pasted(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await visit(discord.url)
    before = seen(app)

    await page.evaluate("navigator.clipboard.writeText('/every text:hello there whole:5 user:@mina')")
    await page.locator("#text").focus()
    await page.keyboard.press("Control+V")
    await expect(page.locator("#command")).to_contain_text("/every")
    await page.keyboard.press("Enter")

    values = options_of(await sent(app, before + 1, page))
    assert values == {"text": "hello there", "whole": 5, "user": discord.member("mina")["id"]}


async def test_a_message_is_written_with_a_mention_and_a_file(
    discord: LocalDiscord, app: SmallApp, visit: Visits
) -> None:
    del app
    page = await visit(discord.url)

    await page.locator("#picked").set_input_files([{"name": "notes.txt", "mimeType": "text/plain", "buffer": b"abc"}])
    await write(page, "See this **now** @mina")
    await expect(page.get_by_role("option").first).to_be_visible()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")

    message = page.locator("#messages > li").last
    await expect(message).to_contain_text("See this now")
    await expect(message.locator(".mention")).to_contain_text("김민아")
    await expect(message).to_contain_text("notes.txt")


async def test_the_menu_of_a_person_runs_the_apps_command(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await visit(discord.url)
    before = seen(app)

    await page.locator(f"#members [data-user='{discord.member('priya')['id']}']").click(button="right")
    await page.get_by_role("menuitem", name="Apps").click()
    await page.get_by_role("menuitem", name="Profile").last.click()

    data = await sent(app, before + 1, page)
    assert (data["name"], data["target_id"]) == ("Profile", discord.member("priya")["id"])


async def test_the_menu_of_a_message_opens_by_keyboard(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await visit(discord.url)
    told = discord.steer("interactions", **{"as": "ada", "text": "/now"}).raise_for_status().json()
    message = page.locator(f"#message-{told['message']['id']}")
    before = seen(app)

    await message.get_by_role("button", name="More").press("Enter")
    await expect(page.get_by_role("menuitem", name="Reply")).to_be_focused()
    await page.keyboard.type("a")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")

    data = await sent(app, before + 1, page)
    assert (data["name"], data["target_id"]) == ("Quote", told["message"]["id"])


async def test_a_command_on_a_phone(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await visit(discord.url, phone=True)
    before = seen(app)

    await page.locator("#text").tap()
    await page.keyboard.type("/secr")
    await page.get_by_role("option", name="secret").tap()
    await page.locator("#send").tap()

    assert (await sent(app, before + 1, page))["name"] == "secret"
    await expect(page.locator("#messages > li").last).to_contain_text("Only you can see this")


async def test_a_late_app_is_waited_for_and_then_said(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    del app
    page = await visit(discord.url)

    await write(page, "/silent")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")

    await expect(page.locator(".is-failed").last).to_contain_text("The application did not respond")


@pytest.mark.parametrize("phone", [False, True])
async def test_the_box_and_its_lists_are_accessible(
    discord: LocalDiscord,
    app: SmallApp,
    visit: Visits,
    phone: bool,  # noqa: FBT001 - a parameter
) -> None:
    del app
    page = await visit(discord.url, phone=phone, scheme="light")

    await write(page, "/")
    await expect(page.get_by_role("option").first).to_be_visible()
    assert await violations(page) == []
    await page.keyboard.type("every")
    await page.keyboard.press("Enter")
    assert await violations(page) == []
