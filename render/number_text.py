"""Draws numbers with units ("3 h 20 min"): large digits and small unit words, in any language's order."""

import re
from collections.abc import Iterable
from typing import Final

from PIL import Image

from core.i18n import Translator
from render.text.layout import Colour, Style, width, write
from render.theme import MIST, heading, label

_DIGITS: Final = re.compile(r"(\d(?:[\d.,\u00a0\u202f]*\d)?)")
_UNIT_SHARE: Final = 0.56  # size of the unit words relative to the digits
_SMALLEST_PX: Final = 18


def write_number(
    canvas: Image.Image, at: tuple[float, float], text: str, t: Translator, *, size_px: int, colour: Colour
) -> float:
    """Draw text such as "3 h 20 min" with its baseline starting at `at`; returns the width in pixels."""
    x = at[0]
    for part, style, is_number, gap in _parts(text, t, size_px):
        x += gap
        x += write(canvas, (x, at[1]), part, style, colour if is_number else MIST)
    return x - at[0]


def common_px(texts: Iterable[str], t: Translator, *, size_px: int, max_width: float) -> int:
    """The largest size up to `size_px` at which every text fits into `max_width`, so that neighbours have one size."""
    for text in texts:
        while size_px > _SMALLEST_PX and (total := _width(_parts(text, t, size_px))) > max_width:
            size_px = max(_SMALLEST_PX, min(size_px - 1, int(size_px * max_width / total)))
    return size_px


def _width(parts: list[tuple[str, Style, bool, float]]) -> float:
    return sum(gap + width(part, style) for part, style, _, gap in parts)


def _parts(text: str, t: Translator, size_px: int) -> list[tuple[str, Style, bool, float]]:
    """Digits and words in turn: text, style, whether it is a number, and the gap before it in pixels."""
    found: list[tuple[str, Style, bool, float]] = []
    for piece in _DIGITS.split(text):
        if not piece.strip():
            continue
        is_number = piece[0].isdigit()
        style = heading(t, size_px) if is_number else label(t, round(size_px * _UNIT_SHARE))
        if not found:
            gap = 0.0
        elif is_number:
            gap = size_px * (0.26 if found[-1][0].endswith((" ", "\u00a0")) else 0.16)
        else:
            gap = size_px * (0.14 if piece[0].isspace() else 0.07)
        found.append((piece, style, is_number, gap))
    return found
