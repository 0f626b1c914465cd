import asyncio
import contextlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from websockets.sync.client import connect

from tests.discords_file import DESCRIPTION, SPEC
from tests.local_discord import Json, LocalDiscord, local_discord
from tests.playground.page.browser import Visits, violations
from tests.playground.small_app import SmallApp, small_app

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def discord(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path_factory.mktemp("discord"), openapi_file=SPEC) as running:
        yield running


@pytest.fixture(scope="module")
def app(discord: LocalDiscord) -> Iterator[SmallApp]:
    with small_app(discord) as running:
        yield running


@pytest.fixture(autouse=True)
def healed(discord: LocalDiscord) -> Iterator[None]:
    yield
    for fault in discord.http.get("/playground/faults").json()["faults"]:
        discord.steer("faults", kind=fault["kind"], on=False)


def ask(discord: LocalDiscord, text: str, **more: object) -> Json:
    return discord.steer("interactions", text=text, **more).raise_for_status().json()


def say(discord: LocalDiscord, *, to: str | None = None) -> tuple[int, int]:
    """Send a message of the app to a channel or user; returns the status and Discord's error code."""
    if to is None:
        channels = discord.state()["guilds"][0]["channels"]
        channel = next(one["id"] for one in channels if one["name"] == "smalltalk")
    else:
        body = {"recipient_id": discord.member(to)["id"]}
        channel = discord.rest("POST", "/users/@me/channels", json=body).json()["id"]
    told = discord.rest("POST", f"/channels/{channel}/messages", json={"content": "Hello."})
    return told.status_code, told.json().get("code", 0)


async def tools(visit: Visits, discord: LocalDiscord, *, tab: str = "Inspector", phone: bool = False) -> Page:
    page = await visit(f"{discord.url}/?as=ada", phone=phone)
    await page.get_by_role("button", name=re.compile("^Tools")).click()
    await page.get_by_role("tab", name=re.compile(f"^{tab}")).click()
    return page


