"""Discord's checks in the playground: message visibility, order of responses, entry point commands."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local_discord import LocalDiscord, local_discord
from tests.playground.small_app import COMMANDS, SmallApp, small_app

Json = dict[str, Any]

APP = "1000000000000000001"
MEANT_PRIVATE = "everybody reads it"


@pytest.fixture(scope="module")
def discord(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path_factory.mktemp("discord"), reply_wait_s=0.2) as running:
        yield running


@pytest.fixture
def app(discord: LocalDiscord) -> Iterator[SmallApp]:
    with small_app(discord) as running:
        running.forgets_edits = True  # the tests send the edits instead
        yield running


def ask(discord: LocalDiscord, text: str) -> Json:
    return discord.steer("interactions", text=text).raise_for_status().json()


def hook(reply: Json, rest: str = "") -> str:
    return f"/webhooks/{APP}/{reply['request']['token']}{rest}"


def problems(discord: LocalDiscord, reply: Json) -> str:
    return " ".join(discord.http.get(f"/playground/replies/{reply['reply']}").json()["problems"])


@pytest.mark.parametrize(("command", "flags", "seen"), [("/later", 64, 0), ("/files", 0, 64), ("/files", 64, 64)])
def test_the_first_follow_up_takes_the_privacy_of_the_placeholder(
    discord: LocalDiscord, app: SmallApp, command: str, flags: int, seen: int
) -> None:
    reply = ask(discord, command)

    first = discord.rest("POST", hook(reply), json={"content": "Done.", "flags": flags}).json()
    second = discord.rest("POST", hook(reply), json={"content": "More.", "flags": flags}).json()

    assert (first["id"], first["flags"] & 64) == (reply["message"]["id"], seen)
    assert second["id"] != first["id"]
    assert second["flags"] & 64 == flags
    assert (MEANT_PRIVATE in problems(discord, reply)) == (flags > seen)


@pytest.mark.parametrize(("command", "seen"), [("/later", 0), ("/files", 64)])
def test_an_edit_cannot_change_who_sees_a_message(
    discord: LocalDiscord, app: SmallApp, command: str, seen: int
) -> None:
    reply = ask(discord, command)
    path = hook(reply, "/messages/@original")

    edited = [discord.rest("PATCH", path, json={"content": "Done.", "flags": flags}).json() for flags in (64, 0, 68)]

    assert [one["flags"] & 64 for one in edited] == [seen] * 3
    assert edited[2]["flags"] & 4
    assert (MEANT_PRIVATE in problems(discord, reply)) == (seen == 0)


def test_an_update_cannot_change_who_sees_a_message(discord: LocalDiscord, app: SmallApp) -> None:
    panel = ask(discord, "/panel")
    app.update = {"content": "July", "flags": 64}

    pressed = discord.steer("interactions", press="Next month", reply=panel["reply"]).json()

    assert pressed["message"]["flags"] & 64 == 0
    assert MEANT_PRIVATE in " ".join(pressed["problems"])


def test_a_deleted_placeholder_makes_room_for_a_private_message(discord: LocalDiscord, app: SmallApp) -> None:
    reply = ask(discord, "/later")

    assert discord.rest("DELETE", hook(reply, "/messages/@original")).status_code == 204
    message = discord.rest("POST", hook(reply), json={"content": "Yours.", "flags": 64}).json()

    assert message["flags"] & 64
    assert message["id"] != reply["message"]["id"]
    assert MEANT_PRIVATE not in problems(discord, reply)


def test_nothing_can_follow_before_the_first_answer(discord: LocalDiscord, app: SmallApp) -> None:
    reply = ask(discord, "/down")

    for method, rest in (("POST", ""), ("PATCH", "/messages/@original"), ("GET", "/messages/@original")):
        refused = discord.rest(method, hook(reply, rest), json={"content": "x"})
        assert (refused.status_code, refused.json()["code"]) == (404, 10015)


def test_an_interaction_is_answered_once(discord: LocalDiscord, app: SmallApp) -> None:
    reply = ask(discord, "/later")
    path = f"/interactions/{reply['interaction']}/{reply['request']['token']}/callback"

    for body in ({"type": 5}, {"type": 4, "data": {"content": "x"}}):
        twice = discord.rest("POST", path, json=body)
        assert (twice.status_code, twice.json()["code"]) == (400, 40060)


def test_an_expired_token_opens_nothing(tmp_path: Path) -> None:
    with local_discord(tmp_path, token_lifetime_s=0.3, reply_wait_s=0.1) as discord, small_app(discord):
        reply = ask(discord, "/now")
        time.sleep(0.4)
        for method, rest in (("POST", ""), ("PATCH", "/messages/@original"), ("DELETE", "/messages/@original")):
            late = discord.rest(method, hook(reply, rest), json={"content": "Late."})
            assert (late.status_code, late.json()["code"]) == (401, 50027)


# Entry points

EVERYWHERE = f"/applications/{APP}/commands"


def entry_points(discord: LocalDiscord) -> list[Json]:
    return [one for one in discord.rest("GET", EVERYWHERE).json() if one["type"] == 4]


@pytest.fixture
def launching(discord: LocalDiscord, app: SmallApp) -> Iterator[Json]:
    discord.http.put("/playground/app", json={"activity": True}).raise_for_status()
    [command] = entry_points(discord)
    yield command
    discord.http.put("/playground/app", json={"activity": False}).raise_for_status()


def test_a_list_without_the_entry_point_is_refused_as_a_whole(discord: LocalDiscord, launching: Json) -> None:
    before = discord.rest("GET", EVERYWHERE).json()

    refused = discord.rest("PUT", EVERYWHERE, json=COMMANDS[:1])

    assert (refused.status_code, refused.json()["code"]) == (400, 50240)
    assert discord.rest("GET", EVERYWHERE).json() == before


def test_a_list_that_keeps_the_entry_point_is_taken(discord: LocalDiscord, launching: Json) -> None:
    listed = discord.rest("GET", EVERYWHERE, params={"with_localizations": "true"}).json()
    [read] = [one for one in listed if one["type"] == 4]

    put = discord.rest("PUT", EVERYWHERE, json=[*COMMANDS[:1], read])

    assert put.status_code == 200, put.text
    assert [one["id"] for one in put.json() if one["type"] == 4] == [launching["id"]]
    guild = discord.state()["guilds"][0]["id"]
    here = f"/applications/{APP}/guilds/{guild}/commands"
    assert discord.rest("PUT", here, json=COMMANDS[:1]).status_code == 200  # entry points are never guild commands
    discord.rest("PUT", here, json=[]).raise_for_status()
    assert discord.rest("PUT", here, json=[read]).json()["code"] == 50035


def test_an_entry_point_is_removed_alone(discord: LocalDiscord, launching: Json) -> None:
    assert (launching["name"], launching["handler"]) == ("launch", 2)
    assert discord.rest("DELETE", f"{EVERYWHERE}/{launching['id']}").status_code == 204
    assert discord.rest("PUT", EVERYWHERE, json=COMMANDS[:1]).status_code == 200


def test_an_entry_point_comes_to_the_app_only_when_it_handles_it(
    discord: LocalDiscord, app: SmallApp, launching: Json
) -> None:
    by_discord = discord.steer("interactions", text="/launch")
    discord.rest("PATCH", f"{EVERYWHERE}/{launching['id']}", json={"handler": 1}).raise_for_status()
    discord.steer("interactions", text="/launch").raise_for_status()

    assert "Discord starts the activity itself" in by_discord.json()["error"]
    assert [(one["type"], one["data"]["type"], one["data"]["name"]) for one in app.seen] == [(2, 4, "launch")]
