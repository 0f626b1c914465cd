from datetime import date, timedelta

from db.connection import Connection
from services.streaks import cache
from services.voice import open_sessions, recalculation, recording
from tests.populate import ANA, ATRIUM, BEN, ELSEWHERE, LIBRARY, LYCEUM, add_guild, add_member
from tests.services.voice.voice_log import T0, after, rows, segments, sessions, state, total


async def test_settling_credits_open_sessions_up_to_now(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY), state(0, ATRIUM, BEN)])

    counted = await open_sessions.accrue_open_sessions(conn, now=after(600.9))

    assert counted == 2
    assert (await total(conn), await total(conn, BEN)) == (600, 600)


async def test_settling_without_an_open_session_does_nothing(conn: Connection) -> None:
    assert await open_sessions.accrue_open_sessions(conn, now=T0) == 0


async def test_settling_twice_credits_once(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY)])

    for seconds in (59, 60, 60, 100, 90):
        await open_sessions.accrue_open_sessions(conn, now=after(seconds))

    assert await total(conn) == 100


async def test_below_a_minute_nothing_is_credited_and_then_all_of_it(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY)])

    await open_sessions.accrue_open_sessions(conn, now=after(59))
    below = await total(conn)
    await recording.record(conn, [state(59, LIBRARY, flags=1)])
    await open_sessions.accrue_open_sessions(conn, now=after(61))

    assert (below, await total(conn)) == (0, 61)


async def test_settling_stops_where_the_shard_was_last_heard(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY)])
    shard = (LYCEUM >> 22) % 2
    await conn.execute(
        "INSERT INTO gateway_sessions (shard_id, shard_count, heartbeat_at) VALUES (%s, 2, %s)", (shard, after(90))
    )
    await conn.execute(
        "INSERT INTO gateway_sessions (shard_id, shard_count, heartbeat_at) VALUES (%s, 2, %s)", (1 - shard, after(500))
    )

    await open_sessions.accrue_open_sessions(conn, now=after(600))

    assert await total(conn) == 90


async def test_settling_can_be_limited_to_guilds_or_a_shard(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY), state(0, LIBRARY, BEN, guild=ELSEWHERE)])

    await open_sessions.accrue_open_sessions(conn, now=after(100), guilds=[LYCEUM])
    first = (await total(conn), await total(conn, BEN))
    await open_sessions.accrue_open_sessions(
        conn, now=after(200), shard=((ELSEWHERE >> 22) % 1000, 1000), guilds=[ELSEWHERE]
    )

    assert (first, await total(conn), await total(conn, BEN)) == ((100, 0), 100, 200)


async def test_settling_notes_a_press_and_stops_at_the_unattended_cap(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY)])
    await conn.execute("UPDATE members SET last_seen_at = %s", (after(3600),))

    await open_sessions.accrue_open_sessions(conn, now=after(3 * 3600))
    await open_sessions.accrue_open_sessions(conn, now=after(8 * 3600))

    assert await total(conn) == 7 * 3600
    assert await segments(conn) == [(LIBRARY, 0, 0, 3600), (LIBRARY, 0, 3600, None)]


async def test_a_date_that_becomes_active_makes_a_streak(conn: Connection) -> None:
    await add_guild(conn, zone="Asia/Seoul")
    await recording.record(conn, [state(-86400, LIBRARY), state(-86400 + 900, None), state(0, LIBRARY)])

    await open_sessions.accrue_open_sessions(conn, now=after(899))
    before = await rows(conn, "SELECT current_days, longest_days, started_on, last_on FROM streaks")
    await open_sessions.accrue_open_sessions(conn, now=after(900))

    assert before == [(1, 1, date(2026, 3, 17), date(2026, 3, 17))]
    assert await rows(conn, "SELECT current_days, longest_days, started_on, last_on, alive_until FROM streaks") == [
        (2, 2, date(2026, 3, 17), date(2026, 3, 18), T0 + timedelta(hours=27))  # the end of the 19th in Seoul
    ]


async def test_protected_dates_prolong_the_life_of_a_run(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY), state(900, None)])
    await conn.execute("INSERT INTO protections VALUES (%s, %s, '2026-03-19', 'freeze', now())", (LYCEUM, ANA))

    await cache.recompute(conn, [(LYCEUM, ANA)])

    assert await rows(conn, "SELECT current_days, alive_until FROM streaks") == [(1, T0 + timedelta(days=2, hours=12))]


async def test_a_streak_without_dates_is_forgotten(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY), state(900, None)])
    await conn.execute("UPDATE guilds SET study_minutes = 20")

    await cache.recompute(conn, [(LYCEUM, ANA)])
    await cache.recompute(conn, [])

    assert await rows(conn, "SELECT * FROM streaks") == []


async def derived(conn: Connection) -> list[list[tuple[object, ...]]]:
    return [
        await rows(conn, "SELECT * FROM daily_streaks"),
        await rows(conn, "SELECT * FROM guild_member_days"),
        await rows(conn, "SELECT * FROM period_totals ORDER BY period"),
        await rows(conn, "SELECT * FROM streaks"),
    ]


async def test_rebuild_repairs_whatever_was_spoilt(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY), state(900, None), state(2000, ATRIUM), state(2030, None)])
    await recording.record(conn, [state(3000, LIBRARY)])
    await open_sessions.accrue_open_sessions(conn, now=after(4000))
    right = await derived(conn)
    stays = await sessions(conn)
    await conn.execute("UPDATE members SET total_seconds = 7")
    await conn.execute("UPDATE daily_streaks SET seconds = 1")
    await conn.execute("UPDATE streaks SET current_days = 0")
    await conn.execute("DELETE FROM guild_member_days")
    await conn.execute("UPDATE period_totals SET seconds = 5")

    await recalculation.rebuild(conn, LYCEUM, ANA)

    assert await total(conn) == 1900
    assert await sessions(conn) == stays
    assert await derived(conn) == right


async def test_rebuild_of_a_member_without_sessions_leaves_zero(conn: Connection) -> None:
    await add_guild(conn)
    await add_member(conn, ANA, "ana", seconds=500)

    await recalculation.rebuild(conn, LYCEUM, ANA)

    assert await total(conn) == 0
