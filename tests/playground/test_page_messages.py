import io
import json
import re
from collections.abc import Iterator
from typing import Literal

import pytest
from PIL import Image
from playwright.async_api import expect

from tests.local_discord import Json, LocalDiscord, local_discord
from tests.playground.browser import Visits, violations
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


def picture(colour: str, width_px: int = 300, height_px: int = 200) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width_px, height_px), colour).save(buffer, "PNG")
    return buffer.getvalue()


def channel(discord: LocalDiscord, name: str) -> str:
    return next(room["id"] for room in discord.state()["guilds"][0]["channels"] if room["name"] == name)


def post(discord: LocalDiscord, body: Json, files: dict[str, bytes] | None = None, *, room: str = "smalltalk") -> str:
    """A message of the app, over its REST; the id of its element."""
    parts = {f"files[{index}]": (name, content) for index, (name, content) in enumerate((files or {}).items())}
    payload = {"payload_json": (None, json.dumps(body), "application/json")}
    told = discord.rest("POST", f"/channels/{channel(discord, room)}/messages", files=payload | parts)
    return f"message-{told.raise_for_status().json()['id']}"


def drawn(discord: LocalDiscord, element: str, *, who: str = "ada", room: str = "smalltalk") -> str:
    """The HTML of one message as somebody is sent it; empty when they do not see it."""
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
    assert 'class="attachments"' not in html  # the embed shows both


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("phone", [False, True])
async def test_one_of_everything_is_accessible(
    discord: LocalDiscord,
    visit: Visits,
    phone: bool,  # noqa: FBT001 - a parameter
    scheme: Literal["light", "dark"],
) -> None:
    post(discord, EVERYTHING, {"face.png": picture("#884", 80, 80), "card.png": picture("#248")}, room="welcome")
    post(discord, LAYOUT, {"a.png": picture("#358"), "notes.txt": b"x"}, room="welcome")
    text = "# One\n- *list*\n> quote\n```py\ncode()\n```\n||spoiler|| `code` <t:1767270600:R>\n-# small"
    post(discord, {"content": text}, room="welcome")

    page = await visit(f"{discord.url}/?channel={channel(discord, 'welcome')}", phone=phone, scheme=scheme)

    found = await violations(page)
    assert [one for one in found if not one.startswith("heading-order")] == []  # headings are the app's own
