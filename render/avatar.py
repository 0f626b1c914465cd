"""Draws round avatars: decodes untrusted image bytes safely, or draws initials when there is no usable image."""

import unicodedata
from functools import lru_cache
from io import BytesIO
from typing import Final, cast

from PIL import Image, ImageOps

from render.pillow_compat import from_sixteen_bits, resized
from render.shapes import rounded
from render.text.fonts import Face
from render.text.graphemes import clusters, is_emoji, sanitize
from render.text.layout import Colour, Style, write_centred

BYTES_MAX: Final = 1024 * 1024  # Discord's avatars of 128 px are far smaller
PIXELS_MAX: Final = 2048 * 2048  # of one frame, before anything is decoded
_SMALL_PX: Final = 60
_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP")

# Dark enough for white letters at a contrast of 4.5:1.
_GROUNDS: Final[tuple[Colour, ...]] = (
    (138, 90, 28),
    (158, 72, 52),
    (150, 62, 100),
    (98, 78, 178),
    (46, 98, 168),
    (24, 110, 104),
    (66, 110, 50),
    (112, 98, 34),
)
_LETTER: Final[Colour] = (250, 248, 242)


def place(
    canvas: Image.Image, centre: tuple[float, float], diameter: int, *, image: bytes | None, name: str, tint: int
) -> None:
    """Draw a round avatar: `image` if it can be decoded, otherwise initials on a colour chosen by `tint`."""
    portrait = (_decode(image, diameter) if image else None) or _initials_portrait(initials(name), diameter, tint)
    corner = (round(centre[0] - diameter / 2), round(centre[1] - diameter / 2))
    canvas.paste(portrait, corner, rounded((diameter, diameter), diameter // 2))


def initials(name: str) -> str:
    """First grapheme of a name, two for two Latin, Greek or Cyrillic words; empty without letter, digit and emoji."""
    words = [
        sign
        for word in sanitize(name).split()
        if (sign := next((sign for sign in clusters(word) if sign[0].isalnum() or is_emoji(sign)), None))
    ]
    if not words:
        return ""
    if len(words) > 1 and _is_cased(words[0]) and _is_cased(words[-1]):
        return (words[0] + words[-1]).upper()
    return words[0].upper() if _is_cased(words[0]) else words[0]


@lru_cache(maxsize=64)  # the key of each entry holds the bytes, up to BYTES_MAX
def _decode(image: bytes, diameter: int) -> Image.Image | None:
    if len(image) > BYTES_MAX:
        return None
    try:
        with Image.open(BytesIO(image), formats=_FORMATS) as opened:
            if opened.width * opened.height > PIXELS_MAX:
                return None
            opened.draft("RGB", (diameter * 2, diameter * 2))
            picture = _upright(_in_eight_bits(opened).convert("RGBA"))  # for an animation, this is the first frame
    except Exception:  # noqa: BLE001 - decoders raise anything at all on bytes that were made to hurt them
        return None
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = resized(picture.crop((left, top, left + side, top + side)), (diameter, diameter), Image.Resampling.LANCZOS)
    flat = Image.new("RGB", square.size, _BEHIND_CLEAR)
    flat.paste(square, (0, 0), square)
    return flat


def _in_eight_bits(opened: Image.Image) -> Image.Image:
    """`opened` with 8 bits per channel, including the colour that a PNG declares as transparent.

    Pillow clips 16-bit grey to white instead of scaling it, and compares a 16-bit transparent colour with 8-bit pixels.
    """
    is_grey = opened.mode.startswith("I")
    is_deep = is_grey or any("16B" in str(tile) for tile in getattr(opened, "tile", ()))
    picture = from_sixteen_bits(opened) if is_grey else opened
    clear = picture.info.get("transparency")
    if is_deep and isinstance(clear, int):
        picture.info["transparency"] = clear >> 8
    elif is_deep and isinstance(clear, tuple):
        picture.info["transparency"] = tuple(value >> 8 for value in cast("tuple[int, ...]", clear))
    return picture


def _upright(picture: Image.Image) -> Image.Image:
    """`picture` rotated according to its EXIF orientation; unchanged when the EXIF data cannot be read."""
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # noqa: BLE001 - the picture itself is sound, and the note is bytes of strangers too
        return picture


_BEHIND_CLEAR: Final[Colour] = (54, 58, 72)  # behind partly transparent images


@lru_cache(maxsize=256)
def _initials_portrait(letters: str, diameter: int, tint: int) -> Image.Image:
    portrait = Image.new("RGB", (diameter, diameter), _GROUNDS[(tint >> 22 ^ tint) % len(_GROUNDS)])
    # Small avatars get relatively larger letters, to stay readable.
    share = (0.40 if len(clusters(letters)) > 1 else 0.48) + (0.06 if diameter < _SMALL_PX else 0)
    style = Style(Face.STRONG, round(diameter * share))
    if letters:
        write_centred(portrait, (diameter / 2, diameter / 2), letters, style, _LETTER, max_width=diameter * 0.8)
        return portrait
    # No initials: draw a generic head and shoulders.
    head, body = diameter * 36 // 100, diameter * 76 // 100
    portrait.paste(_LETTER, ((diameter - head) // 2, diameter * 20 // 100), rounded((head, head), head // 2))
    portrait.paste(_LETTER, ((diameter - body) // 2, diameter * 62 // 100), rounded((body, body), body // 2))
    return portrait


def _is_cased(sign: str) -> bool:
    return unicodedata.category(sign[0]) in {"Lu", "Ll", "Lt"}
