from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.enums import ProtectionKind
from core.errors import DomainError
from db.connection import Connection
from services.calendar.days import guild_calendar
from services.streaks import vacations
from services.streaks.inputs import StreakInputs
from services.streaks.vacations import (
    NoVacationToCancel,
    Vacation,
    VacationEndsFirst,
    VacationNotAhead,
    VacationsUsedUp,
    VacationThereAlready,
    VacationTooFarAhead,
    VacationTooLong,
)
from tests.populate import ANA, LYCEUM
from tests.services.streaks.freeze_scenarios import (
    FIRST,
    be_active,
    begin,
    close,
    current_days,
    day,
    look,
    noon,
    protections,
)


async def plan(conn: Connection, first: int, last: int, *, today: int = 0) -> tuple[Vacation, ...]:
    return await vacations.plan(conn, guild=LYCEUM, user=ANA, first=day(first), last=day(last), now=noon(today))


async def cancel(conn: Connection, *, today: int) -> int:
    return await vacations.cancel(conn, guild=LYCEUM, user=ANA, now=noon(today))


async def test_a_vacation_carries_the_run_and_adds_nothing(conn: Connection) -> None:
    await begin(conn, 0, 1, 2)

    planned = await plan(conn, 3, 16)
    await close(conn, noon(17))

    assert planned == (Vacation(day(3), day(16)),)
    assert planned[0].days == 14
    assert await current_days(conn, noon(17)) == 3
    await be_active(conn, [17])
    assert await current_days(conn, noon(17)) == 4


async def test_a_vacation_takes_no_freeze(conn: Connection) -> None:
    await begin(conn, *range(7))
    await plan(conn, 7, 9, today=6)
    await close(conn, noon(10))

    assert await protections(conn) == {7: "vacation", 8: "vacation", 9: "vacation"}
    assert (await look(conn, noon(10))).held == 1


@pytest.mark.parametrize(
    ("first", "last", "refusal"),
    [
        (0, 3, VacationNotAhead),
        (-5, 3, VacationNotAhead),
        (5, 4, VacationEndsFirst),
        (1, 15, VacationTooLong),
        (366, 367, VacationTooFarAhead),
    ],
)
async def test_a_vacation_is_set_ahead_and_lasts_one_to_fourteen_days(
    conn: Connection, first: int, last: int, refusal: type[DomainError]
) -> None:
    await begin(conn)

    with pytest.raises(refusal):
        await plan(conn, first, last)

    assert await protections(conn) == {}


async def test_tomorrow_for_one_day_is_a_vacation(conn: Connection) -> None:
    await begin(conn)

    assert await plan(conn, 1, 1) == (Vacation(day(1), day(1)),)


async def test_two_vacations_without_a_day_between_are_one(conn: Connection) -> None:
    await begin(conn)
    await plan(conn, 1, 10)

    with pytest.raises(VacationTooLong) as refused:
        await plan(conn, 11, 15)

    assert refused.value.days == 15
    assert await plan(conn, 12, 15) == (Vacation(day(1), day(10)), Vacation(day(12), day(15)))


async def test_twenty_one_days_in_any_ninety(conn: Connection) -> None:
    await begin(conn)
    await plan(conn, 1, 14)
    await plan(conn, 20, 26)

    with pytest.raises(VacationsUsedUp) as refused:
        await plan(conn, 80, 90)

    assert refused.value.left == 0
    assert (await look(conn, noon(0))).vacation_left == 0
    assert await plan(conn, 105, 118) == (
        Vacation(day(1), day(14)),
        Vacation(day(20), day(26)),
        Vacation(day(105), day(118)),
    )


async def test_a_vacation_between_two_others_counts_with_both(conn: Connection) -> None:
    await begin(conn)
    await plan(conn, 1, 10)
    await plan(conn, 80, 89)

    with pytest.raises(VacationsUsedUp):
        await plan(conn, 40, 42)

    assert len(await plan(conn, 40, 40)) == 3


async def test_days_that_are_planned_are_not_planned_twice(conn: Connection) -> None:
    await begin(conn)
    await plan(conn, 1, 5)

    with pytest.raises(VacationThereAlready):
        await plan(conn, 2, 4)

    assert await plan(conn, 4, 7) == (Vacation(day(1), day(7)),)


