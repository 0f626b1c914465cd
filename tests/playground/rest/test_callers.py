"""Authorization and request formats of the local Discord's REST API, as other client libraries use them."""

import base64
import socket
from collections.abc import Iterator

import pytest

from playground.main import create_server
from tests.local_discord import LocalDiscord, local_discord
from tests.playground.gateway.test_sessions import listening

APP = "1000000000000000001"


@pytest.fixture(scope="module")
def discord(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path_factory.mktemp("discord")) as running:
        yield running


def call(discord: LocalDiscord, agent: str | None) -> tuple[int, int]:
    """The status and Discord's error code of a call with this Authorization value; None: without the header."""
    port = discord.config.port
    name = "" if agent is None else f"User-Agent: {agent}\r\n"
    head = f"GET /api/v10/gateway HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{name}\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        raw.sendall(head.encode())
        with raw.makefile("rb") as answer:
            text = answer.read().decode()
    return int(text.split()[1]), 40333 if '"code":40333' in text else 0


@pytest.mark.parametrize(
    "agent",
    [
        "DiscordBot (https://example.org, 1)",
        "python-requests/2.32.3",
        "curl/8.14.1",
        "Ruby",
        "Twilight-rs",
        "DiscordBot",
    ],
)
def test_names_that_discord_takes_are_taken(discord: LocalDiscord, agent: str) -> None:
    assert call(discord, agent) == (200, 0)


@pytest.mark.parametrize("agent", [None, "", "Mozilla/5.0 (X11; Linux x86_64)", "Java/21.0.1", "Python-urllib/3.13"])
def test_names_that_its_gate_blocks_are_refused(discord: LocalDiscord, agent: str | None) -> None:
    assert call(discord, agent) == (403, 40333)


def test_a_name_that_is_not_as_documented_is_remarked_in_the_inspector(discord: LocalDiscord) -> None:
    discord.rest("GET", "/gateway", headers={"User-Agent": "python-requests/2.32.3"}).raise_for_status()

    page = discord.http.get("/page/inspector").text
    remark = page[page.index("/gateway") :]
    assert "python-requests/2.32.3" in remark
    assert "DiscordBot ($url, $versionNumber)" in remark


def test_a_token_that_names_the_app_opens_as_the_short_one_does(discord: LocalDiscord) -> None:
    mine = base64.urlsafe_b64encode(APP.encode()).decode().rstrip("=") + ".Gabcde.0123456789-abcdefghijklmnopqrstuvwxyz"
    other = mine.replace(mine.partition(".")[0], base64.b64encode(b"1000000000000000002").decode().rstrip("="))

    assert discord.rest("GET", "/users/@me", token=mine).json()["id"] == APP
    for wrong in (other, mine.partition(".")[0], "a.b.c", ".."):
        assert discord.rest("GET", "/users/@me", token=wrong).status_code == 401
    written = "MTAwMDAwMDAwMDAwMDAwMDAwMQ.playground.playground"  # in docs/playground.md
    assert discord.rest("GET", "/users/@me", token=written).status_code == 200
    refused = discord.rest("GET", "/users/@me", headers={"Authorization": f"Bearer {mine}"})
    assert refused.status_code == 401


async def test_the_gateway_takes_that_token_too(discord: LocalDiscord) -> None:
    mine = base64.b64encode(APP.encode()).decode().rstrip("=") + ".Gabcde.0123456789-abcdefghijklmnopqrstuvwxyz"
    async with listening(discord.gateway_url) as listener:
        ready = await listener.identify(token=mine)

    assert ready["d"]["user"]["id"] == APP


def test_numbers_with_a_point_are_whole_when_they_are(discord: LocalDiscord) -> None:
    channel = next(one["id"] for one in discord.state()["guilds"][0]["channels"] if one["name"] == "study-log")
    poll = '{"question": {"text": "When?"}, "answers": [{"poll_media": {"text": "Now"}}], "duration": %s}'

    def post(body: str) -> int:
        told = {"Content-Type": "application/json"}
        return discord.rest("POST", f"/channels/{channel}/messages", content=body, headers=told).status_code

    assert post('{"poll": %s}' % (poll % "1.0")) == 200
    assert post('{"content": "Quietly.", "flags": 4096.0, "nonce": 12, "new_field": {"a": [1]}}') == 200
    assert post('{"content": "x", "embeds": [{"title": "x", "color": 255.0}]}') == 200
    assert post('{"poll": %s}' % (poll % "1.5")) == 400
    assert post('{"content": "x", "flags": 4096.5}') == 400


@pytest.mark.parametrize("version", ["/v10", "/v9", ""])
def test_older_versions_and_none_are_answered_alike(discord: LocalDiscord, version: str) -> None:
    headers = {"Authorization": "Bot playground", "User-Agent": "DiscordBot (https://example.org, 1)"}

    assert discord.http.get(f"/api{version}/users/@me", headers=headers).json()["id"] == APP
    assert discord.http.get(f"/api{version}/nowhere", headers=headers).json()["message"] == "404: Not Found"


def test_forms_are_taken_as_json_is(discord: LocalDiscord) -> None:
    channel = next(one["id"] for one in discord.state()["guilds"][0]["channels"] if one["name"] == "study-log")
    path = f"/channels/{channel}/messages"

    plain = discord.rest("POST", path, data={"content": "Hi & bye", "tts": "true", "flags": "4096"}).json()
    whole = discord.rest("POST", path, data={"payload_json": '{"content": "Hi"}'}).json()
    beside_a_file = discord.rest("POST", path, data={"content": "Look"}, files={"file": ("a.txt", b"x")}).json()

    assert (plain["content"], plain["tts"], plain["flags"]) == ("Hi & bye", True, 4096)
    assert whole["content"] == "Hi"
    assert (beside_a_file["content"], beside_a_file["attachments"][0]["filename"]) == ("Look", "a.txt")


def test_connections_are_kept_for_minutes(discord: LocalDiscord) -> None:
    assert create_server(discord.config).config.timeout_keep_alive >= 120
