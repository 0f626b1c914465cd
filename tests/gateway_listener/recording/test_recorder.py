import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from core.clock import Clock
from core.ids import ChannelId, GuildId, UserId
from db.connection import Pool
from db.queries.gateway.positions import Position, find_position, set_position, try_lock_shard
from gateway_listener.recording.recorder import Recorder, ShardLocked, ShardLost
from gateway_listener.recording.records import Cursor, Record, SessionKey
from services.voice.gateway_events import VoiceState
from tests.gateway_listener.rows import Stay, position, stays, until_seq
from tests.gateway_listener.scripted import (
    ANA,
    GUILD,
    OTHER_ROOM,
    ROOM,
    Link,
    ScriptedGateway,
    SleptClock,
    following,
)

KEY = SessionKey("first")


class HastyClock(Clock):
    """The real clock, with very short timeouts and sleeps."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 600)


async def test_events_wait_while_the_database_is_away(
    gateway: ScriptedGateway, pool: Pool, server_url: str, database_url: str
) -> None:
    name = sql.Identifier(urlsplit(database_url).path[1:])
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        await link.voice(2, ROOM)
        await until_seq(pool, 2)
        with psycopg.connect(server_url, autocommit=True) as admin:
            admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [urlsplit(database_url).path[1:]],
            )
            for number in range(50):
                await link.voice(3 + number, ROOM, user=ANA + 1 + number)
            await link.send(1)
            heartbeat = await link.next()
            admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))
        await until_seq(pool, 52)

    assert heartbeat == {"op": 1, "d": 2}
    assert len(await stays(pool)) == 51


@pytest.mark.parametrize("wrong", ["user", "room"])  # rejected by the first statement of a batch, or by the last
async def test_event_that_cannot_be_written_is_left_out_alone(wrong: str, gateway: ScriptedGateway, pool: Pool) -> None:
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        for number in range(20):
            user, room = ANA + number, ROOM
            if number == 11:
                user, room = (7, room) if wrong == "user" else (user, 7)
            await link.voice(2 + number, room, user=user)
        await until_seq(pool, 21)

    assert [stay.user for stay in await stays(pool)] == [ANA + number for number in range(20) if number != 11]


async def test_writer_has_its_turn_while_there_is_always_more_to_read(pool: Pool) -> None:
    recorder = Recorder(pool, Clock(), queue_rows=10_000_000)
    writer = asyncio.create_task(recorder.run())
    await recorder.start()

    for seq in range(1, 2_000_000):
        await recorder.add(_joined(seq, ANA))
        if recorder.committed_seq(KEY):
            break
    writer.cancel()

    assert recorder.committed_seq(KEY)


async def test_who_lost_the_shard_writes_nothing_more(pool: Pool, database_url: str) -> None:
    recorder = Recorder(pool, Clock())
    writer = asyncio.create_task(recorder.run())
    await recorder.start()
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as other:
        taking = asyncio.create_task(_take_over(other))
        await asyncio.sleep(0.1)
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as admin:
            await admin.execute(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE application_name = 'lyceum' AND datname = current_database()"""
            )
        await taking
        recorder.on_live()
        await recorder.add(_joined(1, ANA))

        with pytest.raises(ShardLost):
            await asyncio.wait_for(writer, 5)

    assert await stays(pool) == []


async def test_second_listener_takes_over_where_the_first_one_ended(pool: Pool, database_url: str) -> None:
    async with Pool(database_url) as other_pool:
        first = Recorder(pool, Clock())
        first_writer = asyncio.create_task(first.run())
        await first.start()
        await first.add(_joined(1, ANA))
        first.on_live()
        await until_seq(pool, 1)
        with pytest.raises(ShardLocked):
            await Recorder(other_pool, Clock()).run()
        first.finish()
        await first_writer
        await pool.close()

        taken_up = await _take_up(other_pool)

    assert taken_up is not None
    assert (taken_up.session_id, taken_up.seq) == ("first", 1)


async def test_what_waits_is_written_before_the_end(pool: Pool) -> None:
    recorder = Recorder(pool, Clock(), batch_rows=3)
    for number in range(10):
        await recorder.add(_joined(number, ANA + number))
    recorder.finish()

    await asyncio.wait_for(recorder.run(), 5)

    assert (await position(pool)).seq == 9
    assert len(await stays(pool)) == 10