async def test_a_deferred_picture_is_shown_step_by_step(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await tools(visit, discord)
    ask(discord, "/files")
    inspected = page.locator("#inspected")

    await expect(inspected.get_by_role("heading", name="/files")).to_be_visible()
    await expect(inspected.locator(".facts")).to_contain_text("deferred message")
    steps = inspected.locator(".timeline > li")
    await expect(steps).to_contain_text(
        ["POST /interactions", "answered: deferred message", "PATCH /webhooks/…/messages/@original", "arrived"]
    )
    await expect(inspected.locator(".bars")).to_contain_text("embeds1 of 10")
    await expect(inspected.locator(".bars")).to_contain_text("of 3,000 ms")

    await steps.nth(2).locator("summary").first.click()

    opened = steps.nth(2).locator(".opened")
    await expect(opened.locator(".tree").first).to_contain_text('content "Here it is."')
    tree = opened.locator(".tree details").first
    lines = "element => [getComputedStyle(element).borderTopStyle, getComputedStyle(element, '::before').content]"
    assert await tree.evaluate(lines) == ["none", "none"]  # connector and border are only for threads in the chat
    await expect(opened.locator(".enclosure")).to_contain_text("files[0] card.png")
    await expect(opened.get_by_role("heading", name="Answer 200")).to_be_visible()
    if DESCRIPTION.is_there:
        await expect(opened.locator(".verdict")).to_have_text("Discord's file has nothing against what the app sent.")


async def test_it_follows_mine_until_another_is_chosen(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    first = ask(discord, "/now")
    page = await tools(visit, discord)
    heading = page.locator("#inspected h3")
    await expect(heading).to_have_text("/now")

    ask(discord, "/secret", **{"as": "mina"})
    ask(discord, "/panel")
    await expect(heading).to_have_text("/panel")
    await page.locator(f"#message-{first['message']['id']}").hover()
    await page.locator(f"#message-{first['message']['id']} [data-inspect]").click()
    await expect(heading).to_have_text("/now")
    ask(discord, "/later")
    await page.get_by_role("button", name="The one after").click()
    await expect(heading).to_have_text("/secret")
    await page.get_by_role("button", name="Follow mine").click()

    await expect(heading).to_have_text("/later")


async def test_all_lists_interactions_and_what_belongs_to_none(
    discord: LocalDiscord, app: SmallApp, visit: Visits
) -> None:
    ask(discord, "/now", **{"as": "mina"})
    page = await tools(visit, discord)

    await page.get_by_role("button", name="All").click()

    listed = page.locator("#inspected .deliveries li").first
    await expect(listed).to_contain_text("/now")
    await expect(listed).to_contain_text("김민아 · answered")
    outside = page.locator("#inspected .timeline > li")
    refused = outside.filter(has_text="PING with a wrong signature").filter(has_text="401")  # one may be accepted
    await expect(refused.first).to_be_visible()
    commands = outside.filter(has_text="PUT /applications/…/commands").first
    await commands.locator("summary").first.click()
    await expect(commands.locator(".bars")).to_contain_text("characters of one command every")
    await listed.click()
    await expect(page.locator("#inspected h3")).to_have_text("/now")


async def test_copied_commands_run_and_copied_payloads_are_payloads(
    discord: LocalDiscord, app: SmallApp, visit: Visits, tmp_path: Path
) -> None:
    page = await tools(visit, discord)
    ask(discord, '/every text:"it\'s $HOME"')
    await expect(page.locator("#inspected h3")).to_have_text("/every text:it's $HOME")

    await page.locator(".inspection").get_by_role("button", name="Copy as curl").click()
    await expect(page.locator(".toast")).to_have_text("Copied and signed now; good for five minutes.")
    command = await page.evaluate("navigator.clipboard.readText()")
    await page.locator(".inspection").get_by_role("button", name="Copy as test payload").click()
    await expect(page.locator(".toast").last).to_have_text("Copied, with a token that opens nothing.")
    payload = json.loads(await page.evaluate("navigator.clipboard.readText()"))

    assert payload["data"] == app.seen[-1]["data"]
    assert payload["token"] != app.seen[-1]["token"]
    assert "/interactions" in command
    if shutil.which("curl"):
        ran = await asyncio.create_subprocess_exec(
            "/bin/sh", "-c", command, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        told, _ = await ran.communicate()
        assert told.startswith(b"HTTP/1.1 200 OK")
        assert app.seen[-1] == app.seen[-2]


async def test_what_discord_would_refuse_is_said_with_its_place(
    discord: LocalDiscord, app: SmallApp, visit: Visits
) -> None:
    page = await tools(visit, discord)
    ask(discord, "/long")
    inspected = page.locator("#inspected")

    await expect(inspected.locator(".problems")).to_contain_text("data.content: Must be 2000 or fewer in length.")
    await expect(inspected.locator(".bars .is-over")).to_have_text("content characters2,001 of 2,000")
    if DESCRIPTION.is_there:
        await inspected.locator(".exchange summary").first.click()
        verdict = inspected.locator(".verdict.is-over")
        await expect(verdict).to_contain_text("data.content 2,001 characters are more than 2,000")


async def test_the_wall_of_three_seconds_is_seen(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await tools(visit, discord)
    reply = await asyncio.to_thread(ask, discord, "/silent")

    line = page.locator(f"#failure-{reply['reply']}")
    await expect(line).to_contain_text("The application did not respond")
    inspected = page.locator("#inspected")
    await expect(inspected.locator(".facts")).to_contain_text("did not respond")
    await expect(inspected.locator(".exchange")).to_contain_text("Discord hung up: the answer came too late")
    await expect(inspected.locator("[data-wall]")).to_have_count(1)


async def test_whatever_is_sent_stays_text(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await tools(visit, discord)
    hostile = "<img src=x onerror=document.title='got'>"
    ask(discord, f"/every text:{hostile}")
    inspected = page.locator("#inspected")
    await expect(inspected.locator("h3")).to_have_text(f"/every text:{hostile}")

    await inspected.locator(".exchange summary").first.click()

    await expect(inspected.locator(".tree").first).to_contain_text(hostile)
    await expect(inspected.locator("img")).to_have_count(0)
    await expect(page).not_to_have_title("got")


async def switch_on(page: Page, kind: str, *, until_off: bool = False, **options: str) -> None:
    fault = page.locator(f"#fault-{kind}")
    if options:
        await fault.get_by_role("button", name="Options").click()
    for name, value in options.items():
        await fault.locator(f"[name={name}]").fill(value)
    await fault.locator(f"[value={'on' if until_off else 'next'}]").click()
    await expect(fault.locator(".state")).to_contain_text("On")


async def test_a_rate_limit_is_met_and_used_up(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await tools(visit, discord, tab="Faults")

    await switch_on(page, "rate_limited", calls="2", retry_after_s="0.1", route="PATCH /webhooks")

    state = page.locator("#fault-rate_limited .state")
    await expect(state).to_have_text("On for the next 2 calls, for 0.1 s, only PATCH /webhooks")
    await expect(page.get_by_role("tab", name="Faults, 1 on")).to_be_visible()
    ask(discord, "/later")
    await expect(state).to_have_count(0)
    await page.get_by_role("tab", name="Inspector").click()
    calls = page.locator("#inspected .exchange.is-app")
    await expect(calls).to_contain_text(["429", "429", "200"])
    await expect(calls.first).to_contain_text("Refused on request: 429: retry after 0.1 s")


async def test_an_error_stays_until_it_is_switched_off(discord: LocalDiscord, visit: Visits) -> None:
    page = await tools(visit, discord, tab="Faults")

    await switch_on(page, "broken", until_off=True)
    failed = [say(discord), say(discord)]
    await expect(page.locator("#fault-broken .state")).to_contain_text("struck 2 times")
    await page.locator("#fault-broken").get_by_role("button", name="Switch off").click()
    await expect(page.locator("#fault-broken .state")).to_have_count(0)

    assert failed == [(500, 0), (500, 0)]
    assert say(discord)[0] == 200


async def test_permissions_and_closed_doors_are_met(discord: LocalDiscord, visit: Visits) -> None:
    page = await tools(visit, discord, tab="Faults")

    await switch_on(page, "forbidden")
    await switch_on(page, "closed")
    told = [say(discord), say(discord), say(discord, to="ada"), say(discord, to="ada")]

    assert [status for status, _ in told] == [403, 200, 403, 200]
    assert [code for _, code in told] == [50013, 0, 50007, 0]
    await expect(page.get_by_role("tab", name="Faults", exact=True)).to_be_visible()


async def test_slow_answers_make_an_app_late(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await tools(visit, discord, tab="Faults")

    await switch_on(page, "slow", ms="3300")
    reply = await asyncio.to_thread(ask, discord, "/callback")

    assert reply["problems"][0].startswith("No answer within 3 seconds")
    await page.get_by_role("tab", name="Inspector").click()
    late = page.locator("#inspected .exchange.is-app")
    await expect(late).to_contain_text("404")  # the small app's callback came after three seconds
    await expect(late).to_contain_text("Slow on request: 3,300 ms")


async def test_a_second_delivery_is_shown_beside_the_first(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await tools(visit, discord, tab="Faults")

    await switch_on(page, "twice")
    ask(discord, "/now")
    await page.get_by_role("tab", name="Inspector").click()

    await expect(page.locator("#inspected .exchange.is-discord")).to_have_count(2)
    await expect(page.locator("#inspected .exchange.is-discord").last).to_contain_text("Delivered again")
    await expect(page.locator("#inspected .problems")).to_contain_text("whatever it did, it did twice")


async def test_the_probe_says_what_came_of_it(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    page = await tools(visit, discord, tab="Faults")

    await page.get_by_role("button", name="Probe now").click()
    await expect(page.locator("#probed")).to_have_text("Right: the app refused the wrong signature with 401.")
    app.verifies = False
    await page.get_by_role("button", name="Probe now").click()
    await expect(page.locator("#probed")).to_contain_text("Wrong: the app answered a wrong signature with 200")
    app.verifies = True


async def test_the_gateway_is_dropped_and_comes_back(discord: LocalDiscord, visit: Visits) -> None:
    page = await tools(visit, discord, tab="Faults")
    panel = page.locator("#faulty")
    await expect(panel).to_contain_text("Nobody listens at the gateway.")

    with connect(discord.gateway_url) as gateway:
        gateway.recv()
        gateway.send(json.dumps({"op": 2, "d": {"token": "playground", "intents": 129, "properties": {}}}))
        await expect(panel).to_contain_text("1 session listens.")
        await page.get_by_role("button", name="Begin the outage").click()
        await expect(page.get_by_role("button", name="End the outage")).to_be_visible()
        await page.get_by_role("button", name="End the outage").click()
        await page.get_by_role("button", name="Leave heartbeats unanswered").click()
        await expect(page.get_by_role("button", name="Answer heartbeats")).to_be_visible()
        await page.get_by_role("button", name="Answer heartbeats").click()
        await page.get_by_role("button", name="Drop the connections").click()
        told = list(await asyncio.to_thread(_until_closed, gateway))
        code = gateway.protocol.close_code

    assert code == 4000
    assert [frame["t"] for frame in told if frame["t"]] == ["READY", "GUILD_CREATE", "GUILD_DELETE", "GUILD_CREATE"]
    await expect(panel).to_contain_text("Nobody listens at the gateway. 1 may be resumed.")


def _until_closed(gateway: object) -> list[Json]:
    frames: list[Json] = []
    with contextlib.suppress(Exception):
        while True:
            frames.append(json.loads(gateway.recv(timeout=10)))  # type: ignore[attr-defined]
    return frames


@pytest.mark.parametrize("phone", [False, pytest.param(True, marks=pytest.mark.slow)])
async def test_nothing_stands_in_anybodys_way(
    discord: LocalDiscord, app: SmallApp, visit: Visits, *, phone: bool
) -> None:
    page = await tools(visit, discord, phone=phone)
    ask(discord, "/files")
    await page.locator("#inspected .exchange > summary").last.click()
    inspector = await violations(page)
    await page.get_by_role("tab", name="Faults").click()
    await page.locator("#fault-slow").get_by_role("button", name="Options").click()
    faults = await violations(page)

    found = [*inspector, *faults]
    assert [one for one in found if not (phone and "(moderate)" in one)] == []  # the heading is in the other view


async def test_without_discords_file_the_page_says_so(discord: LocalDiscord, tmp_path: Path, visit: Visits) -> None:
    with local_discord(tmp_path) as bare:
        page = await tools(visit, bare)
        await expect(page.locator("#inspected")).to_contain_text("Nothing yet")
        await page.get_by_role("button", name="All").click()
        await expect(page.locator("#inspected")).to_contain_text("Discord's OpenAPI file is not here")
        await visit.close()  # before the server stops: a refused websocket is a console error
