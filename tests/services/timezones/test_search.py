from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest

from core.enums import Language
from services.timezones.search import ZoneChoice, canonical, describe, resolve, search_zones

NOW = datetime(2026, 11, 21, 10, 10, 5, tzinfo=UTC)


def zones(text: str) -> list[str]:
    return [choice.zone for choice in search_zones(text, now=NOW)]


def test_a_choice_shows_city_clock_and_offset() -> None:
    [choice] = search_zones("seoul", now=NOW)

    assert choice == ZoneChoice("Asia/Seoul", "Seoul", "19:10", "UTC+9")
    assert choice.label == "Seoul · 19:10 · UTC+9"


@pytest.mark.parametrize(
    ("zone", "label"),
    [
        ("UTC", "UTC · 10:10 · UTC"),
        ("Asia/Kathmandu", "Kathmandu · 15:55 · UTC+5:45"),
        ("America/St_Johns", "St. John\u2019s · 06:40 · UTC\u22123:30"),
    ],
)
def test_offsets_have_minutes_only_where_needed(zone: str, label: str) -> None:
    assert describe(zone, now=NOW).label == label


@pytest.mark.parametrize("language", Language)
def test_cities_are_named_in_the_readers_language(language: Language) -> None:
    [choice] = search_zones("asia/seoul", now=NOW, language=language)

    assert choice.city == {"en": "Seoul", "ko": "서울", "es": "Seúl", "zh-TW": "首爾"}[language]


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("seo", "Asia/Seoul"),
        ("  SEOUL ", "Asia/Seoul"),
        ("서울", "Asia/Seoul"),
        ("한국", "Asia/Seoul"),
        ("corea del sur", "Asia/Seoul"),
        ("sao paulo", "America/Sao_Paulo"),
        ("São P", "America/Sao_Paulo"),
        ("ho chi minh", "Asia/Ho_Chi_Minh"),
        ("Ho_Chi", "Asia/Ho_Chi_Minh"),
        ("saigon", "Asia/Ho_Chi_Minh"),
        ("calcutta", "Asia/Kolkata"),
        ("台北", "Asia/Taipei"),
        ("York", "America/New_York"),
        ("usa", "America/New_York"),
        ("Asia/Tok", "Asia/Tokyo"),
        ("st john's", "America/St_Johns"),
        ("gmt", "UTC"),
    ],
)
def test_a_city_is_found_in_several_spellings(text: str, zone: str) -> None:
    assert zones(text)[0] == zone


def test_a_city_that_names_no_zone_is_shown_by_its_own_name() -> None:
    [choice] = search_zones("münch", now=NOW)

    assert (choice.zone, choice.city) == ("Europe/Berlin", "München")


def test_the_whole_name_comes_before_its_beginning_and_that_before_a_part() -> None:
    assert zones("san").index("America/Los_Angeles") < zones("san").index("America/Argentina/San_Juan")
    assert zones("rome")[0] == "Europe/Rome"
    assert zones("new")[0] == "America/New_York"


def test_nothing_typed_offers_the_busiest_zones_and_no_more_than_discord_shows() -> None:
    assert zones("")[:2] == ["Asia/Seoul", "Asia/Tokyo"]
    assert len(zones("")) == len(zones("a")) == 25
    assert len(search_zones("a", now=NOW, limit=3)) == 3


def test_what_nobody_calls_a_city_finds_nothing() -> None:
    assert zones("xyzzy") == []


@pytest.mark.parametrize(
    ("text", "first", "clocks"),
    [
        ("19:10", "Asia/Seoul", {"19:10"}),
        ("19.13", "Asia/Seoul", {"19:10"}),
        ("19:04", "Asia/Seoul", {"19:10"}),
        ("7:10 pm", "Asia/Seoul", {"19:10"}),
        ("7:10p.m.", "Asia/Seoul", {"19:10"}),
        ("3:40", "Asia/Kolkata", {"15:40"}),
        ("2:10", "America/Los_Angeles", {"02:10", "14:10"}),
        ("12:10 am", "Pacific/Honolulu", {"00:10"}),
    ],
)
def test_the_time_on_the_clock_finds_where_it_is_that_time(text: str, first: str, clocks: set[str]) -> None:
    found = search_zones(text, now=NOW)

    if found:
        assert found[0].zone == first
    assert {choice.clock for choice in found} <= clocks


