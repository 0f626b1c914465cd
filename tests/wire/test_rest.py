import asyncio
import gzip
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from urllib.parse import unquote

import httpx
import pytest
import respx
from starlette.responses import Response, StreamingResponse
from structlog.testing import capture_logs

from core.ids import ApplicationId, ChannelId, GuildId, InteractionId, MessageId, UserId
from core.request_context import request_context
from tests.wire.conftest import Judge
from tests.wire.discord_server import DiscordServer, Seen, failed, limited, ok, serve
from wire.body import File, body
from wire.buckets import MANY, Bucket, Buckets
from wire.command_json import list_json
from wire.commands import command, user_menu
from wire.errors import (
    CannotDirectMessage,
    DiscordError,
    DiscordUnavailable,
    InvalidForm,
    LimitExceeded,
    RateLimited,
    Unauthorized,
    Unknown,
    UnknownMessage,
    UnknownWebhook,
)
from wire.limits import ANSWER_BYTES_MAX
from wire.message import Message
from wire.reply import Pong
from wire.rest import Application, Rest
from wire.routes import route

APP = ApplicationId(1000000000000000001)
TOKEN = "aW50ZXJhY3Rpb246dG9rZW4"
HELLO = Message("hello")
ID = MessageId(867793854505943041)


@pytest.fixture(scope="module")
def served() -> Iterator[DiscordServer]:
    with serve() as server:
        yield server


@pytest.fixture
def discord(served: DiscordServer) -> DiscordServer:
    served.forget()
    return served


@pytest.fixture
async def rest(discord: DiscordServer) -> AsyncIterator[Rest]:
    async with Rest(discord.url, "secret", backoff_s=0.001, patience_s=5) as rest:
        yield rest


def by_channel(seen: Seen) -> tuple[str, str]:
    return "abcd1234", seen.path.split("/")[4]


async def post(rest: Rest, channel: int, *, is_repeatable: bool = False) -> None:
    where = route("POST", "/channels/{channel}/messages", channel=channel)
    await rest.request(where, body({"content": "hello"}), is_repeatable=is_repeatable)


async def change(rest: Rest, channel: int) -> None:
    where = route("PATCH", "/channels/{channel}/messages/{message}", channel=channel, message=ID)
    await rest.request(where, body({"content": "hello"}))


# Requests


async def test_requests_carry_what_discord_asks_for(rest: Rest, discord: DiscordServer) -> None:
    await post(rest, 5)

    (seen,) = discord.seen
    assert (seen.method, seen.path) == ("POST", "/api/v10/channels/5/messages")
    assert seen.headers["authorization"] == "Bot secret"
    assert seen.headers["user-agent"].startswith("DiscordBot (https://")
    assert seen.headers["content-type"] == "application/json"
    assert "x-audit-log-reason" not in seen.headers
    assert json.loads(seen.body) == {"content": "hello"}


async def test_answers_to_interactions_carry_no_token_of_ours(rest: Rest, discord: DiscordServer) -> None:
    await rest.respond(InteractionId(7), TOKEN, Pong())
    await rest.edit_original(APP, TOKEN, HELLO)
    await rest.get_original(APP, TOKEN)
    await rest.follow_up(APP, TOKEN, HELLO)

    assert [(seen.method, seen.path) for seen in discord.seen] == [
        ("POST", f"/api/v10/interactions/7/{TOKEN}/callback"),
        ("PATCH", f"/api/v10/webhooks/{APP}/{TOKEN}/messages/@original"),
        ("GET", f"/api/v10/webhooks/{APP}/{TOKEN}/messages/@original"),
        ("POST", f"/api/v10/webhooks/{APP}/{TOKEN}"),
    ]
    assert not any("authorization" in seen.headers for seen in discord.seen)


