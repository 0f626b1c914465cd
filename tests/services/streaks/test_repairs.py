import asyncio
from datetime import timedelta

import pytest

from core.ids import UserId
from db.connection import Connection, Pool
from services.streaks import repairs
from services.streaks.repairs import (
    NothingToRepair,
    RepairAlreadyRequested,
    RepairedRecently,
    RepairNotPossibleForDay,
    RepairOffer,
)
from tests.populate import ANA, LYCEUM
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


async def ask(conn: Connection, number: int, *, of: int | None = None) -> RepairOffer:
    return await repairs.request_repair(
        conn, guild=LYCEUM, user=ANA, now=noon(number), day=None if of is None else day(of)
    )


async def test_two_active_days_after_the_missed_one_mend_the_run(conn: Connection) -> None:
    await begin(conn, *range(5))
    offer = await ask(conn, 6)
    await be_active(conn, [6])
    halfway = await current_days(conn, noon(6))
    await be_active(conn, [7])

    assert offer == RepairOffer(day(5), 5, (day(6), day(7)), (), noon(7) + HALF, is_requested=True, possible_on=None)
    assert halfway == 1
    assert await current_days(conn, noon(7)) == 7
    assert await protections(conn) == {5: "repair"}


async def test_a_repair_asked_for_when_both_days_are_active_is_done_at_once(conn: Connection) -> None:
    await begin(conn, *range(5), 6, 7)
    before = await current_days(conn, noon(7))

    offer = await ask(conn, 7, of=5)

    assert offer.is_done
    assert (before, await current_days(conn, noon(7))) == (2, 7)


async def test_without_being_asked_for_nothing_is_repaired(conn: Connection) -> None:
    await begin(conn, *range(5), 6, 7)
    await close(conn, noon(9))

    assert await protections(conn) == {}


async def test_one_active_day_is_not_enough(conn: Connection) -> None:
    await begin(conn, *range(5))
    await ask(conn, 6)
    await be_active(conn, [6, 8])
    await close(conn, noon(9))

    assert await protections(conn) == {}


@pytest.mark.parametrize(("number", "possible"), [(5, False), (6, True), (7, False), (8, False)])
async def test_a_repair_is_possible_in_the_two_days_after(conn: Connection, number: int, *, possible: bool) -> None:
    await begin(conn, *range(5))

    assert ((await look(conn, noon(number))).repair is not None) == possible
    if not possible:
        with pytest.raises(NothingToRepair):
            await ask(conn, number)


async def test_with_the_first_day_active_the_second_may_still_come(conn: Connection) -> None:
    await begin(conn, *range(5), 6)

    offer = (await look(conn, noon(7))).repair

    assert offer is not None
    assert (offer.missed_on, offer.active_on) == (day(5), (day(6),))
    later = (await look(conn, noon(7) + HALF)).repair
    assert later is not None
    assert (later.missed_on, later.streak_days) == (day(7), 1)


async def test_another_date_than_the_one_that_can_be_repaired_is_refused(conn: Connection) -> None:
    await begin(conn, *range(5))

    with pytest.raises(RepairNotPossibleForDay) as refused:
        await ask(conn, 6, of=2)

    assert refused.value.day == day(5)


async def test_what_a_freeze_saves_needs_no_repair(conn: Connection) -> None:
    await begin(conn, *range(7))

    with pytest.raises(NothingToRepair):
        await ask(conn, 8)


async def test_a_run_is_repaired_once_in_thirty_days(conn: Connection) -> None:
    await begin(conn, 0, 2, 3)
    await ask(conn, 3)
    await be_active(conn, [29])

    with pytest.raises(RepairedRecently) as refused:
        await ask(conn, 31)

    await be_active(conn, [30, 31, 32])
    await be_active(conn, [34, 35])
    assert refused.value.possible_on == day(31)
    assert (await ask(conn, 35)).is_done
    assert await protections(conn) == {1: "repair", 33: "repair"}


async def test_two_repairs_near_each_other_never_both_come_true(conn: Connection) -> None:
    """The first failed, so the second was allowed; then late activity for a day of the first arrives."""
    await begin(conn, 0)
    await ask(conn, 2)
    await be_active(conn, [2, 5, 7, 8])
    await ask(conn, 8)
    await be_active(conn, [3])

    assert await protections(conn) == {6: "repair"}


async def test_a_repair_is_asked_for_once(conn: Connection) -> None:
    await begin(conn, *range(5))
    await close(conn, noon(6))
    await ask(conn, 6)

    with pytest.raises(RepairAlreadyRequested) as refused:
        await ask(conn, 6)

    assert refused.value.until == noon(7) + HALF
    assert await missed(conn) == {5: (5, False, False)}


async def test_a_missed_date_told_late_needs_no_repair_any_more(conn: Connection) -> None:
    await begin(conn, *range(5))
    await ask(conn, 6)
    await be_active(conn, [5, 6, 7])

    assert await protections(conn) == {}
    assert await current_days(conn, noon(7)) == 8


async def test_two_hundred_at_once_repair_once(database_url: str) -> None:
    async with Pool(database_url, max_size=20, wait_s=60) as pool:
        await _race(pool)


async def _race(pool: Pool) -> None:
    async with pool.connection() as conn:
        await begin(conn, *range(5), 6, 7)

    async def press() -> bool:
        try:
            async with pool.connection() as conn:
                return (await repairs.request_repair(conn, guild=LYCEUM, user=UserId(ANA), now=noon(7))).is_done
        except (RepairAlreadyRequested, NothingToRepair):
            return False

    done = await asyncio.gather(*(press() for _ in range(200)))

    async with pool.connection() as conn:
        assert sum(done) == 1
        assert await protections(conn) == {5: "repair"}
        assert await rows(conn, "SELECT current_days FROM streaks") == [(7,)]
        assert await missed(conn) == {5: (5, False, False)}
