import pickle
from datetime import UTC, date, datetime

import pytest

from core.enums import Language
from core.errors import DomainError
from core.i18n import Translator, discord_timestamp, language_for, language_of, translator_for

DAY = date(2026, 10, 3)


class RoomIsFull(DomainError):
    def __init__(self, seats: int) -> None:
        super().__init__("All {seats} seats are taken.", seats=seats)


def test_words_fill_facts_into_an_english_sentence() -> None:
    assert translator_for(Language.EN)("Hello {name}", name="{Mina}") == "Hello {Mina}"


def test_words_leave_braces_alone_without_facts() -> None:
    assert translator_for(Language.EN)("Use {braces}") == "Use {braces}"


@pytest.mark.parametrize(
    ("language", "number", "month"),
    [
        (Language.EN, "1,234,567", "October 2026"),
        (Language.KO, "1,234,567", "2026년 10월"),
        (Language.ES, "1.234.567", "octubre de 2026"),
        (Language.ZH_TW, "1,234,567", "2026年10月"),
    ],
)
def test_words_write_numbers_and_months_as_the_language_does(language: Language, number: str, month: str) -> None:
    t = Translator(language)

    assert t.number(1_234_567) == number
    assert t.month(DAY) == month


def test_words_write_a_day_in_full() -> None:
    assert translator_for(Language.EN).date(DAY) == "Oct 3, 2026"


def test_words_begin_the_week_on_monday() -> None:
    assert translator_for(Language.EN).weekdays() == ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    assert translator_for(Language.KO).weekdays() == ("월", "화", "수", "목", "금", "토", "일")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 min"), (59, "0 min"), (60, "1 min"), (3600, "1 h"), (12_059, "3 h 20 min"), (36_000_000, "10,000 h")],
)
def test_words_say_lengths_in_whole_minutes(seconds: int, said: str) -> None:
    assert translator_for(Language.EN).duration(seconds) == said


def test_words_choose_the_plural_and_write_the_count() -> None:
    t = translator_for(Language.EN)

    assert t.plural("{count} day", "{count} days", 1) == "1 day"
    assert t.plural("{count} day", "{count} days", 1200) == "1,200 days"


def test_words_know_each_language_by_its_own_name() -> None:
    assert [translator_for(language).name() for language in Language] == ["English", "한국어", "Español", "繁體中文"]


def test_words_travel_to_another_process() -> None:
    t = translator_for(Language.KO)

    assert pickle.loads(pickle.dumps(t)) == t  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("en-GB", Language.EN),
        ("es-419", Language.ES),
        ("ko", Language.KO),
        ("zh-TW", Language.ZH_TW),
        ("ja", None),
        (None, None),
    ],
)
def test_language_of_knows_discords_locales(locale: str | None, language: Language | None) -> None:
    assert language_of(locale) == language


def test_the_first_locale_that_we_speak_wins() -> None:
    assert language_for("fr", "ko") is Language.KO
    assert language_for("es-419", "ko") is Language.ES
    assert language_for("fr", None) is Language.EN


def test_at_writes_a_moment_that_each_reader_sees_in_their_own_zone() -> None:
    assert discord_timestamp(datetime(2026, 1, 1, tzinfo=UTC), "R") == "<t:1767225600:R>"


def test_domain_error_speaks_english_inside_and_the_persons_language_outside() -> None:
    refusal = RoomIsFull(8)

    assert str(refusal) == "All 8 seats are taken."
    assert refusal.message(translator_for(Language.EN)) == "All 8 seats are taken."
    assert refusal.params == {"seats": 8}
