from datetime import datetime

import psycopg

from db.connection import Connection
from db.queries.gateway import positions as gateway_position_queries
from db.queries.gateway.positions import Position
from services.voice import recording, stale_shards
from tests.populate import ANA, BEN, LIBRARY
from tests.services.voice.voice_log import after, sessions, state, total

WHOLE = (0, 1)


async def heard_until(conn: Connection, moment: datetime) -> None:
    await gateway_position_queries.set_position(conn, Position("session", "wss://resume", 7, moment), shard=WHOLE)


async def test_a_shard_that_was_just_heard_is_left_alone(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY)])
    await heard_until(conn, after(600))

    assert await stale_shards.close_stale_sessions(conn, now=after(600 + 170)) == 0
    assert await total(conn) == 0


async def test_after_three_quiet_minutes_time_is_credited_up_to_the_last_heartbeat(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY)])
    await heard_until(conn, after(600))

    ended = [await stale_shards.close_stale_sessions(conn, now=after(600 + quiet)) for quiet in (190, 250, 590)]

    assert ended == [0, 0, 0]
    assert await total(conn) == 600
    assert [each[2] for each in await sessions(conn)] == [None]


async def test_after_ten_the_stays_end_there_and_the_next_listener_starts_anew(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY), state(30, LIBRARY, BEN)])
    await heard_until(conn, after(600))

    ended = [await stale_shards.close_stale_sessions(conn, now=after(600 + quiet)) for quiet in (601, 661)]

    position = await gateway_position_queries.find_position(conn, shard=WHOLE)
    assert ended == [2, 0]
    assert (await total(conn, ANA), await total(conn, BEN)) == (600, 570)
    assert {each[2] for each in await sessions(conn)} == {600}
    assert position == Position(None, None, None, after(600))


async def test_a_listener_that_lives_is_never_interfered_with(conn: Connection, quick_url: str) -> None:
    await recording.record(conn, [state(0, LIBRARY)])
    await heard_until(conn, after(600))
    async with await psycopg.AsyncConnection.connect(quick_url) as listener:
        assert await gateway_position_queries.try_lock_shard(listener, shard=0)

        assert await stale_shards.close_stale_sessions(conn, now=after(6000)) == 0
    assert [each[2] for each in await sessions(conn)] == [None]


async def test_a_listener_that_comes_back_waits_until_the_watchdog_is_done(conn: Connection, quick_url: str) -> None:
    await recording.record(conn, [state(0, LIBRARY)])
    await heard_until(conn, after(600))
    await stale_shards.close_stale_sessions(conn, now=after(6000))

    async with await psycopg.AsyncConnection.connect(quick_url) as listener:
        early = await gateway_position_queries.try_lock_shard(listener, shard=0)
        await conn.rollback()
        late = await gateway_position_queries.try_lock_shard(listener, shard=0)

    assert (early, late) == (False, True)


async def test_positions_of_another_number_of_shards_are_history(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY)])
    await heard_until(conn, after(600))
    for shard in (0, 1):
        await gateway_position_queries.set_position(conn, Position("new", None, 1, after(5990)), shard=(shard, 2))

    assert await stale_shards.close_stale_sessions(conn, now=after(6000)) == 0
    assert [each[2] for each in await sessions(conn)] == [None]
