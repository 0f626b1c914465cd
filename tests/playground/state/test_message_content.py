"""Message Content intent: without it an app gets no content of other users' messages, as at Discord."""

import asyncio
import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from playground.main import create_app
from tests.discords_file import must_fit
from tests.local_discord import LocalDiscord, local_discord
from tests.playground.gateway.test_sessions import Listener, listening
from tests.playground.small_app import PNG, SmallApp, small_app

Json = dict[str, Any]

APP = "1000000000000000001"
MARK = "nobody-elses-business"  # in all content here that the app may not read
HIDDEN: Json = {"content": "", "embeds": [], "attachments": [], "components": []}
TOLD = 1 << 0 | 1 << 9 | 1 << 10 | 1 << 12 | 1 << 13 | 1 << 24 | 1 << 25  # every message intent
CONTENT = 1 << 15


@pytest.fixture(scope="module")
def discord(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path_factory.mktemp("discord")) as running:
        yield running


@pytest.fixture(scope="module")
def app(discord: LocalDiscord) -> Iterator[SmallApp]:
    with small_app(discord) as running:
        yield running


@pytest.fixture(autouse=True)
def switched_off(discord: LocalDiscord) -> Iterator[None]:
    yield
    discord.http.put("/playground/app", json={"message_content": False}).raise_for_status()


def channel_id(discord: LocalDiscord, name: str = "study-log") -> str:
    return next(one["id"] for one in discord.state()["guilds"][0]["channels"] if one["name"] == name)


def whole(mark: str = MARK, **more: object) -> Json:
    """A message with every field that Discord hides."""
    button = {"type": 2, "style": 1, "label": mark, "custom_id": mark}
    poll = {"question": {"text": mark}, "answers": [{"poll_media": {"text": mark}}], "duration": 1}
    return {
        "content": mark,
        "embeds": [{"title": mark}],
        "components": [{"type": 1, "components": [button]}],
        "files": {f"{mark}.png": base64.b64encode(PNG).decode()},
        "poll": poll,
    } | more


def write(discord: LocalDiscord, **body: object) -> Json:
    response = discord.steer("messages", **{"as": "mina", **body})
    assert response.status_code == 200, response.text
    return response.json()["message"]


def fetch(discord: LocalDiscord, message: Json) -> Json:
    path = f"/channels/{message['channel_id']}/messages/{message['id']}"
    return discord.rest("GET", path).raise_for_status().json()


def must_fit_a_message(message: Json) -> None:
    """Valid by Discord's file, except a forward's reference type 1, which is only in the documentation."""
    if message.get("message_snapshots"):
        assert message["message_reference"]["type"] == 1
        message = message | {"message_reference": message["message_reference"] | {"type": 0}}
    must_fit(message, "MessageResponse")


def is_whole(message: Json) -> bool:
    parts = [bool(message[name]) for name in HIDDEN]
    assert len({*parts, "poll" in message}) == 1, message
    return parts[0]


# Hidden fields, and the four exceptions


def test_what_others_write_comes_empty_and_says_who_wrote_it(discord: LocalDiscord) -> None:
    written = write(discord, **whole())

    read = fetch(discord, written)

    must_fit(read, "MessageResponse")
    assert {name: read[name] for name in HIDDEN} == HIDDEN
    assert "poll" not in read
    assert read == {name: value for name, value in written.items() if name != "poll"} | HIDDEN
    assert read["author"]["username"] == "mina"
    assert is_whole(written)  # as users see it


def test_an_app_reads_its_own_messages(discord: LocalDiscord) -> None:
    body = {name: value for name, value in whole("ours").items() if name != "files"}
    files: Json = {"payload_json": (None, json.dumps(body), "application/json"), "files[0]": ("ours.png", PNG)}
    posted = discord.rest("POST", f"/channels/{channel_id(discord)}/messages", files=files).json()

    assert is_whole(posted)
    assert is_whole(fetch(discord, posted))


def test_an_app_reads_direct_messages_with_it(discord: LocalDiscord) -> None:
    assert is_whole(fetch(discord, write(discord, **whole("ours", guild="@me"))))


@pytest.mark.parametrize("way", ["named", "answered"])
def test_an_app_reads_messages_that_mention_it(discord: LocalDiscord, way: str) -> None:
    if way == "named":
        written = write(discord, **whole("ours", content=f"<@{APP}> ours"))
    else:
        body = {"content": "A question."}
        ours = discord.rest("POST", f"/channels/{channel_id(discord)}/messages", json=body).json()
        written = write(discord, **whole("ours", reply_to=ours["id"]))

    assert APP in [one["id"] for one in written["mentions"]]
    assert is_whole(fetch(discord, written))


def test_an_app_reads_the_target_of_a_message_command_alone(discord: LocalDiscord, app: SmallApp) -> None:
    first = write(discord, **whole())
    target = write(discord, **whole("target", reply_to=first["id"]))

    discord.steer("interactions", message_menu="Quote", message=target["id"]).raise_for_status()

    data = app.seen[-1]["data"]
    brought = data["resolved"]["messages"][data["target_id"]]
    assert brought["id"] == target["id"]
    assert is_whole(brought)
    assert not is_whole(brought["referenced_message"])
    assert MARK not in json.dumps(app.seen[-1])
    assert not is_whole(fetch(discord, target))  # only the command's payload had it


