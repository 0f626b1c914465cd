from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.focus import Interval, total_seconds, union

START = datetime(2026, 11, 21, tzinfo=UTC)


def interval(start: int, end: int) -> Interval:
    return START + timedelta(seconds=start), START + timedelta(seconds=end)


def test_union_joins_what_overlaps_or_touches() -> None:
    joined = union([interval(50, 60), interval(0, 10), interval(10, 20), interval(15, 18), interval(30, 30)])

    assert joined == [interval(0, 20), interval(50, 60)]


def test_total_seconds_floors_the_sum_and_not_the_parts() -> None:
    half = timedelta(milliseconds=500)

    assert total_seconds([(START, START + half), (START + 2 * half, START + 3 * half)]) == 1


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50))))
def test_total_seconds_counts_each_second_once(pairs: list[tuple[int, int]]) -> None:
    seconds = {second for start, end in pairs for second in range(start, end)}

    assert total_seconds(interval(start, end) for start, end in pairs) == len(seconds)
