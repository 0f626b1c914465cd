"""Sanitizes text for drawing and splits it into grapheme clusters."""

import unicodedata
from typing import Final

from core.names import BLANK

MARKS_MAX: Final = 4  # combining marks kept per cluster; more are only decoration that overlaps the neighbours
_STACKED_MAX: Final = 2  # of these, marks that combine with any letter: above, below, through, doubled
_STACKED: Final = {1, *range(200, 241)}  # canonical combining classes of such marks

ZWNJ: Final = "\u200c"
ZWJ: Final = "\u200d"
TEXT_STYLE: Final = "\ufe0e"
EMOJI_STYLE: Final = "\ufe0f"
KEYCAP: Final = "\u20e3"
_REPLACEMENT: Final = "\ufffd"


def sanitize(text: str) -> str:
    """`text` on one line: without control characters and direction overrides, with single spaces, few marks per letter.

    Invisible characters become spaces; lone surrogates become U+FFFD. The result may be empty.
    """
    kept: list[str] = []
    marks = stacked = 0
    for char in unicodedata.normalize("NFC", text):
        category = unicodedata.category(char)
        if category in {"Mn", "Me"} and not is_variation(char):
            marks += 1
            stacked += unicodedata.combining(char) in _STACKED
            if marks <= MARKS_MAX and stacked <= _STACKED_MAX and char not in BLANK:
                kept.append(char)
            continue
        if category != "Mc" and char not in {ZWJ, ZWNJ} and not is_variation(char):
            marks = stacked = 0
        if category == "Cs":
            kept.append(_REPLACEMENT)
        elif category.startswith("Z") or char in BLANK or char in "\t\n\r\v\f":
            kept.append(" ")
        elif category == "Cc" or (category == "Cf" and char not in {ZWJ, ZWNJ} and not _is_tag(char)):
            continue
        else:
            kept.append(char)
    return " ".join("".join(kept).split())


def clusters(text: str) -> list[str]:
    """Split `text` into grapheme clusters: letter with marks, joined emoji, flag, syllable block.

    Implements the rules of Unicode's annex 29 that occur in names.
    """
    found: list[str] = []
    for char in text:
        if found and _joins(found[-1], char):
            found[-1] += char
        else:
            found.append(char)
    return found


def is_emoji(cluster: str) -> bool:
    """Whether the cluster is shown as a colour emoji."""
    first = cluster[0]
    if TEXT_STYLE in cluster:
        return False
    if EMOJI_STYLE in cluster or KEYCAP in cluster or is_regional(first):
        return True
    code = ord(first)
    return any(start <= code < end for start, end in _PICTOGRAPHS) or first in _COLOUR_BY_DEFAULT


def is_variation(char: str) -> bool:
    """Whether `char` is a variation selector."""
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef" or "\u180b" <= char <= "\u180d"


def is_regional(char: str) -> bool:
    """Whether `char` is a regional indicator, half of a flag."""
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _joins(cluster: str, char: str) -> bool:
    last = cluster[-1]
    if char in {ZWJ, ZWNJ} or is_variation(char) or _is_tag(char) or unicodedata.category(char) in {"Mn", "Mc", "Me"}:
        return True
    if "\U0001f3fb" <= char <= "\U0001f3ff":  # skin tones
        return is_emoji(cluster)
    if last == ZWJ:
        return is_emoji(char) or char in _JOINED_IN_EMOJI
    if is_regional(char):
        return len(cluster) == 1 and is_regional(last)
    if _is_conjoining(char) and _is_conjoining(last):  # Hangul written as single jamo
        return not ("\u1100" <= char <= "\u115f" and not "\u1100" <= last <= "\u115f")
    # A virama joins the next consonant of the same script into one cluster.
    return unicodedata.combining(last) == _VIRAMA and unicodedata.category(char) == "Lo"


_VIRAMA: Final = 9  # canonical combining class
_JOINED_IN_EMOJI: Final = frozenset("♀♂⚕⚖✈❤➡⬛↔↕☠")
_PICTOGRAPHS: Final = ((0x1F300, 0x1F650), (0x1F680, 0x1FB00))
# Emoji_Presentation below U+1F300: shown in colour without a variation selector.
_COLOUR_BY_DEFAULT: Final = frozenset(
    "⌚⌛⏩⏪⏫⏬⏰⏳◽◾☔☕♈♉♊♋♌♍♎♏♐♑♒♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽✅✊✋✨❌❎❓❔❕❗\u2795\u2796\u2797➰➿⬛⬜⭐⭕"
    "🀄🃏🆎🆑🆒🆓🆔🆕🆖🆗🆘🆙🆚🈁🈚🈯🈲🈳🈴🈵🈶🈸🈹🈺🉐🉑"
)


def _is_tag(char: str) -> bool:
    return "\U000e0020" <= char <= "\U000e007f"


def _is_conjoining(char: str) -> bool:
    return "\u1100" <= char <= "\u11ff" or "\ua960" <= char <= "\ua97f" or "\ud7b0" <= char <= "\ud7ff"
