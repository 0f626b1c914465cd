import sys
import unicodedata

import pytest

from core.names import BLANK, UNNAMED, can_be_seen, first_seen

UNSEEN = {
    "empty": "",
    "spaces": " \t\u00a0\u3000\u2003\n",
    "Hangul fillers": "\u3164\u3164\u115f\u1160\uffa0",
    "Braille without a dot": "\u2800",
    "directions and zero widths": "\u200e \u200b\u200c\u200d\u200f\u202e\u2060\u2066\ufeff",
    "soft hyphen": "\u00ad",
    "tags alone": "\U000e0067\U000e0062\U000e007f",
    "variation selectors alone": "\ufe0f\ufe0e\U000e0100\u180b",
    "marks alone": "\u0301\u0308\u20dd\u0e34\u093f",
    "Khmer vowels": "\u17b4\u17b5",
    "a private sign": "\ue000\uf8ff\U000f0000",
    "a missing object": "\ufffc",
    "a note without a head": "\U0001d159",
    "Egyptian blanks": "\U00013441\U00013442",
    "reserved": "\u2065\ufff0\U000e0fff",
    "noncharacters": "\ufdd0\uffff\U0010fffe",
    "half a surrogate": "\ud83d",
    "controls": "\0\x07\x7f",
}
SEEN = [
    *("Mina", "7", "-", "_", "–", "…", "~", "\u00b4"),
    *("김", "ㅎ", "마", "𠮷", "陳", "あ", "م", "ש", "ก็", "क्ष", "ᏣᎳᎩ"),
    *("🐼", "👩🏽‍🚀", "🇰🇷", "1️⃣", "❤️", "🏻", "🫩", "🪾", "🛘", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "✧", "꧁"),
    *("\u3164\u3164a", "\u200b.\u200b", "\u2800👻\u2800"),
]


@pytest.mark.parametrize("text", UNSEEN.values(), ids=UNSEEN.keys())
def test_text_without_ink_cannot_be_seen(text: str) -> None:
    assert not can_be_seen(text)


@pytest.mark.parametrize("text", SEEN)
def test_one_sign_with_ink_is_enough_to_be_seen(text: str) -> None:
    assert can_be_seen(text)


def test_everything_without_ink_together_cannot_be_seen() -> None:
    assert not can_be_seen("".join(UNSEEN.values()))


def test_no_space_control_mark_or_format_sign_counts_as_ink() -> None:
    every = map(chr, range(sys.maxunicode + 1))
    inkless = [char for char in every if unicodedata.category(char)[0] in "ZMC" and unicodedata.category(char) != "Cn"]

    assert [hex(ord(char)) for char in (*inkless, *BLANK) if can_be_seen(char)] == []


@pytest.mark.parametrize("unseen", UNSEEN.values(), ids=UNSEEN.keys())
def test_the_first_name_that_can_be_seen_is_shown_unchanged(unseen: str) -> None:
    assert first_seen(unseen, " Mina\u3164", "mina") == " Mina\u3164"
    assert first_seen(unseen, None, unseen, "mina") == "mina"
    assert first_seen(unseen, None, unseen) == UNNAMED


def test_the_word_for_somebody_without_a_name_can_be_seen() -> None:
    assert can_be_seen(UNNAMED)
    assert first_seen() == UNNAMED
