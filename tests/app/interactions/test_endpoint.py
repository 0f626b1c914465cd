import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from nacl.signing import SigningKey
from structlog.testing import capture_logs

from tests.app.conftest import AGAIN, SLOWLY, Tally
from tests.fake_discord import BEN, NOW, FakeDiscord, envelope, sign, slash_payload

PING = b'{"type":1,"id":"1","application_id":"1","token":"t","version":1}'
LARGE = 1024 * 1024 + 1


async def test_a_ping_is_answered(discord: FakeDiscord) -> None:
    answer = await discord.send(PING, **sign(PING, NOW))

    assert (answer.status, answer.json) == (200, {"type": 1})
    assert answer.headers["content-type"] == "application/json"


async def test_a_command_is_answered(discord: FakeDiscord) -> None:
    answer = await discord.slash("echo", text="hello")

    assert answer.status == 200
    assert answer.json == {"type": 4, "data": {"content": "hello", "allowed_mentions": {"parse": []}}}


async def test_a_request_exactly_five_minutes_off_is_taken(discord: FakeDiscord) -> None:
    for off in (-300, 300):
        answer = await discord.send(PING, **sign(PING, NOW + timedelta(seconds=off)))

        assert answer.status == 200


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "no timestamp"),
        ({"x_signature_timestamp": "soon", "x_signature_ed25519": "00" * 64}, "no timestamp"),
        ({"x_signature_ed25519": "zz" * 64}, "signature is not hex"),
        ({"x_signature_ed25519": "00" * 63}, "signature is not hex"),
        ({"x_signature_ed25519": ""}, "signature is not hex"),
        ({"x_signature_ed25519": "00" * 64}, "signature does not match"),
        (sign(PING, NOW, key=SigningKey(b"another key, just as long, 32 b.")), "signature does not match"),
        (sign(PING + b" ", NOW), "signature does not match"),
        (sign(PING, NOW - timedelta(seconds=301)), "timestamp too far off"),
        (sign(PING, NOW + timedelta(seconds=301)), "timestamp too far off"),
    ],
)
async def test_what_discord_did_not_sign_just_now_is_refused(
    discord: FakeDiscord, headers: dict[str, str], reason: str
) -> None:
    if headers and "x_signature_timestamp" not in headers:
        headers = sign(PING, NOW) | headers

    with capture_logs() as lines:
        answer = await discord.send(PING, **headers)

    assert (answer.status, answer.body) == (401, b"")
    assert lines == [{"event": "interaction refused", "status": 401, "reason": reason, "log_level": "info"}]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"type":1' + b"[" * 10_000,
        b'{"type":99,"id":"1"}',
        b'{"id":"1"}',
        json.dumps(envelope(3, {"custom_id": "v1:echo:again:1", "component_type": 77})).encode(),
        json.dumps(envelope(2, {"id": "1", "type": 1})).encode(),
    ],
)
async def test_what_is_no_interaction_is_400(discord: FakeDiscord, body: bytes) -> None:
    with capture_logs() as lines:
        answer = await discord.send(body, **sign(body, NOW))

    assert (answer.status, answer.body) == (400, b"")
    [line] = lines
    assert line["status"] == 400
    assert len(line["why"]) < 200


@pytest.mark.parametrize("headers", [[], [(b"content-length", b"%d" % LARGE)]])
async def test_a_body_that_is_too_large_is_thrown_away_and_then_refused(
    discord: FakeDiscord, headers: list[tuple[bytes, bytes]]
) -> None:
    pieces = [{"type": "http.request", "body": b"x" * 600_000, "more_body": number < 4} for number in range(5)]
    left = iter(pieces)

    async def receive() -> Any:
        return next(left)  # a sixth call would fail

    sent = await _call(discord, headers, receive)

    assert sent[0]["status"] == 413
    assert (b"connection", b"close") in sent[0]["headers"]
    assert next(left, None) is None


async def test_a_caller_who_never_ends_is_refused_all_the_same(discord: FakeDiscord) -> None:
    async def receive() -> Any:
        if received:
            await asyncio.Event().wait()
        received.append(True)
        return {"type": "http.request", "body": b"x" * LARGE, "more_body": True}

    received: list[bool] = []

    sent = await _call(discord, [], receive)

    assert sent[0]["status"] == 413