async def test_moment_is_only_vouched_for_while_something_is_heard(pool: Pool) -> None:
    now = Clock().now()
    recorder = Recorder(pool, Clock())
    writer = asyncio.create_task(recorder.run())
    await recorder.start()
    recorder.on_live()
    recorder.on_disconnect(now - timedelta(minutes=5))
    await recorder.add(_joined(1, ANA))
    while_lost = await until_seq(pool, 1)
    recorder.on_live()
    recorder.skip(Cursor(KEY, 2, now))
    afterwards = await until_seq(pool, 2)
    writer.cancel()

    assert while_lost.heartbeat_at == now - timedelta(minutes=5)
    assert afterwards.heartbeat_at >= now


async def test_quiet_time_before_a_loss_counts_as_heard(pool: Pool) -> None:
    now = Clock().now()
    recorder = Recorder(pool, Clock())
    writer = asyncio.create_task(recorder.run())
    await recorder.start()
    recorder.on_live()
    recorder.skip(Cursor(KEY, 1, now - timedelta(hours=1)))
    await until_seq(pool, 1)
    recorder.on_disconnect(now)
    await recorder.confirm(patience_s=5)
    writer.cancel()

    assert (await position(pool)).heartbeat_at == now


async def test_position_of_a_shard_is_kept_per_shard_count(pool: Pool) -> None:
    given = Position("a", None, 0, Clock().now())
    async with pool.connection() as conn:
        await set_position(conn, given, shard=(1, 2))
        await set_position(conn, given, shard=(1, 2))

        assert await find_position(conn, shard=(1, 2)) == given
        assert await find_position(conn, shard=(1, 3)) is None


async def test_shard_has_one_owner(pool: Pool) -> None:
    async with pool.connection() as one, pool.connection() as two:
        assert await try_lock_shard(one, shard=3)
        assert not await try_lock_shard(two, shard=3)
        assert await try_lock_shard(two, shard=4)


async def test_quiet_shard_is_vouched_for_and_open_sessions_are_credited(pool: Pool, tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock.json")
    clock.set_speed(rate=600)
    recorder = Recorder(pool, clock)
    writer = asyncio.create_task(recorder.run())
    await recorder.start()
    await recorder.add(_joined(1, ANA, clock.now()))
    recorder.on_live()
    began = (await until_seq(pool, 1)).heartbeat_at
    await _until_credited(pool)
    writer.cancel()

    assert (await position(pool)).heartbeat_at - began > timedelta(seconds=60)


async def test_batch_is_tried_again_when_the_database_is_busy(pool: Pool, database_url: str) -> None:
    hurried = f"{database_url}{'&' if '?' in database_url else '?'}options=-c%20lock_timeout%3D50ms"
    async with pool.connection() as conn:
        await set_position(conn, Position("first", None, 0, Clock().now()), shard=(0, 1))
    async with Pool(hurried, application_name="hurried") as impatient:
        recorder = Recorder(impatient, Clock())
        writer = asyncio.create_task(recorder.run())
        await recorder.start()
        async with pool.connection() as conn:
            await conn.execute("SELECT 1 FROM gateway_sessions FOR UPDATE")
            await recorder.add(_joined(1, ANA))
            await asyncio.sleep(0.3)
            assert recorder.committed_seq(KEY) == 0
        await until_seq(pool, 1)
        assert not writer.done()
        writer.cancel()

    assert len(await stays(pool)) == 1


async def test_batch_is_not_written_twice_when_only_the_answer_was_lost(pool: Pool, database_url: str) -> None:
    async with pool.connection() as conn:
        await set_position(conn, Position("first", None, 0, Clock().now()), shard=(0, 1))
    async with Pool(database_url, application_name="unlucky") as unlucky:
        recorder = Recorder(unlucky, Clock())
        writer = asyncio.create_task(recorder.run())
        await recorder.start()
        async with pool.connection() as conn:  # simulates a commit whose response was lost
            await set_position(conn, Position("first", None, 1, Clock().now()), shard=(0, 1))
            await recorder.add(_joined(1, ANA))
            await asyncio.sleep(0.2)
            await conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'unlucky'"
            )
        await recorder.add(_joined(2, ANA + 1))
        await until_seq(pool, 2)
        writer.cancel()

    assert [stay.user for stay in await stays(pool)] == [ANA + 1]


async def test_nothing_is_dropped_when_the_schema_is_not_ours(empty_database_url: str) -> None:
    async with Pool(empty_database_url) as strange:
        with pytest.raises(psycopg.errors.UndefinedTable):
            await asyncio.wait_for(Recorder(strange, Clock()).run(), 5)


