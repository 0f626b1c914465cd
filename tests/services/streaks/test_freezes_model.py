"""Property tests of freezes against a model: late activity, vacations, zone changes, worker downtime."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from db.connection import Connection
from services.streaks import vacations
from services.streaks.freezes import process_ended_days
from services.timezones import changes
from tests.populate import ANA, LYCEUM
from tests.services.streaks.freeze_scenarios import be_active, begin, close, day, missed, noon, protections
from tests.services.voice.voice_log import rows

pytestmark = pytest.mark.slow

DAYS = 30
ZONES = ("Pacific/Kiritimati", "Asia/Seoul", "Europe/Madrid", "America/New_York", "Pacific/Pago_Pago")
STORY = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def expected(active: set[int], others: dict[int, str], *, until: int) -> dict[int, bool]:
    """The model: for each missed day during a streak, whether a freeze was used, computed day by day."""
    found: dict[int, bool] = {}
    freezes = row = frozen = 0
    alive = False
    for number in range(until):
        if number in active:
            row, frozen, alive = row + 1, 0, True
            if row == 7:
                row, freezes = 0, min(2, freezes + 1)
        elif number in others:
            row = row if others[number] == "travel" else 0
        elif alive:
            alive = found[number] = freezes > 0 and frozen < 2
            freezes, frozen, row = freezes - alive, frozen + alive, 0
        else:
            row = 0
    return found


def longest(active: set[int], protected: set[int]) -> int:
    best = run = 0
    for number in range(DAYS + 1):
        run = run + 1 if number in active else run if number in protected else 0
        best = max(best, run)
    return best


@STORY
@given(
    active=st.sets(st.integers(0, DAYS - 1), min_size=12),
    worker=st.sets(st.integers(0, DAYS)),
    holidays=st.dictionaries(st.integers(0, DAYS), st.integers(1, 8), max_size=3),
    journeys=st.dictionaries(st.integers(0, DAYS), st.sampled_from(ZONES), max_size=3),
)
async def test_whenever_the_worker_comes_the_same_dates_are_frozen(
    conn: Connection, active: set[int], worker: set[int], holidays: dict[int, int], journeys: dict[int, str]
) -> None:
    async with conn.transaction(force_rollback=True):
        await begin(conn)
        for number in range(DAYS):
            if number in active:
                await be_active(conn, [number])
            await _live(conn, number, holidays=holidays, journeys=journeys)
            if number in worker:
                await process_ended_days(conn, now=noon(number))
        await close(conn, noon(DAYS + 2))

        found = await protections(conn)
        others = {each: kind for each, kind in found.items() if kind != "freeze"}
        model = expected(active, others, until=DAYS)
        frozen = {each for each, kind in found.items() if kind == "freeze" and each < DAYS}
        assert frozen == {each for each, is_saved in model.items() if is_saved}
        noted = {each: bool(row[1]) for each, row in (await missed(conn)).items() if each < DAYS}
        assert noted == model
        assert await rows(conn, "SELECT longest_days FROM streaks") == [(longest(active, set(found)),)]


@STORY
@given(
    told=st.dictionaries(st.integers(0, DAYS - 1), st.integers(0, 6), min_size=12),
    worker=st.sets(st.integers(0, DAYS)),
)
async def test_late_news_take_nothing_from_anybody(conn: Connection, told: dict[int, int], worker: set[int]) -> None:
    """Activity of each day arrives the given number of days late."""
    async with conn.transaction(force_rollback=True):
        await begin(conn)
        for number in range(DAYS + 7):
            known = await protections(conn)
            await be_active(conn, [each for each, later in told.items() if each + later == number])
            assert set(known) - set(await protections(conn)) <= set(told)
            if number in worker:
                await process_ended_days(conn, now=noon(number))
        await close(conn, noon(DAYS + 8))

        frozen = set(await protections(conn))
        in_time = expected(set(told), {}, until=DAYS)
        assert not frozen & set(told)
        assert {each for each, is_saved in in_time.items() if is_saved} <= frozen
        assert all({each, each + 1, each + 2} - frozen for each in frozen)
        assert await rows(conn, "SELECT longest_days FROM streaks") == [(longest(set(told), frozen),)]
        late = {each for each, row in (await missed(conn)).items() if row[2]}
        assert late <= {each for each, later in told.items() if later}


async def _live(conn: Connection, number: int, *, holidays: dict[int, int], journeys: dict[int, str]) -> None:
    now = noon(number)
    try:
        if number in holidays:
            first: date = day(number) + timedelta(days=2)
            last = first + timedelta(days=holidays[number] - 1)
            async with conn.transaction():
                await vacations.plan(conn, guild=LYCEUM, user=ANA, first=first, last=last, now=now)
        if number in journeys:
            async with conn.transaction():
                await changes.change_zone(conn, guild=LYCEUM, user=ANA, zone=journeys[number], now=now)
    except DomainError:  # too many or too soon: nothing changes
        return
