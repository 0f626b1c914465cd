"""REST of channels: reactions, pins, typing, webhooks, bulk deletes and command permissions."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.discords_file import must_fit
from tests.local_discord import LocalDiscord, local_discord
from tests.playground.gateway.test_sessions import listening
from tests.playground.rest.test_app import mistakes
from tests.playground.small_app import SmallApp, small_app

Json = dict[str, Any]

APP = "1000000000000000001"


@pytest.fixture(scope="module")
def discord(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path_factory.mktemp("discord")) as running:
        yield running


def channel_id(discord: LocalDiscord, name: str = "study-log") -> str:
    return next(one["id"] for one in discord.state()["guilds"][0]["channels"] if one["name"] == name)


def guild_id(discord: LocalDiscord) -> str:
    return discord.state()["guilds"][0]["id"]


def done(discord: LocalDiscord, method: str, path: str, **more: Any) -> Any:
    response = discord.rest(method, path, **more)
    assert response.is_success, (method, path, response.status_code, response.text)
    return response.json() if response.content else None


def refused(discord: LocalDiscord, method: str, path: str, **more: Any) -> tuple[int, int]:
    response = discord.rest(method, path, **more)
    return response.status_code, response.json()["code"]


def post(discord: LocalDiscord, channel: str | None = None, **body: object) -> Json:
    where = channel or channel_id(discord)
    return done(discord, "POST", f"/channels/{where}/messages", json={"content": "Hi", **body})


def write(discord: LocalDiscord, **body: object) -> Json:
    return discord.steer("messages", **{"as": "mina", "content": "Hi", **body}).raise_for_status().json()["message"]


def at(message: Json) -> str:
    return f"/channels/{message['channel_id']}/messages/{message['id']}"


def told(discord: LocalDiscord, intents: int, last: str, act: Callable[[], object]) -> list[tuple[str, Json]]:
    """The gateway events received while an action runs, up to an event of that name."""

    async def hear() -> list[tuple[str, Json]]:
        async with listening(discord.gateway_url) as listener:
            await listener.identify(intents=intents)
            await asyncio.to_thread(act)
            heard: list[tuple[str, Json]] = []
            while not heard or heard[-1][0] != last:
                frame = await listener.receive()
                heard += [(frame["t"], frame["d"])] if frame["t"] else []
            return heard

    return asyncio.run(hear())


# Reactions


def test_reactions_are_put_listed_and_taken_away(discord: LocalDiscord) -> None:
    message = write(discord)
    path = f"{at(message)}/reactions"
    for emoji in ("🔥", "❤️", "👍🏽"):
        done(discord, "PUT", f"{path}/{emoji}/@me")
    done(discord, "PUT", f"{path}/🔥/@me")
    discord.steer("reactions", message=message["id"], emoji="🔥").raise_for_status()

    shown = done(discord, "GET", at(message))
    who = done(discord, "GET", f"{path}/%F0%9F%94%A5", params={"limit": 1, "type": 0})
    later = done(discord, "GET", f"{path}/🔥", params={"after": who[0]["id"], "limit": 100})
    done(discord, "DELETE", f"{path}/🔥/@me")
    done(discord, "DELETE", f"{path}/❤️")
    left = done(discord, "GET", at(message))["reactions"]
    done(discord, "DELETE", f"{path}/🔥/{discord.member('ada')['id']}")
    done(discord, "DELETE", path)

    must_fit(shown, "MessageResponse")
    counted = [(one["emoji"]["name"], one["count"], one["me"]) for one in shown["reactions"]]
    assert counted == [("🔥", 2, True), ("❤️", 1, True), ("👍🏽", 1, True)]
    assert [one["username"] for one in who + later] == ["ada", "Lyceum"]
    assert [(one["emoji"]["name"], one["count"], one["me"]) for one in left] == [("🔥", 1, False), ("👍🏽", 1, True)]
    assert "reactions" not in done(discord, "GET", at(message))


def test_only_emoji_can_be_reactions_and_only_twenty(discord: LocalDiscord) -> None:
    path = f"{at(write(discord))}/reactions"
    for wrong in ("fire", "a", "party:1081508836147200004", "🔥🔥"):
        assert refused(discord, "PUT", f"{path}/{wrong}/@me") == (400, 10014)
    for number in range(20):
        done(discord, "PUT", f"{path}/{chr(0x1F400 + number)}/@me")

    assert refused(discord, "PUT", f"{path}/🔥/@me") == (400, 30010)
    assert refused(discord, "PUT", f"/channels/{channel_id(discord)}/messages/1/reactions/🔥/@me") == (404, 10008)


def test_reactions_are_told_to_listeners(discord: LocalDiscord) -> None:
    message = write(discord)
    path = f"{at(message)}/reactions"

    def act() -> None:
        discord.steer("reactions", message=message["id"], emoji="🔥").raise_for_status()
        discord.steer("reactions", message=message["id"], emoji="🔥", on=False).raise_for_status()
        done(discord, "PUT", f"{path}/👍/@me")
        done(discord, "DELETE", f"{path}/👍")
        done(discord, "PUT", f"{path}/👍/@me")
        done(discord, "DELETE", path)

    heard = told(discord, 1 << 10, "MESSAGE_REACTION_REMOVE_ALL", act)

    names = [name.removeprefix("MESSAGE_REACTION_") for name, _ in heard if name.startswith("MESSAGE_REACTION_")]
    assert names == ["ADD", "REMOVE", "ADD", "REMOVE_EMOJI", "ADD", "REMOVE_ALL"]
    added = next(shape for name, shape in heard if name == "MESSAGE_REACTION_ADD")
    assert (added["user_id"], added["emoji"]) == (discord.member("ada")["id"], {"id": None, "name": "🔥"})
    assert (added["message_id"], added["guild_id"]) == (message["id"], guild_id(discord))
    assert added["member"]["user"]["username"] == "ada"


# Pins


@pytest.mark.parametrize("where", ["messages/pins", "pins"])
def test_messages_are_pinned_by_both_paths(discord: LocalDiscord, where: str) -> None:
    room = channel_id(discord, "smalltalk")
    first, second = post(discord, room), post(discord, room)
    for message in (first, second, second):
        done(discord, "PUT", f"/channels/{room}/{where}/{message['id']}")

    page = done(discord, "GET", f"/channels/{room}/messages/pins", params={"limit": 1})
    rest = done(discord, "GET", f"/channels/{room}/messages/pins", params={"before": page["items"][0]["pinned_at"]})
    listed = done(discord, "GET", f"/channels/{room}/pins")
    said = done(discord, "GET", f"/channels/{room}/messages", params={"limit": 1})[0]
    for message in (first, second):
        done(discord, "DELETE", f"/channels/{room}/{where}/{message['id']}")

    must_fit(page, "PinnedMessagesResponse")
    assert (page["has_more"], [one["message"]["id"] for one in page["items"]]) == (True, [second["id"]])
    assert (rest["has_more"], [one["message"]["id"] for one in rest["items"]]) == (False, [first["id"]])
    assert [(one["id"], one["pinned"]) for one in listed] == [(second["id"], True), (first["id"], True)]
    assert (said["type"], said["message_reference"]["message_id"]) == (6, second["id"])
    must_fit(said, "MessageResponse")
    assert refused(discord, "PUT", f"/channels/{room}/pins/{said['id']}") == (403, 50021)
    assert done(discord, "GET", f"/channels/{room}/pins") == []


def test_pins_are_told_to_listeners_and_shown(discord: LocalDiscord) -> None:
    message = post(discord)
    path = f"/channels/{message['channel_id']}/messages/pins/{message['id']}"

    heard = told(discord, 1 << 0 | 1 << 9, "MESSAGE_CREATE", lambda: done(discord, "PUT", path))

    shapes = dict(heard)
    assert shapes["CHANNEL_PINS_UPDATE"]["channel_id"] == message["channel_id"]
    assert shapes["MESSAGE_UPDATE"]["pinned"] is True
    page = discord.http.get("/?as=ada", headers={"Accept": "text/html"}).text
    assert f'pinned <a href="#message-{message["id"]}">a message</a> to this channel' in page


# Typing


def test_typing_is_told(discord: LocalDiscord) -> None:
    path = f"/channels/{channel_id(discord)}/typing"

    [(_, shape)] = told(discord, 1 << 11, "TYPING_START", lambda: done(discord, "POST", path, json={}))[-1:]

    assert (shape["user_id"], shape["channel_id"]) == (APP, channel_id(discord))
    assert refused(discord, "POST", "/channels/1/typing") == (404, 10003)


# Deleting


def test_many_messages_are_deleted_at_once(discord: LocalDiscord) -> None:
    path = f"/channels/{channel_id(discord)}/messages/bulk-delete"
    ids = [post(discord)["id"], write(discord)["id"]]
    kept = post(discord)

    heard = told(discord, 1 << 9, "MESSAGE_DELETE_BULK", lambda: done(discord, "POST", path, json={"messages": ids}))

    assert heard[-1][1]["ids"] == ids
    assert refused(discord, "GET", f"/channels/{channel_id(discord)}/messages/{ids[0]}") == (404, 10008)
    done(discord, "GET", at(kept))


def test_bulk_deletes_keep_discords_bounds(discord: LocalDiscord) -> None:
    path = f"/channels/{channel_id(discord)}/messages/bulk-delete"
    now = int(post(discord)["id"])
    day = 86_400_000 << 22

    def delete(*ids: object) -> Any:
        return discord.rest("POST", path, json={"messages": list(ids)})

    assert delete(now, now - 13 * day).status_code == 204  # already deleted messages are ignored
    assert (delete(now, now - 15 * day).status_code, delete(now, now - 15 * day).json()["code"]) == (400, 50034)
    assert mistakes(delete(now)) == {"messages": "BASE_TYPE_BAD_LENGTH"}
    assert mistakes(delete(*range(now, now + 101))) == {"messages": "BASE_TYPE_BAD_LENGTH"}
    assert mistakes(delete(now, str(now))) == {"messages": "SET_TYPE_CONTAINS_DUPLICATES"}
    assert mistakes(delete(now, "x")) == {"messages.1": "NUMBER_TYPE_COERCE"}
    assert mistakes(discord.rest("POST", path, json={})) == {"messages": "BASE_TYPE_REQUIRED"}


def test_in_direct_messages_only_ones_own_are_deleted(discord: LocalDiscord) -> None:
    theirs = write(discord, guild="@me")
    ours = post(discord, theirs["channel_id"])

    assert refused(discord, "DELETE", at(theirs)) == (403, 50003)
    heard = told(discord, 1 << 12, "MESSAGE_DELETE", lambda: done(discord, "DELETE", at(ours)))
    assert heard[-1][1] == {"id": ours["id"], "channel_id": ours["channel_id"]}


def test_messages_around_one_are_listed(discord: LocalDiscord) -> None:
    room = channel_id(discord, "smalltalk")
    ids = [post(discord, room)["id"] for _ in range(5)]

    page = done(discord, "GET", f"/channels/{room}/messages", params={"around": ids[2], "limit": 3})

    assert [one["id"] for one in page] == [ids[3], ids[2], ids[1]]


# Webhooks


def make_webhook(discord: LocalDiscord, name: str = "Notices", **more: object) -> Json:
    return done(discord, "POST", f"/channels/{channel_id(discord)}/webhooks", json={"name": name, **more})


NOBODY = {"Authorization": ""}


def test_webhooks_are_made_listed_changed_and_removed(discord: LocalDiscord) -> None:
    made = make_webhook(discord, avatar="data:image/png;base64,AAAA")
    path = f"/webhooks/{made['id']}"
    shown = done(discord, "GET", path)
    by_token = done(discord, "GET", f"{path}/{made['token']}", headers=NOBODY)
    here = done(discord, "GET", f"/channels/{channel_id(discord)}/webhooks")
    everywhere = done(discord, "GET", f"/guilds/{guild_id(discord)}/webhooks")
    moved = done(discord, "PATCH", path, json={"name": "News", "channel_id": channel_id(discord, "smalltalk")})
    renamed = done(discord, "PATCH", f"{path}/{made['token']}", json={"name": "Nightly"}, headers=NOBODY)

    must_fit(made, "GuildIncomingWebhookResponse")
    assert made["avatar"]
    assert shown == made
    assert by_token == {name: value for name, value in made.items() if name != "user"}
    assert made in here
    assert made in everywhere
    assert (moved["name"], moved["channel_id"]) == ("News", channel_id(discord, "smalltalk"))
    assert renamed["name"] == "Nightly"
    assert refused(discord, "GET", f"{path}/wrong") == (401, 50027)
    assert refused(discord, "GET", path, headers=NOBODY) == (401, 0)
    done(discord, "DELETE", path)
    assert refused(discord, "GET", path) == (404, 10015)
    assert refused(discord, "POST", f"{path}/{made['token']}", json={"content": "x"}) == (404, 10015)


def test_a_webhook_writes_under_any_name_and_changes_its_messages(discord: LocalDiscord) -> None:
    made = make_webhook(discord)
    path = f"/webhooks/{made['id']}/{made['token']}"

    def say(query: str = "?wait=true", **body: object) -> Any:
        return done(discord, "POST", path + query, json={"content": "Hi", **body}, headers=NOBODY)

    first, second = say(), say(username="Mira", avatar_url="https://example.org/a.png", tts=False)
    assert say("") is None
    shown = done(discord, "GET", f"{path}/messages/{first['id']}", headers=NOBODY)
    edited = done(discord, "PATCH", f"{path}/messages/{first['id']}", json={"content": "Changed"}, headers=NOBODY)
    listed = done(discord, "GET", at(first))

    by_address = discord.http.post(made["url"], json={"content": "Hi"}, headers={"User-Agent": "curl/8.14.1"})

    must_fit(first, "MessageResponse")
    assert by_address.status_code == 204
    assert shown == first
    assert (first["webhook_id"], first["author"]["id"], first["application_id"]) == (made["id"], made["id"], APP)
    assert (first["author"]["username"], second["author"]["username"]) == ("Notices", "Mira")
    assert first["author"]["discriminator"] == "0000"
    assert (edited["content"], bool(edited["edited_timestamp"]), listed["content"]) == ("Changed", True, "Changed")
    assert refused(discord, "PATCH", at(first), json={"content": "x"}) == (403, 50005)
    assert refused(discord, "GET", f"{path}/messages/{post(discord)['id']}") == (404, 10008)
    done(discord, "DELETE", f"{path}/messages/{first['id']}", headers=NOBODY)
    assert refused(discord, "GET", f"{path}/messages/{first['id']}") == (404, 10008)


def test_a_webhook_writes_in_threads_of_its_channel(discord: LocalDiscord) -> None:
    made = make_webhook(discord)
    path = f"/webhooks/{made['id']}/{made['token']}"
    thread = done(discord, "POST", f"{at(post(discord))}/threads", json={"name": "Talk"})

    message = done(discord, "POST", f"{path}?wait=true&thread_id={thread['id']}", json={"content": "Here"})

    assert message["channel_id"] == thread["id"]
    done(discord, "PATCH", f"{path}/messages/{message['id']}?thread_id={thread['id']}", json={"content": "There"})
    assert refused(discord, "GET", f"{path}/messages/{message['id']}") == (404, 10008)
    other = channel_id(discord, "smalltalk")
    assert refused(discord, "POST", f"{path}?thread_id={other}", json={"content": "x"}) == (404, 10003)


def test_webhooks_keep_discords_bounds(tmp_path: Path) -> None:
    with local_discord(tmp_path) as discord:
        path = f"/channels/{channel_id(discord)}/webhooks"
        assert mistakes(discord.rest("POST", path, json={})) == {"name": "BASE_TYPE_REQUIRED"}
        assert mistakes(discord.rest("POST", path, json={"name": "x" * 81})) == {"name": "BASE_TYPE_BAD_LENGTH"}
        assert mistakes(discord.rest("POST", path, json={"name": "My Discord"})) == {
            "name": "USERNAME_INVALID_CONTAINS"
        }
        assert mistakes(discord.rest("POST", path, json={"name": "x", "avatar": "x"})) == {"avatar": "IMAGE_INVALID"}
        made = make_webhook(discord)
        for _ in range(14):
            make_webhook(discord)
        assert refused(discord, "POST", path, json={"name": "x"}) == (400, 30007)
        here = f"/webhooks/{made['id']}/{made['token']}"
        assert refused(discord, "POST", here, json={}) == (400, 50006)
        private = discord.rest("POST", here, json={"content": "x", "flags": 64})
        assert mistakes(private) == {"flags": "MESSAGE_FLAGS_INVALID"}
        category = next(one for one in discord.state()["guilds"][0]["channels"] if one["kind"] == "category")
        assert refused(discord, "POST", f"/channels/{category['id']}/webhooks", json={"name": "x"}) == (400, 50024)


# Command permissions


@pytest.fixture(scope="module")
def app(discord: LocalDiscord) -> Iterator[SmallApp]:
    with small_app(discord) as running:
        yield running


PERSON = {"Authorization": "Bearer playground"}


def test_command_permissions_are_read_by_apps_and_written_by_people(discord: LocalDiscord, app: SmallApp) -> None:
    every = f"/applications/{APP}/guilds/{guild_id(discord)}/commands"
    now = next(one for one in done(discord, "GET", f"/applications/{APP}/commands") if one["name"] == "now")
    path = f"{every}/{now['id']}/permissions"
    mina, everybody = discord.member("mina")["id"], guild_id(discord)
    entries = [{"id": everybody, "type": 1, "permission": False}, {"id": int(mina), "type": 2, "permission": True}]

    assert refused(discord, "GET", path) == (404, 10066)
    assert done(discord, "GET", f"{every}/permissions") == []
    assert refused(discord, "PUT", path, json={"permissions": entries}) == (403, 20001)
    saved = done(discord, "PUT", path, json={"permissions": entries}, headers=PERSON)

    must_fit(saved, "CommandPermissionsResponse")
    assert saved["permissions"][1] == {"id": mina, "type": 2, "permission": True}
    assert done(discord, "GET", path) == saved
    assert done(discord, "GET", f"{every}/permissions") == [saved]
    assert discord.steer("interactions", text="/now", **{"as": "mina"}).is_success
    assert "may not use /now" in discord.steer("interactions", text="/now", **{"as": "noam"}).json()["error"]
    assert discord.steer("interactions", text="/now", **{"as": "ada"}).is_success  # the owner is always allowed
    heard = told(
        discord,
        0,
        "APPLICATION_COMMAND_PERMISSIONS_UPDATE",
        lambda: done(discord, "PUT", path, json={"permissions": []}, headers=PERSON),
    )
    assert heard[-1][1]["permissions"] == []
    assert discord.steer("interactions", text="/now", **{"as": "noam"}).is_success
    assert refused(discord, "GET", path) == (404, 10066)


def test_permissions_of_all_commands_hold_where_one_has_none(discord: LocalDiscord, app: SmallApp) -> None:
    every = f"/applications/{APP}/guilds/{guild_id(discord)}/commands"
    here = channel_id(discord)
    nowhere = {"id": str(int(guild_id(discord)) - 1), "type": 3, "permission": False}
    entries = [nowhere, {"id": here, "type": 3, "permission": True}]
    done(discord, "PUT", f"{every}/{APP}/permissions", json={"permissions": entries}, headers=PERSON)

    def tries(channel: str) -> bool:
        return discord.steer("interactions", text="/now", channel=channel, **{"as": "noam"}).is_success

    assert (tries("study-log"), tries("smalltalk")) == (True, False)
    done(discord, "PUT", f"{every}/{APP}/permissions", json={"permissions": []}, headers=PERSON)
    assert tries("smalltalk")
    wrong = discord.rest("PUT", f"{every}/{APP}/permissions", json={"permissions": [{"type": 9}]}, headers=PERSON)
    assert mistakes(wrong)["permissions.0.type"] == "BASE_TYPE_CHOICES"
    assert refused(discord, "GET", f"{every}/1/permissions") == (404, 10063)


def test_an_id_of_the_future_is_no_matter(discord: LocalDiscord) -> None:
    path = f"/channels/{channel_id(discord)}/messages/bulk-delete"
    body = {"messages": [str(2**64 - 1), "99999999999999999999"]}
    assert discord.rest("POST", path, json=body).status_code == 204


# Other requests of libraries


def test_threads_are_archived_listed_and_removed(discord: LocalDiscord) -> None:
    message = post(discord)
    thread = done(discord, "POST", f"{at(message)}/threads", json={"name": "Talk"})
    room, path = f"/channels/{message['channel_id']}", f"/channels/{thread['id']}"
    member = done(discord, "GET", f"{path}/thread-members/@me")
    done(discord, "PATCH", path, json={"archived": True})
    listed = done(discord, "GET", f"{room}/threads/archived/public")
    at_once = listed["threads"][0]["thread_metadata"]["archive_timestamp"]
    earlier = done(discord, "GET", f"{room}/threads/archived/public", params={"before": at_once})
    mine = done(discord, "GET", f"{room}/users/@me/threads/archived/private", params={"limit": 2})

    assert member["user_id"] == APP
    must_fit(listed, "ThreadsResponse")
    assert listed["threads"][0]["id"] == listed["members"][0]["id"] == thread["id"]
    assert earlier == mine == {"threads": [], "members": [], "has_more": False}
    assert refused(discord, "GET", f"{room}/threads/archived/private") == (403, 50013)
    assert refused(discord, "GET", f"{path}/thread-members/{discord.member('ada')['id']}") == (404, 10007)
    assert refused(discord, "DELETE", path) == (403, 50013)  # the app lacks Manage Threads here


def test_servers_are_listed_with_their_counts(discord: LocalDiscord) -> None:
    [plain] = done(discord, "GET", "/users/@me/guilds")
    [counted] = done(discord, "GET", "/users/@me/guilds", params={"with_counts": "true", "limit": 1})

    must_fit(plain, "MyGuildResponse")
    must_fit(counted, "MyGuildResponse")
    assert "approximate_member_count" not in plain
    assert counted["approximate_member_count"] > counted["approximate_presence_count"] > 0
    assert done(discord, "GET", "/users/@me/guilds", params={"after": plain["id"]}) == []
    assert done(discord, "GET", f"/guilds/{plain['id']}/emojis") == []
    assert done(discord, "GET", f"/applications/{APP}/emojis") == {"items": []}
