"""Chooses the display name of a user: the first candidate with visible characters."""

import unicodedata
from typing import Final

# Characters that Unicode does not class as spaces or controls, and that fonts draw without ink.
BLANK: Final = frozenset(
    "\u034f"  # grapheme joiner
    "\u115f\u1160\u3164\uffa0"  # Hangul fillers
    "\u17b4\u17b5"  # Khmer inherent vowels
    "\u180e"  # Mongolian vowel separator
    "\u2800"  # Braille without a dot
    "\ufffc"  # object replacement character
    "\U00013441\U00013442"  # Egyptian hieroglyph blanks
    "\U00016fe4"  # Khitan filler
    "\U0001d159"  # musical symbol null notehead
)
UNNAMED: Final = "–"  # for a user without a visible name; the same in every language

_INKED: Final = frozenset("LNPS")  # general categories: letters, numbers, punctuation, symbols


def can_be_seen(text: str) -> bool:
    """Whether `text` has at least one visible character: a letter, digit, punctuation mark or symbol.

    Combining marks count only on such a character. Spaces, controls, tags, variation selectors and private-use
    characters are not visible.
    """
    return any(_has_ink(char) for char in text)


def first_seen(*names: str | None) -> str:
    """The first of `names` that is visible, unchanged; `UNNAMED` when none is."""
    return next((name for name in names if name and can_be_seen(name)), UNNAMED)


def _has_ink(char: str) -> bool:
    if char in BLANK:
        return False
    category = unicodedata.category(char)
    if category == "Cn":  # a later Unicode version than Python's may have assigned it
        return not _is_never_a_sign(ord(char))
    return category[0] in _INKED


def _is_never_a_sign(code: int) -> bool:
    """Whether an unassigned code point is a noncharacter or reserved as invisible."""
    is_noncharacter = 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE  # noqa: PLR2004 - Unicode's own numbers
    return is_noncharacter or code == 0x2065 or 0xFFF0 <= code <= 0xFFF8 or 0xE0000 <= code <= 0xE0FFF  # noqa: PLR2004
