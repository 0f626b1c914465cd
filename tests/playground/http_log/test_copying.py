import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from playground.http_log.copying import curl, payload_file, signed_curl
from playground.http_log.exchange import APP, DISCORD, Body, Exchange, File
from tests.local_discord import LocalDiscord
from tests.playground.small_app import PNG, SmallApp, small_app
from wire.interaction import SlashCommand
from wire.parsing import parse

NASTY = 'it\'s "quoted", $HOME `id` \\ !! \n ünïcode 민아 🌱'

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@pytest.fixture
def app(discord: LocalDiscord) -> Iterator[SmallApp]:
    with small_app(discord) as running:
        yield running


def in_a_shell(command: str, folder: Path, **environ: str) -> str:
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **environ},
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()


def call(path: str, body: Body, *, method: str = "POST", token: bool = True) -> Exchange:
    headers = {"Host": "x", "User-Agent": "DiscordBot (x, 1)", "Content-Type": body.content_type, "Content-Length": "1"}
    return Exchange(1, APP, method, path, path, headers | ({"Authorization": "Bot ••••"} if token else {}), body, 0)


@needs_curl
def test_what_discord_sent_works_in_a_shell(discord: LocalDiscord, app: SmallApp, tmp_path: Path) -> None:
    reply = discord.steer("interactions", text='/every text:"it\'s $HOME `id` 민아 🌱"').json()
    newest = discord.http.get(f"/page/inspector/{reply['reply']}").text
    number = newest.partition('data-copy="/page/inspector/exchanges/')[2].partition("/")[0]
    command = discord.http.get(f"/page/inspector/exchanges/{number}/curl").text

    told = in_a_shell(command, tmp_path)

    assert told.startswith("HTTP/1.1 200 OK")
    assert app.seen[1] == app.seen[0]


@needs_curl
def test_a_wrong_signature_stays_wrong(discord: LocalDiscord, app: SmallApp, tmp_path: Path) -> None:
    probed = discord.http.get("/page/inspector").text
    number = probed.partition("PING with a wrong signature")[0].rpartition('id="exchange-')[2].partition('"')[0]
    command = discord.http.get(f"/page/inspector/exchanges/{number}/curl").text

    assert in_a_shell(command, tmp_path).startswith("HTTP/1.1 401")


@needs_curl
def test_what_the_app_sent_works_in_a_shell(discord: LocalDiscord, tmp_path: Path) -> None:
    channel = next(one for one in discord.state()["guilds"][0]["channels"] if one["name"] == "study-log")["id"]
    path = f"/channels/{channel}/messages"
    (tmp_path / 'a "card".png').write_bytes(PNG)
    plain = Body.keep("application/json", json.dumps({"content": NASTY}).encode())
    files = (File("files[0]", 'a "card".png', "image/png", len(PNG)),)
    upload = Body("multipart/form-data; boundary=x", json.dumps({"content": "Look"}), 100, files)

    for body in (plain, upload):
        in_a_shell(curl(call(path, body), base_url=discord.api_url), tmp_path, DISCORD_TOKEN="playground")
    listed = in_a_shell(
        curl(call(f"{path}?limit=2", Body(), method="GET"), base_url=discord.api_url),
        tmp_path,
        DISCORD_TOKEN="playground",
    )

    found: list[Any] = json.loads(listed.partition("\r\n\r\n")[2])
    assert [one["content"] for one in found] == ["Look", NASTY.strip()]
    assert found[0]["attachments"][0]["size"] == len(PNG)


def test_no_token_is_copied() -> None:
    command = curl(call("/users/@me", Body(), method="GET"), base_url="http://x")

    assert command == (
        "curl --include \\\n"
        "  --request GET \\\n"
        "  'http://x/users/@me' \\\n"
        '  --header "Authorization: Bot $DISCORD_TOKEN" \\\n'
        "  --header 'User-Agent: DiscordBot (x, 1)'\n"
    )


def test_a_call_that_its_path_opens_needs_none() -> None:
    body = Body.keep("application/json", b"{}")

    assert "Authorization" not in curl(call("/webhooks/1/t", body, token=False), base_url="http://x")


def test_the_signature_is_that_of_the_moment() -> None:
    exchange = Exchange(1, DISCORD, "POST", "http://app/interactions", "", {}, Body("", "{}", 2), 0)

    assert signed_curl(exchange, {"X-Signature-Timestamp": "5"}) == (
        "curl --include \\\n"
        "  'http://app/interactions' \\\n"
        "  --header 'X-Signature-Timestamp: 5' \\\n"
        "  --data-raw '{}'\n"
    )


def test_a_payload_is_what_our_tests_read(discord: LocalDiscord, app: SmallApp) -> None:
    discord.steer("interactions", text="/my timezone Asia/Seoul", **{"as": "mina"})
    sent = app.seen[0]

    copied = payload_file(sent)

    interaction = parse(copied.encode())
    assert isinstance(interaction, SlashCommand)
    assert interaction.path == "my timezone"
    kept = json.loads(copied)
    assert {**kept, "token": ""} == {**sent, "token": ""}
    assert kept["token"] != sent["token"]
    assert [*kept][:4] == ["version", "type", "token", "id"]
    assert [*kept][-1] == "data"
    assert "민아" in copied
