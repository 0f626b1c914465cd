import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from app.http.initial_response import DEFER_AFTER_S, DeferralKind
from app.interaction_context import InteractionContext
from app.jobs.outbox import NoKey, Outbox, entries_of
from app.jobs.pending_responses import promise_of
from core.config import LOCAL_APPLICATION_ID
from core.enums import EffectStatus, Language
from core.i18n import translator_for
from core.ids import ChannelId, GuildId, MessageId, RoleId, UserId
from core.request_context import REQUEST_ID
from db.connection import Pool
from db.queries.jobs import outbox as outbox_queries
from handlers.feature import Deps, Feature
from services.jobs import outbox
from services.jobs.outbox import Rules
from tests.fake_discord import ANA, GUILD, NOW, Frozen, fake_discord, slash_payload
from tests.local_discord import LocalDiscord, local_discord
from wire.effects import AddRole, DirectMessage, EditMessageEffect, RemoveRole, SendMessage
from wire.errors import InvalidPayload
from wire.interaction import SlashCommand
from wire.message import Effect, Message
from wire.parsing import parse
from wire.rest import Rest

Status = tuple[str, str | None]
PLACE = GuildId(GUILD)
HELLO = SendMessage(channel=ChannelId(5_000_001), message=Message("Hello"), key="hello")
QUICK = Rules(wait_s=0.0)


@pytest.fixture(scope="module")
def discord(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path_factory.mktemp("discord")) as running:
        yield running


def hands(pool: Pool, rest: Rest, rules: Rules = QUICK, *, at: datetime = NOW) -> Outbox:
    async def opened() -> Pool:
        return pool

    return Outbox(pool=opened, rest=lambda: rest, clock=Frozen(at), rules=rules)


@asynccontextmanager
async def answering(answer: Callable[[httpx.Request], httpx.Response], **more: Any) -> AsyncGenerator[Rest]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        yield Rest("http://discord.test/api/v10", "t", client=client, backoff_s=0.0, **more)


async def write(pool: Pool, *effects: Effect, guild: GuildId | None = PLACE) -> None:
    """Insert rows without a lease."""
    async with pool.connection() as conn:
        await outbox.write(conn, entries_of(effects, now=NOW, guild=guild), now=NOW, rules=Rules(lease_s=0.0))


async def rows(pool: Pool) -> list[Status]:
    async with pool.connection() as conn:
        cursor = await conn.execute("SELECT status::text, last_error FROM outbox ORDER BY outbox_id")
        return await cursor.fetchall()


def refusing(code: int, status: int = 403) -> Callable[[httpx.Request], httpx.Response]:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json={"code": code, "message": "no"})

    return answer


async def test_many_workers_do_five_hundred_effects_once_each(
    discord: LocalDiscord, database_url: str, pool: Pool
) -> None:
    guild = (await asyncio.to_thread(discord.state))["guilds"][0]
    [room] = [int(each["id"]) for each in guild["channels"] if each["name"] == "study-log"]
    wanted = [
        SendMessage(channel=ChannelId(room), message=Message(f"effect {number}"), key=str(number))
        for number in range(500)
    ]
    await write(pool, *wanted)

    async def work() -> int:
        async with Pool(database_url, max_size=3) as own, Rest(discord.api_url, discord.config.token) as rest:
            return await hands(own, rest).drain()

    done = await asyncio.gather(*(work() for _ in range(4)))

    posted = await asyncio.to_thread(_posted, discord, room)
    ours = Counter({text: times for text, times in posted.items() if text.startswith("effect ")})
    assert sum(done) == 500
    assert min(done) > 0
    assert ours == Counter(f"effect {number}" for number in range(500))
    assert Counter(await rows(pool)) == {("done", None): 500}


async def test_an_effect_that_was_posted_but_not_noted_is_posted_once(discord: LocalDiscord, pool: Pool) -> None:
    guild = (await asyncio.to_thread(discord.state))["guilds"][0]
    [room] = [int(each["id"]) for each in guild["channels"] if each["name"] == "study-log"]
    await write(pool, SendMessage(channel=ChannelId(room), message=Message("only once"), key="once"))
    async with Rest(discord.api_url, discord.config.token) as rest:
        for _ in range(2):
            await hands(pool, rest).drain()
            async with pool.connection() as conn:
                await conn.execute(
                    """UPDATE outbox SET status = 'pending', settled_at = NULL, held_until = now(),
                              payload = jsonb_build_object('channel', %s::bigint,
                                                           'body', '{"content": "only once"}'::jsonb)""",
                    (room,),
                )
        await hands(pool, rest).drain()

    assert (await asyncio.to_thread(_posted, discord, room))["only once"] == 1


