from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.streaks.streak import NO_STREAK, Streak, StreakSpan, compute_streak, streak_spans

MONDAY = date(2026, 11, 16)


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def days(*numbers: int) -> list[date]:
    return [day(number) for number in numbers]


def test_today_does_not_break() -> None:
    open_today = compute_streak(days(0, 1, 2), today=day(3))
    done_today = compute_streak(days(0, 1, 2, 3), today=day(3))

    assert open_today == Streak(current=3, longest=3, started_on=day(0), last_on=day(2), today_is_open=True)
    assert done_today == Streak(current=4, longest=4, started_on=day(0), last_on=day(3), today_is_open=False)


def test_a_missed_date_ends_the_run_and_the_best_one_stays() -> None:
    streak = compute_streak(days(0, 1, 2, 5), today=day(7))

    assert streak == Streak(current=0, longest=3, started_on=None, last_on=None, today_is_open=True)


def test_a_protection_bridges_exactly_its_date_and_adds_nothing() -> None:
    bridged = compute_streak(days(0, 1, 3), protected=days(2), today=day(3))
    too_short = compute_streak(days(0, 1, 4), protected=days(2), today=day(4))

    assert bridged == Streak(current=3, longest=3, started_on=day(0), last_on=day(3), today_is_open=False)
    assert too_short == Streak(current=1, longest=2, started_on=day(4), last_on=day(4), today_is_open=False)


def test_protected_dates_up_to_yesterday_keep_the_run() -> None:
    streak = compute_streak(days(0), protected=days(1, 2, 3), today=day(4))

    assert streak == Streak(current=1, longest=1, started_on=day(0), last_on=day(0), today_is_open=True)


def test_a_protection_without_activity_is_no_streak() -> None:
    assert compute_streak([], protected=days(0, 1), today=day(1)) == NO_STREAK


def test_dates_after_today_do_not_count() -> None:
    assert compute_streak(days(0, 1, 2), today=day(1)).current == 2


def test_runs_come_in_order_with_the_date_that_ends_them() -> None:
    found = streak_spans(days(4, 0, 1, 1), protected=days(5))

    assert found == [StreakSpan(2, day(0), day(1), day(2)), StreakSpan(1, day(4), day(4), day(6))]


@settings(deadline=None)
@given(st.sets(st.integers(0, 25)), st.sets(st.integers(0, 25)), st.integers(0, 27))
def test_derive_is_a_walk_over_the_calendar(active: set[int], protected: set[int], today: int) -> None:
    run = longest = 0
    for number in range(today + 1):
        if number in active:
            run += 1
        elif number not in protected and number != today:
            run = 0
        longest = max(longest, run)

    streak = compute_streak(days(*active), protected=days(*protected), today=day(today))

    assert (streak.current, streak.longest) == (run, longest)
    assert streak.today_is_open == (today not in active)
