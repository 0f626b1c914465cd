"""Icons drawn by code, as masks: flame, snowflake, sun, aeroplane, star, spanner, shield."""

from enum import StrEnum
from functools import lru_cache
from math import cos, pi, sin

from PIL import Image, ImageDraw

from core.enums import ProtectionKind
from render.shapes import Point, curve, smooth


class Icon(StrEnum):
    """Names of the icons."""

    FLAME = "flame"
    SNOWFLAKE = "snowflake"
    SUN = "sun"
    PLANE = "plane"
    STAR = "star"
    SPANNER = "spanner"
    SHIELD = "shield"


_OF_PROTECTION = {
    ProtectionKind.FREEZE: Icon.SNOWFLAKE,
    ProtectionKind.VACATION: Icon.SUN,
    ProtectionKind.TRAVEL: Icon.PLANE,
    ProtectionKind.GRANT: Icon.STAR,
    ProtectionKind.REPAIR: Icon.SPANNER,
    None: Icon.SHIELD,
}


def of_protection(kind: ProtectionKind | None) -> Icon:
    """The icon of a protection; a shield for None."""
    return _OF_PROTECTION[kind]


@lru_cache(maxsize=128)
def icon(name: Icon, size_px: int) -> Image.Image:
    """The icon as a square mask (mode L), `size_px` wide."""
    paint = {
        Icon.FLAME: _flame,
        Icon.SNOWFLAKE: _snowflake,
        Icon.SUN: _sun,
        Icon.PLANE: _plane,
        Icon.STAR: _star,
        Icon.SPANNER: _spanner,
        Icon.SHIELD: _shield,
    }[name]
    return smooth((size_px, size_px), lambda pen, over: paint(pen, size_px * over), over=8)


# Each icon is drawn in a square from (0, 0) to (1, 1).


def _polygon(pen: ImageDraw.ImageDraw, size: int, points: list[Point], fill: int = 255) -> None:
    pen.polygon([(x * size, y * size) for x, y in points], fill=fill)


def _stroke(pen: ImageDraw.ImageDraw, size: int, start: Point, end: Point, line: float) -> None:
    pen.line((start[0] * size, start[1] * size, end[0] * size, end[1] * size), fill=255, width=round(line * size))
    for x, y in (start, end):
        pen.ellipse(
            ((x - line / 2) * size, (y - line / 2) * size, (x + line / 2) * size, (y + line / 2) * size), fill=255
        )


def _flame(pen: ImageDraw.ImageDraw, size: int) -> None:
    outer = curve(
        [
            (0.54, 0.02),
            (0.60, 0.20),
            (0.86, 0.36),
            (0.86, 0.64),
            (0.86, 0.85),
            (0.70, 0.98),
            (0.50, 0.98),
            (0.30, 0.98),
            (0.14, 0.85),
            (0.14, 0.64),
            (0.14, 0.48),
            (0.23, 0.38),
            (0.28, 0.26),
            (0.33, 0.34),
            (0.35, 0.40),
            (0.41, 0.42),
            (0.50, 0.34),
            (0.53, 0.18),
            (0.54, 0.02),
        ]
    )
    inner = curve(
        [
            (0.52, 0.52),
            (0.55, 0.62),
            (0.66, 0.66),
            (0.66, 0.77),
            (0.66, 0.86),
            (0.59, 0.91),
            (0.50, 0.91),
            (0.41, 0.91),
            (0.34, 0.86),
            (0.34, 0.77),
            (0.34, 0.68),
            (0.47, 0.64),
            (0.52, 0.52),
        ]
    )
    _polygon(pen, size, outer)
    _polygon(pen, size, inner, fill=0)


def _snowflake(pen: ImageDraw.ImageDraw, size: int) -> None:
    for arm in range(6):
        way = arm * pi / 3 + pi / 2
        _stroke(pen, size, (0.5, 0.5), (0.5 + 0.43 * cos(way), 0.5 - 0.43 * sin(way)), 0.085)
        knee = (0.5 + 0.26 * cos(way), 0.5 - 0.26 * sin(way))
        for turn in (-pi / 4, pi / 4):
            _stroke(pen, size, knee, (knee[0] + 0.15 * cos(way + turn), knee[1] - 0.15 * sin(way + turn)), 0.07)


def _sun(pen: ImageDraw.ImageDraw, size: int) -> None:
    pen.ellipse((0.29 * size, 0.29 * size, 0.71 * size, 0.71 * size), fill=255)
    for ray in range(8):
        way = ray * pi / 4
        _stroke(
            pen,
            size,
            (0.5 + 0.33 * cos(way), 0.5 + 0.33 * sin(way)),
            (0.5 + 0.44 * cos(way), 0.5 + 0.44 * sin(way)),
            0.085,
        )


def _plane(pen: ImageDraw.ImageDraw, size: int) -> None:
    half = [
        (0.50, 0.04),
        (0.57, 0.14),
        (0.57, 0.36),
        (0.95, 0.60),
        (0.95, 0.69),
        (0.57, 0.58),
        (0.565, 0.80),
        (0.69, 0.89),
        (0.69, 0.96),
        (0.50, 0.91),
    ]
    _polygon(pen, size, [*half, *((1 - x, y) for x, y in reversed(half))])


def _star(pen: ImageDraw.ImageDraw, size: int) -> None:
    points = [
        (0.5 + reach * sin(corner * pi / 5), 0.53 - reach * cos(corner * pi / 5))
        for corner in range(10)
        for reach in ((0.48, 0.21)[corner % 2],)
    ]
    _polygon(pen, size, points)


def _spanner(pen: ImageDraw.ImageDraw, size: int) -> None:
    _stroke(pen, size, (0.22, 0.78), (0.60, 0.40), 0.19)
    pen.ellipse((0.46 * size, 0.06 * size, 0.94 * size, 0.54 * size), fill=255)
    _polygon(pen, size, [(0.66, 0.34), (0.64, 0.22), (0.82, 0.02), (1.0, 0.0), (0.98, 0.18), (0.78, 0.36)], fill=0)


def _shield(pen: ImageDraw.ImageDraw, size: int) -> None:
    half = curve(
        [
            (0.50, 0.03),
            (0.60, 0.12),
            (0.75, 0.16),
            (0.88, 0.16),
            (0.88, 0.55),
            (0.78, 0.82),
            (0.50, 0.97),
        ]
    )
    _polygon(pen, size, [*half, *((1 - x, y) for x, y in reversed(half))])