async def test_files_go_out_as_multipart_with_their_descriptions(
    rest: Rest, discord: DiscordServer, judge: Judge
) -> None:
    picture = bytes(range(256)) * 1000

    await rest.edit_original(APP, TOKEN, Message("card", files=(File("card.png", picture, alt="A card of 민아"),)))

    (seen,) = discord.seen
    kind, _, boundary = seen.headers["content-type"].partition("; boundary=")
    _, payload, file, end = seen.body.split(f"--{boundary}".encode())
    sent = json.loads(payload.partition(b"\r\n\r\n")[2])
    assert kind == "multipart/form-data"
    assert sent["attachments"] == [{"id": "0", "filename": "card.png", "description": "A card of 민아"}]
    assert b'name="files[0]"; filename="card.png"\r\nContent-Type: image/png\r\n' in file
    assert file.endswith(b"\r\n\r\n" + picture + b"\r\n")
    assert end == b"--\r\n"
    judge("IncomingWebhookUpdateRequestPartial", sent)


async def test_a_reason_for_the_audit_log_is_encoded(rest: Rest, discord: DiscordServer) -> None:
    await rest.request(route("DELETE", "/channels/{channel}", channel=1), reason="끝났어요 / done")

    reason = discord.seen[0].headers["x-audit-log-reason"]
    assert reason.isascii()
    assert unquote(reason) == "끝났어요 / done"
    with pytest.raises(LimitExceeded, match="reason: 513 given"):
        await rest.request(route("DELETE", "/channels/{channel}", channel=1), reason="r" * 513)


async def test_the_command_list(rest: Rest, discord: DiscordServer, judge: Judge) -> None:
    wanted = list_json([command("help", "Help"), user_menu("Profile")], lambda _context, _text: {})
    listed = [{**each, "id": str(n)} for n, each in enumerate(wanted)]
    discord.script += [ok(listed), ok(listed), ok(listed), ok(listed)]

    put = await rest.put_commands(APP, wanted)
    got = await rest.get_commands(APP)
    await rest.put_commands(APP, wanted, guild=GuildId(3))
    await rest.get_commands(APP, guild=GuildId(3))

    assert put == got == listed
    assert [(seen.method, seen.path) for seen in discord.seen] == [
        ("PUT", f"/api/v10/applications/{APP}/commands"),
        ("GET", f"/api/v10/applications/{APP}/commands"),
        ("PUT", f"/api/v10/applications/{APP}/guilds/3/commands"),
        ("GET", f"/api/v10/applications/{APP}/guilds/3/commands"),
    ]
    judge(
        "/paths/~1applications~1{application_id}~1commands/put/requestBody/content/application~1json/schema",
        json.loads(discord.seen[0].body),
    )


@respx.mock
async def test_small_answers_are_typed(judge: Judge) -> None:
    asked = respx.get("https://d.test/gateway/bot").respond(json={"url": "wss://gateway.discord.gg"})
    shown = {"id": str(APP), "name": "Lyceum", "verify_key": "ab", "interactions_endpoint_url": None}
    respx.get("https://d.test/applications/@me").respond(json=shown)
    opened = respx.post("https://d.test/users/@me/channels").respond(json={"id": "77", "type": 1})
    respx.get(f"https://d.test/applications/{APP}/commands", params={"with_localizations": "true"}).respond(json=[])

    async with httpx.AsyncClient() as client, Rest("https://d.test", "secret", client=client) as rest:
        await rest.check()
        assert asked.called
        assert await rest.get_current_application() == Application(APP, "Lyceum", "ab")
        assert await rest.create_dm(UserId(9)) == ChannelId(77)
        assert await rest.get_commands(APP) == []
        assert rest.client is client
    judge("CreatePrivateChannelRequest", json.loads(opened.calls.last.request.content))


