"""Bundled fonts: chooses the font that has a grapheme; opens each font on first use, once per size."""

import json
from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from PIL import ImageFont, features

from render.text.graphemes import EMOJI_STYLE, TEXT_STYLE, ZWJ, ZWNJ, is_variation

FOLDER: Final = Path(__file__).parents[2] / "assets" / "fonts"
EMOJI: Final = "NotoColorEmoji.ttf"
EMOJI_NEWER: Final = "NotoColorEmoji-Newer.ttf"  # only the emoji added in Unicode 16 and 17
EMOJI_FILES: Final = frozenset({EMOJI, EMOJI_NEWER})
EMOJI_SIZE_PX: Final = 109  # the only bitmap size in these fonts

_CJK_BOLD: Final = "NotoSansCJK-Bold.otf"
_CJK_MEDIUM: Final = "NotoSansCJK-Medium.otf"
_CJK_RARE: Final = "NotoSansCJK-Rare-Bold.otf"  # Han outside the Basic Multilingual Plane
_LAST: Final = ("NotoSansSymbols-SemiBold.ttf", "NotoSansSymbols2-Regular.ttf", "NotoSansMath-Regular.ttf")


class Face(StrEnum):
    """The three font faces of a card; each has the same fallback fonts for other scripts."""

    DISPLAY = "display"  # headings and large numbers
    STRONG = "strong"  # names and values
    TEXT = "text"  # labels


_FIRST: Final = {
    Face.DISPLAY: ("Fraunces-Display.ttf", "Inter-SemiBold.otf"),
    Face.STRONG: ("Inter-SemiBold.otf",),
    Face.TEXT: ("Inter-Medium.otf",),
}
_HAN: Final = {
    Face.DISPLAY: (_CJK_BOLD, _CJK_RARE),
    Face.STRONG: (_CJK_BOLD, _CJK_RARE),
    Face.TEXT: (_CJK_MEDIUM, _CJK_BOLD, _CJK_RARE),
}
_EAST_ASIAN: Final = (
    (0x1100, 0x11FF),
    (0x2E80, 0x9FFF),
    (0xA960, 0xA97F),
    (0xAC00, 0xD7FF),
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE4F),
    (0xFF00, 0xFFEF),
    (0x20000, 0x3FFFD),
)
# Factor on the text size: Han and Hangul fill their em square and would look larger than Latin letters.
_SCALE: Final = {_CJK_BOLD: 0.95, _CJK_MEDIUM: 0.95, _CJK_RARE: 0.95}


@dataclass(frozen=True, slots=True)
class _Coverage:
    """The code points that one font has, as sorted range bounds: first, last, first, last and so on."""

    bounds: tuple[int, ...]

    def has(self, code: int) -> bool:
        at = bisect_right(self.bounds, code)
        return at % 2 == 1 or (at > 0 and self.bounds[at - 1] == code)


@cache
def shaping_is_complete() -> bool:
    """Whether Pillow can shape every script; without the system's FriBidi library it draws characters one by one.

    Without it Arabic and Hebrew are still correct (see render/text/fallback_shaping.py); Indic scripts and joined emoji
    look plainer.
    """
    return bool(features.check_feature("raqm")) and bool(features.check_feature("fribidi"))


@lru_cache(maxsize=8192)
def font_for(cluster: str, face: Face) -> str | None:
    """The file of the first font in the fallback chain of `face` that has every code point of `cluster`, or None."""
    codes = [ord(char) for char in cluster if not (is_variation(char) or char in {ZWJ, ZWNJ})]
    coverage = _coverage()
    # Fonts of other scripts contain some East Asian punctuation, so the East Asian fonts are tried first.
    for file in (*_HAN[face], *_chain(face)) if is_east_asian(cluster[0]) else _chain(face):
        has = coverage[file].has
        if all(has(code) for code in codes):
            return file
    return None


def has_sign(file: str | None, sign: str) -> bool:
    """Whether the font `file` has the character; False if `file` is None."""
    return file is not None and _coverage()[file].has(ord(sign))


def is_east_asian(char: str) -> bool:
    """Whether `char` is Han, kana, Hangul or their punctuation."""
    return any(first <= ord(char) <= last for first, last in _EAST_ASIAN)


@lru_cache(maxsize=256)
def open_font(file: str, size_px: int, *, shaped: bool) -> ImageFont.FreeTypeFont:
    """The font at `size_px`, with full shaping or with Pillow's basic layout."""
    engine = ImageFont.Layout.RAQM if shaped else ImageFont.Layout.BASIC
    size = EMOJI_SIZE_PX if file in EMOJI_FILES else max(1, round(size_px * _SCALE.get(file, 1.0)))
    return ImageFont.truetype(FOLDER / file, size, layout_engine=engine)


def emoji_font_for(cluster: str) -> str | None:
    """The file of the emoji font that draws `cluster` as one glyph, or None if no font has all its code points."""
    codes = [ord(char) for char in cluster if char not in {ZWJ, EMOJI_STYLE, TEXT_STYLE}]
    files = (EMOJI_NEWER, EMOJI) if _is_newer_sequence(cluster) else (EMOJI, EMOJI_NEWER)
    coverage = _coverage()
    return next((file for file in files if all(coverage[file].has(code) for code in codes)), None)


def _is_newer_sequence(cluster: str) -> bool:
    """Whether only the newer emoji font joins `cluster`, although the older one has each of its code points."""
    plain = cluster.replace(EMOJI_STYLE, "")
    without_tones = "".join(char for char in plain if char not in _SKIN_TONES)
    is_toned = plain != without_tones
    return without_tones in _NEWER_SEQUENCES or (is_toned and without_tones[0] in _TONES_ARE_NEWER)


_SKIN_TONES: Final = frozenset("🏻🏼🏽🏾🏿")
_TONES_ARE_NEWER: Final = frozenset("👯")
# Sark's flag, ballet dancers, and pairs with bunny ears whose skin tones differ.
_NEWER_SEQUENCES: Final = frozenset({"🇨🇶", "🧑\u200d🩰", *(f"{who}\u200d🐰\u200d{who}" for who in "👨👩🧑")})


@cache
def _coverage() -> dict[str, _Coverage]:
    listed: dict[str, list[int]] = json.loads((FOLDER / "coverage.json").read_text(encoding="ascii"))
    bounds: dict[str, _Coverage] = {}
    for file, ranges in listed.items():
        bounds[file] = _Coverage(tuple(ranges))
    return bounds


@cache
def _chain(face: Face) -> tuple[str, ...]:
    named = {*(file for files in (*_FIRST.values(), *_HAN.values()) for file in files), *_LAST, *EMOJI_FILES}
    scripts = tuple(file for file in _coverage() if file not in named)
    return (*_FIRST[face], *scripts, *_LAST, *_HAN[face])
