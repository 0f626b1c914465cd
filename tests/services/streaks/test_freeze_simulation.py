from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from core.enums import ProtectionKind
from services.streaks.freeze_simulation import FreezeOutcome, MissedDay, NotProtectedReason, simulate_freezes

MONDAY = date(2026, 3, 2)
KINDS = st.sampled_from([kind for kind in ProtectionKind if kind is not ProtectionKind.FREEZE])


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def days(numbers: "range | list[int] | set[int]") -> list[date]:
    return [day(number) for number in sorted(numbers)]


def gaps(found: FreezeOutcome) -> list[tuple[int, bool]]:
    return [((gap.day - MONDAY).days, gap.is_saved) for gap in found.missed_days]


def test_nobody_earns_anything_without_activity() -> None:
    assert simulate_freezes([], {day(3): ProtectionKind.VACATION}) == FreezeOutcome(0, 0, ())


def test_six_active_dates_earn_nothing_and_seven_earn_one() -> None:
    assert simulate_freezes(days(range(6)), {}) == FreezeOutcome(
        0, 6, (MissedDay(day(6), 6, NotProtectedReason.NONE_HELD),)
    )
    assert simulate_freezes(days(range(7)), {}) == FreezeOutcome(
        1, 7, (MissedDay(day(7), 7), MissedDay(day(8), 7, NotProtectedReason.NONE_HELD)), {day(7): day(6)}
    )


def test_two_are_held_at_most() -> None:
    assert simulate_freezes(days(range(13)), {}).held == 1
    assert simulate_freezes(days(range(14)), {}).held == 2
    assert simulate_freezes(days(range(70)), {}).held == 2


def test_the_freeze_that_was_earned_first_is_used_first() -> None:
    used = {day(21): ProtectionKind.FREEZE}

    found = simulate_freezes(days([*range(21), *range(22, 29)]), used)

    assert found.earned_on == {day(21): day(6), day(29): day(13), day(30): day(28)}
    assert [gap.not_protected for gap in found.missed_days] == [None, None, NotProtectedReason.ENOUGH_IN_A_ROW]


def test_one_freeze_saves_one_date_and_not_sixty() -> None:
    found = simulate_freezes(days(range(7)), {})

    assert found.saved == (day(7),)


def test_no_more_than_two_dates_in_a_row_are_frozen() -> None:
    used = {day(21): ProtectionKind.FREEZE}
    found = simulate_freezes(days(range(21)), used)

    assert found.held == 1
    assert gaps(found) == [(22, True), (23, False)]


def test_what_lies_between_two_frozen_dates_does_not_make_them_fewer() -> None:
    used = {day(14): ProtectionKind.FREEZE, day(15): ProtectionKind.VACATION, day(16): ProtectionKind.FREEZE}
    earned_later = days([*range(14), *range(17, 24)])

    assert gaps(simulate_freezes(days(range(14)), used))[0] == (17, False)
    assert gaps(simulate_freezes(earned_later, used))[0] == (24, True)


def test_a_frozen_date_adds_nothing_and_begins_the_seven_anew() -> None:
    found = simulate_freezes(days([*range(7), *range(8, 14)]), {})

    assert gaps(found) == [(7, True), (14, False)]
    assert found.missed_days[1].streak_days == 13
    assert simulate_freezes(days([*range(7), *range(8, 15)]), {}).held == 1


def test_a_date_that_the_calendar_skipped_stands_between_no_two() -> None:
    skipped = {day(3): ProtectionKind.TRAVEL}

    assert simulate_freezes(days([0, 1, 2, 4, 5, 6, 7]), skipped).held == 1
    assert simulate_freezes(days([0, 1, 2, 4, 5, 6, 7]), {day(3): ProtectionKind.VACATION}).held == 0


def test_a_freeze_is_not_used_for_what_is_protected_otherwise() -> None:
    found = simulate_freezes(days(range(7)), {day(7): ProtectionKind.VACATION, day(8): ProtectionKind.GRANT})

    assert gaps(found) == [(9, True), (10, False)]


def test_a_freeze_earned_later_saves_nothing_earlier() -> None:
    found = simulate_freezes(days([0, *range(2, 9)]), {})

    assert gaps(found) == [(1, False), (9, True), (10, False)]


def test_dates_without_a_run_at_stake_take_no_freeze() -> None:
    found = simulate_freezes(days([*range(14), 30]), {})

    assert gaps(found) == [(14, True), (15, True), (16, False), (31, False)]


def test_switched_off_freezes_stay_at_hand() -> None:
    off = [(day(7), False), (day(9), True)]

    found = simulate_freezes(days([*range(7), 9, 10]), {}, off)

    assert gaps(found) == [(7, False), (11, True), (12, False)]
    assert simulate_freezes(days(range(7)), {}, [(day(8), False)]).saved == (day(7),)


@settings(deadline=None, max_examples=400)
@given(
    st.sets(st.integers(0, 45)),
    st.dictionaries(st.integers(0, 45), KINDS, max_size=12),
    st.sets(st.integers(0, 45), max_size=4),
)
def test_a_walk_date_by_date_says_the_same(
    active: set[int], others: dict[int, ProtectionKind], toggles: set[int]
) -> None:
    expected: list[tuple[int, bool]] = []
    freezes = row = frozen = run = 0
    alive = False
    on = True
    for number in range(60):
        on ^= number in toggles
        kind = others.get(number)
        if number in active:
            run, row, frozen, alive = run + 1, row + 1, 0, True
            freezes = min(2, freezes + (row % 7 == 0))
        elif kind is not None:
            row = row if kind is ProtectionKind.TRAVEL else 0
        elif alive:
            saved = bool(freezes) and frozen < 2 and on
            expected.append((number, saved))
            freezes, frozen, row, alive = freezes - saved, frozen + saved, 0, saved
            run = run if alive else 0
        else:
            row = 0
    switches: list[tuple[date, bool]] = []
    for number in sorted(toggles):
        switches.append((day(number), bool(len(switches) % 2)))

    found = simulate_freezes(days(active), {day(number): kind for number, kind in others.items()}, switches)

    assert gaps(found) == expected


@settings(deadline=None, max_examples=300)
@given(st.sets(st.integers(0, 40), min_size=1), st.integers(0, 40))
def test_activity_told_later_takes_no_saved_date_and_no_freeze_away(active: set[int], late: int) -> None:
    before = simulate_freezes(days(active), {})
    used = {each: ProtectionKind.FREEZE for each in before.saved if each <= day(40)}
    told = sorted({*active, late})
    kept = {each: kind for each, kind in used.items() if each != day(late)}

    after = simulate_freezes(days(told), kept)
    fresh = simulate_freezes(days(told), {})

    frozen = {*kept, *(each for each in after.saved if each <= day(40))}
    assert {each for each in fresh.saved if each <= day(40)} <= frozen
    assert all(each in frozen or each == day(late) for each in used)
