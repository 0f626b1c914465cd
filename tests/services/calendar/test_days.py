from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.calendar.days import Calendar, ZoneDays, ZoneRule

ZONES = st.sampled_from(sorted(available_timezones() - {"localtime"}))
DAY_STARTS = st.integers(0, 360).map(lambda minutes: timedelta(minutes=minutes))
INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(2037, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
LENGTHS = st.one_of(
    st.timedeltas(timedelta(0), timedelta(days=5)), st.integers(0, 100_000).map(lambda s: timedelta(seconds=s))
)
ONE_DAY = timedelta(days=1)


@st.composite
def calendars(draw: st.DrawFn, around: datetime) -> Calendar:
    rules = [ZoneRule(datetime.min.replace(tzinfo=UTC), draw(ZONES), draw(DAY_STARTS))]
    rules += [
        ZoneRule(around + draw(st.timedeltas(-timedelta(days=3), timedelta(days=8))), draw(ZONES), draw(DAY_STARTS))
        for _ in range(draw(st.integers(0, 3)))
    ]
    return Calendar(rules)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]


def plain(zone: str, *, minutes: int = 0) -> Calendar:
    return Calendar([ZoneRule(utc(2000, 1, 1), zone, timedelta(minutes=minutes))])


@settings(deadline=None)
@given(st.data(), INSTANTS, LENGTHS)
def test_split_parts_are_contiguous_and_make_the_whole(data: st.DataObject, start: datetime, length: timedelta) -> None:
    calendar = data.draw(calendars(start))

    parts = calendar.split(start, start + length)

    assert sum((until - since for _, since, until in parts), timedelta()) == length
    if length:
        assert (parts[0][1], parts[-1][2]) == (start, start + length)
    assert all(before[2] == after[1] for before, after in pairwise(parts))
    assert all(before[0] < after[0] for before, after in pairwise(parts))
    for day, since, until in parts:
        first, end = calendar.day_bounds(day)
        assert since < until
        assert calendar.date_of(since) == day == calendar.date_of(until - timedelta(microseconds=1))
        assert first <= since < until <= end


@settings(deadline=None)
@given(st.data(), INSTANTS, LENGTHS)
def test_every_instant_has_one_date_and_dates_never_decrease(
    data: st.DataObject, start: datetime, length: timedelta
) -> None:
    calendar = data.draw(calendars(start))

    day, later = calendar.date_of(start), calendar.date_of(start + length)

    first, end = calendar.day_bounds(day)
    assert first <= start < end == calendar.day_end(start)
    assert later >= day
    assert calendar.date_of(end) > day
    assert calendar.date_of(first - timedelta(microseconds=1)) < day


@settings(deadline=None)
@given(st.data(), INSTANTS)
def test_bounds_of_consecutive_dates_touch(data: st.DataObject, start: datetime) -> None:
    calendar = data.draw(calendars(start))
    day = calendar.date_of(start) - 3 * ONE_DAY

    bounds = [calendar.day_bounds(day + n * ONE_DAY) for n in range(8)]

    assert all(before[1] == after[0] for before, after in pairwise(bounds))
    assert all(first <= end for first, end in bounds)


@settings(deadline=None)
@given(st.data(), INSTANTS, st.lists(LENGTHS, max_size=6))
def test_answers_do_not_depend_on_what_was_asked_before(
    data: st.DataObject, start: datetime, steps: list[timedelta]
) -> None:
    rules = [ZoneRule(start, data.draw(ZONES), data.draw(DAY_STARTS)), ZoneRule(start + ONE_DAY, data.draw(ZONES))]
    asked = Calendar(rules)

    for step in steps:
        assert asked.date_of(start + step) == Calendar(rules).date_of(start + step)
        assert asked.split(start, start + step) == Calendar(rules).split(start, start + step)


@settings(deadline=None)
@given(ZONES, DAY_STARTS, INSTANTS)
def test_a_date_begins_when_the_clock_first_reaches_its_start(
    zone: str, day_start: timedelta, instant: datetime
) -> None:
    days = ZoneDays(zone, day_start)
    day = days.date_of(instant)
    target = datetime.combine(day, datetime.min.time()) + day_start

    start = days.start(day)

    before = [
        (start - timedelta(seconds=s)).astimezone(ZoneInfo(zone)).replace(tzinfo=None) for s in (1, 60, 3600, 90_000)
    ]
    assert start.astimezone(ZoneInfo(zone)).replace(tzinfo=None) >= target
    assert all(wall < target for wall in before)


