"""Text layout for cards: shapes, measures, fits and draws one line of text in any script."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from math import ceil
from typing import Final, Literal

from PIL import Image, ImageDraw

from render.pillow_compat import resized
from render.text import bidi, fallback_shaping
from render.text.fonts import (
    EMOJI_FILES,
    EMOJI_SIZE_PX,
    Face,
    emoji_font_for,
    font_for,
    has_sign,
    is_east_asian,
    open_font,
    shaping_is_complete,
)
from render.text.graphemes import ZWJ, ZWNJ, clusters, is_emoji, is_regional, is_variation, sanitize

Colour = tuple[int, int, int]
Align = Literal["left", "centre", "right"]

ELLIPSIS: Final = "…"
_READ_MAX: Final = 512  # characters used; Discord allows 32 in a user's name and 100 in a guild's name
_EMOJI_EM: Final = 1.16  # height of an emoji relative to the text size
_EMOJI_DROP: Final = 0.20  # how far an emoji extends below the baseline, relative to the text size
_TOFU_EM: Final = 0.62
_SMALLEST_CENTRED_PX: Final = 8


@dataclass(frozen=True, slots=True)
class Style:
    """Font settings of a line, without its colour."""

    face: Face
    size_px: int
    language: str = ""  # BCP 47; chooses between the glyph forms of Han characters in zh-TW, zh-CN, ja and ko
    is_tabular: bool = False  # tabular digits, for columns


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbouring clusters with one font and one direction."""

    text: str  # in reading order; with basic layout already in visual order
    file: str | None  # None: no font has it; a box is drawn for each cluster
    is_rtl: bool
    signs: int


@dataclass(frozen=True, slots=True)
class _Layout:
    """The runs and size of a line, before drawing."""

    style: Style  # with the language detected in the text
    runs: tuple[_Run, ...]  # in visual order, left to right
    advances: tuple[float, ...]
    width: float


@dataclass(frozen=True, slots=True)
class _Line:
    """A rendered line; positions are relative to the start of its baseline."""

    width: float
    mask: Image.Image | None
    left: int
    top: int
    pictures: tuple[tuple[Image.Image, int, int], ...]


def width(text: str, style: Style) -> float:
    """The width of `text` in pixels."""
    return _laid_out(text, style, shaped=shaping_is_complete()).width


def fit(text: str, style: Style, *, max_width: float, smallest_px: int | None = None) -> tuple[str, Style]:
    """`text` and a style with which it fits into `max_width`: first smaller down to `smallest_px`, then truncated.

    Text is cut between grapheme clusters and ends with an ellipsis. The result is sanitized; empty if nothing fits.
    """
    text = sanitize(text[:_READ_MAX])
    smallest = min(style.size_px, smallest_px or style.size_px)
    full = width(text, style)
    if full <= max_width or not text:
        return text, style
    estimate = int(style.size_px * max_width / full)
    for size in range(max(smallest, min(estimate + 1, style.size_px)), smallest - 1, -1):
        smaller = replace(style, size_px=size)
        if width(text, smaller) <= max_width:
            return text, smaller
    style = replace(style, size_px=smallest)
    signs = clusters(text)
    low, high = 0, len(signs)
    while low < high:
        middle = (low + high + 1) // 2
        if width(_cut(signs, middle), style) <= max_width:
            low = middle
        else:
            high = middle - 1
    kept = _cut(signs, low)
    return (kept if width(kept, style) <= max_width else ""), style


def fit_all(texts: Iterable[str], style: Style, *, max_width: float, smallest_px: int) -> Style:
    """One style, `style` or smaller down to `smallest_px`, with which every text fits into `max_width`."""
    for text in texts:
        while style.size_px > smallest_px and width(text, style) > max_width:
            style = replace(style, size_px=style.size_px - 1)
    return style


def write(
    canvas: Image.Image,
    at: tuple[float, float],
    text: str,
    style: Style,
    colour: Colour,
    *,
    align: Align = "left",
    max_width: float | None = None,
    smallest_px: int | None = None,
) -> float:
    """Draw one line whose baseline starts, is centred or ends at `at`; returns its width in pixels.

    With `max_width` the text is fitted first (see `fit`).
    """
    if max_width is not None:
        text, style = fit(text, style, max_width=max_width, smallest_px=smallest_px)
    line = _set(text, style, shaped=shaping_is_complete())
    x = at[0] - {"left": 0.0, "centre": line.width / 2, "right": line.width}[align]
    put(canvas, line, (round(x), round(at[1])), colour)
    return line.width


