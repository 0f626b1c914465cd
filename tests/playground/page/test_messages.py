import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import expect

from tests.local_discord import Json, LocalDiscord, local_discord
from tests.playground.page import gallery
from tests.playground.page.browser import Visits, violations
from tests.playground.page.gallery import channel, picture
from tests.playground.small_app import SmallApp, small_app

pytestmark = pytest.mark.asyncio(loop_scope="session")

HTML = {"Accept": "text/html"}
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


@pytest.fixture(scope="module")
def discord(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path_factory.mktemp("discord")) as running:
        yield running


@pytest.fixture(scope="module")
def app(discord: LocalDiscord) -> Iterator[SmallApp]:
    with small_app(discord) as running:
        yield running


def post(discord: LocalDiscord, body: Json, files: dict[str, bytes] | None = None, *, room: str = gallery.ROOM) -> str:
    """Post a message of the app; returns the id of its element."""
    return f"message-{gallery.post(discord, body, files, room=room)['id']}"


def drawn(discord: LocalDiscord, element: str, *, who: str = "ada", room: str = "smalltalk") -> str:
    """The HTML of one message as sent to a user; empty if the user cannot see it."""
    page = discord.http.get(f"/?as={who}&channel={channel(discord, room)}", headers=HTML).text
    found = re.search(rf'<li class="[^"]*" id="{element}".*?\n</li>', page, re.DOTALL)
    return found[0] if found else ""


def ask(discord: LocalDiscord, **body: object) -> Json:
    told = discord.steer("interactions", **({"as": "ada", "channel": "smalltalk"} | body))
    return told.raise_for_status().json()


EVERYTHING: Json = {
    "content": "**Today** for <@&{role}> 🎉",
    "embeds": [
        {
            "title": "Profile of 김민아",
            "url": "https://example.org/mina",
            "description": "Level **4**",
            "color": 0x5B6EE1,
            "author": {"name": "مينا"},
            "fields": [{"name": f"Field {number}", "value": "1 h", "inline": True} for number in range(3)],
            "thumbnail": {"url": "attachment://face.png"},
            "image": {"url": "attachment://card.png"},
            "footer": {"text": "Lyceum"},
            "timestamp": "2026-11-28T01:00:00+00:00",
        }
    ],
    "attachments": [{"id": 0, "filename": "face.png"}, {"id": 1, "filename": "card.png", "description": "A month"}],
    "components": [
        {
            "type": 1,
            "components": [
                *(
                    {"type": 2, "style": style, "label": f"Style {style}", "custom_id": f"s{style}"}
                    for style in (1, 2, 3)
                ),
                {"type": 2, "style": 4, "label": "Off", "custom_id": "off", "disabled": True},
                {"type": 2, "style": 5, "label": "Site", "url": "https://example.org"},
            ],
        },
        {
            "type": 1,
            "components": [
                {
                    "type": 3,
                    "custom_id": "board",
                    "options": [
                        {"label": "Focus", "value": "f", "default": True},
                        {"label": HOSTILE[:90], "value": "x"},
                    ],
                }
            ],
        },
    ],
}
LAYOUT: Json = {
    "flags": 32768,
    "attachments": [{"id": 0, "filename": "a.png"}, {"id": 1, "filename": "notes.txt"}],
    "components": [
        {
            "type": 17,
            "accent_color": 0x7A9E7E,
            "components": [
                {
                    "type": 9,
                    "components": [{"type": 10, "content": "### Week\nAs planned"}],
                    "accessory": {"type": 11, "media": {"url": "attachment://a.png"}, "description": "A tree"},
                },
                {"type": 14, "spacing": 2},
                {"type": 12, "items": [{"media": {"url": "attachment://a.png"}, "spoiler": True}]},
                {"type": 13, "file": {"url": "attachment://notes.txt"}},
            ],
        }
    ],
}


async def test_embeds_and_components_show_all_they_hold(discord: LocalDiscord) -> None:
    element = post(discord, EVERYTHING, {"face.png": picture("#884", 80, 80), "card.png": picture("#248")})

    html = drawn(discord, element)

    for part in ("Profile of 김민아", "مينا", "Field 2", 'alt="A month"', "28/11/2026", 'style="--stripe:#5b6ee1"'):
        assert part in html
    assert html.count('class="is-inline"') == 3
    assert html.count("data-press=") == 4
    assert re.search(r'data-press="off"\s+disabled', html)
    assert 'data-select="board" data-kind="3" data-min="1" data-max="1"' in html
    assert '<span class="select-words "> Focus</span>' in html
    assert 'class="attachments"' not in html  # the embed shows both files