async def test_a_body_in_pieces_is_put_together(discord: FakeDiscord) -> None:
    pieces = iter([(PING[:10], True), (PING[10:], True), (b"", False)])
    headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in sign(PING, NOW).items()]

    async def receive() -> Any:
        body, more = next(pieces)
        return {"type": "http.request", "body": body, "more_body": more}

    sent = await _call(discord, headers, receive)

    assert sent[1]["body"] == b'{"type":1}'


async def test_a_caller_who_hangs_up_gets_nothing(discord: FakeDiscord) -> None:
    async def receive() -> Any:
        return {"type": "http.disconnect"}

    assert await _call(discord, [], receive) == []


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD"])
async def test_only_post_is_allowed(discord: FakeDiscord, method: str) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(discord.app), base_url="http://x") as client:
        response = await client.request(method, "/interactions")

    assert response.status_code == 405


@pytest.mark.parametrize("path", ["gone", "my nothing", "ECHO"])
async def test_an_unknown_command_gets_a_kind_private_answer(discord: FakeDiscord, path: str) -> None:
    answer = await discord.slash(path)

    assert answer.is_private
    assert answer.text == "Lyceum no longer knows that command, or knows it in another form. /help shows what there is."


async def test_an_unknown_menu_gets_a_kind_private_answer(discord: FakeDiscord) -> None:
    answer = await discord.user_menu("Profile", BEN)

    assert answer.is_private
    assert answer.text.startswith("Lyceum no longer knows that command")


@pytest.mark.parametrize(
    "custom_id",
    ["v0:echo:again:1", "v1:echo:gone", "x", "v1", "v1:echo:again:one", "v1:echo:again", "v1:echo:again:1:2"],
)
async def test_an_old_button_gets_a_kind_private_answer(discord: FakeDiscord, custom_id: str) -> None:
    answer = await discord.press(custom_id)

    assert answer.is_private
    assert answer.text == ("That button is from an older version of Lyceum. Use the command again to get a new one.")


async def test_a_button_edits_its_message(discord: FakeDiscord) -> None:
    answer = await discord.press(AGAIN.pack(7))

    assert (answer.kind, answer.text) == (7, "pressed 7")


async def test_unknown_suggestions_are_none(discord: FakeDiscord) -> None:
    assert await discord.suggest("gone", "text", "x") == []
    assert await discord.suggest("echo", "text", "bug") == []
    assert await discord.suggest("echo", "text", "hm") == [{"name": "hm", "value": "hm"}]


async def test_a_refusal_speaks_for_itself_and_stays_private(discord: FakeDiscord) -> None:
    answer = await discord.slash("fail", how="refuse")

    assert (answer.text, answer.is_private) == ("Not today, Ana.", True)


async def test_outside_trouble_is_told_as_such(discord: FakeDiscord) -> None:
    answer = await discord.slash("fail", how="outside")

    assert answer.is_private
    assert answer.text == "I can't reach my notes right now. Please try again in a minute."


@pytest.mark.parametrize("how", ["bug", "limits", "database"])
async def test_a_bug_is_told_with_a_reference_that_the_log_finds(discord: FakeDiscord, how: str) -> None:
    with capture_logs() as lines:
        answer = await discord.slash("fail", how=how)

    [broke] = [line for line in lines if line["event"] == "interaction broke"]
    [door] = [line for line in lines if line["event"] == "interaction"]
    assert answer.status == 200
    assert answer.is_private
    assert answer.text == f"That broke on our side. Ref: {broke['ref']}"
    assert broke["exception"].startswith("Traceback")
    assert "aW50ZXJhY3Rpb24" not in str(lines)
    assert (door["outcome"], door["ref"]) == ("broken", broke["ref"])
    assert "secret" not in answer.body.decode()


async def test_an_option_of_another_type_is_a_stale_command(discord: FakeDiscord) -> None:
    answer = await discord.slash("fail", how="option")

    assert answer.text.startswith("Lyceum no longer knows that command, or knows it in another form.")


