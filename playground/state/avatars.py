"""Generates avatar and emoji images (PNG landscapes and faces) from an id; the same id gives the same image."""

import hashlib
import io
import random
from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

SIZES_PX: Final = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
_CANVAS_PX: Final = 512

_PALETTES: Final = (
    ("#20304f", "#4c5f94", "#f2a65a", "#fde2b3"),
    ("#123a3a", "#2f7f79", "#e9c46a", "#fff3d1"),
    ("#3a1f3d", "#8d4b7b", "#f28c8c", "#ffe0d6"),
    ("#1d2f22", "#5a8f5f", "#f4d58d", "#f7f3df"),
    ("#2b1b17", "#a1503c", "#f0b67f", "#fdf0e0"),
    ("#141f3c", "#3f6fb5", "#b5d8f7", "#f5fbff"),
    ("#3c2a14", "#b98a36", "#f7d488", "#fff8e1"),
    ("#251d4a", "#6e5bc4", "#c9b6f2", "#fbe9ff"),
    ("#0f2d2b", "#4d8f9c", "#ff9e7a", "#ffe9d9"),
    ("#2d2440", "#5d6fa8", "#ffd1dc", "#f4eaff"),
    ("#26330f", "#7f9c3f", "#ffe28a", "#fbf6d3"),
    ("#3b1420", "#b04a5a", "#ffc38b", "#fff0dc"),
    ("#10263b", "#2c6e8f", "#f7f0a8", "#e8f7f5"),
    ("#1b1b2f", "#3d3d6b", "#f2e8c9", "#c7c4e8"),
)
_DEFAULTS: Final = ("#5865f2", "#757e8a", "#3ba55c", "#faa61a", "#ed4245", "#eb459f")


def avatar_hash(seed: int, *, salt: str = "") -> str:
    """The image hash for `seed` in Discord's format: 32 hexadecimal digits."""
    return hashlib.md5(f"{salt}:{seed}".encode(), usedforsecurity=False).hexdigest()


@lru_cache(maxsize=256)
def draw(name: str, size_px: int) -> bytes:
    """A PNG for an image hash: hills under a sun or moon; deterministic."""
    chance = random.Random(name)  # noqa: S311 - not a secret
    deep, middle, warm, pale = chance.choice(_PALETTES)
    image = Image.new("RGB", (_CANVAS_PX, _CANVAS_PX))
    pen = ImageDraw.Draw(image)
    for row in range(_CANVAS_PX):
        pen.line((0, row, _CANVAS_PX, row), fill=_mix(middle, pale, row / _CANVAS_PX))
    radius = chance.randint(60, 105)
    x, y = chance.randint(130, 380), chance.randint(120, 250)
    glow = Image.new("RGB", image.size, _rgb(warm))
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).ellipse((x - radius * 2, y - radius * 2, x + radius * 2, y + radius * 2), fill=110)
    image.paste(glow, mask=mask.filter(ImageFilter.GaussianBlur(50)))
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_rgb(warm))
    for step in range(3):
        base = 300 + step * 65 + chance.randint(-12, 12)
        points: list[tuple[float, float]] = [(0, _CANVAS_PX)]
        height = base + chance.randint(-40, 40)
        for column in range(0, _CANVAS_PX + 65, 64):
            points.append((column, height))
            height = (height + base + chance.randint(-55, 55)) / 2
        points.append((_CANVAS_PX, _CANVAS_PX))
        pen.polygon(points, fill=_mix(middle, deep, (step + 1) / 3))
    return _png(image, size_px)


@lru_cache(maxsize=len(_DEFAULTS))
def draw_default(index: int) -> bytes:
    """One of Discord's six default avatars, 256 px."""
    image = Image.new("RGB", (_CANVAS_PX, _CANVAS_PX), _rgb(_DEFAULTS[index % len(_DEFAULTS)]))
    pen = ImageDraw.Draw(image)
    pen.ellipse((176, 110, 336, 270), fill=(255, 255, 255))
    pen.pieslice((106, 300, 406, 600), 180, 360, fill=(255, 255, 255))
    return _png(image, 256)


@lru_cache(maxsize=256)
def draw_emoji(emoji: int) -> bytes:
    """A substitute image for a custom emoji, 128 px: a coloured face, as only Discord has the real image."""
    chance = random.Random(emoji)  # noqa: S311 - not a secret
    deep, middle, warm, _ = chance.choice(_PALETTES)
    image = Image.new("RGBA", (_CANVAS_PX, _CANVAS_PX), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.ellipse((16, 16, 496, 496), fill=_rgb(warm), outline=_rgb(middle), width=20)
    for x in (168, 344):
        pen.ellipse((x - 32, 166, x + 32, 246), fill=_rgb(deep))
    pen.arc((136, 180, 376, 400), 20, 160, fill=_rgb(deep), width=36)
    return _png(image, 128)


def fitting_size(wanted_px: int | None) -> int:
    """The image size for `?size=`: a power of two from 16 to 4096, at most the size of the canvas."""
    return min(wanted_px if wanted_px in SIZES_PX else 128, _CANVAS_PX)


def _png(image: Image.Image, size_px: int) -> bytes:
    out = io.BytesIO()
    image.thumbnail((size_px, size_px), Image.Resampling.LANCZOS)
    image.save(out, "PNG")
    return out.getvalue()


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _mix(one: str, other: str, share: float) -> tuple[int, int, int]:
    mixed = [round(a + (b - a) * share) for a, b in zip(_rgb(one), _rgb(other), strict=True)]
    return mixed[0], mixed[1], mixed[2]
