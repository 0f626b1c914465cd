import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.discords_file import must_fit
from tests.local_discord import LocalDiscord, local_discord
from tests.playground.gateway.test_sessions import listening
from tests.playground.small_app import PNG, SmallApp, small_app

Json = dict[str, Any]

APP = "1000000000000000001"


@pytest.fixture(scope="module")
def discord(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path_factory.mktemp("discord"), reply_wait_s=1.0) as running:
        yield running


def mistakes(response: httpx.Response) -> list[str]:
    assert response.json()["code"] == 50035, response.text
    return list(response.json()["errors"])


@pytest.fixture(scope="module")
def app(discord: LocalDiscord) -> Iterator[SmallApp]:
    with small_app(discord) as running:
        yield running


def test_an_endpoint_is_saved_only_when_it_verifies(discord: LocalDiscord, app: SmallApp) -> None:
    record = discord.rest("GET", "/applications/@me").json()
    nobody = discord.rest("PATCH", "/applications/@me", json={"interactions_endpoint_url": "http://127.0.0.1:1/"})
    careless = f"{discord.url}/"  # an endpoint that does not verify signatures
    unchecked = discord.http.put("/playground/endpoint", json={"url": careless})
    described = discord.rest("PATCH", "/applications/@me", json={"description": "Quiet study.", "tags": ["study"]})

    must_fit(record, "PrivateApplicationResponse")
    assert record["interactions_endpoint_url"].endswith("/interactions")
    assert mistakes(nobody) == ["interactions_endpoint_url"]
    assert "PING must be answered with 200" in unchecked.json()["error"]
    assert described.json()["description"] == "Quiet study."
    assert described.json()["interactions_endpoint_url"] == record["interactions_endpoint_url"]
    assert mistakes(discord.rest("PATCH", "/applications/@me", json={"description": "x" * 401}))
    assert mistakes(discord.rest("PATCH", "/applications/@me", json={"tags": ["x"] * 6}))


def ask(discord: LocalDiscord, text: str) -> Json:
    return discord.steer("interactions", text=text).json()


def hook(reply: Json, message: str = "@original") -> str:
    return f"/webhooks/{APP}/{reply['request']['token']}/messages/{message}"


def test_follow_ups_and_edits_use_the_token_alone(discord: LocalDiscord, app: SmallApp) -> None:
    reply = ask(discord, "/now")
    anonymous = {"Authorization": ""}
    path = f"/webhooks/{APP}/{reply['request']['token']}"

    more = discord.rest("POST", path, json={"content": "More.", "flags": 64}, headers=anonymous).json()
    edited = discord.rest("PATCH", hook(reply), json={"content": "Changed."}, headers=anonymous).json()
    shown = discord.http.get(f"/playground/replies/{reply['reply']}").json()
    wrong = discord.rest("PATCH", hook(reply), json={"content": "x" * 2001})
    gone = discord.rest("DELETE", hook(reply, more["id"]), headers=anonymous)

    must_fit(more, "MessageResponse")
    assert (more["flags"], more["content"]) == (64, "More.")
    assert edited["content"] == shown["message"]["content"] == "Changed."
    assert [one["content"] for one in shown["follow_ups"]] == ["More."]
    assert wrong.json()["code"] == 50035
    assert gone.status_code == 204
    assert discord.rest("GET", hook(reply, more["id"])).json()["code"] == 10008
    assert (
        "Discord would refuse this message"
        in discord.http.get(f"/playground/replies/{reply['reply']}").json()["problems"][0]
    )


def test_tokens_are_checked_and_answers_taken_once(discord: LocalDiscord, app: SmallApp) -> None:
    reply = ask(discord, "/now")
    interaction, token = reply["interaction"], reply["request"]["token"]
    body = {"type": 4, "data": {"content": "Again."}}

    twice = discord.rest("POST", f"/interactions/{interaction}/{token}/callback", json=body)
    unknown = discord.rest("POST", f"/interactions/{interaction}/nonsense/callback", json=body)
    nobody = discord.rest("PATCH", f"/webhooks/{APP}/nonsense/messages/@original", json={"content": "a"})

    assert (twice.status_code, twice.json()["code"]) == (400, 40060)
    assert (unknown.status_code, unknown.json()["code"]) == (404, 10062)
    assert (nobody.status_code, nobody.json()["code"]) == (404, 10015)


def test_a_late_answer_is_an_unknown_interaction(discord: LocalDiscord, app: SmallApp) -> None:
    reply = ask(discord, "/down")
    path = f"/interactions/{reply['interaction']}/{reply['request']['token']}/callback"

    late = discord.rest("POST", path, json={"type": 4, "data": {"content": "Late."}})

    assert late.json()["code"] == 10062
    assert discord.rest("GET", hook(reply)).json()["code"] == 10015


