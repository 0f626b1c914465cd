import json
import re
from collections.abc import Iterator

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

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
    """The next frame like that; what comes before it is passed over."""
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
    seat: Json = json.loads(found[1])
    assert (seat["as"], seat["guild"], seat["locale"]) == ("mina", "@me", "ko")


def test_nobody_called_so_is_said_in_a_sentence(discord: LocalDiscord) -> None:
    page = show(discord, "?as=nobody-here")

    assert page.status_code == 404
    assert "No person here is called" in page.text


def test_the_feed_tells_who_comes_to_voice(discord: LocalDiscord) -> None:
    with follow(discord) as feed:
        frame(feed, id="time")  # the last of what a fresh page is told
        discord.voice("join", "priya", "Library")
        put = frame(feed, kind="put", id="rooms")
        discord.voice("leave", "priya")

    library = re.search(r'aria-label="In Library".*?</ul>', put["html"], re.DOTALL)
    assert library
    assert "प्रिया शर्मा" in library[0]