async def test_whatever_an_app_writes_is_text(discord: LocalDiscord) -> None:
    body: Json = {
        "content": HOSTILE,
        "embeds": [
            {
                "title": HOSTILE,
                "author": {"name": HOSTILE, "url": "https://example.org/\"'<"},
                "footer": {"text": HOSTILE},
                "fields": [{"name": HOSTILE, "value": HOSTILE}],
            }
        ],
        "components": EVERYTHING["components"],
        "attachments": [{"id": 0, "filename": "a.png", "description": HOSTILE}],
    }

    html = drawn(discord, post(discord, body, {"a.png": picture("#fff")}))

    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "onerror=alert(1)>" not in html.replace("onerror=alert(1)&gt;", "")


async def test_a_layout_shows_each_of_its_parts(discord: LocalDiscord) -> None:
    html = drawn(discord, post(discord, LAYOUT, {"a.png": picture("#358"), "notes.txt": b"x" * 2000}))

    for part in ("heading-3", 'class="thumbnail"', "separator is-wide", 'data-count="1"', "notes.txt", "1.95 KB"):
        assert part in html
    assert html.count("data-spoiler") == 1


async def test_a_picture_that_lies_elsewhere_is_named_and_not_fetched(discord: LocalDiscord) -> None:
    html = drawn(discord, post(discord, {"embeds": [{"image": {"url": "https://example.org/big.png"}}]}))

    assert "A picture at example.org" in html
    assert 'src="https://' not in html


async def test_a_private_answer_is_seen_by_whoever_asked_alone(discord: LocalDiscord, app: SmallApp) -> None:
    del app
    element = f"message-{ask(discord, text='/secret')['message']['id']}"

    mine, others = drawn(discord, element), drawn(discord, element, who="mina")

    assert "Only you can see this" in mine
    assert "data-dismiss" in mine
    assert "used <span" in mine
    assert "/secret" in mine
    assert others == ""