async def test_groups_of_people_are_out_of_reach(discord: LocalDiscord, app: SmallApp) -> None:
    async with listening(discord.gateway_url) as listener:
        await listener.identify(intents=TOLD)
        inside = await asyncio.to_thread(write, discord, **whole(content=f"<@{APP}> {MARK}", guild="private"))
        body = {"content": "Over.", "nonce": "over"}
        await asyncio.to_thread(discord.rest, "POST", f"/channels/{channel_id(discord)}/messages", json=body)
        frames = await heard_until(listener, "over")

    assert MARK not in json.dumps(frames)
    here = f"/channels/{inside['channel_id']}"
    for path in (here, f"{here}/messages", f"{here}/messages/{inside['id']}", f"{here}/messages/pins", f"{here}/pins"):
        refused = discord.rest("GET", path)
        assert (refused.status_code, refused.json()["code"]) == (403, 50001), path


# All endpoints and events


def rest_paths(config: Any) -> list[str]:
    """Every path of the REST API, so that new ones are tested too."""
    mounted = next(one.app for one in create_app(config).routes if isinstance(one, Mount) and one.path == "/api/v10")
    assert isinstance(mounted, Starlette)
    return [one.path for one in mounted.routes if isinstance(one, Route) and "{rest" not in one.path]


def filled(path: str, ids: dict[str, list[str]]) -> list[str]:
    """A path with each id that its parameters may have."""
    place = re.search(r"\{(\w+)\}", path)
    if place is None:
        return [path]
    return [
        one
        for value in ids.get(place[1], ["0"])
        for one in filled(path.replace(place[0], value), ids | {place[1]: [value]})
    ]


async def heard_until(listener: Listener, nonce: str) -> list[Json]:
    frames: list[Json] = []
    while not frames or frames[-1]["d"].get("nonce") != nonce:
        frames.append(await listener.receive())
    return frames


def make_everything(discord: LocalDiscord) -> list[Json]:
    """Create messages of all kinds that contain another user's content."""
    here = f"/channels/{channel_id(discord)}"
    plain = write(discord, **whole())
    discord.rest("POST", f"{here}/messages/{plain['id']}/threads", json={"name": "Talk"}).raise_for_status()
    inside = write(discord, **whole(channel=plain["id"]))
    answer = write(discord, **whole("fine", reply_to=plain["id"], content=f"<@{APP}> fine"))
    body = {"content": "Ours.", "message_reference": {"message_id": plain["id"]}}
    ours = discord.rest("POST", f"{here}/messages", json=body).raise_for_status().json()
    forward = write(discord, forward=plain["id"], channel="smalltalk", content="")
    edit: Json = {"as": "mina", "content": f"{MARK} again", "embeds": [{"title": MARK}]}
    discord.http.patch(f"/playground/messages/{plain['id']}", json=edit).raise_for_status()
    for message in (plain, answer):
        place = f"/channels/{message['channel_id']}"
        for path in (f"{place}/messages/pins/{message['id']}", f"{place}/messages/{message['id']}/reactions/🔥/@me"):
            discord.rest("PUT", path).raise_for_status()
    discord.rest("POST", f"{here}/messages", json={"content": "Over.", "nonce": "over"}).raise_for_status()
    return [plain, inside, answer, ours, forward]


def ids_of(discord: LocalDiscord, messages: list[Json]) -> dict[str, list[str]]:
    channels = list(dict.fromkeys([*(one["channel_id"] for one in messages), messages[0]["id"]]))
    return {
        "channel_id": channels,
        "message_id": [one["id"] for one in messages],
        "guild_id": [discord.state()["guilds"][0]["id"]],
        "user_id": ["@me", discord.member("mina")["id"]],
        "application_id": [APP],
        "emoji": ["🔥"],
        "answer_id": ["1"],
    }


async def test_nothing_that_others_wrote_is_told_anywhere(discord: LocalDiscord) -> None:
    async with listening(discord.gateway_url) as listener:
        await listener.identify(intents=TOLD)
        messages = await asyncio.to_thread(make_everything, discord)
        frames = await heard_until(listener, "over")

    assert {one["d"]["id"] for one in frames if one["t"] == "MESSAGE_CREATE"} >= {one["id"] for one in messages}
    assert {one["d"]["id"] for one in frames if one["t"] == "MESSAGE_UPDATE"} >= {messages[0]["id"]}
    assert MARK not in json.dumps(frames)
    ids, answered = ids_of(discord, messages), list[str]()
    for path in rest_paths(discord.config):
        for one in filled(path, ids):
            response = discord.rest("GET", one)
            assert response.status_code < 500, one
            assert MARK not in response.text, one
            answered += [path] if '"author"' in response.text else []
    here = "/channels/{channel_id}"
    carriers = {f"{here}/messages", f"{here}/messages/{{message_id}}", f"{here}/messages/pins", f"{here}/pins"}
    assert carriers <= set(answered)
    by_id = {one["id"]: fetch(discord, one) for one in messages}
    plain, _, answer, ours, forward = (by_id[one["id"]] for one in messages)
    for shape in by_id.values():
        must_fit_a_message(shape)
    assert answer["referenced_message"]["id"] == ours["referenced_message"]["id"] == plain["id"]
    assert [one["message"]["content"] for one in forward["message_snapshots"]] == [""]
    listed = discord.rest("GET", f"/channels/{plain['id']}/messages").json()
    assert [one["referenced_message"]["id"] for one in listed if one["type"] == 21] == [plain["id"]]