def test_an_hour_alone_finds_the_hour() -> None:
    assert {choice.clock[:2] for choice in search_zones("14", now=NOW)} == {"14"}


def test_around_midnight_a_watch_may_be_a_little_off() -> None:
    now = datetime(2026, 11, 21, 15, 2, tzinfo=UTC)

    assert search_zones("23:58", now=now)[0].zone == "Asia/Seoul"


def test_canonical_knows_old_names_and_any_letters() -> None:
    assert [
        canonical(name) for name in ("asia/calcutta", " Asia/Seoul ", "GMT", "Etc/UTC", "US/Pacific", "Mars/Base")
    ] == [
        "Asia/Kolkata",
        "Asia/Seoul",
        "UTC",
        "UTC",
        "America/Los_Angeles",
        None,
    ]


def test_every_choice_is_a_zone_that_can_be_lived_by() -> None:
    known = available_timezones()

    assert all(canonical(choice.zone) == choice.zone in known for choice in search_zones("a", now=NOW, limit=1000))
    assert canonical("Factory") is None
    assert ZoneInfo(canonical("Asia/Saigon") or "")


@pytest.mark.parametrize(
    ("text", "first", "among"),
    [
        ("PT", "America/Los_Angeles", {"America/Vancouver", "America/Tijuana"}),
        ("mt", "America/Denver", {"America/Edmonton"}),
        ("EST", "America/New_York", {"America/Toronto", "America/Panama"}),
        ("MST", "America/Denver", {"America/Phoenix"}),
        ("WAT", "Africa/Lagos", {"Africa/Luanda"}),
        ("CST", "Asia/Taipei", {"America/Chicago", "Asia/Shanghai"}),
        ("IST", "Asia/Kolkata", {"Europe/Dublin", "Asia/Jerusalem"}),
        ("GMT", "UTC", {"Europe/London"}),
        ("BST", "Europe/London", {"Asia/Dhaka"}),
        ("UTC+5:30", "Asia/Kolkata", {"Asia/Colombo"}),
        ("utc−3:30", "America/St_Johns", set[str]()),
        ("GMT-5", "America/Bogota", {"America/New_York"}),
        ("GMT -05:00", "America/Bogota", {"America/New_York"}),
        ("+0900", "Asia/Seoul", {"Asia/Tokyo"}),
        ("Georgia", "America/New_York", {"Asia/Tbilisi"}),
    ],
)
def test_abbreviations_and_offsets_are_listed_and_decide_nothing(text: str, first: str, among: set[str]) -> None:
    found = zones(text)

    assert found[0] == first
    assert among <= set(found)
    assert resolve(text, now=NOW) is None


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("WIT", "Asia/Jayapura"),
        ("JST", "Asia/Tokyo"),
        ("utc", "UTC"),
        ("Seoul", "Asia/Seoul"),
        ("asia/calcutta", "Asia/Kolkata"),
        ("Bombay", "Asia/Kolkata"),
        ("Egypt", "Africa/Cairo"),
        ("한국", "Asia/Seoul"),
        ("US/Eastern", "America/New_York"),
    ],
)
def test_what_is_named_in_full_and_alone_is_meant(text: str, zone: str) -> None:
    assert resolve(text, now=NOW) == zone


@pytest.mark.parametrize("text", ["gypt", "seo", "york", "münch", "19:10", "east", "usa", "UTC+9", "", "Mars"])
def test_what_merely_fits_somewhere_is_not_meant(text: str) -> None:
    assert resolve(text, now=NOW) is None


def test_every_label_that_is_shown_finds_its_zone() -> None:
    for choice in search_zones("", now=NOW):
        offset = choice.offset if choice.offset != "UTC" else "UTC+0"  # "UTC" alone is the zone of this name
        assert choice.zone in {each.zone for each in search_zones(offset, now=NOW, limit=100)}
        assert resolve(choice.zone, now=NOW) == choice.zone


def test_nothing_is_meant_that_is_not_written_in_full() -> None:
    """A large city's name without its first letter, its last, or both."""
    for choice in search_zones("", now=NOW):
        for cut in (choice.city[1:], choice.city[:-1], choice.city[1:-1]):
            zone = resolve(cut, now=NOW)
            assert zone is None, (cut, zone)
