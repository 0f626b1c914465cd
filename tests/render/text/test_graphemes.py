import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.text.graphemes import clusters, is_emoji, sanitize


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("Mina", ["M", "i", "n", "a"]),
        ("김민아", ["김", "민", "아"]),
        ("\u1112\u1161\u11ab\u1100\u1173\u11af", ["\u1112\u1161\u11ab", "\u1100\u1173\u11af"]),
        ("e\u0301a", ["e\u0301", "a"]),
        ("👨‍👩‍👧‍👦👍🏽", ["👨‍👩‍👧‍👦", "👍🏽"]),
        ("🇰🇷🇯🇵🇺", ["🇰🇷", "🇯🇵", "🇺"]),
        ("❤️1️⃣", ["❤️", "1️⃣"]),
        ("🏴󠁧󠁢󠁳󠁣󠁴󠁿!", ["🏴󠁧󠁢󠁳󠁣󠁴󠁿", "!"]),
        ("🧑🏿‍🚀🏳️‍🌈", ["🧑🏿‍🚀", "🏳️‍🌈"]),
        ("क्षत्रि", ["क्ष", "त्रि"]),
        ("ที่นี่", ["ที่", "นี่"]),
        ("", []),
    ],
)
def test_clusters_are_what_a_reader_counts(text: str, signs: list[str]) -> None:
    assert clusters(text) == signs


@pytest.mark.parametrize(
    ("text", "tamed"),
    [
        ("  two\t words\n", "two words"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("nul\x00bell\x07", "nulbell"),
        ("\u2800\u3164\u115f", ""),
        ("z\ufeff\u200bero", "zero"),
        ("half\ud83d", "half\ufffd"),
        ("می‌خواهم", "می‌خواهم"),
        ("e\u0301", "é"),
        ("", ""),
    ],
)
def test_tame_leaves_only_what_can_be_seen(text: str, tamed: str) -> None:
    assert sanitize(text) == tamed


def test_tame_keeps_two_of_a_hundred_stacked_marks() -> None:
    tamed = sanitize("Z" + "\u0335\u034f\u0322\u031b\u0301\u0316" * 20 + "algo")

    assert clusters(tamed)[1:] == ["a", "l", "g", "o"]
    assert len(clusters(tamed)[0]) == 3


@pytest.mark.parametrize(
    ("sign", "coloured"), [("😀", True), ("☺\ufe0e", False), ("☺\ufe0f", True), ("7", False), ("⚡", True)]
)
def test_emoji_are_told_from_text(sign: str, *, coloured: bool) -> None:
    assert is_emoji(sign) is coloured


@given(st.text())
def test_nothing_is_lost_or_doubled_between_signs(text: str) -> None:
    assert "".join(clusters(text)) == text


@given(st.text())
def test_taming_twice_changes_nothing_more(text: str) -> None:
    assert sanitize(sanitize(text)) == sanitize(text)