async def test_closed_direct_messages_go_elsewhere_or_nowhere(discord: LocalDiscord, pool: Pool) -> None:
    guild = (await asyncio.to_thread(discord.state))["guilds"][0]
    [room] = [int(each["id"]) for each in guild["channels"] if each["name"] == "study-log"]
    robot = UserId(LOCAL_APPLICATION_ID)  # bots cannot receive direct messages
    await write(
        pool,
        DirectMessage(user=robot, message=Message("for a robot"), otherwise=ChannelId(room), key="a"),
        DirectMessage(user=robot, message=Message("for nobody"), key="b"),
    )

    async with Rest(discord.api_url, discord.config.token) as rest:
        await hands(pool, rest).drain()

    posted = await asyncio.to_thread(_posted, discord, room)
    assert (posted["for a robot"], posted["for nobody"]) == (1, 0)
    assert [status for status, _ in await rows(pool)] == ["done", "failed"]


@pytest.mark.parametrize(
    ("code", "status", "ends"),
    [
        (10003, 404, "needs_attention"),
        (10004, 404, "failed"),
        (10007, 404, "failed"),
        (10008, 404, "failed"),
        (10011, 404, "needs_attention"),
        (10013, 404, "failed"),
        (50001, 403, "needs_attention"),
        (50007, 403, "failed"),
        (50013, 403, "needs_attention"),
        (50035, 400, "needs_attention"),
        (50278, 403, "failed"),
    ],
)
async def test_a_refusal_for_good_is_never_repeated(pool: Pool, code: int, status: int, ends: str) -> None:
    await write(pool, HELLO)
    async with answering(refusing(code, status)) as rest:
        with capture_logs() as lines:
            done = await hands(pool, rest).drain()

    assert done == 1
    assert await rows(pool) == [(ends, f"{status} {code}: no")]
    warned = [line for line in lines if line["log_level"] == "warning"]
    assert [line["event"] for line in warned] == (["effect needs attention"] if ends == "needs_attention" else [])


async def test_trouble_is_tried_again_five_times_and_then_shown_to_a_person(pool: Pool) -> None:
    asked: list[str] = []

    def broken(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        return httpx.Response(503)

    await write(pool, AddRole(guild=PLACE, user=UserId(ANA.id), role=RoleId(5_000_002), key="role"))
    async with answering(broken) as rest:
        done = await hands(pool, rest).drain()

    assert done == 4  # the insert counts as the first attempt, by a process that died
    assert len(asked) == 4 * 5
    [(status, reason)] = await rows(pool)
    assert status == "needs_attention"
    assert reason is not None
    assert reason.startswith("Discord did not take")
    async with pool.connection() as conn:
        assert await outbox_queries.count_by_status(conn) == {EffectStatus.NEEDS_ATTENTION: 1}


async def test_the_next_attempt_waits_a_while(pool: Pool) -> None:
    await write(pool, HELLO)
    async with answering(lambda _: httpx.Response(503)) as rest:
        done = await hands(pool, rest, Rules()).drain()

    async with pool.connection() as conn:
        cursor = await conn.execute("SELECT extract(epoch FROM held_until - now())::float8 FROM outbox")
        [(wait_s,)] = await cursor.fetchall()
    assert done == 1
    assert 10 < wait_s <= 30


async def test_a_message_of_unknown_fate_is_not_sent_again_when_discord_may_have_forgotten_it(pool: Pool) -> None:
    await write(pool, HELLO, RemoveRole(guild=PLACE, user=UserId(ANA.id), role=RoleId(5_000_002), key="role"))
    async with pool.connection() as conn:
        await conn.execute("UPDATE outbox SET unsure_from = now() - interval '4 minutes'")
    async with answering(lambda _: httpx.Response(204)) as rest:
        await hands(pool, rest).drain()

    (hello, reason), (role, _) = await rows(pool)
    assert (hello, role) == ("needs_attention", "done")
    assert reason is not None
    assert "may have been posted" in reason


async def test_a_message_that_surely_never_arrived_is_sent_however_late(pool: Pool) -> None:
    await write(pool, HELLO)
    async with pool.connection() as conn:
        await conn.execute("UPDATE outbox SET unsure_from = NULL, attempts = 0")

    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no", request=request)

    async with answering(unreachable) as rest:
        await hands(pool, rest, Rules(attempts_max=2)).drain()
    async with pool.connection() as conn:
        cursor = await conn.execute("SELECT unsure_from FROM outbox")
        assert await cursor.fetchall() == [(None,)]


async def test_an_effect_for_later_waits(pool: Pool) -> None:
    later = SendMessage(
        channel=ChannelId(5_000_001), message=Message("Later"), key="later", due_at=NOW + timedelta(hours=1)
    )
    await write(pool, later)
    async with answering(lambda _: httpx.Response(200, json={"id": "1"})) as rest:
        assert await hands(pool, rest).drain() == 0


async def test_the_same_key_is_written_once(pool: Pool) -> None:
    await write(pool, HELLO)
    await write(pool, HELLO)
    await write(pool, HELLO, guild=None)

    assert len(await rows(pool)) == 2


async def test_a_message_can_be_changed(pool: Pool) -> None:
    asked: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.url.path))
        return httpx.Response(200, json={"id": "1"})

    await write(
        pool,
        EditMessageEffect(
            channel=ChannelId(5_000_001), message_id=MessageId(5_000_009), message=Message("New"), key="x"
        ),
    )
    async with answering(answer) as rest:
        await hands(pool, rest).drain()

    assert asked == [("PATCH", "/api/v10/channels/5000001/messages/5000009")]