def write_centred(
    canvas: Image.Image, centre: tuple[float, float], text: str, style: Style, colour: Colour, *, max_width: float
) -> None:
    """Draw short text so that its visible pixels, not its baseline, are centred in a round or square area."""
    text, style = fit(text, style, max_width=max_width, smallest_px=_SMALLEST_CENTRED_PX)
    line = _set(text, style, shaped=shaping_is_complete())
    tops = [y for _, _, y in line.pictures] + ([line.top] if line.mask else [])
    bottoms = [y + picture.height for picture, _, y in line.pictures]
    bottoms += [line.top + line.mask.height] if line.mask else []
    middle = (min(tops, default=0) + max(bottoms, default=0)) / 2
    put(canvas, line, (round(centre[0] - line.width / 2), round(centre[1] - middle)), colour)


def put(canvas: Image.Image, line: _Line, at: tuple[int, int], colour: Colour) -> None:
    """Draw a rendered line."""
    if line.mask is not None:
        canvas.paste(colour, (at[0] + line.left, at[1] + line.top), line.mask)
    for picture, x, y in line.pictures:
        canvas.paste(picture, (at[0] + x, at[1] + y), picture)


def _cut(signs: list[str], kept: int) -> str:
    return "".join(signs[:kept]).rstrip() + ELLIPSIS


@lru_cache(maxsize=1024)
def _laid_out(text: str, style: Style, *, shaped: bool) -> _Layout:
    text = sanitize(text)
    face = style.face
    if face is Face.DISPLAY and any(is_east_asian(char) for char in text):
        face = Face.STRONG  # the display face has no Han or Hangul, and its digits do not match the fallback fonts
    style = replace(style, face=face, language=_han_language(text, style.language))
    runs = tuple(_runs(text, face, shaped=shaped))
    advances = tuple(_advance(run, style, shaped=shaped) for run in runs)
    return _Layout(style, runs, advances, sum(advances))


@lru_cache(maxsize=512)
def _set(text: str, style: Style, *, shaped: bool) -> _Line:
    layout = _laid_out(text, style, shaped=shaped)
    style, total, size = layout.style, layout.width, style.size_px
    # Padding for glyphs that extend far, such as stacked marks and long tails; cropped below.
    margin, baseline, height = size, 2 * size, 3 * size + size // 2
    mask = Image.new("L", (ceil(total) + 2 * margin, height))
    pen = ImageDraw.Draw(mask)
    pictures: list[tuple[Image.Image, int, int]] = []
    x = 0.0
    for run, advance in zip(layout.runs, layout.advances, strict=True):
        if run.file in EMOJI_FILES:
            picture = _emoji(run.text, run.file, round(size * _EMOJI_EM), shaped=shaped)
            pictures.append((picture, round(x + size * 0.04), round(size * _EMOJI_DROP) - picture.height))
        elif run.file is None:
            for sign in range(run.signs):
                _draw_tofu(pen, margin + x + sign * size * _TOFU_EM, baseline, size)
        else:
            font = open_font(run.file, size, shaped=shaped)
            if shaped:
                pen.text(
                    (margin + x, baseline),
                    run.text,
                    fill=255,
                    font=font,
                    anchor="ls",
                    direction="rtl" if run.is_rtl else "ltr",
                    features=_features(style),
                    language=style.language or None,
                )
            else:
                pen.text((margin + x, baseline), run.text, fill=255, font=font, anchor="ls")
        x += advance
    box = mask.getbbox()
    if box is None:
        return _Line(total, None, 0, 0, tuple(pictures))
    return _Line(total, mask.crop(box), box[0] - margin, box[1] - baseline, tuple(pictures))


