from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.clock import Clock
from playground.interactions.keys import signing_key
from tests.local_discord import LocalDiscord, local_discord

Json = dict[str, Any]


@pytest.fixture(scope="module")
def discord(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path_factory.mktemp("discord")) as running:
        yield running


def test_the_state_shows_everybody(discord: LocalDiscord) -> None:
    state = discord.state()

    guild = state["guilds"][0]
    assert set(state) == {"public_key", "application_id", "endpoint", "message_content", "clock", "guilds", "commands"}
    assert bytes.fromhex(state["public_key"]) == bytes(signing_key(discord.config.data_dir).verify_key)
    assert (guild["name"], guild["locale"]) == ("Lyceum Commons", "en-US")
    assert {room["kind"] for room in guild["channels"]} == {"category", "text", "voice", "stage", "afk"}
    assert {"김민아", "ليلى حسن", "נועם כהן", "สมชาย ใจดี", "प्रिया शर्मा", "佐藤 陽翔", "林怡婷"} <= {
        member["name"] for member in guild["members"]
    }
    assert sum(member["bot"] for member in guild["members"]) == 2


@pytest.mark.parametrize(("action", "flag"), [("mute", "muted"), ("deafen", "deafened"), ("stream", "streaming")])
def test_voice_actions_change_the_state_and_back(discord: LocalDiscord, action: str, flag: str) -> None:
    discord.voice("join", "@ada", "#Library")
    on = discord.voice(action, "ADA")["member"]["voice"]
    off = discord.voice({"mute": "unmute", "deafen": "undeafen", "stream": "unstream"}[action], "Ada Okafor")["member"][
        "voice"
    ]
    left = discord.voice("leave", "ada")["member"]

    assert on[flag]
    assert not off[flag]
    assert on["channel"] == "Library"
    assert left["voice"] is None


def test_a_rejoin_is_a_new_voice_session(discord: LocalDiscord) -> None:
    first = discord.voice("join", "noam", "Library")["member"]["voice"]["since"]
    second = discord.voice("rejoin", "noam", "Library")["member"]["voice"]["since"]

    assert first != second


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"action": "join"}, 400, "Say who:"),
        ({"action": "join", "who": "layla"}, 400, "Say where ليلى حسن goes"),
        (
            {"action": "join", "who": "layla", "channel": "Libary"},
            404,
            'No voice channel here is called "Libary"; try Library',
        ),
        ({"action": "join", "who": "layla", "channel": "welcome"}, 404, 'No voice channel here is called "welcome"'),
        ({"action": "move", "who": "layla", "channel": "Library"}, 409, "ليلى حسن is not in voice; join first."),
        ({"action": "mute", "who": "layla"}, 409, "ليلى حسن is not in voice; join first."),
        ({"action": "dance", "who": "layla"}, 400, 'There is no voice action "dance"; try'),
        ({"action": "dance", "who": "haruto"}, 400, 'There is no voice action "dance"; try'),
        ({"action": "join", "who": "layla", "guild": "Elsewhere"}, 404, 'No server here is called "Elsewhere"; try'),
        ({"action": "join", "who": ["layla"]}, 400, '"who" must be a text.'),
    ],
)
def test_voice_mistakes_say_what_to_do(discord: LocalDiscord, body: Json, status: int, sentence: str) -> None:
    discord.voice("join", "haruto", "Library")

    refused = discord.steer("voice", **body)

    assert refused.status_code == status
    assert refused.json()["error"].startswith(sentence)


def test_a_body_must_be_an_object(discord: LocalDiscord) -> None:
    for content in (b"[]", b"{"):
        refused = discord.http.post("/playground/voice", content=content)
        assert refused.json()["error"].startswith("Send a JSON object")


def test_the_clock_goes_forward_only(discord: LocalDiscord) -> None:
    before = discord.http.get("/playground/clock").json()["unix"]

    after = discord.steer("clock", advance_s=3600, rate=2).json()
    discord.steer("clock", rate=1)

    assert after["unix"] - before > 3590
    assert after["rate"] == 2
    assert discord.steer("clock", advance_s=-5).json()["error"].startswith("The clock only goes forward")
    assert discord.steer("clock", rate=0).json()["error"].startswith("The rate must be above 0")


def test_without_a_clock_file_time_is_real(tmp_path: Path) -> None:
    with local_discord(tmp_path, clock=Clock()) as discord:
        refused = [discord.steer("clock", rate=2), discord.steer("simulate", members=5)]

    assert all("follows the real time" in one.json()["error"] for one in refused)


def test_guilds_and_channels_can_change(tmp_path: Path) -> None:
    with local_discord(tmp_path) as discord:
        discord.voice("join", "mina", "Lounge")
        discord.steer("guild", name="Lyceum", afk_channel=None)
        discord.steer("guild", channel="Library", to="Reading room")
        guild = discord.steer("guild", delete_channel="Lounge").json()

    names = [room["name"] for room in guild["channels"]]
    assert guild["name"] == "Lyceum"
    assert "Reading room" in names
    assert "Lounge" not in names
    assert "afk" not in {room["kind"] for room in guild["channels"]}
    assert next(one for one in guild["members"] if one["username"] == "mina")["voice"] is None


def test_faults_are_listed_when_unknown(discord: LocalDiscord) -> None:
    refused = discord.steer("gateway", action="explode")

    assert refused.json()["error"].startswith("Choose one of drop, close")
    assert discord.fault("forget")["done"].startswith("Forgot")
    assert discord.fault("answer")["done"] == "Heartbeats are answered."
    assert discord.http.get("/playground/gateway").json()["sessions"] == []


def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    first = signing_key(tmp_path)

    assert bytes(signing_key(tmp_path)) == bytes(first)
    assert [path.name for path in tmp_path.iterdir()] == ["playground.key"]
    assert (tmp_path / "playground.key").stat().st_mode & 0o777 == 0o600
