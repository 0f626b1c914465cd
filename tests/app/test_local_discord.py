"""End-to-end interactions over real HTTP: the local Discord posts them, uvicorn serves the app, edits use REST."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.commands.sync import compute_plan, sync
from handlers import FEATURES
from tests.fake_discord import APPLICATION
from tests.local_discord import LocalDiscord, local_discord
from tests.served import prepare, served
from wire.rest import Rest

Json = dict[str, Any]


@pytest.fixture
def discord(tmp_path: Path, database_url: str) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path) as running:
        asyncio.run(prepare(running, database_url))
        with served(running, tmp_path, database_url) as url:
            running.http.put("/playground/endpoint", json={"url": f"{url}/interactions"}).raise_for_status()
            yield running


def test_the_local_discord_accepts_our_commands_and_gives_them_back_unchanged(discord: LocalDiscord) -> None:
    async def compare() -> str:
        async with Rest(discord.api_url, discord.config.token) as rest:
            return str(await sync(rest, APPLICATION, FEATURES, dry_run=True))

    assert asyncio.run(compare()) == str(compute_plan([], []))


def test_every_command_goes_through_without_a_problem(discord: LocalDiscord) -> None:
    said = [
        _do(discord, text=text)
        for text in (
            "/profile",
            "/profile user:@mina",
            "/streak",
            f"/streak month:{datetime.now(UTC):%Y-%m} user:@mina",
            "/leaderboard",
            "/leaderboard board:streak period:all",
            "/now",
            "/my timezone",
            "/my timezone zone:Asia/Seoul",
            "/my daystart hour:4",
            "/my language language:ko",
            "/my visibility who:private",
            "/help",
            "/help command:my timezone",
        )
    ]

    assert [reply["problems"] for reply in said] == [[]] * len(said)
    assert all(reply["message"]["embeds"] or reply["message"]["content"] for reply in said)
    assert [len(reply["message"]["attachments"]) for reply in said[:6]] == [1] * 6
    assert "민아" in str(said[0]["message"]["embeds"])


def test_a_picture_arrives_whole_and_with_words(discord: LocalDiscord) -> None:
    reply = _do(discord, text="/profile")

    [attachment] = reply["message"]["attachments"]
    picture = discord.http.get(f"/playground/attachments/{attachment['id']}").raise_for_status().content
    assert picture.startswith(b"\x89PNG")
    assert attachment["description"]


def test_menus_buttons_and_suggestions_go_through(discord: LocalDiscord) -> None:
    menu = _do(discord, user_menu="Profile", target="mina")
    streak = _do(discord, text="/streak")
    labels = [one["label"] for row in streak["message"]["components"] for one in row["components"]]
    turned = _do(discord, press=labels[0], reply=streak["reply"])
    zones = _do(discord, autocomplete="/my timezone zone:seo")

    assert menu["problems"] == streak["problems"] == turned["problems"] == zones["problems"] == []
    assert turned["message"]["attachments"]
    assert zones["choices"][0]["value"] == "Asia/Seoul"


def test_other_languages_go_through(discord: LocalDiscord) -> None:
    for locale, word in (("ko", "레벨"), ("es-ES", "Nivel"), ("zh-TW", "等級")):
        reply = _do(discord, text="/profile", locale=locale)

        assert reply["problems"] == []
        assert word in reply["message"]["embeds"][0]["description"]


def _do(discord: LocalDiscord, **what: object) -> Json:
    answer = discord.steer("interactions", **{"as": "mina"}, **what)
    assert answer.status_code == 200, answer.text
    return answer.json()