async def test_one_line_is_logged_without_token_or_text(discord: FakeDiscord) -> None:
    with capture_logs() as lines:
        await discord.slash("echo", text="very private")

    [line] = lines
    assert (line["event"], line["route"], line["outcome"]) == ("interaction", "slash echo", "answered")
    assert line["duration_ms"] >= 0
    assert "private" not in str(line)
    assert "token" not in str(line)


async def test_a_second_delivery_is_202_and_does_nothing(discord: FakeDiscord, tally: Tally) -> None:
    payload = slash_payload("echo", options={"text": "once"})

    first = await discord.deliver(payload)
    second = await discord.deliver(payload)

    assert (first.status, second.status, second.body) == (200, 202, b"")
    assert tally.count == 1


async def test_twenty_deliveries_at_once_do_the_work_once(discord: FakeDiscord, tally: Tally) -> None:
    payload = slash_payload("echo", options={"text": "once"})

    answers = await asyncio.gather(*(discord.deliver(payload) for _ in range(20)))

    assert sorted(answer.status for answer in answers) == [200] + [202] * 19
    assert tally.count == 1


@pytest.mark.parametrize("how", ["refuse", "outside", "bug"])
async def test_a_failed_first_delivery_does_not_swallow_the_second(
    discord: FakeDiscord, tally: Tally, how: str
) -> None:
    payload = slash_payload("fail", options={"how": how})

    await discord.deliver(payload)
    second = await discord.deliver(payload)

    assert second.status == 200
    assert tally.count == 2


async def test_what_takes_longer_than_two_seconds_is_deferred_by_itself(discord: FakeDiscord) -> None:
    slow, bug, form, edits, anew, suggested = await asyncio.gather(
        discord.slash("slow"),
        discord.slash("slow", how="bug"),
        discord.slash("slow", how="form"),
        discord.press(SLOWLY.pack("edit")),
        discord.press(SLOWLY.pack("new")),
        discord.suggest("echo", "text", "slow"),
    )

    assert slow.json == bug.json == form.json == {"type": 5, "data": {"flags": 64}}
    assert edits.json == anew.json == {"type": 6}
    assert suggested == []
    said = sorted((edit.method, edit.path.rpartition("/")[2], edit.payload["content"][:20]) for edit in discord.edits)
    assert said == [
        ("PATCH", "@original", "That broke on our si"),
        ("PATCH", "@original", "That took too long. "),
        ("PATCH", "@original", "at last"),
        ("PATCH", "@original", "changed"),
        ("POST", "aW50ZXJhY3Rpb24:token", "something new"),
    ]


@pytest.mark.parametrize(
    ("locale", "guild_locale", "start"),
    [("en-GB", "ko", "Lyceum no longer"), ("ja", "xx", "Lyceum no longer"), ("tlh", None, "Lyceum no longer")],
)
async def test_people_of_other_languages_are_spoken_to_in_english(
    discord: FakeDiscord, locale: str, guild_locale: str | None, start: str
) -> None:
    payload = slash_payload("gone", options={}) | {"locale": locale, "guild_locale": guild_locale}

    answer = await discord.deliver(payload)

    assert answer.text.startswith(start)


async def _call(
    discord: FakeDiscord, headers: list[tuple[bytes, bytes]], receive: Callable[[], Awaitable[Any]]
) -> list[dict[str, Any]]:
    """The ASGI messages sent for one request whose body comes from `receive`."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/interactions", "root_path": "", "headers": headers}
    await discord.app(scope | {"query_string": b"", "http_version": "1.1", "scheme": "http"}, receive, send)
    return sent


async def test_discords_own_entry_point_command_gets_a_private_answer(discord: FakeDiscord) -> None:
    answer = await discord.deliver(envelope(2, {"id": "1200000000000000009", "name": "launch", "type": 4}))

    assert answer.is_private
    assert answer.text == "Lyceum has no activity to open. /help shows what it can do."


async def test_a_command_of_a_kind_of_tomorrow_gets_a_private_answer(discord: FakeDiscord) -> None:
    answer = await discord.deliver(envelope(2, {"id": "1", "name": "echo", "type": 9}))

    assert answer.is_private
    assert answer.text.startswith("Lyceum no longer knows that command")
