import asyncio
import zlib
from datetime import timedelta

import msgspec
import pytest
import respx
import zstandard
from httpx import Response

from core.clock import Clock
from db.connection import Pool
from gateway_listener.protocol.close_codes import GatewayRefused
from gateway_listener.session.shard import Backoff
from tests.gateway_listener.rows import Stay, position, spans, stays, until_seq
from tests.gateway_listener.scripted import (
    ANA,
    BEN,
    GUILD,
    NOBODY,
    OTHER_ROOM,
    PATIENCE_S,
    ROOM,
    TOKEN,
    Link,
    ScriptedGateway,
    SleptClock,
    following,
    guild_create,
    scripted_gateway,
    voice_state,
)

HERE = Stay(ANA, ROOM, 0, is_open=True, is_estimated=False)


async def test_first_connection_identifies_with_two_unprivileged_intents(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        identify = await link.greet()
        await until_seq(pool, 1)

    assert identify["token"] == TOKEN
    assert identify["intents"] == 129
    assert identify["shard"] == [0, 1]
    assert identify["large_threshold"] == 50
    assert set(identify["properties"]) == {"os", "browser", "device"}
    assert link.query == {"v": "10", "encoding": "json", "compress": "zstd-stream"}


async def test_leaving_closes_so_that_the_session_can_be_resumed(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await until_seq(pool, 1)

    assert await link.closed() not in (None, 1000, 1001)


async def test_event_and_position_are_committed(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet(url="ws://elsewhere")
        await link.voice(2, ROOM, self_mute=True, self_video=True)
        found = await until_seq(pool, 2)

    assert (found.session_id, found.resume_url, found.seq) == ("first", "ws://elsewhere", 2)
    assert await stays(pool) == [Stay(ANA, ROOM, 33, is_open=True, is_estimated=False)]


async def test_events_that_need_no_writing_move_the_position_too(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await link.send(0, {"anything": [1, {"deep": None}]}, s=2, t="SOMETHING_NEW")
        found = await until_seq(pool, 2)

    assert found.seq == 2


async def test_heartbeat_comes_on_time_and_tells_the_committed_sequence(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.hello(interval_ms=200)
        assert (await link.next())["op"] == 2
        await link.ready()
        await until_seq(pool, 1)

        first = await link.next()
        await link.send(11)
        second = await link.next()

    assert first == second == {"op": 1, "d": 1}


async def test_first_heartbeat_before_any_event_tells_nothing(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.hello(interval_ms=100)
        await link.next()

        heartbeat = await link.next()

    assert heartbeat == {"op": 1, "d": None}


async def test_heartbeat_is_sent_at_once_when_asked_for(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await until_seq(pool, 1)
        await link.send(1)

        heartbeat = await link.next()

    assert heartbeat == {"op": 1, "d": 1}


async def test_unanswered_heartbeat_leads_to_a_resume(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        dead = await gateway.accept()
        await dead.hello(interval_ms=100)
        await dead.next()
        await dead.ready()
        await until_seq(pool, 1)

        link = await gateway.accept()
        await link.hello()
        resume = await link.expect(6)

    assert resume == {"token": TOKEN, "session_id": "first", "seq": 1}
    assert await dead.closed() not in (None, 1000, 1001)


async def test_resume_goes_to_its_own_address_with_the_same_query(gateway: ScriptedGateway, pool: Pool) -> None:
    async with scripted_gateway() as other, following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet(url=f"{other.url}/resume?region=a")
        await until_seq(pool, 1)
        await link.close(4000)

        again = await other.accept()
        await again.hello()
        await again.expect(6)

    assert again.path == "/resume"
    assert again.query == link.query | {"region": "a"}


@pytest.mark.parametrize("url", ["ws://127.0.0.1:9/nobody", "gateway.test", "ws://[::1", "ws://127.0.0.1:99999"])
async def test_resume_falls_back_to_the_ordinary_address(url: str, gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet(url=url)
        await until_seq(pool, 1)
        await link.close(4000)

        again = await gateway.accept()
        await again.hello()
        resume = await again.expect(6)

    assert resume["session_id"] == "first"


@pytest.mark.parametrize("code", [1000, 1001, 1011, 4000, 4001, 4002, 4005, 4008, 4999])
async def test_close_code_leads_to_a_resume(code: int, gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await link.voice(2, ROOM)
        await until_seq(pool, 2)
        await link.close(code)

        again = await gateway.accept()
        await again.hello()
        resume = await again.expect(6)

    assert resume == {"token": TOKEN, "session_id": "first", "seq": 2}


async def test_broken_connection_leads_to_a_resume(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await until_seq(pool, 1)
        link.socket.transport.abort()

        again = await gateway.accept()
        await again.hello()
        resume = await again.expect(6)

    assert resume["seq"] == 1


@pytest.mark.parametrize("code", [4003, 4007, 4009])
async def test_close_code_leads_to_a_new_session(code: int, gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await until_seq(pool, 1)
        await link.close(code)

        again = await gateway.accept()
        await again.greet("second")
        await until_seq(pool, 1, session="second")


@pytest.mark.parametrize("code", [4004, 4010, 4011, 4012, 4013, 4014])
async def test_close_code_ends_everything_with_one_sentence(code: int, gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool) as listener:
        link = await gateway.accept()
        await link.hello()
        await link.expect(2)
        await link.close(code)

        with pytest.raises(GatewayRefused, match=rf"^Discord [^\n]+[a-zA-Z]\. \(close code {code}\)$"):
            await asyncio.wait_for(listener.shard, 5)


async def test_request_to_reconnect_leads_to_a_resume(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await until_seq(pool, 1)
        await link.send(7)

        again = await gateway.accept()
        await again.hello()
        resume = await again.expect(6)

    assert resume["session_id"] == "first"
    assert await link.closed() not in (None, 1000, 1001)


async def test_invalid_but_resumable_session_is_resumed(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await until_seq(pool, 1)
        await link.send(9, d=True)

        again = await gateway.accept()
        await again.hello()
        resume = await again.expect(6)

    assert resume["session_id"] == "first"


async def test_invalid_session_is_followed_by_a_new_one(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await until_seq(pool, 1)

        await link.send(9, d=False)
        again = await gateway.accept()
        await again.greet("second", s=0)
        found = await until_seq(pool, 0, session="second")

    assert found.seq == 0
    assert await link.closed() not in (None, 1000, 1001)


async def test_refused_resume_is_followed_by_a_new_session(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await until_seq(pool, 1)
        await link.close(4000)
        again = await gateway.accept()
        await again.hello()
        await again.expect(6)

        await again.send(9, d=False)
        last = await gateway.accept()
        await last.greet("second")
        await until_seq(pool, 1, session="second")


async def test_wrong_token_after_an_invalid_session_ends_everything(
    gateway: ScriptedGateway, pool: Pool, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{NOBODY}/gateway/bot").mock(
        side_effect=[*[Response(200, json={"url": gateway.url})] * 2, Response(401)]
    )
    async with following("", pool) as listener:
        link = await gateway.accept()
        await link.greet(url=gateway.url)
        await until_seq(pool, 1)
        await link.send(9, d=False)

        with pytest.raises(GatewayRefused, match="DISCORD_TOKEN"):
            await asyncio.wait_for(listener.shard, 5)


async def test_refused_identify_is_tried_again_on_another_socket(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.hello()
        await link.expect(2)
        await link.send(9, d=False)

        again = await gateway.accept()
        await again.greet()
        await until_seq(pool, 1)


async def test_resumes_that_come_to_nothing_end_in_a_new_session(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await until_seq(pool, 1)
        await link.close(4000)
        for _ in range(5):
            again = await gateway.accept()
            await again.hello()
            await again.expect(6)
            await again.close(4000)

        last = await gateway.accept()
        await last.hello()
        await last.expect(2)


@pytest.mark.parametrize("frame", ["{", b'{"op":0,"t":"\xff"}', '{"op":0,"d":' + "[" * 30_000 + "]" * 30_000 + "}"])
async def test_unreadable_frame_leads_to_a_resume(frame: str | bytes, gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await until_seq(pool, 1)
        await link.socket.send(frame)

        again = await gateway.accept()
        await again.hello()
        await again.expect(6)


async def test_unknown_operation_and_odd_event_are_passed_over(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await link.send(99, {"what": "ever"})
        await link.send(0, {"channel_id": ["not", "an", "id"]}, s=2, t="VOICE_STATE_UPDATE")
        await link.voice(3, ROOM)
        await until_seq(pool, 3)

    assert await stays(pool) == [HERE]


async def test_half_a_character_in_a_name_costs_no_event(gateway: ScriptedGateway, pool: Pool) -> None:
    name = {"user": {"id": str(ANA), "username": "HALF"}}
    frame = msgspec.json.encode({"op": 0, "s": 2, "t": "VOICE_STATE_UPDATE", "d": voice_state(ROOM, member=name)})
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await link.socket.send(frame.replace(b"HALF", b"\\ud83d").decode())
        await until_seq(pool, 2)

    assert await stays(pool) == [HERE]


async def test_event_with_bytes_that_are_no_text_is_passed_over(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await link.socket.send(b'{"op":0,"s":2,"t":"VOICE_STATE_UPDATE","d":{"user_id":"5","session_id":"\xff"}}')
        await link.voice(3, ROOM)
        await until_seq(pool, 3)

    assert await stays(pool) == [HERE]


async def test_sequence_may_start_at_zero(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet(s=0)
        await until_seq(pool, 0)
        await link.close(4000)
        again = await gateway.accept()
        await again.hello()
        resume = await again.expect(6)
        await again.voice(1, ROOM)
        await again.send(0, {}, s=2, t="RESUMED")
        await until_seq(pool, 2)

    assert resume["seq"] == 0
    assert [stay.user for stay in await stays(pool)] == [ANA]


async def test_replay_that_begins_with_known_events_does_not_repeat_them(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await link.voice(2, ROOM)
        await link.voice(3, OTHER_ROOM)
        await until_seq(pool, 3)
        await link.close(4000)
        again = await gateway.accept()
        await again.hello()
        await again.expect(6)
        await again.voice(2, ROOM)
        await again.voice(3, OTHER_ROOM)
        await again.send(0, {}, s=4, t="RESUMED")
        await until_seq(pool, 4)

    assert await stays(pool) == [Stay(ANA, OTHER_ROOM, 0, is_open=True, is_estimated=False)]


async def test_same_event_twice_changes_nothing(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await link.voice(2, ROOM)
        await link.voice(2, None)
        await link.voice(3, ROOM)
        await until_seq(pool, 3)

    assert await stays(pool) == [HERE]


async def test_voice_state_may_come_before_its_guild(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await link.voice(2, ROOM)
        await link.send(0, guild_create(), s=3, t="GUILD_CREATE")
        await link.voice(4, ROOM, user=BEN)
        await until_seq(pool, 4)

    assert [(stay.user, stay.is_open) for stay in await stays(pool)] == [(ANA, False), (BEN, True)]


async def test_snapshot_with_nulls_is_understood(gateway: ScriptedGateway, pool: Pool) -> None:
    bare = {"user_id": ANA, "channel_id": str(ROOM), "session_id": None}
    gone = {"user_id": str(BEN), "channel_id": None}
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        snapshot = guild_create(bare, gone, channels=None, members=None, name=None, preferred_locale=None)
        snapshot["voice_states"].append(None)
        await link.send(0, snapshot, s=2, t="GUILD_CREATE")
        await until_seq(pool, 2)

    assert await stays(pool) == [HERE]


async def test_snapshot_takes_names_from_its_member_list(gateway: ScriptedGateway, pool: Pool) -> None:
    member = {"user": {"id": str(ANA), "username": "ana", "global_name": "Ana"}, "nick": "An"}
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        state = {"user_id": str(ANA), "channel_id": str(ROOM), "session_id": "v"}
        await link.send(0, guild_create(state, members=[member]), s=2, t="GUILD_CREATE")
        await until_seq(pool, 2)

    async with pool.connection() as conn:
        row = await (await conn.execute("SELECT global_name, nick FROM users JOIN members USING (user_id)")).fetchone()
    assert row == ("Ana", "An")


async def test_second_snapshot_on_the_same_connection_loses_nothing(gateway: ScriptedGateway, pool: Pool) -> None:
    state = {"user_id": str(ANA), "channel_id": str(ROOM), "session_id": "v"}
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await link.send(0, guild_create(state), s=2, t="GUILD_CREATE")
        await link.send(0, guild_create(state), s=3, t="GUILD_CREATE")
        await until_seq(pool, 3)

    assert await stays(pool) == [HERE]


async def test_outage_cuts_sessions_until_a_snapshot_and_removal_ends_them(
    gateway: ScriptedGateway, pool: Pool
) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await link.voice(2, ROOM)
        await link.send(0, {"id": str(GUILD), "unavailable": True}, s=3, t="GUILD_DELETE")
        await until_seq(pool, 3)
        during = await stays(pool)
        await link.send(0, guild_create(voice_state(ROOM)), s=4, t="GUILD_CREATE")
        await until_seq(pool, 4)
        back = await stays(pool)
        await link.send(0, {"id": str(GUILD)}, s=5, t="GUILD_DELETE")
        await until_seq(pool, 5)
        after = await stays(pool)

    assert [(stay.is_open, stay.is_estimated) for stay in during] == [(False, True)]
    assert [(stay.is_open, stay.is_estimated) for stay in back] == [(True, True)]
    assert [stay.is_open for stay in after] == [False]


async def test_guild_and_channel_changes_are_recorded(gateway: ScriptedGateway, pool: Pool) -> None:
    room = {"id": str(ROOM), "guild_id": str(GUILD), "type": 2, "name": "Quiet"}
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await link.send(0, guild_create(), s=2, t="GUILD_CREATE")
        await link.send(0, {"id": str(GUILD), "name": "Renamed", "afk_channel_id": str(ROOM)}, s=3, t="GUILD_UPDATE")
        await link.send(0, room, s=4, t="CHANNEL_UPDATE")
        await link.send(0, room | {"type": 0}, s=5, t="CHANNEL_UPDATE")
        await link.send(0, room | {"id": str(OTHER_ROOM)}, s=6, t="CHANNEL_DELETE")
        await until_seq(pool, 6)

    async with pool.connection() as conn:
        guild = await (await conn.execute("SELECT name, afk_channel_id FROM guilds")).fetchone()
        rooms = await (await conn.execute("SELECT name FROM channels WHERE channel_id = %s", [ROOM])).fetchall()
    assert guild == ("Renamed", ROOM)
    assert rooms == [("Quiet",)]


async def test_replayed_join_counts_from_the_beginning_of_the_gap(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await until_seq(pool, 1)
        gap = Clock().now()
        await link.close(4000)
        again = await gateway.accept()
        await again.hello()
        await again.expect(6)
        await asyncio.sleep(1.2)
        await again.voice(2, ROOM)
        await again.send(0, {}, s=3, t="RESUMED")
        await again.voice(4, ROOM, user=BEN)
        await until_seq(pool, 4)

    (_, late, _), (_, prompt, _) = await spans(pool)
    assert [stay.is_estimated for stay in await stays(pool)] == [True, False]
    assert late - gap < timedelta(seconds=1)
    assert prompt > late


async def test_new_session_counts_nothing_unheard(gateway: ScriptedGateway, pool: Pool) -> None:
    state = {"user_id": str(ANA), "channel_id": str(OTHER_ROOM), "session_id": "v"}
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await link.voice(2, ROOM)
        await link.voice(3, ROOM, user=BEN)
        await until_seq(pool, 3)
        lost = Clock().now()
        await link.close(4009)
        again = await gateway.accept()
        await asyncio.sleep(1.2)
        await again.greet("second")
        await again.send(0, guild_create(state), s=2, t="GUILD_CREATE")
        await until_seq(pool, 2, session="second")

    before, bens, after = await spans(pool)
    assert before[2] == bens[2]
    assert before[2] is not None
    assert before[2] - lost < timedelta(seconds=1)
    assert (after[0], after[2]) == (ANA, None)
    assert after[1] - before[2] >= timedelta(seconds=1)


@pytest.mark.parametrize("compression", ["zlib-stream", "zstd-stream"])
async def test_stream_compression_is_undone(compression: str, gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool, compression=compression):
        link = await gateway.accept()
        await _send_compressed(link, compression)
        await until_seq(pool, 30)

    assert link.query["compress"] == compression
    assert await stays(pool) == [HERE]


async def test_binary_frames_without_compression_are_understood(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.socket.send(b'{"op":10,"d":{"heartbeat_interval":41250}}')
        await link.expect(2)


async def test_no_compression_is_asked_for_when_none_is_wanted(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool, compression=None):
        link = await gateway.accept()
        await link.greet()

    assert "compress" not in link.query


def test_waits_grow_to_a_bound_and_are_cut_by_chance() -> None:
    backoff = Backoff(1.0, 60.0)

    assert [backoff.wait_s(failures, 1.0) for failures in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff.wait_s(10_000, 0.0) == 30


async def test_full_queue_makes_the_socket_wait_and_loses_nothing(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool, queue_rows=5) as listener:
        link = await gateway.accept()
        await link.greet()
        for number in range(200):
            await link.voice(2 + number, ROOM if number % 2 else OTHER_ROOM, user=ANA + number // 2)
        await until_seq(pool, 201)
        assert not listener.shard.done()

    assert len(await stays(pool)) == 100


async def test_shard_and_position_of_another_shard_stay_apart(pool: Pool, gateway: ScriptedGateway) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await until_seq(pool, 1)

    with pytest.raises(AssertionError):
        await position(pool, (0, 2))


async def _send_compressed(link: Link, compression: str) -> None:
    deflate, stream = zlib.compressobj(), zstandard.ZstdCompressor().compressobj()

    async def send(op: int, d: object, s: int | None = None, t: str | None = None) -> None:
        data = msgspec.json.encode({"op": op, "d": d, "s": s, "t": t})
        if compression == "zlib-stream":
            whole = deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH)
            await link.socket.send(whole[:10])  # Discord may split a message; the zlib suffix marks its end
            await link.socket.send(whole[10:])
        else:
            await link.socket.send(stream.compress(data) + stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK))

    await send(10, {"heartbeat_interval": 41250})
    await link.expect(2)
    await send(0, {"session_id": "first"}, 1, "READY")
    for number in range(2, 30):
        await send(0, {"filler": "x" * number}, number, "SOMETHING")
    state = {"guild_id": str(GUILD), "user_id": str(ANA), "channel_id": str(ROOM), "session_id": "v"}
    await send(0, state, 30, "VOICE_STATE_UPDATE")


async def test_resumed_without_a_number_of_its_own_goes_on(gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool) as running:
        link = await gateway.accept()
        await link.greet()
        await link.voice(2, ROOM)
        await until_seq(pool, 2)
        await link.close(4000)
        again = await gateway.accept()
        await again.hello()
        await again.expect(6)

        await again.send(0, {}, s=2, t="RESUMED")
        await again.voice(3, None)
        await until_seq(pool, 3)

        assert running.recorder.received_until is None


async def test_guild_without_a_number_for_its_id_costs_the_connection_alone(
    gateway: ScriptedGateway, pool: Pool
) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.hello()
        await link.expect(2)
        await link.ready(guilds=[{"id": "mine"}])

        again = await gateway.accept()
        await again.greet()
        await until_seq(pool, 1)


async def test_gateway_that_lets_us_in_and_throws_us_out_is_not_hammered(
    gateway: ScriptedGateway, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[int] = []

    def note(_backoff: Backoff, failures: int, _chance: float) -> float:
        waited.append(failures)
        return 0.0

    monkeypatch.setattr(Backoff, "wait_s", note)
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await until_seq(pool, 1)
        for _ in range(4):
            await link.close(4000)
            link = await gateway.accept()
            await link.hello()
            await link.expect(6)
            await link.send(0, {}, s=2, t="RESUMED")
            await link.send(1)
            await link.expect(1)

    assert waited == [1, 2, 3]  # the first failure is retried without delay


@pytest.mark.parametrize("op", [11, 7])
async def test_frame_from_before_a_long_sleep_proves_nothing(op: int, gateway: ScriptedGateway, pool: Pool) -> None:
    clock = SleptClock()
    async with following(gateway.url, pool, clock=clock) as listener:
        link = await gateway.accept()
        await link.greet()
        await link.voice(2, ROOM)
        await until_seq(pool, 2)
        asleep_at = clock.now()
        clock.slept_s = 8 * 3600
        await link.send(op)
        again = await gateway.accept()
        await again.hello()
        resume = await again.expect(6)
        heard_until = listener.recorder.received_until

    assert resume["seq"] == 2
    assert heard_until
    assert heard_until <= asleep_at


async def test_own_pause_is_no_sleep(gateway: ScriptedGateway, pool: Pool) -> None:
    clock = SleptClock()
    async with following(gateway.url, pool, clock=clock, queue_rows=1) as listener:
        link = await gateway.accept()
        await link.greet()
        await until_seq(pool, 1)
        async with pool.connection() as conn:
            await conn.execute("SELECT 1 FROM gateway_sessions FOR UPDATE")
            for number in range(2, 6):
                await link.voice(number, ROOM, user=ANA + number)
                await asyncio.sleep(0.1)
            assert listener.recorder.is_full
            clock.slept_s = 600
        await until_seq(pool, 5)
        await link.expect(1)
        assert listener.recorder.received_until
        await link.send(11)
        async with asyncio.timeout(PATIENCE_S):
            while listener.recorder.received_until:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)

        assert len(gateway.links) == 1


async def test_frames_that_waited_for_the_database_are_estimated_until_a_heartbeat_is_answered(
    gateway: ScriptedGateway, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway_listener.session.connection.STALL_S", 0.3)
    async with following(gateway.url, pool, queue_rows=1) as listener:
        link = await gateway.accept()
        await link.greet()
        await until_seq(pool, 1)
        async with pool.connection() as conn:
            await conn.execute("SELECT 1 FROM gateway_sessions FOR UPDATE")
            for number in range(2, 8):
                await link.voice(number, ROOM, user=ANA + number)
            await asyncio.sleep(1)
        await link.expect(1)
        await until_seq(pool, 7)
        await link.send(11)
        async with asyncio.timeout(PATIENCE_S):
            while listener.recorder.received_until:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)
        await link.voice(8, ROOM, user=ANA + 8)
        await until_seq(pool, 8)

    doubted = {stay.user - ANA: stay.is_estimated for stay in await stays(pool)}
    assert (doubted[2], doubted[7], doubted[8]) == (False, True, False)


async def test_ack_of_an_earlier_heartbeat_does_not_end_a_pause(gateway: ScriptedGateway, pool: Pool) -> None:
    clock = SleptClock()
    async with following(gateway.url, pool, clock=clock) as listener:
        link = await gateway.accept()
        await link.greet()
        await until_seq(pool, 1)
        await link.send(1)
        assert (await link.next())["op"] == 1
        clock.slept_s = 20
        await link.send(0, {}, s=2, t="SOMETHING")
        assert (await link.next())["op"] == 1
        await link.send(11)
        await link.voice(3, ROOM)
        await until_seq(pool, 3)
        assert listener.recorder.received_until
        await link.send(11)
        await link.voice(4, ROOM, user=BEN)
        await until_seq(pool, 4)

    assert {stay.user: stay.is_estimated for stay in await stays(pool)} == {ANA: True, BEN: False}