@pytest.mark.parametrize("seed", range(3))
async def test_log_cut_anywhere_gives_the_same_stays(seed: int, gateway: ScriptedGateway, pool: Pool) -> None:
    chance = Random(seed)
    log = [(ANA + chance.randrange(12), chance.choice([ROOM, OTHER_ROOM, None])) for _ in range(120)]
    last = dict(log)
    async with following(gateway.url, pool):
        link = await gateway.accept()
        await link.greet()
        sent = 0
        while sent < len(log):
            for _ in range(chance.randrange(1, 40)):
                if sent < len(log):
                    await _tell(link, log, sent)
                    sent += 1
            await link.close(4000)
            link = await gateway.accept()
            await link.hello()
            known = (await link.expect(6))["seq"]
            for number in range(max(known - 1 - chance.randrange(5), 0), sent):
                await _tell(link, log, number)
            await link.send(0, {}, t="RESUMED")
        await until_seq(pool, len(log) + 1)

    found = {stay.user: stay.channel for stay in await stays(pool) if stay.is_open}
    assert found == {user: channel for user, channel in last.items() if channel}
    assert all(isinstance(stay, Stay) for stay in await stays(pool))


async def _until_credited(pool: Pool) -> int:
    for _ in range(250):
        async with pool.connection() as conn:
            row = await (await conn.execute("SELECT sum(counted_seconds) FROM voice_sessions")).fetchone()
        if row and row[0]:
            return row[0]
        await asyncio.sleep(0.02)
    raise AssertionError("nothing was ever credited")


async def _tell(link: Link, log: list[tuple[int, int | None]], number: int) -> None:
    user, channel = log[number]
    await link.voice(number + 2, channel, user=user)


async def _take_up(pool: Pool) -> Position | None:
    """The position that the next listener reads once the shard's lock is free."""
    for _ in range(100):
        recorder = Recorder(pool, Clock())
        writer = asyncio.create_task(recorder.run())
        starting = asyncio.create_task(recorder.start())
        await asyncio.wait([writer, starting], return_when=asyncio.FIRST_COMPLETED, timeout=5)
        if starting.done():
            recorder.finish()
            await writer
            return starting.result()
        starting.cancel()
        assert isinstance(writer.exception(), ShardLocked)
        await asyncio.sleep(0.02)
    raise AssertionError("the shard never came free")


async def _take_over(conn: psycopg.AsyncConnection) -> None:
    """Wait for the shard's lock and write a position once it is free."""
    await conn.execute("SELECT pg_advisory_lock(%s::int, 0)", [0x4C79])
    await set_position(conn, Position("other", None, 5, Clock().now()), shard=(0, 1))


def _joined(seq: int, user: int, at: datetime | None = None) -> Record:
    at = at or Clock().now()
    state = VoiceState(GuildId(GUILD), UserId(user), ChannelId(ROOM), 0, "v", at)
    return Record(Cursor(KEY, seq, at), state)


@pytest.mark.parametrize("is_lost", [False, True])
async def test_time_in_which_nothing_was_heard_is_not_vouched_for(is_lost: bool, pool: Pool) -> None:  # noqa: FBT001
    clock = SleptClock()
    recorder = Recorder(pool, clock)
    writer = asyncio.create_task(recorder.run())
    await recorder.start()
    await recorder.add(_joined(1, ANA))
    recorder.on_live(needs_frames=True)
    heard_at = clock.now()
    await until_seq(pool, 1)

    clock.slept_s = 8 * 3600.0
    if is_lost:
        recorder.on_disconnect(clock.now())
    await recorder.confirm(patience_s=5)
    asleep = await position(pool)
    recorder.on_live(needs_frames=True)
    recorder.on_frame(clock.now())
    await recorder.confirm(patience_s=5)
    awake = await position(pool)
    writer.cancel()

    assert asleep.heartbeat_at <= heard_at
    assert clock.now() - awake.heartbeat_at < timedelta(seconds=5)


async def test_position_that_cannot_be_written_ends_the_writer(pool: Pool) -> None:
    recorder = Recorder(pool, Clock())
    writer = asyncio.create_task(recorder.run())
    await recorder.start()

    recorder.skip(Cursor(SessionKey("first"), 2**70, Clock().now()))
    recorder.on_live()

    with pytest.raises(psycopg.Error):
        await asyncio.wait_for(writer, 20)


async def test_nothing_is_credited_past_the_last_frame(pool: Pool) -> None:
    joined = Clock().now() - timedelta(minutes=20)
    recorder = Recorder(pool, HastyClock())
    writer = asyncio.create_task(recorder.run())
    await recorder.start()
    await recorder.add(_joined(1, ANA, joined))
    recorder.on_frame(joined + timedelta(minutes=18))
    recorder.on_live(needs_frames=True)
    credited_s = await _until_credited(pool)
    vouched = (await position(pool)).heartbeat_at
    writer.cancel()

    assert credited_s == 18 * 60
    assert vouched - joined == timedelta(minutes=18)