async def test_a_row_of_another_version_breaks_nothing_else(pool: Pool) -> None:
    await write(pool, HELLO, SendMessage(channel=ChannelId(5_000_001), message=Message("Two"), key="two"))
    async with pool.connection() as conn:
        await conn.execute("UPDATE outbox SET kind = 'dance' WHERE dedupe_key = 'hello'")
    async with answering(lambda _: httpx.Response(200, json={"id": "1"})) as rest:
        await hands(pool, rest).drain()

    assert await rows(pool) == [("needs_attention", "It broke on our side: ValueError."), ("done", None)]


def test_what_is_decided_without_an_interaction_needs_a_key() -> None:
    with pytest.raises(NoKey):
        entries_of([SendMessage(channel=ChannelId(5_000_001), message=Message("Hello"))], now=NOW)


def test_what_discord_would_refuse_is_not_written() -> None:
    for message in (Message("x" * 2001), Message("Hello", private=True)):
        with pytest.raises(InvalidPayload):
            entries_of([SendMessage(channel=ChannelId(5_000_001), message=message, key="x")], now=NOW)


def announcing(*effects: Effect, uses_database: bool = True, takes_s: float = 0) -> Sequence[Feature]:
    async def announce(interaction: SlashCommand, deps: Deps) -> Message:
        await asyncio.sleep(takes_s)
        return Message("Announced.", effects=effects)

    return [Feature(name="announce", slash={"announce": announce}, uses_database=uses_database)]


async def test_a_reply_is_followed_by_what_it_decided(tmp_path: Path, pool: Pool) -> None:
    async with fake_discord(tmp_path, pool=pool, features=announcing(HELLO)) as fake:
        first = await fake.slash("announce")
        second = await fake.slash("announce")

    assert first.text == "Announced."
    assert [(edit.method, edit.path) for edit in first.edits] == [("POST", "/channels/5000001/messages")]
    assert first.edits[0].payload["enforce_nonce"] is True
    assert second.edits == []  # same dedupe key
    assert await rows(pool) == [("done", None)]


async def test_a_late_reply_that_decides_something_keeps_its_promise_too(tmp_path: Path, pool: Pool) -> None:
    async with fake_discord(tmp_path, pool=pool, features=announcing(HELLO, takes_s=DEFER_AFTER_S + 0.1)) as fake:
        answer = await fake.slash("announce")

    assert answer.kind == 5
    assert {edit.path.rpartition("/")[2] for edit in answer.edits} == {"messages", "@original"}
    assert await rows(pool) == [("done", None)]  # the pending response's row is deleted


