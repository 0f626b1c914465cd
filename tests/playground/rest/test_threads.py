from collections.abc import Iterator
from typing import Any

import pytest

from playground.state.fixtures import COMMUNITY, GUILD
from tests.discords_file import must_fit
from tests.local_discord import LocalDiscord, local_discord
from tests.playground.rest.test_app import mistakes

Json = dict[str, Any]

ROOM = str(COMMUNITY.room("study-log").channel)
VOICE = str(COMMUNITY.room("Library").channel)
ADA, MINA = str(COMMUNITY.owner), str(COMMUNITY.member("mina").user)


@pytest.fixture(scope="module")
def discord(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path_factory.mktemp("discord")) as running:
        yield running


def post(discord: LocalDiscord, channel: str = ROOM, **body: object) -> Json:
    return (
        discord.rest("POST", f"/channels/{channel}/messages", json={"content": "Hi"} | body).raise_for_status().json()
    )


def start(discord: LocalDiscord, message: Json | None = None, **body: object) -> Json:
    path = f"/channels/{ROOM}/messages/{message['id']}/threads" if message else f"/channels/{ROOM}/threads"
    return discord.rest("POST", path, json={"name": "Reading"} | body).raise_for_status().json()


def messages(discord: LocalDiscord, channel: str) -> list[Json]:
    return discord.rest("GET", f"/channels/{channel}/messages").json()


def code_of(discord: LocalDiscord, method: str, path: str, body: Json | None = None) -> tuple[int, int]:
    refused = discord.rest(method, path, json=body or {})
    return refused.status_code, refused.json()["code"]


def test_a_thread_on_a_message_carries_its_id_and_begins_with_it(discord: LocalDiscord) -> None:
    message = post(discord)

    thread = start(discord, message, auto_archive_duration=60, rate_limit_per_user=5)

    must_fit(thread, "ThreadResponse")
    assert (thread["id"], thread["parent_id"], thread["type"]) == (message["id"], ROOM, 11)
    assert (thread["rate_limit_per_user"], thread["thread_metadata"]["auto_archive_duration"]) == (5, 60)
    assert thread["member"]["user_id"] == thread["owner_id"] == str(discord.config.application_id)
    beginning = messages(discord, thread["id"])
    assert [one["type"] for one in beginning] == [21]
    assert beginning[0]["message_reference"]["message_id"] == message["id"]
    shown = discord.rest("GET", f"/channels/{ROOM}/messages/{message['id']}").json()
    assert shown["thread"]["name"] == "Reading"


def test_what_is_written_in_a_thread_is_counted(discord: LocalDiscord) -> None:
    thread = start(discord, post(discord))
    here = f"/channels/{thread['id']}"

    gone = post(discord, thread["id"])
    post(discord, thread["id"])
    discord.rest("DELETE", f"{here}/messages/{gone['id']}").raise_for_status()
    discord.steer("messages", channel=thread["id"], content="I too", **{"as": "mina"}).raise_for_status()

    counted = discord.rest("GET", here).json()
    assert (counted["message_count"], counted["total_message_sent"], counted["member_count"]) == (2, 3, 2)
    joined = discord.rest("GET", f"{here}/thread-members").json()
    assert {one["user_id"] for one in joined} == {str(discord.config.application_id), MINA}


def test_a_thread_on_its_own_is_told_in_the_channel(discord: LocalDiscord) -> None:
    thread = start(discord, type=11)

    told = messages(discord, ROOM)[0]
    assert (told["type"], told["content"]) == (18, "Reading")
    assert told["message_reference"]["channel_id"] == thread["id"]
    active = discord.rest("GET", f"/guilds/{GUILD}/threads/active").json()
    assert thread["id"] in [one["id"] for one in active["threads"]]
    assert thread["id"] not in [one["id"] for one in discord.rest("GET", f"/guilds/{GUILD}/channels").json()]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"name": "BASE_TYPE_REQUIRED"}),
        ({"name": ""}, {"name": "BASE_TYPE_BAD_LENGTH"}),
        ({"name": "x" * 101}, {"name": "BASE_TYPE_BAD_LENGTH"}),
        ({"name": "x", "auto_archive_duration": 61}, {"auto_archive_duration": "BASE_TYPE_CHOICES"}),
        ({"name": "x", "rate_limit_per_user": 21_601}, {"rate_limit_per_user": "NUMBER_TYPE_MAX"}),
        ({"name": "x", "type": 0}, {"type": "BASE_TYPE_CHOICES"}),
    ],
)
def test_a_wrong_wish_is_refused_by_field(discord: LocalDiscord, body: Json, wrong: dict[str, str]) -> None:
    assert mistakes(discord.rest("POST", f"/channels/{ROOM}/threads", json=body)) == wrong


