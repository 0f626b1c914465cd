from datetime import timedelta

import pytest

from core.ids import UserId
from db.connection import Connection, Pool
from services.members.lock import MemberNotFound
from services.streaks import cache, freezes, vacations
from services.streaks.freezes import SETTLES_AFTER, FreezesAreOff, FreezesAreOn, process_ended_days, set_automatic
from services.timezones import changes
from tests.populate import ANA, BEN, LYCEUM, add_member
from tests.services.streaks.freeze_scenarios import (
    be_active,
    begin,
    close,
    current_days,
    day,
    look,
    missed,
    noon,
    protections,
)
from tests.services.voice.voice_log import rows

HALF = timedelta(hours=12)


async def test_a_missed_date_is_frozen_when_it_has_ended_and_settled(conn: Connection) -> None:
    await begin(conn, *range(7))

    early = [
        await process_ended_days(conn, now=at)
        for at in (noon(7), noon(7) + HALF + SETTLES_AFTER - timedelta(seconds=1))
    ]
    done = await process_ended_days(conn, now=noon(7) + HALF + SETTLES_AFTER)

    assert (early, done) == ([0, 0], 1)
    assert await protections(conn) == {7: "freeze"}
    assert await missed(conn) == {7: (7, True, False)}


async def test_one_freeze_saves_one_date_and_the_run_rests_after_it(conn: Connection) -> None:
    await begin(conn, *range(7))

    await close(conn, noon(60))

    assert await protections(conn) == {7: "freeze"}
    assert await missed(conn) == {7: (7, True, False), 8: (7, False, False)}
    assert await current_days(conn, noon(8)) == 7
    assert await current_days(conn, noon(9)) == 0
    assert await rows(conn, "SELECT held, due_at FROM freezes") == [(0, None)]


async def test_doing_it_twice_does_nothing_twice(conn: Connection) -> None:
    await begin(conn, *range(14))
    await close(conn, noon(15))
    before = await protections(conn), await missed(conn)

    assert await process_ended_days(conn, now=noon(15)) == 0
    assert (await protections(conn), await missed(conn)) == before == ({14: "freeze"}, {14: (14, True, False)})


async def test_the_run_stands_before_the_clock_has_come_to_it(conn: Connection) -> None:
    """A streak is not shown as ended while the worker is late, by minutes or days."""
    await begin(conn, *range(7))

    status = await look(conn, noon(8))

    assert await current_days(conn, noon(8)) == 7
    assert (status.held, status.saved_on) == (0, (day(7),))


async def test_after_days_without_a_worker_dates_are_worked_in_their_order(conn: Connection) -> None:
    """A freeze earned after a missed day is not used for it; a freeze held on that day is."""
    await begin(conn, *range(7))
    await be_active(conn, [8, 9])
    await be_active(conn, range(11, 18))

    await close(conn, noon(19))

    assert await protections(conn) == {7: "freeze", 18: "freeze"}
    assert await missed(conn) == {7: (7, True, False), 10: (9, False, False), 18: (7, True, False)}


async def test_a_frozen_date_does_not_add_to_the_count(conn: Connection) -> None:
    await begin(conn, *range(7))
    await close(conn, noon(8))
    await be_active(conn, [8])

    assert await current_days(conn, noon(8)) == 8


async def test_activity_told_late_gives_the_freeze_back_and_says_so(conn: Connection) -> None:
    await begin(conn, *range(7))
    await close(conn, noon(8))
    await be_active(conn, [7])

    status = await look(conn, noon(8))

    assert (status.held, status.late_on, status.saved_on) == (1, (day(7),), ())
    assert await protections(conn) == {}
    assert await missed(conn) == {7: (7, True, True)}
    assert await current_days(conn, noon(8)) == 8
    assert (await look(conn, noon(15))).late_on == ()


async def test_activity_told_late_joins_a_run_that_had_ended(conn: Connection) -> None:
    await begin(conn, 0, 1, 2, 4)
    await close(conn, noon(5))
    await be_active(conn, [3])

    assert await current_days(conn, noon(5)) == 5
    assert (await look(conn, noon(5))).late_on == (day(3),)


async def test_a_freeze_that_comes_back_saves_the_next_date_that_lacked_one(conn: Connection) -> None:
    await begin(conn, *range(7))
    await close(conn, noon(9))
    await be_active(conn, [7])
    await close(conn, noon(9))

    assert await protections(conn) == {8: "freeze"}
    assert await missed(conn) == {7: (7, True, True), 8: (8, True, False)}
    assert await current_days(conn, noon(9)) == 8


async def test_switched_off_no_freeze_is_used_and_what_ended_before_is_as_it_was(conn: Connection) -> None:
    await begin(conn, *range(14))

    off = await set_automatic(
        conn, guild=LYCEUM, user=ANA, is_on=False, now=noon(15)
    )  # day 14 was missed, and is not processed yet
    await close(conn, noon(17))

    assert (off.is_on, off.held) == (False, 1)
    assert await protections(conn) == {14: "freeze"}
    assert await missed(conn) == {14: (14, True, False), 15: (14, False, False)}
    assert (await look(conn, noon(17))).held == 1