async def test_a_cancelled_vacation_keeps_today_and_what_was(conn: Connection) -> None:
    await begin(conn, 0)
    await plan(conn, 1, 6)

    assert await cancel(conn, today=3) == 3
    assert list(await protections(conn)) == [1, 2, 3]
    assert (await look(conn, noon(3))).vacations == (Vacation(day(1), day(3)),)
    with pytest.raises(NoVacationToCancel):
        await cancel(conn, today=3)


async def test_a_vacation_that_follows_another_can_last_what_is_left_of_fourteen_days(conn: Connection) -> None:
    await begin(conn)
    await plan(conn, 1, 12)

    assert (await look(conn, noon(12))).vacation_left == 2
    with pytest.raises(VacationTooLong):
        await plan(conn, 13, 15, today=12)
    assert await plan(conn, 13, 14, today=12) == (Vacation(day(1), day(14)),)


async def test_a_refusal_says_how_many_days_would_be_accepted_there(conn: Connection) -> None:
    await begin(conn)
    await plan(conn, 1, 10)
    await plan(conn, 20, 23)

    with pytest.raises(VacationsUsedUp) as refused:
        await plan(conn, 24, 33)

    left = refused.value.left
    assert left == 7  # of 21 days; with the four before them eleven consecutive days
    with pytest.raises(VacationsUsedUp):
        await plan(conn, 24, 24 + left)
    assert await plan(conn, 24, 23 + left)


PLANS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 20), st.integers(1, 14)), max_size=8)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plans=PLANS, later=st.integers(0, 40))
async def test_what_is_promised_is_accepted_and_a_day_more_is_refused(
    conn: Connection, plans: list[tuple[int, int, int]], later: int
) -> None:
    """`plans`: (days since the previous plan, days until the vacation starts, length in days)."""
    async with conn.transaction(force_rollback=True):
        await begin(conn)
        today = 0
        for wait, ahead, length in plans:
            today += wait
            await tried(conn, today + ahead, today + ahead + length - 1, today=today)
        today += later
        promised = await look(conn, noon(today))
        left, possible = promised.vacation_left, promised.vacation_possible
        assert possible is not None
        first = (possible.first - FIRST).days
        assert not left or (first, possible.days) == (today + 1, left)
        for length in range(1, possible.days + 2):
            refusal = await tried(conn, first, first + length - 1, today=today, keep=False)
            if length < possible.days:
                assert refusal is None or isinstance(refusal, VacationThereAlready)
            else:
                assert (refusal is None) == (length == possible.days)
        if not left:
            assert [
                refusal
                for length in range(1, 15)
                if (refusal := await tried(conn, today + 1, today + length, today=today, keep=False)) is None
            ] == []


async def tried(conn: Connection, first: int, last: int, *, today: int, keep: bool = True) -> DomainError | None:
    """Why a vacation is refused; None: it is allowed, and is planned if it is to be kept."""
    try:
        async with conn.transaction(force_rollback=not keep):
            await plan(conn, first, last, today=today)
    except DomainError as refusal:
        return refusal
    return None


@settings(deadline=None, max_examples=200)
@given(st.sets(st.integers(-100, 30), max_size=40))
def test_what_is_left_is_what_a_count_of_every_ninety_days_leaves(planned: set[int]) -> None:
    def most(numbers: set[int], around: set[int]) -> int:
        return max(
            sum(begin <= each < begin + 90 for each in numbers) for one in around for begin in range(one - 89, one + 1)
        )

    def row(numbers: set[int]) -> int:
        first, last = 1, 1
        while first - 1 in numbers:
            first -= 1
        while last + 1 in numbers:
            last += 1
        return last - first + 1

    expected = 0
    for count in range(1, 15):
        wanted = set(range(1, count + 1)) - planned
        if wanted and row(planned | wanted) <= 14 and most(planned | wanted, wanted) <= 21:
            expected = count
    protections = {FIRST + timedelta(days=each): ProtectionKind.VACATION for each in planned}
    standing = StreakInputs(LYCEUM, ANA, guild_calendar("UTC"), [], protections, [], {})

    assert vacations.left(standing, date(2026, 3, 2)) == expected