# Responses


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (failed(403, 50007, "Cannot send messages to this user"), CannotDirectMessage, 50007),
        (failed(404, 10008, "Unknown Message"), UnknownMessage, 10008),
        (failed(404, 0, "404: Not Found"), Unknown, 0),
        (Response("<html>", status_code=404), Unknown, 0),
        (Response(b"\xff{", status_code=400), DiscordError, 0),
        (Response("[]", status_code=400), DiscordError, 0),
    ],
)
async def test_refusals_are_typed_and_not_repeated(
    rest: Rest, discord: DiscordServer, answer: Response, kind: type[DiscordError], code: int
) -> None:
    discord.script.append(answer)

    with pytest.raises(DiscordError) as refused:
        await post(rest, 5, is_repeatable=True)

    assert type(refused.value) is kind
    assert refused.value.code == code
    assert len(discord.seen) == 1


async def test_an_invalid_form_keeps_discords_explanation(rest: Rest, discord: DiscordServer) -> None:
    errors = {"content": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length."}]}}
    discord.script.append(failed(400, 50035, "Invalid Form Body", errors=errors))

    with pytest.raises(InvalidForm) as refused:
        await rest.follow_up(APP, TOKEN, HELLO)

    assert refused.value.details == errors


async def test_a_refused_token_is_not_used_again(rest: Rest, discord: DiscordServer) -> None:
    discord.script.append(failed(401, 0, "401: Unauthorized"))

    for _ in range(2):
        with pytest.raises(Unauthorized):
            await rest.get_current_application()
    await rest.edit_original(APP, TOKEN, HELLO)  # sent without our token

    assert [seen.path for seen in discord.seen][0::2] == ["/api/v10/applications/@me"]
    assert len(discord.seen) == 2


async def test_those_who_wait_do_not_use_a_refused_token(rest: Rest, discord: DiscordServer) -> None:
    discord.script.append(failed(401, 0, "401: Unauthorized"))

    ended = await asyncio.gather(*(rest.get_current_application() for _ in range(3)), return_exceptions=True)

    assert [type(each) for each in ended] == [Unauthorized] * 3
    assert len(discord.seen) == 1


async def test_a_refusal_of_an_interactions_token_leaves_ours_in_use(rest: Rest, discord: DiscordServer) -> None:
    discord.script.append(failed(401, 50027, "Invalid Webhook Token"))
    discord.script.append(failed(401, 0))

    for _ in range(2):
        with pytest.raises(DiscordError):
            await rest.follow_up(APP, TOKEN, HELLO)
    await post(rest, 5)

    assert discord.statuses == [401, 401, 200]


async def test_an_edit_waits_out_discords_race_with_our_deferral(rest: Rest, discord: DiscordServer) -> None:
    discord.script += [failed(404, 10015), failed(404, 10008)]

    assert (await rest.edit_original(APP, TOKEN, HELLO)).id == ID

    assert discord.statuses == [404, 404, 200]


async def test_an_edit_after_the_token_died_ends_soon(rest: Rest, discord: DiscordServer) -> None:
    discord.script += [failed(404, 10015)] * 5

    with pytest.raises(UnknownWebhook):
        await rest.edit_original(APP, TOKEN, HELLO)

    assert len(discord.seen) == 5


# Retries


async def test_server_trouble_is_tried_again(rest: Rest, discord: DiscordServer) -> None:
    discord.script += [failed(502), failed(500), Response("busy", status_code=503)]

    await rest.edit_original(APP, TOKEN, HELLO)

    assert discord.statuses == [502, 500, 503, 200]


async def test_server_trouble_without_end(rest: Rest, discord: DiscordServer) -> None:
    discord.script += [failed(500)] * 9

    with pytest.raises(DiscordUnavailable, match=r"^Discord did not take PATCH /webhooks/\{webhook\}/") as gone:
        await rest.edit_original(APP, TOKEN, HELLO)

    assert len(discord.seen) == 5
    assert TOKEN not in str(gone.value)


async def test_a_post_is_sent_again_only_when_that_does_no_harm(rest: Rest, discord: DiscordServer) -> None:
    discord.script += [failed(500)]
    with pytest.raises(DiscordUnavailable, match="500"):
        await post(rest, 5)

    discord.script += [failed(500)]
    await post(rest, 5, is_repeatable=True)

    assert discord.statuses == [500, 500, 200]


@pytest.mark.parametrize(
    ("trouble", "attempts"),
    [
        (httpx.ConnectError, 5),
        (httpx.ConnectTimeout, 5),
        (httpx.ReadTimeout, 1),
        (httpx.RemoteProtocolError, 1),
    ],
)
async def test_a_message_that_discord_may_have_seen_is_not_sent_twice(
    trouble: type[httpx.RequestError], attempts: int
) -> None:
    with respx.mock:
        sent = respx.post("https://d.test/channels/5/messages").mock(side_effect=trouble("gone"))
        async with Rest("https://d.test", backoff_s=0.001) as rest:
            with pytest.raises(DiscordUnavailable, match=trouble.__name__):
                await post(rest, 5)

    assert sent.call_count == attempts


@pytest.mark.parametrize("content", [b"", b"{}", b"<html>", b'{"id": "\xff"}'])
async def test_an_answer_that_cannot_be_read_is_no_bug_of_ours_and_nothing_is_sent_again(
    rest: Rest, discord: DiscordServer, content: bytes
) -> None:
    discord.script.append(Response(content, status_code=200))

    with pytest.raises(DiscordUnavailable, match="cannot be read"):
        await rest.edit_original(APP, TOKEN, HELLO)

    assert discord.statuses == [200]


async def test_nobody_there() -> None:
    async with Rest("http://127.0.0.1:9", backoff_s=0.001) as rest:
        with pytest.raises(DiscordUnavailable, match="ConnectError"):
            await rest.check()


# Rate limits


async def test_a_bucket_is_never_overrun(rest: Rest, discord: DiscordServer) -> None:
    discord.limit_of = by_channel

    await asyncio.gather(*(post(rest, 5) for _ in range(10)))

    assert discord.statuses == [200] * 10


async def test_channels_have_buckets_of_their_own(rest: Rest, discord: DiscordServer) -> None:
    discord.limit_of = by_channel
    await asyncio.gather(*(post(rest, 5) for _ in range(3)))

    waiting = asyncio.create_task(post(rest, 5))
    await asyncio.sleep(0)
    await asyncio.gather(*(post(rest, 6) for _ in range(3)))
    await waiting

    assert [seen.path.split("/")[4] for seen in discord.seen] == ["5"] * 3 + ["6"] * 3 + ["5"]
    assert discord.statuses == [200] * 7


async def test_routes_that_share_a_bucket_share_their_turns(rest: Rest, discord: DiscordServer) -> None:
    discord.limit_of = by_channel
    await post(rest, 5)
    await change(rest, 5)  # now both bucket keys are known

    await asyncio.gather(
        *(post(rest, 5) for _ in range(4)),
        *(change(rest, 5) for _ in range(4)),
    )

    assert discord.statuses == [200] * 10


async def test_those_who_wait_while_a_bucket_becomes_known_follow_it(rest: Rest, discord: DiscordServer) -> None:
    discord.limit_of = by_channel
    discord.places = 2

    await asyncio.gather(
        *(post(rest, channel) for channel in (5, 6, 5, 6, 5, 6)),
        *(change(rest, channel) for channel in (5, 6, 5, 6)),
    )

    assert discord.statuses.count(200) == 10
    assert discord.statuses.count(429) <= 2  # the first request cannot know that its bucket is partly used


async def test_a_429_is_waited_out(rest: Rest, discord: DiscordServer) -> None:
    discord.script.append(limited(0.15))

    await rest.follow_up(APP, TOKEN, HELLO)

    first, second = discord.seen
    assert discord.statuses == [429, 200]
    assert second.at - first.at >= 0.15


@pytest.mark.parametrize(("headers", "waits_s"), [({"retry-after": "0.1"}, 0.1), ({"retry-after": "soon"}, 1.0)])
async def test_a_429_of_a_proxy_has_only_a_header_or_less(
    rest: Rest, discord: DiscordServer, headers: dict[str, str], waits_s: float
) -> None:
    discord.script.append(Response("slow down", status_code=429, headers=headers))

    await rest.follow_up(APP, TOKEN, HELLO)

    assert discord.seen[1].at - discord.seen[0].at >= waits_s


async def test_a_server_that_says_nothing_of_limits_is_believed_when_it_says_429(
    rest: Rest, discord: DiscordServer
) -> None:
    discord.limit_of = by_channel
    discord.is_silent_about_limits = True

    await asyncio.gather(*(post(rest, 5) for _ in range(5)))

    assert discord.statuses == [200, 200, 200, 429, 200, 200]


async def test_a_global_429_stops_everything_that_is_ours(rest: Rest, discord: DiscordServer) -> None:
    discord.script.append(limited(0.2, is_global=True))

    first = asyncio.create_task(post(rest, 5))
    while not discord.statuses:  # noqa: ASYNC110 - the server is another thread
        await asyncio.sleep(0.005)
    await asyncio.sleep(0.05)
    await asyncio.gather(first, post(rest, 6), rest.edit_original(APP, TOKEN, HELLO))

    refused, *others = discord.seen
    assert [seen.path.split("/")[3] for seen in others] == ["webhooks", "channels", "channels"]
    assert all(seen.at - refused.at >= 0.2 for seen in others[1:])
    assert discord.statuses == [429, 200, 200, 200]


async def test_a_429_of_a_proxy_stops_everything(rest: Rest, discord: DiscordServer) -> None:
    discord.script.append(Response("<html>", status_code=429, headers={"retry-after": "0.3"}))

    first = asyncio.create_task(rest.edit_original(APP, TOKEN, HELLO))
    while not discord.statuses:  # noqa: ASYNC110 - the server is another thread
        await asyncio.sleep(0.005)
    await asyncio.sleep(0.05)
    await asyncio.gather(first, rest.follow_up(APP, "another", HELLO), rest.get_current_application())

    refused, *others = discord.seen
    assert len(others) == 3
    assert all(seen.at - refused.at >= 0.3 for seen in others)


async def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    buckets = Buckets()
    for seconds in (60, 0):
        buckets.pause(seconds)

    with pytest.raises(DiscordUnavailable, match="wait 60 s"):
        async with buckets.turn(route("GET", "/users/@me"), time.monotonic() + 1):
            pytest.fail("it went out")


async def test_a_global_429_is_waited_out_by_an_answer_too(rest: Rest, discord: DiscordServer) -> None:
    discord.script.append(limited(0.1, is_global=True))

    await rest.edit_original(APP, TOKEN, HELLO)

    assert discord.statuses == [429, 200]
    assert discord.seen[1].at - discord.seen[0].at >= 0.1


async def test_no_more_than_fifty_a_second_but_for_interactions(rest: Rest, discord: DiscordServer) -> None:
    started_at = time.monotonic()

    await asyncio.gather(
        *(post(rest, n) for n in range(55)),
        *(rest.edit_original(APP, f"token{n}", HELLO) for n in range(20)),
    )

    ours = sorted(seen.at for seen in discord.seen if "/channels/" in seen.path)
    assert len(ours) == 55
    assert ours[50] - started_at >= 1
    assert max(seen.at for seen in discord.seen if "/webhooks/" in seen.path) < ours[50]


async def test_patience_ends_at_once_when_the_wait_is_too_long(rest: Rest, discord: DiscordServer) -> None:
    discord.script.append(limited(60))
    started_at = time.monotonic()

    with pytest.raises(DiscordUnavailable, match="asks us to wait 60 s"):
        await rest.follow_up(APP, TOKEN, HELLO)
    with pytest.raises(DiscordUnavailable, match="asks us to wait"):  # later requests too
        await rest.follow_up(APP, TOKEN, HELLO)

    assert len(discord.seen) == 1
    assert time.monotonic() - started_at < 30


async def test_a_probe_that_succeeds_is_no_news(rest: Rest, discord: DiscordServer) -> None:
    discord.script = [ok(), failed(502), ok()]

    with capture_logs() as lines:
        await rest.check()
        await rest.check()

    assert [(line["status"], line["log_level"]) for line in lines] == [
        ("200", "debug"),
        ("502", "info"),
        ("200", "debug"),
    ]


async def test_a_429_of_hours_says_for_how_long_and_why(rest: Rest, discord: DiscordServer) -> None:
    discord.script.append(
        failed(
            429, 30034, "Max number of daily application command creates has been reached (200)", retry_after=54321.5
        )
    )

    with pytest.raises(RateLimited) as limit:
        await rest.get_current_application()

    assert discord.statuses == [429]
    assert limit.value.is_unseen
    assert 54_320 < limit.value.wait_s <= 54_321.5
    assert limit.value.code == 30034
    assert str(limit.value) == (
        "Discord asks us to wait 15 h 5 min "
        "(429 30034: Max number of daily application command creates has been reached (200))."
    )


async def test_patience_that_ends_while_discord_fails_does_not_speak_of_a_limit(discord: DiscordServer) -> None:
    discord.script = [failed(502)] * 9
    async with Rest(discord.url, "secret", backoff_s=1e9) as rest:
        with pytest.raises(DiscordUnavailable) as trouble:
            await rest.get_current_application()

    assert not isinstance(trouble.value, RateLimited)
    assert str(trouble.value) == "Discord did not take GET /applications/@me: 502."


async def test_patience_ends_too_for_those_who_wait_behind_a_request_that_hangs() -> None:
    asked: list[httpx.Request] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        await asyncio.sleep(0.4)
        return httpx.Response(200, json={"id": "1"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        rest = Rest("https://d.test", client=client, patience_s=0.25)
        first, *others = await asyncio.gather(
            *(rest.follow_up(APP, TOKEN, HELLO) for _ in range(3)), return_exceptions=True
        )
        await rest.follow_up(APP, TOKEN, HELLO)  # no request blocks any more

    assert not isinstance(first, BaseException)
    assert [isinstance(each, DiscordUnavailable) and each.is_unseen for each in others] == [True, True]
    assert len(asked) == 2


async def test_nothing_goes_out_after_its_deadline() -> None:
    with pytest.raises(DiscordUnavailable):
        async with Bucket().turn(time.monotonic() - 0.001):
            pytest.fail("it went out")


async def test_buckets_of_past_interactions_are_forgotten() -> None:
    buckets = Buckets()
    headers = {
        "x-ratelimit-bucket": "b",
        "x-ratelimit-limit": "5",
        "x-ratelimit-remaining": "4",
        "x-ratelimit-reset-after": "0",
    }

    for n in range(MANY + 50):
        where = route("PATCH", "/webhooks/{webhook}/{token}/messages/@original", webhook=1, token=f"t{n}")
        async with buckets.turn(where, time.monotonic() + 1) as bucket:
            buckets.learn(where, bucket, headers)

    assert len(buckets) <= MANY


# Client lifecycle


async def test_the_client_opens_when_needed_and_again_after_closing(discord: DiscordServer) -> None:
    rest = Rest(discord.url)
    await rest.close()  # no connection was opened

    await rest.follow_up(APP, TOKEN, HELLO)
    first = rest.client
    await rest.close()
    await rest.follow_up(APP, TOKEN, HELLO)

    assert first.is_closed
    assert rest.client is not first
    await rest.close()


async def test_a_proxy_in_the_environment_is_not_for_this_machine(
    discord: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    async with Rest(discord.url, backoff_s=0.001) as rest:
        await rest.follow_up(APP, TOKEN, HELLO)

    assert discord.statuses == [200]


def test_answering_interactions_loads_no_http_client(pytestconfig: pytest.Config) -> None:
    script = (
        "import sys, wire.rest, wire.reply, wire.parsing, wire.signature, wire.commands;"
        "wire.rest.Rest('http://127.0.0.1');"
        "print(sorted({'httpx', 'httpcore', 'jsonschema', 'starlette'} & set(sys.modules)))"
    )

    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=pytestconfig.rootpath, check=True
    )

    assert ran.stdout.strip() == "[]"


def test_a_route_cannot_be_left_by_its_parts() -> None:
    assert route("GET", "/a/{channel}/b", channel="x/../y").path == "/a/x%2F..%2Fy/b"


async def test_each_attempt_is_counted_and_logged_by_its_route(discord: DiscordServer, rest: Rest) -> None:
    discord.script = [failed(502), ok({"id": "1"})]

    with capture_logs() as lines, request_context(77):
        await rest.get_current_application()

    assert [(labels, sum(numbers)) for labels, numbers, _ in rest.calls.rows()] == [
        (("GET /applications/@me", "502"), 1),
        (("GET /applications/@me", "200"), 1),
    ]
    assert [(line["event"], line["call"], line["status"]) for line in lines] == [
        ("discord called", "GET /applications/@me", "502"),
        ("discord called", "GET /applications/@me", "200"),
    ]


async def test_a_call_that_nobody_answers_is_counted_by_what_happened() -> None:
    async with Rest("http://127.0.0.1:9", backoff_s=0.001) as rest:
        with pytest.raises(DiscordUnavailable):
            await rest.edit_original(APP, TOKEN, HELLO)

    [(labels, numbers, _)] = rest.calls.rows()
    assert labels == ("PATCH /webhooks/{webhook}/{token}/messages/@original", "ConnectError")
    assert sum(numbers) == 5


async def chunks(size: int, count: int, *, pause_s: float = 0) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * size
        await asyncio.sleep(pause_s)


async def test_an_answer_without_end_is_cut_off(discord: DiscordServer, rest: Rest) -> None:
    discord.script = [StreamingResponse(chunks(1024 * 1024, 100_000)) for _ in range(5)]

    with pytest.raises(DiscordUnavailable, match=f"more than {ANSWER_BYTES_MAX} bytes"):
        await rest.get_current_application()


async def test_nothing_is_inflated(discord: DiscordServer, rest: Rest) -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    discord.script = [Response(bomb, headers={"content-encoding": "gzip"}) for _ in range(5)]

    with pytest.raises(DiscordUnavailable, match="content-encoding 'gzip'"):
        await rest.get_current_application()

    assert {seen.headers["accept-encoding"] for seen in discord.seen} == {"identity"}


async def test_an_answer_that_drips_is_tried_again(discord: DiscordServer) -> None:
    discord.script = [StreamingResponse(chunks(1, 100_000, pause_s=0.05)), ok({"id": "1"})]

    async with Rest(discord.url, "secret", attempt_s=0.5, backoff_s=0.001) as rest:
        application = await rest.get_current_application()

    assert application.id == 1
    assert [labels[1] for labels, _, _ in rest.calls.rows()] == ["TimeoutError", "200"]


async def test_a_post_whose_answer_drips_is_not_sent_twice(discord: DiscordServer) -> None:
    discord.script = [StreamingResponse(chunks(1, 100_000, pause_s=0.05))]

    async with Rest(discord.url, "secret", attempt_s=0.5, backoff_s=0.001) as rest:
        with pytest.raises(DiscordUnavailable) as caught:
            await post(rest, 1)

    assert (len(discord.seen), caught.value.is_unseen) == (1, False)