def test_a_token_expires(tmp_path: Path) -> None:
    with local_discord(tmp_path, token_lifetime_s=0.3) as discord, small_app(discord):
        reply = ask(discord, "/now")
        time.sleep(0.3)
        late = discord.rest("PATCH", hook(reply), json={"content": "Late."})

    assert (late.status_code, late.json()["code"]) == (401, 50027)


def test_a_deferral_without_an_edit_is_a_problem(tmp_path: Path) -> None:
    with local_discord(tmp_path, reply_wait_s=0.2) as discord, small_app(discord) as app:
        app.forgets_edits = True
        reply = ask(discord, "/later")

    assert reply["thinking"]
    assert reply["problems"] == ["Deferred, but nothing followed within 0.2 seconds; the person still waits."]


def test_a_callback_can_tell_what_it_made(discord: LocalDiscord, app: SmallApp) -> None:
    reply = ask(discord, "/callback-told")

    must_fit(app.told, "InteractionCallbackResponse")
    assert app.told["resource"]["message"]["id"] == reply["message"]["id"]


def callback(discord: LocalDiscord, app: SmallApp, kind: int, body: Json) -> httpx.Response:
    """Discord's response to a callback that the app makes while it handles an interaction."""
    app.callback_body = {"type": kind, "data": body}
    ask(discord, "/callback-raw")
    assert app.callback_answer is not None
    return app.callback_answer


MODAL: Json = {
    "title": "T",
    "custom_id": "m",
    "components": [{"type": 18, "label": "L", "component": {"type": 4, "custom_id": "f", "style": 1}}],
}


def field(**more: object) -> Json:
    return {"title": "T", "custom_id": "m", "components": [{"type": 18, "label": "L", "component": more}]}


OPTIONS: list[Json] = [{"label": "a", "value": "a"}, {"label": "b", "value": "b"}]
CALLBACKS: list[tuple[int, Json, list[str]]] = [
    (5, {"flags": 32832}, ["data"]),
    (9, MODAL | {"title": "x" * 46}, ["data"]),
    (9, MODAL | {"components": []}, ["data"]),
    (9, MODAL | {"components": [{"type": 10, "content": "x"}] * 6}, ["data"]),
    (9, field(type=4, custom_id="f", style=3), ["data"]),
    (9, field(type=4, custom_id="f", style=1, label="x"), ["data"]),
    (9, field(type=4, custom_id="f", style=1, min_length=9, max_length=3), ["data"]),
    (9, field(type=3, custom_id="f", options=OPTIONS, disabled=True), ["data"]),
    (9, field(type=3, custom_id="f", options=OPTIONS, min_values=0), ["data"]),
    (9, field(type=3, custom_id="f", options=OPTIONS, min_values=2), ["data"]),
    (9, field(type=21, custom_id="f", options=OPTIONS[:1]), ["data"]),
    (9, field(type=22, custom_id="f", options=[{"default": True} | one for one in OPTIONS], max_values=1), ["data"]),
    (9, field(type=23, custom_id="f", required=True), ["data"]),
    (9, field(type=19, custom_id="f", max_values=11), ["data"]),
    (9, field(type=2, custom_id="f", style=1, label="b"), ["data"]),
    (7, {"content": "a"}, ["type"]),
    (8, {"choices": []}, ["type"]),
    (4, {"content": "x" * 2001}, ["data"]),
]


@pytest.mark.parametrize(("kind", "body", "places"), CALLBACKS)
def test_callbacks_that_discord_refuses(
    discord: LocalDiscord, app: SmallApp, kind: int, body: Json, places: list[str]
) -> None:
    assert mistakes(callback(discord, app, kind, body)) == places


TAKEN: list[tuple[int, Json]] = [
    (5, {"flags": 64}),
    (9, MODAL),
    (9, MODAL | {"components": [{"type": 10, "content": "Read."}, *MODAL["components"]]}),
    (9, field(type=21, custom_id="f", options=OPTIONS)),
    (9, field(type=22, custom_id="f", options=OPTIONS, min_values=0, max_values=2, required=False)),
    (9, field(type=23, custom_id="f", default=True)),
    (9, field(type=19, custom_id="f", max_values=3)),
    (9, field(type=8, custom_id="f", channel_types=[0])),
    (9, field(type=5, custom_id="f", default_values=[{"id": "1", "type": "user"}])),
    (4, {"content": "a"}),
]


@pytest.mark.parametrize(("kind", "body"), TAKEN)
def test_callbacks_that_discord_takes(discord: LocalDiscord, app: SmallApp, kind: int, body: Json) -> None:
    assert callback(discord, app, kind, body).status_code == 204