async def test_with_the_privilege_everything_is_told_to_who_asks_for_it(discord: LocalDiscord) -> None:
    discord.http.put("/playground/app", json={"message_content": True}).raise_for_status()
    async with listening(discord.gateway_url) as asks, listening(discord.gateway_url) as asks_not:
        ready = await asks.identify(intents=TOLD | CONTENT)
        await asks_not.identify(intents=TOLD)
        messages = await asyncio.to_thread(make_everything, discord)
        told, untold = await heard_until(asks, "over"), await heard_until(asks_not, "over")

    assert ready["d"]["application"]["flags"] == 1 << 19
    created = {one["d"]["id"]: one["d"] for one in told if one["t"] == "MESSAGE_CREATE"}
    assert is_whole(created[messages[0]["id"]])
    assert created[messages[4]["id"]]["message_snapshots"][0]["message"]["content"] == MARK
    assert MARK not in json.dumps(untold)  # the gateway checks the intent, REST the toggle
    assert is_whole(fetch(discord, messages[0]))
    assert is_whole(fetch(discord, messages[3])["referenced_message"])


# The application's toggle


def test_the_toggle_is_the_apps_flag(discord: LocalDiscord) -> None:
    def flags() -> int:
        return discord.rest("GET", "/applications/@me").json()["flags"]

    assert (flags(), discord.state()["message_content"]) == (0, False)
    discord.rest("PATCH", "/applications/@me", json={"flags": 1 << 19}).raise_for_status()
    assert (flags(), discord.state()["message_content"]) == (1 << 19, True)
    discord.rest("PATCH", "/applications/@me", json={"flags": 0}).raise_for_status()
    assert discord.state()["message_content"] is False
    assert discord.http.put("/playground/app", json={}).status_code == 400


async def test_without_the_toggle_the_gateway_refuses_the_intent(discord: LocalDiscord) -> None:
    async with listening(discord.gateway_url) as listener:
        await listener.send(2, {"token": "playground", "intents": CONTENT, "properties": {}})
        assert await listener.close_code() == 4014


def test_it_can_be_on_from_the_start(tmp_path_factory: pytest.TempPathFactory) -> None:
    with local_discord(tmp_path_factory.mktemp("reading"), message_content=True) as discord:
        assert is_whole(fetch(discord, write(discord, **whole())))


def test_the_inspector_says_what_was_left_empty(discord: LocalDiscord) -> None:
    written = write(discord, **whole())
    fetch(discord, written)

    page = discord.http.get("/page/inspector").text

    assert "The content of one message was left empty" in page
    assert "The privileged Message Content is off" in page
    discord.http.put("/playground/app", json={"message_content": True}).raise_for_status()
    assert "The privileged Message Content is on" in discord.http.get("/page/inspector").text


def test_people_go_on_seeing_everything(discord: LocalDiscord) -> None:
    written = write(discord, **whole("seen-by-all"))
    forward = write(discord, forward=written["id"], content="")

    page = discord.http.get("/?as=ada", headers={"Accept": "text/html"}).text

    for message in (written, forward):
        shown = page[page.index(f'id="message-{message["id"]}"') :]
        assert "seen-by-all" in shown[: shown.index("</li>\n")]
    assert "Forwarded" in shown


def test_what_cannot_be_read_cannot_be_forwarded(discord: LocalDiscord) -> None:
    secret, open_one = write(discord, **whole()), write(discord, content=f"<@{APP}> look")

    def forward(message: Json) -> Any:
        place = {"type": 1, "message_id": message["id"], "channel_id": message["channel_id"]}
        path = f"/channels/{channel_id(discord, 'smalltalk')}/messages"
        return discord.rest("POST", path, json={"message_reference": place})

    assert (forward(secret).status_code, forward(secret).json()["code"]) == (403, 160014)
    sent = forward(open_one).json()
    must_fit_a_message(sent)
    assert sent["message_snapshots"][0]["message"]["content"] == f"<@{APP}> look"


def test_the_parts_of_others_do_not_reach_the_app(discord: LocalDiscord, app: SmallApp) -> None:
    written = write(discord, **whole())

    refused = discord.steer("interactions", component=MARK, message=written["id"])

    assert "do not reach this app" in refused.json()["error"]