async def test_switched_on_again_freezes_are_used_from_that_day_on(conn: Connection) -> None:
    await begin(conn, *range(7))
    await set_automatic(conn, guild=LYCEUM, user=ANA, is_on=False, now=noon(6))
    with pytest.raises(FreezesAreOff):
        await set_automatic(conn, guild=LYCEUM, user=ANA, is_on=False, now=noon(6))
    await set_automatic(conn, guild=LYCEUM, user=ANA, is_on=True, now=noon(6) + timedelta(hours=1))
    with pytest.raises(FreezesAreOn):
        await set_automatic(conn, guild=LYCEUM, user=ANA, is_on=True, now=noon(6) + timedelta(hours=2))

    await close(conn, noon(8))
    assert await protections(conn) == {7: "freeze"}


async def test_a_stranger_has_nothing_to_switch(conn: Connection) -> None:
    await begin(conn)

    with pytest.raises(MemberNotFound):
        await set_automatic(conn, guild=LYCEUM, user=BEN, is_on=False, now=noon(0))


async def test_status_counts_the_days_towards_the_next_freeze(conn: Connection) -> None:
    await begin(conn, *range(10))

    assert (await look(conn, noon(9))).in_a_row == 3
    assert (await look(conn, noon(10))).in_a_row == 3
    assert (await look(conn, noon(11))).in_a_row == 0


async def test_status_of_somebody_without_any_day(conn: Connection) -> None:
    await begin(conn)

    status = await look(conn, noon(0))

    assert (status.held, status.in_a_row, status.is_on, status.saved_on) == (0, 0, True, ())
    assert (status.vacations, status.vacation_left, status.repair) == ((), vacations.LONGEST, None)


async def test_the_day_ends_where_the_member_lives(conn: Connection) -> None:
    await begin(conn, *range(7), zone="Pacific/Honolulu")  # ten hours behind UTC

    before = await process_ended_days(conn, now=noon(8) - timedelta(hours=3))
    after = await process_ended_days(conn, now=noon(8) - timedelta(hours=1, minutes=55))

    assert (before, after) == (0, 1)


async def test_a_day_with_a_clock_change_ends_once(conn: Connection) -> None:
    """The eighth day has 23 hours in New York; it ends at 04:00 UTC, not at 05:00."""
    await begin(conn, *range(-1, 6), zone="America/New_York")  # day 6 is 2026-03-08, the clock change

    before = await process_ended_days(conn, now=noon(7) - timedelta(hours=8))
    after = await process_ended_days(conn, now=noon(7) - timedelta(hours=8) + SETTLES_AFTER)
    again = await process_ended_days(conn, now=noon(7) - timedelta(hours=6))

    assert (before, after, again) == (0, 1, 0)
    assert await protections(conn) == {6: "freeze"}


async def test_a_change_of_zone_moves_the_end_of_the_day(conn: Connection) -> None:
    await begin(conn, *range(7))
    changed = await changes.change_zone(conn, guild=LYCEUM, user=ANA, zone="America/Los_Angeles", now=noon(6))

    before = await process_ended_days(conn, now=noon(8))
    status = await look(conn, noon(8))
    after = await process_ended_days(conn, now=noon(9))

    assert changed.valid_from == noon(6) + timedelta(hours=19)
    assert (before, after) == (1, 1)
    assert status.today == day(8)
    assert await protections(conn) == {7: "freeze"}


async def test_a_batch_takes_those_who_wait_longest(conn: Connection) -> None:
    await begin(conn, *range(8))
    await add_member(conn, BEN, "ben")
    await be_active(conn, range(7), user=BEN)

    counts = [await process_ended_days(conn, now=noon(30), limit=1) for _ in range(4)]

    assert counts == [1, 1, 0, 0]
    assert [row[0] for row in await rows(conn, "SELECT DISTINCT user_id FROM missed_days ORDER BY 1")] == [ANA, BEN]


async def test_two_workers_at_once_do_each_member_once(pool: Pool) -> None:
    people = [UserId(60_000_000 + number) for number in range(40)]
    async with pool.connection() as conn:
        await begin(conn)
        for each in people:
            await add_member(conn, each, "someone")
            await be_active(conn, range(7), user=each)
    async with pool.connection() as first, pool.connection() as second:
        mine = await process_ended_days(first, now=noon(9), limit=25)
        theirs = await process_ended_days(second, now=noon(9), limit=100)

    async with pool.connection() as conn:
        assert (mine, theirs) == (25, 15)
        assert await process_ended_days(conn, now=noon(9)) == 0
        assert await rows(conn, "SELECT count(*), count(DISTINCT user_id) FROM protections") == [(40, 40)]


async def test_a_date_that_nobody_counts_any_more_takes_the_cache_with_it(conn: Connection) -> None:
    await begin(conn, *range(7))
    await conn.execute("DELETE FROM daily_streaks")
    await cache.recompute(conn, [(LYCEUM, ANA)])

    assert await rows(conn, "SELECT * FROM freezes") == []
    assert freezes.BATCH > 1