def test_threads_are_refused_where_discord_refuses_them(discord: LocalDiscord) -> None:
    message = post(discord)
    thread = start(discord, message)
    name = {"name": "x"}

    assert code_of(discord, "POST", f"/channels/{ROOM}/messages/{message['id']}/threads", name) == (400, 160004)
    assert code_of(discord, "POST", f"/channels/{ROOM}/messages/1/threads", name) == (404, 10008)
    assert code_of(discord, "POST", f"/channels/{VOICE}/threads", name) == (400, 50024)
    assert code_of(discord, "POST", f"/channels/{thread['id']}/threads", name) == (400, 50024)
    assert code_of(discord, "POST", f"/channels/{ROOM}/threads", name | {"type": 10}) == (400, 50024)
    assert code_of(discord, "POST", f"/channels/{ROOM}/threads", name) == (403, 50013)  # private: needs a permission
    assert code_of(discord, "PATCH", f"/channels/{ROOM}", name) == (400, 50024)
    assert code_of(discord, "PATCH", f"/channels/{thread['id']}", {"locked": True}) == (403, 50013)


def test_an_archived_thread_wakes_up_when_somebody_writes(discord: LocalDiscord) -> None:
    thread = start(discord, post(discord))
    here = f"/channels/{thread['id']}"

    archived = discord.rest("PATCH", here, json={"archived": True, "name": "Read"}).json()
    assert (archived["thread_metadata"]["archived"], archived["name"]) == (True, "Read")
    assert code_of(discord, "PATCH", here, {"name": "x"}) == (400, 50083)
    assert code_of(discord, "PUT", f"{here}/thread-members/{ADA}") == (400, 50083)
    post(discord, thread["id"])

    assert not discord.rest("GET", here).json()["thread_metadata"]["archived"]
    assert discord.rest("PUT", f"{here}/thread-members/{ADA}").status_code == 204
    assert discord.rest("DELETE", f"{here}/thread-members/{ADA}").status_code == 204
    assert [one["user_id"] for one in discord.rest("GET", f"{here}/thread-members").json()] == [thread["owner_id"]]


def test_a_command_in_a_thread_says_where_it_was_used(discord: LocalDiscord) -> None:
    thread = start(discord, post(discord))
    discord.rest("PUT", "/applications/1000000000000000001/commands", json=[{"name": "now", "description": "Now."}])

    told = discord.steer("interactions", text="/now", channel=thread["id"], wait=False).json()

    channel = told["request"]["channel"]
    assert (channel["id"], channel["type"], channel["parent_id"]) == (thread["id"], 11, ROOM)
    assert channel["thread_metadata"]["archived"] is False


def test_an_answer_to_a_message_that_is_gone_is_refused_unless_it_may_be(discord: LocalDiscord) -> None:
    there = post(discord)
    answer = post(discord, message_reference={"message_id": there["id"]})
    gone: Json = {"message_id": "1"}

    assert (answer["type"], answer["message_reference"]["message_id"]) == (19, there["id"])
    refused = discord.rest("POST", f"/channels/{ROOM}/messages", json={"content": "x", "message_reference": gone})
    assert mistakes(refused) == {"message_reference": "REPLIES_UNKNOWN_MESSAGE"}
    lenient = post(discord, message_reference=gone | {"fail_if_not_exists": False})
    assert (lenient["type"], "message_reference" in lenient) == (0, False)
