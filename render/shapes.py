"""Antialiased shapes: drawn enlarged, cached as masks, and pasted in any colour."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import cos, pi, sin
from typing import Final

from PIL import Image, ImageDraw

from render.pillow_compat import remapped
from render.text.layout import Colour

_OVER: Final = 4  # factor by which shapes are drawn enlarged before they are scaled down

Point = tuple[float, float]
Box = tuple[int, int, int, int]


def panel(canvas: Image.Image, box: Box, colour: Colour, *, radius: int, opacity: float = 1.0) -> None:
    """Draw a filled rectangle (left, top, right, bottom; right and bottom exclusive) with round corners."""
    size = (box[2] - box[0], box[3] - box[1])
    if size[0] > 0 and size[1] > 0:
        canvas.paste(colour, box[:2], _veil(size, min(radius, size[0] // 2, size[1] // 2), opacity))


def frame(canvas: Image.Image, box: Box, colour: Colour, *, radius: int, line_px: int) -> None:
    """Draw the outline of a rectangle with round corners."""
    canvas.paste(colour, box[:2], _rounded_frame((box[2] - box[0], box[3] - box[1]), radius, line_px))


def disc(canvas: Image.Image, centre: Point, diameter: int, colour: Colour) -> None:
    """Draw a filled circle."""
    canvas.paste(colour, _corner(centre, diameter), rounded((diameter, diameter), diameter // 2))


def ring(
    canvas: Image.Image,
    centre: Point,
    diameter: int,
    colour: Colour,
    *,
    line_px: float,
    share: float = 1.0,
    dashes: int = 0,
) -> None:
    """Draw a circle's outline, clockwise from the top: `share` of it (0.0 to 1.0), or `dashes` dashes."""
    canvas.paste(colour, _corner(centre, diameter), _ring(diameter, line_px, round(share, 3), dashes))


def stamp(canvas: Image.Image, centre: Point, mask: Image.Image, colour: Colour) -> None:
    """Paste a mask in one colour, centred on a point."""
    canvas.paste(colour, (round(centre[0] - mask.width / 2), round(centre[1] - mask.height / 2)), mask)


def smooth(
    size: tuple[int, int], paint: Callable[[ImageDraw.ImageDraw, int], None], *, over: int = _OVER
) -> Image.Image:
    """An antialiased mask of `size`; `paint` draws on a canvas `over` times as large, which is then scaled down."""
    sheet = Image.new("L", (size[0] * over, size[1] * over))
    paint(ImageDraw.Draw(sheet), over)
    return sheet.reduce(over)


def curve(points: Sequence[Point], *, steps: int = 12) -> list[Point]:
    """Cubic Bézier curves as a list of points; takes a start, then two control points and an end for each curve."""
    found = [points[0]]
    for index in range(0, len(points) - 1, 3):
        a, b, c, d = points[index : index + 4]
        for step in range(1, steps + 1):
            t = step / steps
            u = 1 - t
            weights = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)
            found.append(
                (
                    sum(w * p[0] for w, p in zip(weights, (a, b, c, d), strict=True)),
                    sum(w * p[1] for w, p in zip(weights, (a, b, c, d), strict=True)),
                )
            )
    return found


@lru_cache(maxsize=256)
def rounded(size: tuple[int, int], radius: int) -> Image.Image:
    """An antialiased mask of a rectangle with round corners."""
    # Only the corners need antialiasing, so only they are drawn enlarged.
    mask = Image.new("L", size, 255)
    if not radius:
        return mask
    corner = smooth(
        (radius, radius), lambda pen, over: pen.ellipse((0, 0, radius * 2 * over - 1, radius * 2 * over - 1), fill=255)
    )
    mirrored = corner.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    right, bottom = size[0] - radius, size[1] - radius
    mask.paste(corner, (0, 0))
    mask.paste(mirrored, (right, 0))
    mask.paste(corner.transpose(Image.Transpose.FLIP_TOP_BOTTOM), (0, bottom))
    mask.paste(mirrored.transpose(Image.Transpose.FLIP_TOP_BOTTOM), (right, bottom))
    return mask


@lru_cache(maxsize=64)
def _veil(size: tuple[int, int], radius: int, opacity: float) -> Image.Image:
    mask = rounded(size, radius)
    return mask if opacity >= 1 else remapped(mask, [value * opacity for value in range(256)])


@lru_cache(maxsize=64)
def _rounded_frame(size: tuple[int, int], radius: int, line_px: int) -> Image.Image:
    mask = rounded(size, radius).copy()
    inner = rounded((size[0] - 2 * line_px, size[1] - 2 * line_px), radius - line_px)
    mask.paste(0, (line_px, line_px), inner)
    return mask


@lru_cache(maxsize=256)
def _ring(diameter: int, line_px: float, share: float, dashes: int) -> Image.Image:
    def paint(pen: ImageDraw.ImageDraw, over: int) -> None:
        box = (0, 0, diameter * over - 1, diameter * over - 1)
        line = round(line_px * over)
        if dashes:
            for dash in range(dashes):
                start = 360 / dashes * dash - 90
                pen.arc(box, start, start + 360 / dashes * 0.58, fill=255, width=line)
        elif share >= 1:
            pen.ellipse(box, outline=255, width=line)
        elif share > 0:
            pen.arc(box, -90, -90 + 360 * share, fill=255, width=line)
            _round_end(pen, diameter * over, line, -pi / 2)
            _round_end(pen, diameter * over, line, -pi / 2 + 2 * pi * share)

    return smooth((diameter, diameter), paint)


def _round_end(pen: ImageDraw.ImageDraw, size: int, line: int, angle: float) -> None:
    reach = (size - line) / 2
    x, y = size / 2 + reach * cos(angle), size / 2 + reach * sin(angle)
    pen.ellipse((x - line / 2, y - line / 2, x + line / 2 - 1, y + line / 2 - 1), fill=255)


def _corner(centre: Point, diameter: int) -> tuple[int, int]:
    return round(centre[0] - diameter / 2), round(centre[1] - diameter / 2)