async def test_a_late_app_is_said_in_discords_words(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    del app
    page = await visit(f"{discord.url}/?channel={channel(discord, 'smalltalk')}")

    ask(discord, text="/down")

    failure = page.locator(".is-failed").last
    await expect(failure).to_contain_text("The application did not respond")
    await expect(failure).to_contain_text("The app answered HTTP 500")


async def test_votes_count_and_can_be_taken_back(discord: LocalDiscord, visit: Visits) -> None:
    answers = [{"poll_media": {"text": "Morning", "emoji": {"name": "🌅"}}}, {"poll_media": {"text": "저녁"}}]
    element = post(discord, {"poll": {"question": {"text": "When?"}, "answers": answers, "duration": 24}})
    page = await visit(f"{discord.url}/?channel={channel(discord, 'smalltalk')}")
    poll = page.locator(f"#{element} .poll")

    await poll.get_by_role("button", name="저녁").click()

    await expect(poll.get_by_role("button", name="저녁")).to_contain_text("1 vote · 100 %")
    await expect(poll).to_contain_text("1 person voted")
    await poll.get_by_role("button", name="Remove vote").click()
    await expect(poll).to_contain_text("0 people voted")


async def test_spoilers_alt_texts_and_pictures_open(discord: LocalDiscord, visit: Visits) -> None:
    body: Json = {"content": "||hidden||", "attachments": [{"id": 0, "filename": "a.png", "description": "A red wall"}]}
    element = post(discord, body, {"a.png": picture("#a33")})
    page = await visit(f"{discord.url}/?channel={channel(discord, 'smalltalk')}")
    message = page.locator(f"#{element}")

    await message.get_by_role("button", name="Spoiler, press to show it").press("Enter")
    await message.locator(".alt summary").click()
    await message.locator("[data-enlarge]").click()

    await expect(message.locator(".spoiler")).to_have_class("spoiler is-shown")
    await expect(message.locator(".alt p")).to_be_visible()
    await expect(page.locator("#large img")).to_have_attribute("alt", "A red wall")
    await page.keyboard.press("Escape")
    await expect(page.locator("#large")).to_be_hidden()


async def test_what_one_author_says_in_a_row_stands_under_one_name(discord: LocalDiscord, visit: Visits) -> None:
    first, second = post(discord, {"content": "One"}), post(discord, {"content": "Two"})

    page = await visit(f"{discord.url}/?channel={channel(discord, 'smalltalk')}")

    await expect(page.locator(f"#{second} .head")).to_be_hidden()
    assert await page.locator(f"#{first}").get_attribute("data-author") == str(discord.config.application_id)


async def test_what_a_text_names_can_be_used(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    del app
    ada = discord.member("ada")["id"]
    element = post(discord, {"content": f"Ask <@{ada}> or use </my timezone:1>"})
    page = await visit(f"{discord.url}/?channel={channel(discord, gallery.ROOM)}")
    text = page.locator(f"#{element} .text")

    await text.get_by_role("button", name="@Ada Okafor").click()
    await expect(page.locator("#card")).to_contain_text("Europe/London")
    await page.keyboard.press("Escape")
    await text.get_by_role("button", name="/my timezone").click()

    await expect(page.locator("#command")).to_contain_text("/my timezone")


async def test_an_app_that_never_comes_back_is_given_up(tmp_path: Path, visit: Visits) -> None:
    with local_discord(tmp_path) as discord, small_app(discord) as app:
        app.forgets_edits = True
        element = f"message-{ask(discord, text='/later', wait=False)['message']['id']}"
        page = await visit(f"{discord.url}/?channel={channel(discord, gallery.ROOM)}")
        await expect(page.locator(f"#{element}")).to_contain_text("Lyceum is thinking…")

        discord.steer("clock", advance_s=16 * 60).raise_for_status()

        assert "The application did not respond" in drawn(discord, element)
        await visit.close()  # before the server stops: a refused websocket is a console error


async def test_fields_stand_in_rows_of_three(discord: LocalDiscord) -> None:
    fields = [{"name": str(number), "value": "x", "inline": number != 5} for number in range(8)]

    html = drawn(discord, post(discord, {"embeds": [{"fields": fields}]}))

    assert re.findall(r'<div (?:class="is-inline" data-span="(\d+)")?><dt', html) == [
        *("4", "4", "4"),
        *("6", "6"),
        "",
        *("6", "6"),
    ]


async def test_embeds_of_one_address_show_their_pictures_together(discord: LocalDiscord) -> None:
    files = {f"{number}.png": picture("#358") for number in range(5)}
    embeds = [{"url": "https://example.org", "image": {"url": f"attachment://{name}"}} for name in files]

    html = drawn(discord, post(discord, {"embeds": embeds}, files))

    assert html.count('<article class="embed"') == 2  # at most four images in one embed
    assert 'class="gallery" data-count="4"' in html


async def test_files_are_shown_by_what_they_are(discord: LocalDiscord) -> None:
    files = {"a.png": picture("#358"), "b.png": picture("#853"), "x.wav": gallery.sound(), "c.png": picture("#385")}

    html = drawn(discord, post(discord, {}, files | {"bad.png": b"no picture", "notes.txt": b"x"}))

    assert 'data-count="2"' in html
    assert re.search(r'<audio src="/playground/attachments/\d+" controls', html)
    assert html.count("<img") == 1 + 3  # the avatar and three images
    assert "bad.png" in html


async def test_a_thread_shows_below_its_message_and_among_the_channels(discord: LocalDiscord, visit: Visits) -> None:
    message = gallery.post(discord, {"content": "Chapter 3?"})
    here = f"/channels/{channel(discord, gallery.ROOM)}/messages/{message['id']}"
    thread = discord.rest("POST", f"{here}/threads", json={"name": "<i>장 3</i>"}).raise_for_status().json()
    page = await visit(f"{discord.url}/?channel={channel(discord, gallery.ROOM)}")
    branch = page.locator(f"#message-{message['id']} .branch")

    gallery.post(discord, {"content": "Yes, **gladly**"}, room=thread["id"])

    await expect(branch).to_contain_text("<i>장 3</i> 1 Message")
    await expect(branch).to_contain_text("Yes, gladly")
    await page.locator("#rooms").get_by_role("link", name="<i>장 3</i>").click()
    await expect(page.locator("#messages")).to_contain_text("This is the beginning of a thread of")
    await expect(page.locator("#messages > li").nth(1)).to_contain_text("Chapter 3?")
    await expect(page.locator("#messages > li").nth(2)).to_contain_text("Yes, gladly")


async def test_a_thread_on_its_own_is_told(discord: LocalDiscord) -> None:
    here = f"/channels/{channel(discord, gallery.ROOM)}"
    discord.rest("POST", f"{here}/threads", json={"name": "Alone", "type": 11}).raise_for_status()
    told = discord.rest("GET", f"{here}/messages").json()[0]["id"]

    html = drawn(discord, f"message-{told}")

    assert "started a thread" in html
    assert "Alone" in html


async def test_an_answer_shows_what_it_answers_and_pings(discord: LocalDiscord) -> None:
    said: Json = {"as": "mina", "channel": gallery.ROOM, "content": "Who studies? <@1>"}
    question = discord.steer("messages", **said).json()["message"]
    answer = post(discord, {"content": "I do", "message_reference": {"message_id": question["id"]}})

    mine, others = drawn(discord, answer, who="mina"), drawn(discord, answer)
    discord.steer("messages", **said)

    assert 'class="excerpt"><span dir="auto">Who studies? <span class="mention">@unknown-user' in mine
    assert "is-pinged" in mine
    assert "is-pinged" not in others


async def test_an_answer_to_a_deleted_message_says_so(discord: LocalDiscord) -> None:
    question = gallery.post(discord, {"content": "Who?"})
    answer = post(discord, {"content": "I", "message_reference": {"message_id": question["id"]}})
    here = f"/channels/{channel(discord, gallery.ROOM)}/messages/{question['id']}"
    discord.rest("DELETE", here).raise_for_status()

    assert "The original message was deleted." in drawn(discord, answer)


async def test_a_failure_is_dismissed(discord: LocalDiscord, app: SmallApp, visit: Visits) -> None:
    del app
    failed = ask(discord, text="/down", channel="study-log")["reply"]
    page = await visit(f"{discord.url}/?channel={channel(discord, 'study-log')}")

    await page.locator(f"#failure-{failed}").get_by_role("button", name="Dismiss message").click()

    await expect(page.locator(f"#failure-{failed}")).to_have_count(0)


async def test_times_are_counted_on_and_days_are_told_apart(tmp_path: Path, visit: Visits) -> None:
    with local_discord(tmp_path) as discord:
        until_noon_s = (43_200 - int(discord.config.clock.unix())) % 86_400  # away from midnight's date line
        discord.steer("clock", advance_s=until_noon_s).raise_for_status()
        now = int(discord.config.clock.unix())
        first = post(discord, {"content": f"<t:{now + 86_400}:R>"})
        page = await visit(f"{discord.url}/?channel={channel(discord, gallery.ROOM)}")
        await expect(page.locator(f"#{first} .stamp")).to_have_text("in 1 day")

        discord.steer("clock", advance_s=2 * 86_400).raise_for_status()
        second, third = post(discord, {"content": "Two days on"}), post(discord, {"content": "At once"})

        await expect(page.locator(f"#{first} .stamp")).to_have_text("1 day ago")
        await expect(page.locator(f"#{second}")).to_have_class(re.compile("starts-day"))
        await expect(page.locator(f"#{second} .head")).to_be_visible()
        await expect(page.locator(f"#{third}")).to_have_class(re.compile("is-continued"))
        await visit.close()  # before the server stops: a refused websocket is a console error


@pytest.fixture(scope="module")
def hung(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path_factory.mktemp("hung")) as running, small_app(running):
        gallery.hang(running)
        gallery.use(running)
        yield running


@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.slow), "dark"])
@pytest.mark.parametrize("phone", [False, pytest.param(True, marks=pytest.mark.slow)])
async def test_one_of_everything_is_accessible(
    hung: LocalDiscord,
    visit: Visits,
    phone: bool,  # noqa: FBT001 - a parameter
    scheme: Literal["light", "dark"],
) -> None:
    page = await visit(f"{hung.url}/?channel={channel(hung, gallery.ROOM)}", phone=phone, scheme=scheme)

    found = await violations(page)

    assert [one for one in found if not one.startswith("heading-order")] == []  # headings come from the app
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.evaluate("(log => log.scrollWidth <= log.clientWidth)(document.getElementById('log'))")