@settings(deadline=None)
@given(ZONES, DAY_STARTS, INSTANTS)
def test_far_from_clock_changes_the_date_is_plain_arithmetic(
    zone: str, day_start: timedelta, instant: datetime
) -> None:
    offsets = {(instant + timedelta(hours=hours)).astimezone(ZoneInfo(zone)).utcoffset() for hours in range(-30, 31)}
    expected = (instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) - day_start).date()

    day = plain(zone, minutes=day_start // timedelta(minutes=1)).date_of(instant)

    assert day == expected if len(offsets) == 1 else day >= expected


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),  # local midnight did not exist
        ("America/Havana", date(2026, 11, 1), 25),  # local midnight occurs twice
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Asia/Seoul", date(2026, 3, 29), 24),
        ("Pacific/Apia", date(2011, 12, 30), 0),
        ("Pacific/Apia", date(2011, 12, 29), 24),
        ("Pacific/Kwajalein", date(1993, 8, 21), 0),
    ],
)
def test_a_date_is_as_long_as_the_zone_says(zone: str, day: date, hours: float) -> None:
    first, end = plain(zone).day_bounds(day)

    assert end - first == timedelta(hours=hours)


def test_a_skipped_date_is_no_date_of_any_instant() -> None:
    calendar = plain("Pacific/Apia")
    jump = utc(2011, 12, 30, 10)

    parts = calendar.split(jump - timedelta(hours=1), jump + timedelta(hours=1))

    assert [day for day, _, _ in parts] == [date(2011, 12, 29), date(2011, 12, 31)]


def test_the_repeated_hour_stays_with_the_date_that_has_begun() -> None:
    calendar = plain("Europe/Berlin", minutes=150)  # days start at 02:30; on 25 October 2026 02:00 to 03:00 repeats

    days = [calendar.date_of(utc(2026, 10, 25, 0, minute)) for minute in (29, 30, 59)]
    repeated = plain("Europe/Berlin", minutes=150).date_of(utc(2026, 10, 25, 1, 10))  # the second 02:10

    assert days == [date(2026, 10, 24), date(2026, 10, 25), date(2026, 10, 25)]
    assert repeated == date(2026, 10, 25)


def test_a_start_inside_a_gap_is_the_jump() -> None:
    calendar = plain("Europe/Berlin", minutes=150)  # 02:30 does not exist on 29 March 2026

    first, _ = calendar.day_bounds(date(2026, 3, 29))

    assert first == utc(2026, 3, 29, 1)


def test_time_between_midnight_and_the_day_start_belongs_to_the_evening_before() -> None:
    calendar = plain("Asia/Seoul", minutes=240)

    parts = calendar.split(utc(2026, 11, 20, 14), utc(2026, 11, 20, 20))  # 23:00 to 05:00 local time

    assert parts == [
        (date(2026, 11, 20), utc(2026, 11, 20, 14), utc(2026, 11, 20, 19)),
        (date(2026, 11, 21), utc(2026, 11, 20, 19), utc(2026, 11, 20, 20)),
    ]


def test_a_change_of_zone_backwards_lengthens_the_day_and_repeats_none() -> None:
    switch = utc(2026, 11, 16, 15)  # Tuesday 00:00 in Kiritimati was at 10:00 UTC; Monday 04:00 in Pago Pago
    calendar = Calendar([ZoneRule(utc(2020, 1, 1), "Pacific/Kiritimati"), ZoneRule(switch, "Pacific/Pago_Pago")])

    days = [calendar.date_of(switch + timedelta(hours=hours)) for hours in (-6, -1, 0, 12, 24, 44)]

    assert days == [date(2026, 11, d) for d in (16, 17, 17, 17, 17, 18)]
    assert calendar.day_bounds(date(2026, 11, 17)) == (utc(2026, 11, 16, 10), utc(2026, 11, 18, 11))


def test_zone_at_names_the_zone_that_holds() -> None:
    calendar = Calendar([ZoneRule(utc(2026, 1, 2), "Asia/Seoul"), ZoneRule(utc(2026, 1, 1), "UTC")])

    assert [calendar.zone_at(utc(2026, 1, 1, 23)), calendar.zone_at(utc(2026, 1, 2))] == ["UTC", "Asia/Seoul"]


def test_the_memory_of_boundaries_is_bounded() -> None:
    days = ZoneDays("Asia/Seoul", timedelta(0))

    starts = [days.start(date(1990, 1, 1) + n * ONE_DAY) for n in range(5_100)]

    assert days.start(date(1990, 1, 1)) == starts[0]
    assert all(after - before == ONE_DAY for before, after in pairwise(starts))


def test_a_calendar_needs_a_rule() -> None:
    with pytest.raises(ValueError, match="at least one zone rule"):
        Calendar([])


@pytest.mark.parametrize("minutes", [-1, 361])
def test_a_day_starts_within_six_hours_of_midnight(minutes: int) -> None:
    with pytest.raises(ValueError, match="between 00:00 and 06:00"):
        plain("UTC", minutes=minutes)
