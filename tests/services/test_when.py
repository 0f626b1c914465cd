"""Parsing of times that users type."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import when
from services.when import UnreadableTime

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)  # 21:00 in Seoul


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("23:30", "2026-11-21T14:30Z"),
        ("18:30", "2026-11-22T09:30Z"),  # already past today
        ("21:00", "2026-11-22T12:00Z"),  # exactly now, so tomorrow
        ("6:30 pm", "2026-11-22T09:30Z"),
        ("11PM", "2026-11-21T14:00Z"),
        ("12 a.m.", "2026-11-21T15:00Z"),
        ("2026-11-30", "2026-11-29T15:00Z"),
        ("2026-11-30 18:30", "2026-11-30T09:30Z"),
        ("2026-1-3T9.05", "2026-01-03T00:05Z"),
        ("2h 30m", "2026-11-21T14:30Z"),
        ("1 week 2 days", "2026-11-30T12:00Z"),
        ("3시간 20분", "2026-11-21T15:20Z"),
        ("1小時30分鐘", "2026-11-21T13:30Z"),
        ("2 horas", "2026-11-21T14:00Z"),
        ("1795262520", "2026-11-21T12:02Z"),
        ("<t:1795262520:R>", "2026-11-21T12:02Z"),
        ("  23:30 ", "2026-11-21T14:30Z"),
    ],
)
def test_a_moment_is_read_as_it_is_meant(text: str, moment: str) -> None:
    assert when.parse_time(text, zone="Asia/Seoul", now=NOW) == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "25:00",
        "13 pm",
        "7",
        "2026-02-30",
        "2026-11-30 at noon",
        "2 fortnights",
        "999999 weeks",
        "1:5",
        "9999-12-31 23:59pm",
    ],
)
def test_what_nobody_could_tell_is_refused(text: str) -> None:
    with pytest.raises(UnreadableTime) as refused:
        when.parse_time(text, zone="Asia/Seoul", now=NOW)

    assert refused.value.text == text


def test_a_time_that_clocks_skip_or_repeat_is_one_moment() -> None:
    skipped = when.parse_time("2026-03-29 02:30", zone="Europe/Berlin", now=NOW)
    twice = when.parse_time("2026-10-25 02:30", zone="Europe/Berlin", now=NOW)

    assert skipped == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert twice == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@given(st.integers(0, 10**9), st.sampled_from(["Asia/Kolkata", "America/Lima"]))
def test_a_clock_comes_within_a_day_and_shows_what_was_written(seconds: int, zone: str) -> None:
    now = NOW + timedelta(seconds=seconds)

    moment = when.parse_time("07:45", zone=zone, now=now)

    assert timedelta(0) < moment - now <= timedelta(days=1)
    assert f"{moment.astimezone(ZoneInfo(zone)):%H:%M}" == "07:45"


@given(st.text(max_size=30))
def test_any_text_is_a_moment_or_a_refusal(text: str) -> None:
    with suppress(UnreadableTime):
        assert when.parse_time(text, zone="Asia/Seoul", now=NOW).tzinfo is UTC


def test_clocks_are_apart_by_what_holds_now() -> None:
    summer = datetime(2026, 7, 1, tzinfo=UTC)

    assert when.utc_offset_difference("Asia/Seoul", "Europe/Berlin", now=NOW) == timedelta(hours=8)
    assert when.utc_offset_difference("Asia/Seoul", "Europe/Berlin", now=summer) == timedelta(hours=7)
    assert when.utc_offset_difference("America/Lima", "Asia/Kolkata", now=NOW) == -timedelta(hours=10, minutes=30)