def _runs(text: str, face: Face, *, shaped: bool) -> list[_Run]:
    """`text` as runs in visual order, left to right."""
    signs = clusters(text)
    if not signs:
        return []
    files: list[str | None] = []
    for sign in signs:
        file = _file_of(sign, face)
        # A space takes the font of the word before it, which avoids a new run.
        keeps = sign == " " and files and files[-1] not in EMOJI_FILES and has_sign(files[-1], sign)
        files.append(files[-1] if keeps else file)
    levels = bidi.levels(signs)
    runs: list[_Run] = []
    run_levels: list[int] = []
    for (file, level, _), group in groupby(
        range(len(signs)), key=lambda index: (files[index], levels[index], index if files[index] in EMOJI_FILES else -1)
    ):
        members = [signs[index] for index in group]
        if file in EMOJI_FILES:
            runs.append(_Run(members[0], file, is_rtl=False, signs=1))
        else:
            runs.append(
                _Run(_spelled(members, is_rtl=level % 2 == 1, shaped=shaped), file, level % 2 == 1, len(members))
            )
        run_levels.append(level)
    return [runs[index] for index in bidi.visual_order(run_levels)]


def _file_of(sign: str, face: Face) -> str | None:
    emoji = emoji_font_for(sign)
    return emoji if emoji and is_emoji(sign) else font_for(sign, face) or emoji


def _spelled(signs: list[str], *, is_rtl: bool, shaped: bool) -> str:
    plain = ["".join(char for char in sign if not is_variation(char)) for sign in signs]
    if shaped:
        return "".join(plain)
    plain = [sign.replace(ZWJ, "").replace(ZWNJ, "") for sign in plain]
    return fallback_shaping.visual_rtl(plain) if is_rtl else "".join(plain)


def _advance(run: _Run, style: Style, *, shaped: bool) -> float:
    if run.file in EMOJI_FILES:
        return _emoji(run.text, run.file, round(style.size_px * _EMOJI_EM), shaped=shaped).width + style.size_px * 0.08
    if run.file is None:
        return run.signs * style.size_px * _TOFU_EM
    font = open_font(run.file, style.size_px, shaped=shaped)
    if not shaped:
        return font.getlength(run.text)
    direction = "rtl" if run.is_rtl else "ltr"
    return font.getlength(run.text, direction=direction, features=_features(style), language=style.language or None)


def _features(style: Style) -> list[str] | None:
    return ["tnum"] if style.is_tabular else None


def _draw_tofu(pen: ImageDraw.ImageDraw, x: float, baseline: int, size: int) -> None:
    box = (x + size * 0.09, baseline - size * 0.68, x + size * (_TOFU_EM - 0.09), baseline)
    pen.rounded_rectangle(box, radius=size * 0.1, outline=150, width=max(1, size // 16))


@lru_cache(maxsize=512)
def _emoji(cluster: str, file: str, height_px: int, *, shaped: bool) -> Image.Image:
    font = open_font(file, EMOJI_SIZE_PX, shaped=shaped)
    shown = cluster if shaped or is_regional(cluster[0]) else cluster[0]
    sheet = Image.new("RGBA", (EMOJI_SIZE_PX * 8, EMOJI_SIZE_PX * 2))
    ImageDraw.Draw(sheet).text((EMOJI_SIZE_PX // 2, EMOJI_SIZE_PX // 4), shown, font=font, embedded_color=True)
    box = sheet.getchannel("A").getbbox() or (0, 0, 1, 1)
    picture = sheet.crop(box)
    scale = height_px / max(picture.height, EMOJI_SIZE_PX)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    # Premultiply alpha while scaling down, otherwise transparent pixels bleed into the edge.
    return resized(picture.convert("RGBa"), size, Image.Resampling.LANCZOS).convert("RGBA")


@lru_cache(maxsize=2048)
def _han_language(text: str, default: str) -> str:
    """The language whose Han glyph forms fit `text`, guessed from its kana, Hangul or choice of characters."""
    if any("\u3041" <= char <= "\u30ff" for char in text):
        return "ja"
    if any("\uac00" <= char <= "\ud7a3" for char in text):
        return "ko"
    han = [char for char in text if "\u4e00" <= char <= "\u9fff"]
    if not han:
        return default
    votes = {language: sum(_encodes(char, codec) for char in han) for language, codec in _HAN_CODECS.items()}
    best = max(votes.values())
    if votes.get(default) == best:
        return default
    return next(language for language, count in votes.items() if count == best)


# Each legacy national encoding contains only the characters used in that country.
_HAN_CODECS: Final = {"zh-TW": "big5", "zh-CN": "gb2312", "ja": "shift_jis"}


def _encodes(char: str, codec: str) -> bool:
    try:
        char.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