def test_a_callback_may_bring_files(discord: LocalDiscord, app: SmallApp) -> None:
    app.callback_files = {"files[0]": ("card.png", PNG)}
    app.callback_body = {"type": 4, "data": {"embeds": [{"image": {"url": "attachment://other.png"}}]}}
    reply = ask(discord, "/callback-raw")
    app.callback_files = {}

    assert reply["message"]["attachments"][0]["filename"] == "card.png"
    assert reply["problems"] == [
        'The image of an embed points to "attachment://other.png", but no file of that name is attached.'
    ]


def test_a_follow_up_to_a_deferral_is_the_deferred_message(tmp_path: Path) -> None:
    with local_discord(tmp_path, reply_wait_s=0.1) as discord, small_app(discord) as app:
        app.forgets_edits = True
        reply = ask(discord, "/later")
        path = f"/webhooks/{APP}/{reply['request']['token']}"
        said = discord.rest("POST", path, json={"content": "Here."}).json()
        gone = discord.rest("DELETE", hook(reply))
        shown = discord.http.get(f"/playground/replies/{reply['reply']}").json()

    assert said["id"] == reply["message"]["id"]
    assert not said["flags"] & 128
    assert gone.status_code == 204
    assert shown["message"] is None


def test_replies_are_listed(discord: LocalDiscord, app: SmallApp) -> None:
    reply = ask(discord, "/now")

    listed = discord.http.get("/playground/replies").json()["replies"]

    assert listed[0] == {"reply": reply["reply"], "as": "ada", "kind": 2, "problems": []}
    assert discord.http.get("/playground/replies/5").status_code == 404


def test_the_endpoint_can_be_taken_away(tmp_path: Path) -> None:
    with local_discord(tmp_path) as discord, small_app(discord):
        url = discord.state()["endpoint"]
        saved = discord.http.put("/playground/endpoint", json={"url": url})
        discord.rest("PATCH", "/applications/@me", json={"interactions_endpoint_url": None})
        lost = ask(discord, "/now")

    assert saved.json() == {"endpoint": url}
    assert lost["problems"] == [
        "No interactions endpoint is set; PUT /playground/endpoint tells where the app listens."
    ]


def test_an_app_that_is_gone_is_named(tmp_path: Path) -> None:
    with local_discord(tmp_path) as discord:
        with small_app(discord):
            pass
        reply = ask(discord, "/now")

    assert "cannot be reached" in reply["problems"][0]
    assert reply["response"]["status"] is None


def test_an_app_with_another_key_is_told_so(tmp_path: Path) -> None:
    with local_discord(tmp_path / "a") as other, local_discord(tmp_path / "b") as discord, small_app(other):
        refused = discord.http.put("/playground/endpoint", json={"url": other.state()["endpoint"]})

    assert "not 401" in refused.json()["error"]
    assert json.dumps(refused.json()).startswith('{"error": "Discord would refuse this.')


def test_answers_that_everybody_sees_are_told_at_the_gateway(discord: LocalDiscord, app: SmallApp) -> None:
    async def hear() -> list[Json]:
        async with listening(discord.gateway_url) as listener:
            await listener.identify(intents=1 << 9)
            await asyncio.to_thread(ask, discord, "/secret")
            reply = await asyncio.to_thread(ask, discord, "/later")
            path = f"/webhooks/{APP}/{reply['request']['token']}"
            more = await asyncio.to_thread(discord.rest, "POST", path, json={"content": "More."})
            await asyncio.to_thread(discord.rest, "DELETE", hook(reply, more.json()["id"]))
            frames: list[Json] = []
            while not frames or frames[-1]["t"] != "MESSAGE_DELETE":
                frames.append(await listener.receive())
            return [frame for frame in frames if str(frame["t"]).startswith("MESSAGE_")]

    told = asyncio.run(hear())

    events = [(one["t"].removeprefix("MESSAGE_"), one["d"].get("content")) for one in told]
    assert events == [("CREATE", ""), ("UPDATE", "Here it is."), ("CREATE", "More."), ("DELETE", None)]
    assert told[0]["d"]["flags"] & 128


def test_an_answer_can_be_changed_after_its_channel_is_gone(tmp_path: Path) -> None:
    with local_discord(tmp_path) as discord, small_app(discord):
        reply = ask(discord, "/now")
        discord.steer("guild", delete_channel="study-log").raise_for_status()

        assert discord.rest("PATCH", hook(reply), json={"content": "Changed."}).json()["content"] == "Changed."
        assert discord.rest("DELETE", hook(reply)).status_code == 204
