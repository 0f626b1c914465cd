import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from playground.page import sidebars, view_context
from playground.state.fixtures import COMMUNITY, PRIVATE_THREAD
from playground.state.state import Channel, Thread, World
from tests.local_discord import Json, LocalDiscord, local_discord

HTML = {"Accept": "text/html,application/xhtml+xml"}
REGIONS = ("guilds", "rooms", "me", "messages", "members", "notices", "time", "composer", "tools", "form", "toasts")


@pytest.fixture(scope="module")
def discord(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path_factory.mktemp("discord")) as running:
        yield running


def show(discord: LocalDiscord, query: str = "") -> httpx.Response:
    return discord.http.get(f"/{query}", headers=HTML)


def follow(discord: LocalDiscord, query: str = "") -> ClientConnection:
    return connect(f"{discord.url.replace('http', 'ws')}/page/feed{query}")


def frame(feed: ClientConnection, **wanted: str) -> Json:
    """The next frame with these attributes; frames before it are skipped."""
    while True:
        found: Json = json.loads(feed.recv(timeout=10))
        if all(found.get(name) == value for name, value in wanted.items()):
            return found


def test_a_browser_gets_the_page_and_everything_else_the_plain_words(discord: LocalDiscord) -> None:
    page = show(discord)

    assert all(f'id="{region}"' in page.text for region in REGIONS)
    assert page.headers["content-security-policy"].startswith("default-src 'self'; img-src 'self' data: blob:")
    assert discord.http.get("/").text.startswith("Lyceum's local Discord")


def test_the_address_says_who_sits_where(discord: LocalDiscord) -> None:
    found = re.search(r'id="seat">(.*?)</script>', show(discord, "?as=mina&guild=@me").text)

    assert found
    said: Json = json.loads(found[1])
    assert (said["as"], said["guild"], said["locale"]) == ("mina", "@me", "ko")


def test_nobody_called_so_is_said_in_a_sentence(discord: LocalDiscord) -> None:
    page = show(discord, "?as=nobody-here")

    assert page.status_code == 404
    assert "No person here is called" in page.text


def test_the_feed_tells_who_comes_to_voice(discord: LocalDiscord) -> None:
    with follow(discord) as feed:
        frame(feed, id="time")  # the last frame of the initial state
        discord.voice("join", "priya", "Library")
        put = frame(feed, kind="put", id="rooms")
        discord.voice("leave", "priya")

    library = re.search(r'aria-label="In Library".*?</ul>', put["html"], re.DOTALL)
    assert library
    assert "प्रिया शर्मा" in library[0]


def test_a_thread_stands_below_its_channel(discord: LocalDiscord) -> None:
    channel = re.search(r'"channel": "(\d+)"', show(discord).text)
    assert channel

    path = f"/channels/{channel[1]}/threads"
    thread = discord.rest("POST", path, json={"name": "Exam week", "type": 11}).json()["id"]

    page = show(discord, f"?channel={thread}").text
    assert "<title>#Exam week ·" in page
    assert re.search(rf'aria-label="Threads of study-log">\s*<li id="room-{thread}">', page)


def test_a_private_thread_is_for_whoever_was_brought_into_it() -> None:
    world = World(application=1)
    guild = world.settle(COMMUNITY)
    mina, made_at = COMMUNITY.member("mina").user, datetime(2026, 11, 21, tzinfo=UTC)
    room = world.first_text_channel(guild)
    branch = Thread(1, made_at, 60, joined={mina: made_at})
    thread = guild.threads[7] = Channel(7, PRIVATE_THREAD, "Two of us", guild.id, room.id, thread=branch)

    seats = {name: view_context.take(world, {"as": name, "channel": "7"}) for name in ("mina", "ada")}

    assert (seats["mina"].channel, seats["ada"].channel) == (thread, room)
    assert "Two of us" in sidebars.draw_rooms(seats["mina"], world)
    assert "Two of us" not in sidebars.draw_rooms(seats["ada"], world)


@pytest.mark.parametrize("query", ["?channel=" + "9" * 5000, "?channel=x", "?guild=@me&channel=1", "?locale=xx"])
def test_an_address_that_makes_no_sense_leads_to_a_sensible_place(discord: LocalDiscord, query: str) -> None:
    assert show(discord, query).status_code == 200


def test_what_people_call_themselves_is_text_and_nothing_else(discord: LocalDiscord) -> None:
    evil = '</script><img src=x onerror="alert(1)">'
    channel = re.search(r'"channel": "(\d+)"', show(discord).text)
    assert channel
    discord.rest("POST", f"/channels/{channel[1]}/messages", json={"content": evil}).raise_for_status()
    discord.rest("POST", f"/channels/{channel[1]}/threads", json={"name": evil, "type": 11}).raise_for_status()
    discord.steer("guild", name=evil)

    page = show(discord).text
    discord.steer("guild", name="Lyceum Commons")

    assert page.count("&lt;/script&gt;&lt;img") >= 4
    assert "<img src=x" not in page


@pytest.mark.parametrize("path", ["people/1", "people/x", "rooms/1", "rooms/" + "9" * 5000])
def test_a_card_of_nobody_is_a_sentence(discord: LocalDiscord, path: str) -> None:
    gone = discord.http.get(f"/page/{path}")

    assert gone.status_code == 404
    assert "is not here any more." in gone.text


def test_fonts_and_files_of_the_page_are_served_and_nothing_beside_them(discord: LocalDiscord) -> None:
    faces = discord.http.get("/page/fonts/faces.css").text

    for name in sorted(set(re.findall(r"/page/fonts/[^\"]+", faces))):
        assert discord.http.head(name).status_code == 200
    assert discord.http.get("/page/static/page.js").headers["content-type"].startswith("text/javascript")
    assert discord.http.get("/page/static/../seat.py").status_code == 404
    assert discord.http.get("/page/static/%2e%2e/seat.py").status_code == 404
