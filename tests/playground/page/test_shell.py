import re
from pathlib import Path

import pytest
from playwright.async_api import Page, WebSocketRoute, expect
from websockets.asyncio.client import connect

from tests.local_discord import LocalDiscord, local_discord, served_discord
from tests.playground.page.browser import Scheme, Visits, violations

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def write(discord: LocalDiscord, page: Page, *sentences: str) -> None:
    """Post a message of the app in the channel that the page shows."""
    channel = await page.evaluate("JSON.parse(document.getElementById('seat').textContent).channel")
    for sentence in sentences:
        posted = discord.rest("POST", f"/channels/{channel}/messages", json={"content": sentence})
        assert posted.status_code == 200


async def test_the_columns_follow_what_happens_in_voice(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(discord.url)
    rooms, members = page.locator("#rooms"), page.locator("#members")

    discord.voice("join", "mina", "Library")
    discord.voice("deafen", "mina")
    discord.voice("stream", "mina")
    await expect(rooms.get_by_role("button", name="김민아 deafened muted Live")).to_be_visible()
    await expect(members.get_by_role("button", name="김민아").get_by_text("Library")).to_be_visible()
    discord.voice("leave", "mina")

    await expect(rooms.get_by_text("김민아")).to_have_count(0)


async def test_everything_in_voice_is_done_by_hand(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(discord.url)
    card = page.locator("#card")

    await page.locator("#members").get_by_role("button", name="प्रिया शर्मा").click()
    await card.get_by_role("button", name="Join Deep Work").click()
    for switch in ("Muted", "Deafened", "Streaming", "Camera on"):
        await card.get_by_role("button", name=switch).click()
        await expect(card.get_by_role("button", name=switch)).to_have_attribute("aria-pressed", "true")
    on = discord.member("priya")["voice"]
    await card.get_by_role("button", name="Move to Library").click()
    await expect(card.get_by_role("heading", name="Voice · Library")).to_be_visible()
    moved = discord.member("priya")["voice"]
    await card.get_by_role("button", name="Leave voice").click()
    await expect(card.get_by_role("button", name="Join Library")).to_be_visible()

    assert (on["channel"], on["muted"], on["deafened"], on["streaming"], on["camera"]) == ("Deep Work", *[True] * 4)
    assert (moved["channel"], moved["muted"], moved["camera"]) == ("Library", True, False)  # a move ends video
    assert discord.member("priya")["voice"] is None


async def test_a_voice_channel_is_joined_by_a_click_and_filled_by_name(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(f"{discord.url}/?as=mina")

    await page.locator("#rooms").get_by_role("button", name="Library, voice channel").click()
    await expect(page.locator("#me").get_by_text("Voice connected")).to_be_visible()
    await page.locator("#rooms").get_by_role("button", name="More for Library").click()
    await page.get_by_label("Bring somebody here").fill("noam")
    await page.get_by_role("button", name="Bring", exact=True).click()
    await expect(page.locator("#rooms").get_by_role("button", name="נועם כהן")).to_be_visible()
    name = page.locator("#rooms .occupant bdi", has_text="נועם כהן")
    assert await name.evaluate("one => getComputedStyle(one).textAlign") == "left"  # next to the avatar, like all names
    await page.get_by_label("Bring somebody here").fill("nobody at all")
    await page.get_by_role("button", name="Bring", exact=True).click()

    await expect(page.locator("#toasts").get_by_text("No member here is called")).to_be_visible()
    visit.forgive("404 for POST")
    await page.keyboard.press("Escape")
    await page.locator("#me").get_by_role("button", name="Leave voice").click()
    await expect(page.locator("#me").get_by_text("Voice connected")).to_have_count(0)
    assert discord.member("noam")["voice"]["channel"] == "Library"


async def test_one_sits_as_somebody_else_in_another_language(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(discord.url)
    me, persona = page.locator("#me .who"), page.locator("#persona")

    await me.click()
    await expect(persona.get_by_role("link", name="Ada Okafor")).to_be_focused()
    await persona.get_by_role("link", name="Mateo García @mateo Moderator").click()
    await expect(me).to_contain_text("Mateo García")
    await expect(me).to_contain_text("Moderator · es-ES")
    await me.click()
    await persona.get_by_label("Language of the client").select_option("ko")
    await expect(me).to_contain_text("Moderator · ko")
    await me.click()
    await persona.get_by_role("link", name="Rook @rook Banned").click()

    await expect(page.get_by_role("heading", name="Rook is banned from Lyceum Commons")).to_be_visible()
    await expect(page.locator("#rooms a, #rooms button")).to_have_count(0)
    await page.get_by_role("link", name="Write to the app").click()
    await expect(page.locator("#me")).to_contain_text("Direct message · en-US")
    await expect(page.get_by_role("heading", name="Lyceum", exact=True).first).to_be_visible()


async def test_the_look_is_chosen_and_kept(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(discord.url, scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"

    dark = await page.evaluate(background)
    await page.locator("#me .who").click()
    await page.locator("#persona").get_by_text("Light", exact=True).click()
    light = await page.evaluate(background)
    await page.reload()

    assert (dark, light) == ("rgb(49, 51, 56)", "rgb(255, 255, 255)")
    assert await page.evaluate(background) == light


async def test_lists_are_walked_by_keys_and_cards_give_the_focus_back(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(discord.url)

    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the messages")).to_be_focused()
    await page.locator("#rooms [aria-current]").focus()
    for key in ("ArrowUp", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight"):
        await page.keyboard.press(key)
    more = page.get_by_role("button", name="More for Lounge")
    await expect(more).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Bring somebody here")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(more).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Enter")
    await expect(page.locator("#me").get_by_text("Voice connected")).to_be_visible()
    await page.keyboard.press("Tab")

    assert await page.evaluate("document.activeElement.closest('#rooms') === null")


async def test_patches_leave_focus_and_what_is_typed_alone(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(discord.url)

    await page.get_by_label("Interactions endpoint URL").fill("http://127.0.0.1:9/half")
    discord.steer("clock", rate=2)
    discord.voice("join", "mina", "Library")
    await expect(page.locator("#rooms").get_by_text("김민아")).to_be_visible()
    discord.steer("guild", name="Commons of Lyceum")
    await expect(page.locator("#rooms").get_by_role("heading", name="Commons of Lyceum")).to_be_visible()

    await expect(page.get_by_label("Interactions endpoint URL")).to_be_focused()
    await expect(page.get_by_label("Interactions endpoint URL")).to_have_value("http://127.0.0.1:9/half")


async def test_an_endpoint_that_is_none_is_refused_in_a_sentence(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(discord.url)

    await page.get_by_label("Interactions endpoint URL").fill("http://127.0.0.1:9/interactions")
    await page.get_by_role("button", name="Save").click()

    await expect(page.locator("#toasts").get_by_text("could not be verified: it does not answer")).to_be_visible()
    visit.forgive("400 for PUT")


async def test_messages_stay_at_their_end_unless_one_reads_above(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(discord.url)
    log, newer = page.locator("#log"), page.locator("#newer")

    await write(discord, page, *(f"Line {number}" for number in range(40)))
    await expect(log.get_by_text("Line 39")).to_be_in_viewport()
    await log.hover()
    await page.mouse.wheel(0, -600)
    await expect(log.get_by_text("Line 39")).not_to_be_in_viewport()
    await write(discord, page, "The forty-first", "The forty-second")
    await expect(newer).to_have_text("2 new messages · Jump to the present")
    await expect(log.get_by_text("The forty-second")).not_to_be_in_viewport()
    await newer.click()

    await expect(log.get_by_text("The forty-second")).to_be_in_viewport()
    await expect(newer).to_be_hidden()


async def test_earlier_messages_come_on_request_and_nothing_jumps(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(discord.url)
    await write(discord, page, *(f"Line {number}." for number in range(130)))
    await page.reload()

    await expect(page.get_by_text("Line 69.", exact=True)).to_have_count(0)
    await page.get_by_role("button", name="Show earlier messages").click()
    await expect(page.get_by_text("Line 69.", exact=True)).to_be_attached()
    await page.get_by_role("button", name="Show earlier messages").click()
    await expect(page.get_by_text("Line 0.", exact=True)).to_be_attached()

    assert await page.locator("#messages > .message").count() == 130
    await expect(page.locator("#beginning")).to_be_attached()


async def test_earlier_messages_stay_when_everything_is_told_anew(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(discord.url)
    await write(discord, page, *(f"Line {number}." for number in range(130)))
    held: list[WebSocketRoute] = []
    await page.route_web_socket("**/page/feed*", lambda socket: held.append(socket))  # noqa: PLW0108 - Playwright takes no method of a list
    await page.reload()
    earlier = page.get_by_role("button", name="Show earlier messages")

    await earlier.click()
    await expect(page.get_by_text("Line 69.", exact=True)).to_be_attached()
    told = await said_by_feed(discord)
    for frame in told:
        held[0].send(frame)
    await page.locator("body[data-feed=here]").wait_for()
    await earlier.click()
    await expect(page.get_by_text("Line 0.", exact=True)).to_be_attached()
    for frame in told:
        held[0].send(frame)

    await expect(page.locator("#messages > .message")).to_have_count(130)
    await expect(page.locator("#beginning")).to_be_attached()


async def said_by_feed(discord: LocalDiscord) -> list[str | bytes]:
    """The frames that a page receives when it connects."""
    said: list[str | bytes] = []
    async with connect(f"{discord.url.replace('http', 'ws')}/page/feed") as feed:
        while not said or said[-1] != '{"kind":"here"}':
            said.append(await feed.recv())
    return said


async def test_the_page_waits_for_a_local_discord_that_is_away(tmp_path: Path, visit: Visits) -> None:
    with local_discord(tmp_path) as discord:
        page = await visit(discord.url)
        discord.voice("join", "mina", "Library")
        await expect(page.locator("#rooms").get_by_text("김민아")).to_be_visible()
    away = page.get_by_text("The local Discord is away, trying again…")
    await expect(away).to_be_visible()

    with served_discord(discord.config) as again:
        await expect(away).to_be_hidden()
        await expect(page.locator("#rooms").get_by_text("김민아")).to_have_count(0)
        again.voice("join", "layla", "Library")
        await expect(page.locator("#rooms").get_by_text("ليلى حسن")).to_be_visible()
        await page.close()
    visit.forgive("WebSocket connection")


async def test_whoever_reads_in_a_channel_that_is_deleted_is_led_to_another(
    discord: LocalDiscord, visit: Visits
) -> None:
    page = await visit(discord.url)
    await page.locator("#rooms").get_by_role("link", name="smalltalk").click()
    await page.locator("body[data-feed=here]").wait_for()

    discord.steer("guild", delete_channel="smalltalk")

    await expect(page).to_have_title("#study-log · Lyceum Commons · local Discord")
    await expect(page.locator("#rooms").get_by_text("smalltalk")).to_have_count(0)


async def test_an_edit_of_what_is_not_shown_waits(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(discord.url)
    await write(discord, page, *(f"Line {number}." for number in range(70)))
    await page.reload()
    await page.locator("body[data-feed=here]").wait_for()
    channel = await page.evaluate("JSON.parse(document.getElementById('seat').textContent).channel")
    messages = discord.rest("GET", f"/channels/{channel}/messages?limit=100").json()
    oldest, newest = messages[-1]["id"], messages[0]["id"]

    discord.rest("PATCH", f"/channels/{channel}/messages/{oldest}", json={"content": "Old, edited"})
    discord.rest("PATCH", f"/channels/{channel}/messages/{newest}", json={"content": "New, edited"})
    await expect(page.locator("#messages").get_by_text("New, edited")).to_be_visible()

    await expect(page.locator("#messages").get_by_text("Old, edited")).to_have_count(0)


async def test_time_goes_forward_for_everybody(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(f"{discord.url}/?as=mina")
    before = discord.http.get("/playground/clock").json()["unix"]

    await page.get_by_role("button", name="Tools: inspector, faults, time").click()
    await page.get_by_role("tab", name="Time").click()
    panel = page.get_by_role("tabpanel", name="Time")
    await panel.get_by_role("button", name="1 day").click()
    await panel.get_by_role("button", name="60×").click()
    await expect(panel.get_by_role("button", name="60×")).to_have_attribute("aria-pressed", "true")
    clock = discord.http.get("/playground/clock").json()
    await panel.get_by_role("button", name="1×", exact=True).click()

    assert clock["unix"] - before > 86_000
    assert clock["rate"] == 60
    await expect(panel.get_by_text("Asia/Seoul")).to_be_visible()


async def test_a_crowded_evening_is_drawn_in_part_and_counted_in_full(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(discord.url)

    await page.get_by_role("button", name="Tools: inspector, faults, time").click()
    await page.get_by_role("tab", name="Time").click()
    await page.get_by_role("spinbutton", name="Members").fill("1000")
    await page.get_by_label("Minutes").fill("2")
    await page.get_by_role("button", name="Play").click()
    await expect(page.get_by_text(re.compile(r"\d+ of \d+ happenings"))).to_be_visible()
    await expect(page.locator("#rooms .more").first).to_contain_text(re.compile(r"and \d+ more"))
    await page.get_by_role("button", name="Members", exact=True).click()
    await expect(page.locator("#members")).to_contain_text("Members — 997")
    assert await page.locator("#members .person").count() < 100

    await expect(page.locator("#rooms .occupant")).to_have_count(0, timeout=60_000)
    await expect(page.locator("#members")).to_contain_text("Members — 12")


async def test_a_phone_shows_one_column_and_the_way_to_the_others(discord: LocalDiscord, visit: Visits) -> None:
    page = await visit(discord.url, phone=True)

    async def shown() -> list[str]:
        columns = "['side', 'log', 'members', 'tools'].filter((id) => document.getElementById(id).checkVisibility())"
        return await page.evaluate(columns)

    assert await shown() == ["log"]
    await page.get_by_role("button", name="Back to servers and channels").tap()
    assert await shown() == ["side"]
    await page.locator("#rooms").get_by_role("link", name="welcome").tap()
    await expect(page).to_have_title("#welcome · Lyceum Commons · local Discord")
    assert await shown() == ["log"]
    await page.get_by_role("button", name="Members", exact=True).tap()
    assert await shown() == ["members"]
    await page.get_by_role("button", name="Back to the messages").tap()
    await page.get_by_role("button", name="Tools: inspector, faults, time").tap()
    assert await shown() == ["tools"]
    await page.keyboard.press("Escape")
    assert await shown() == ["log"]
    assert await page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.slow), "dark"])
async def test_nothing_stands_in_the_way_of_anybody(discord: LocalDiscord, visit: Visits, scheme: Scheme) -> None:
    discord.voice("join", "ada", "Library")
    discord.voice("stream", "ada")
    page = await visit(discord.url, scheme=scheme)
    found = await violations(page)
    await page.locator("#members").get_by_role("button", name="Ada Okafor").click()
    found += await violations(page)
    await page.keyboard.press("Escape")
    await page.locator("#me .who").click()
    found += await violations(page)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Tools: inspector, faults, time").click()
    await page.get_by_role("tab", name="Time").click()
    found += await violations(page)
    small = await visit(f"{discord.url}/?as=rook", phone=True, scheme=scheme)
    found += await violations(small)
    await small.get_by_role("button", name="Back to servers and channels").tap()
    found += [one for one in await violations(small) if "(moderate)" not in one]  # the heading is in the other column

    assert found == []