async def promised(discord: LocalDiscord, pool: Pool, *, hours: float, channel: ChannelId | None) -> None:
    """A pending response created at that time, without a live process."""
    user = UserId(int(discord.member("noam")["id"]))
    requested_at = NOW - timedelta(hours=hours)
    sent = parse(json.dumps(slash_payload("x", now=requested_at, options={})).encode())
    assert isinstance(sent, SlashCommand)
    interaction = replace(sent, user=replace(sent.user, id=user), channel_id=channel)
    turn = InteractionContext(interaction, requested_at, translator_for(Language.EN), None)
    async with pool.connection() as conn:
        await outbox.write(
            conn, [promise_of(turn, DeferralKind.NEW_MESSAGE)], now=requested_at, rules=Rules(lease_s=0.0)
        )
        await conn.execute("UPDATE outbox SET created_at = now() - %s", (timedelta(hours=hours),))


@pytest.mark.parametrize(("channel", "place"), [(ChannelId(5_000_001), " in <#5000001>"), (None, "")])
async def test_who_waits_longer_than_discord_lets_us_answer_is_told_by_direct_message(
    discord: LocalDiscord, pool: Pool, channel: ChannelId | None, place: str
) -> None:
    await promised(discord, pool, hours=2, channel=channel)
    async with Rest(discord.api_url, discord.config.token) as rest:
        await hands(pool, rest).drain()
        await hands(pool, rest, at=NOW + timedelta(minutes=1)).drain()

    direct = discord.rest("POST", "/users/@me/channels", json={"recipient_id": discord.member("noam")["id"]}).json()
    told = discord.rest("GET", f"/channels/{direct['id']}/messages").json()[0]["content"]
    asked = int((NOW - timedelta(hours=2)).timestamp())
    assert told.startswith(
        f"In case you still wait for my answer to what you asked for <t:{asked}:R>{place}: I was interrupted"
    )
    assert await rows(pool) == [("failed", "The fifteen minutes were over; a direct message says so."), ("done", None)]


async def test_who_asked_days_ago_is_left_in_peace(discord: LocalDiscord, pool: Pool) -> None:
    await promised(discord, pool, hours=30, channel=None)
    async with Rest(discord.api_url, discord.config.token) as rest:
        await hands(pool, rest).drain()

    assert await rows(pool) == [("failed", "Nobody could be told within fifteen minutes.")]


async def test_a_reply_that_decides_what_discord_would_refuse_changes_nothing(tmp_path: Path, pool: Pool) -> None:
    wrong = SendMessage(channel=ChannelId(5_000_001), message=Message("x" * 2001))
    async with fake_discord(tmp_path, pool=pool, features=announcing(wrong)) as fake:
        answer = await fake.slash("announce")

    assert answer.text.startswith("That broke on our side.")
    assert await rows(pool) == []


async def test_a_feature_without_the_database_cannot_decide_anything(tmp_path: Path) -> None:
    async with fake_discord(tmp_path, features=announcing(HELLO, uses_database=False)) as fake:
        answer = await fake.slash("announce")

    assert answer.text.startswith("That broke on our side.")


def _posted(discord: LocalDiscord, channel: int) -> Counter[str]:
    posted = Counter[str]()
    before = str(2**62)
    while page := discord.rest("GET", f"/channels/{channel}/messages", params={"limit": 100, "before": before}).json():
        posted.update(one["content"] for one in page)
        before = page[-1]["id"]
    return posted


@pytest.mark.parametrize(("key", "request_id"), [("30000001:0", 30_000_001), ("hello", "hello")])
async def test_an_effect_happens_in_the_name_of_what_decided_it(pool: Pool, key: str, request_id: int | str) -> None:
    seen: list[int | str | None] = []

    def look(_request: httpx.Request) -> httpx.Response:
        seen.append(REQUEST_ID.get())
        return httpx.Response(200, json={"id": "88888888888", "channel_id": "5000001"})

    await write(pool, SendMessage(channel=HELLO.channel, message=HELLO.message, key=key))
    async with answering(look) as rest:
        await hands(pool, rest).drain()

    assert (seen, REQUEST_ID.get()) == ([request_id], None)
