from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Page, expect

from playground.state.fixtures import COMMUNITY
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


async def write(page: Page, text: str) -> None:
    """Type into the message box, key by key."""
    await page.get_by_role("textbox", name="Message #study-log").focus()
    await page.keyboard.type(text)


async def take(page: Page, option: str) -> None:
    """Select another option of a command in the open list."""
    await expect(page.locator(".tail")).to_be_focused()
    await page.keyboard.type(option)
    await page.keyboard.press("Enter")
    await expect(page.get_by_label(option, exact=True)).to_be_focused()


async def sent(app: SmallApp, count: int, page: Page) -> Json:
    """The data of the app's `count`-th interaction, autocomplete excluded; waits for it."""
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


@pytest.mark.parametrize("phone", [False, pytest.param(True, marks=pytest.mark.slow)])
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


async def test_a_whole_command_is_typed_key_by_key(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await visit(discord.url)
    before = seen(app)

    await write(page, "/every text:hello there whole:5 user:@mina board:streak")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")

    values = options_of(await sent(app, before + 1, page))
    assert values == {"text": "hello there", "whole": 5, "user": discord.member("mina")["id"], "board": "streak"}


async def test_a_late_completion_does_not_replace_a_newer_one(
    discord: LocalDiscord, app: SmallApp, visit: Visits
) -> None:
    app.completion_pauses_s = {"s": 1.0}
    page = await visit(discord.url)

    await write(page, "/my timezone")
    await page.keyboard.press("Enter")
    async with page.expect_request(lambda request: '"zone":"s"' in (request.post_data or "")) as late:
        await page.keyboard.type("s")
    await page.keyboard.press("Backspace")
    await page.keyboard.type("lon")
    await expect(page.get_by_role("option", name="London, 05:30")).to_be_visible()
    await (await late.value).response()

    await expect(page.get_by_role("option")).to_have_text(["London, 05:30"])


async def test_a_completion_that_fails_is_said(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await visit(discord.url)
    app.is_down = True

    await write(page, "/my timezone")
    await page.keyboard.press("Enter")
    await page.keyboard.type("seo")

    await expect(page.locator("#hint")).to_contain_text("Loading options failed")
    app.is_down = False


async def test_a_command_speaks_the_language_of_whoever_types(
    discord: LocalDiscord, app: SmallApp, visit: Visits
) -> None:
    page = await visit(f"{discord.url}/?as=mina")
    before = seen(app)

    await write(page, "/every text:a board:")
    await page.get_by_role("option", name="집중").click()
    await page.keyboard.press("Enter")

    assert options_of(await sent(app, before + 1, page))["board"] == "focus"
    assert app.seen[-1]["locale"] == "ko"


async def test_only_channels_of_the_right_kind_are_offered(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await visit(discord.url)
    before = seen(app)

    await write(page, "/every text:a channel:")
    await expect(page.get_by_role("option", name="Library")).to_be_visible()
    await expect(page.get_by_role("option", name="welcome")).to_have_count(0)
    await page.keyboard.type("deep")
    await expect(page.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")

    data = await sent(app, before + 1, page)
    assert [one["name"] for one in data["resolved"]["channels"].values()] == ["Deep Work"]


async def test_a_file_of_a_command_is_chosen_or_dropped(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await visit(discord.url)
    before = seen(app)
    dropped = await page.evaluate_handle(
        "() => { const data = new DataTransfer(); data.items.add(new File(['abcd'], 'dropped.txt')); return data }"
    )

    await write(page, "/every text:a ")
    await page.locator("main").dispatch_event("drop", {"dataTransfer": dropped})
    await expect(page.get_by_role("button", name="file: dropped.txt (4 B)")).to_be_visible()
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="dropped.txt").click()
    await (await chooser.value).set_files([{"name": "chosen.txt", "mimeType": "text/plain", "buffer": b"abc"}])
    await expect(page.get_by_role("button", name="file: chosen.txt (3 B)")).to_be_visible()
    await page.locator("#send").click()

    data = await sent(app, before + 1, page)
    assert [(one["filename"], one["size"]) for one in data["resolved"]["attachments"].values()] == [("chosen.txt", 3)]


async def test_backspace_takes_a_command_apart_and_escape_drops_it(
    discord: LocalDiscord, app: SmallApp, visit: Visits
) -> None:
    del app
    page = await visit(discord.url)

    await write(page, "/every text:a whole:")
    await expect(page.get_by_label("whole", exact=True)).to_be_focused()
    await page.keyboard.press("Backspace")
    await expect(page.get_by_label("whole", exact=True)).to_have_count(0)
    await expect(page.get_by_label("text, required")).to_be_focused()
    await page.keyboard.press("Backspace")
    await page.keyboard.press("Backspace")
    await expect(page.locator("#text")).to_have_value("/every")
    await page.keyboard.type(" ")
    await expect(page.get_by_label("text, required")).to_be_focused()
    await page.keyboard.press("Escape")

    await expect(page.locator("#text")).to_be_focused()
    await expect(page.locator("#text")).to_have_value("")


async def test_a_command_that_is_gone_comes_back_with_what_is_wrong(
    discord: LocalDiscord, app: SmallApp, visit: Visits
) -> None:
    del app
    commands = "/applications/1000000000000000001/commands"
    made = discord.rest("POST", commands, json={"name": "fleeting", "description": "Soon gone."}).json()
    page = await visit(discord.url)

    await write(page, "/fleeting ")
    await expect(page.locator("#command")).to_contain_text("/fleeting")
    discord.rest("DELETE", f"{commands}/{made['id']}").raise_for_status()
    await page.keyboard.press("Enter")

    await expect(page.locator("#hint")).to_contain_text("That command is not there any more")
    visit.forgive("404 for POST")


async def test_text_beyond_the_limit_is_not_sent(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    del app
    page = await visit(discord.url)

    await page.locator("#text").fill("x" * 2001)
    await expect(page.locator("#left")).to_have_text("-1")
    await page.locator("#text").press("Enter")
    await expect(page.locator("#text")).to_have_value("x" * 2001)
    await page.keyboard.press("Backspace")
    await page.keyboard.press("Enter")

    await expect(page.locator("#text")).to_have_value("")
    await expect(page.locator("#messages > li").last).to_contain_text("xxx")


async def test_files_can_be_taken_back_and_large_ones_are_refused(
    discord: LocalDiscord, app: SmallApp, visit: Visits
) -> None:
    del app
    page = await visit(discord.url)
    small, large = b"abc", b"\0" * (10 * 1024 * 1024 + 1)

    await page.locator("#picked").set_input_files(
        [
            {"name": "a.txt", "mimeType": "text/plain", "buffer": small},
            {"name": "large.bin", "mimeType": "application/octet-stream", "buffer": large},
        ]
    )
    await expect(page.get_by_text("Your files are too powerful")).to_be_visible()
    await expect(page.locator("#files li")).to_have_count(1)
    await page.get_by_role("button", name="Remove a.txt").click()

    await expect(page.locator("#files")).to_be_hidden()


async def test_a_message_is_answered_from_its_menu(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    del app
    told = discord.steer("messages", **{"as": "mina", "content": "누구 있어요?"}).raise_for_status().json()["message"]
    page = await visit(discord.url)

    await page.locator(f"#message-{told['id']} [data-content]").click(button="right")
    await page.get_by_role("menuitem", name="Reply").click()
    await expect(page.locator("#replying")).to_contain_text("Replying to 김민아")
    await page.keyboard.type("여기요")
    await page.keyboard.press("Enter")

    answer = page.locator("#messages > li").last
    await expect(answer).to_contain_text("여기요")
    await expect(answer).to_contain_text("누구 있어요?")


async def test_ids_and_texts_are_copied_from_menus(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    del app
    told = discord.steer("messages", **{"as": "mina", "content": "copy me"}).raise_for_status().json()["message"]
    page = await visit(discord.url)
    message = page.locator(f"#message-{told['id']}")

    async def copied(what: str) -> str:
        await message.locator("[data-content]").click(button="right")
        await page.get_by_role("menuitem", name=what).click()
        await expect(page.locator(".toast").last).to_contain_text("is copied")
        return await page.evaluate("navigator.clipboard.readText()")

    assert await copied("Copy Text") == "copy me"
    assert await copied("Copy Message ID") == told["id"]


async def test_the_keyboard_opens_menus_where_it_is(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await visit(discord.url)
    person = page.locator(f"#members [data-user='{discord.member('noam')['id']}']")
    before = seen(app)

    await person.focus()
    await page.keyboard.press("Shift+F10")
    await expect(page.get_by_role("menuitem", name="Profile")).to_be_focused()
    await page.keyboard.press("End")
    await expect(page.get_by_role("menuitem", name="Copy User ID")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(person).to_be_focused()
    await page.keyboard.press("ContextMenu")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowLeft", "ArrowRight", "Enter"):
        await page.keyboard.press(key)

    data = await sent(app, before + 1, page)
    assert (data["name"], data["target_id"]) == ("Profile", discord.member("noam")["id"])


async def test_a_finger_that_stays_opens_the_menu(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    told = discord.steer("messages", **{"as": "mina", "content": "Hold me"}).raise_for_status().json()["message"]
    page = await visit(discord.url, phone=True)
    before = seen(app)
    place = await page.locator(f"#message-{told['id']} [data-content]").bounding_box()
    assert place
    touch: Any = await page.context.new_cdp_session(page)
    point = {"x": place["x"] + place["width"] / 2, "y": place["y"] + place["height"] / 2}

    await touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    await expect(page.get_by_role("menuitem", name="Quote")).to_be_visible()
    await touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await expect(page.get_by_role("menu")).to_be_visible()
    await page.get_by_role("menuitem", name="Quote").tap()

    assert (await sent(app, before + 1, page))["target_id"] == told["id"]


async def test_outside_a_server_that_banned_one_nothing_can_be_written(
    discord: LocalDiscord, app: SmallApp, visit: Visits
) -> None:
    del app
    page = await visit(f"{discord.url}/?as={COMMUNITY.banned[0].username}&guild={COMMUNITY.guild}")

    await expect(page.locator("#composer")).to_contain_text("You do not have permission to send messages")
    await expect(page.locator("#text")).to_have_count(0)
