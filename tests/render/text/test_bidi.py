import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.text import bidi, fallback_shaping
from render.text.graphemes import clusters


def seen(text: str) -> str:
    """The characters of `text` in visual order, left to right; the font mirrors brackets later."""
    signs = clusters(text)
    return "".join(signs[index] for index in bidi.visual_order(bidi.levels(signs)))


@pytest.mark.parametrize(
    ("text", "visual"),
    [
        ("abc", "abc"),
        ("אבג", "גבא"),
        ("Mina אבג 김", "Mina גבא 김"),
        ("אבג (abc) דהו", "והד )abc( גבא"),
        ("אבג 12:30", "12:30 גבא"),
        ("אבג, abc 123!", "!abc 123 ,גבא"),
        ("a (אבג) b", "a (גבא) b"),
        ("50% אבג", "גבא 50%"),
        ("א1-2ב", "ב1-2א"),
        ("😀 אב", "בא 😀"),
    ],
)
def test_signs_stand_where_a_reader_expects_them(text: str, visual: str) -> None:
    assert seen(text) == visual


def test_a_line_goes_as_its_first_letter_goes() -> None:
    assert [bidi.base_level(clusters(text)) for text in ("12 abc אב", "12 אב abc", "123", "")] == [0, 1, 0, 0]


@given(st.text(alphabet="abאבمن12,.%$()[]! -😀김\u0301", max_size=24))
def test_every_sign_is_shown_once(text: str) -> None:
    signs = clusters(text)

    order = bidi.visual_order(bidi.levels(signs))

    assert sorted(order) == list(range(len(signs)))


def test_arabic_letters_join_without_a_shaping_library() -> None:
    assert fallback_shaping.visual_rtl(list("مينا")) == "\ufe8e\ufee8\ufef4\ufee3"


def test_brackets_turn_with_the_direction() -> None:
    assert fallback_shaping.visual_rtl(list("(אב)")) == "(בא)"
