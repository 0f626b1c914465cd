"""Draws calendar days and the legend; each day status has its own shape, so it can be read without colour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from PIL import Image

from core.enums import DayStatus, ProtectionKind
from core.i18n import Translator
from render import icons, shapes, theme
from render.pillow_compat import resized, strip
from render.shapes import Point
from render.text.layout import Colour, Style, width, write
from render.theme import CHALK, EDGE, HAZE, MIST, RAIL, Accent

_HOUR: Final = 3600
# Seconds from which a day has this brightness; at values between the steps its number would be hard to read.
_INTENSITY: Final = ((4 * _HOUR, 1.0), (2 * _HOUR, 0.87), (_HOUR, 0.73), (0, 0.38))
_LEGEND_PX: Final = range(23, 16, -1)  # sizes to try, largest first
_LEGEND_GAP_PX: Final = 14
_FADED: Final[Colour] = (92, 98, 116)  # number colour of future days


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day of the month."""

    date: date
    kind: DayStatus
    seconds: int = 0
    protection: ProtectionKind | None = None  # of a protected day; None: drawn as a shield

    @property
    def carries_run(self) -> bool:
        """Whether the day belongs to a streak."""
        return self.kind in {DayStatus.ACTIVE, DayStatus.PROTECTED}


@dataclass(frozen=True, slots=True)
class Grid:
    """Positions of a month's days in pixels; weeks start on Monday."""

    month: date  # its first day
    left: int
    top: int
    right: int
    bottom: int

    @property
    def column_px(self) -> float:
        """Distance between neighbouring days."""
        return (self.right - self.left) / 7

    @property
    def weeks(self) -> int:
        """Rows of the month: four to six."""
        after = (self.month.replace(day=28) + timedelta(days=4)).replace(day=1)
        return -(-(self.month.weekday() + (after - self.month).days) // 7)

    @property
    def row_px(self) -> float:
        """Distance between neighbouring weeks."""
        return (self.bottom - self.top) / self.weeks

    @property
    def mark_px(self) -> int:
        """The diameter of a day's shape."""
        return min(64, int(self.row_px) - 12)

    def centre(self, day: date) -> Point:
        """The centre of a day's shape."""
        row, column = divmod(self.month.weekday() + (day - self.month).days, 7)
        return round(self.left + self.column_px * (column + 0.5)), round(self.top + self.row_px * (row + 0.5))


def draw_ribbons(
    canvas: Image.Image, days: Sequence[CalendarDay], grid: Grid, *, alive_since: date | None, accent: Accent
) -> None:
    """Draw a ribbon through each streak; the current one is highlighted, with dots up to a today that is still open."""
    by_date = {day.date: day for day in days}
    for day in days:
        before = by_date.get(day.date - timedelta(days=1))
        if before is None:
            continue
        if day.kind is DayStatus.TODAY_OPEN and before.carries_run:
            _draw_dots(canvas, grid, day.date, accent)
        if not (day.carries_run and before.carries_run):
            continue
        colour = accent.shade(0.24) if alive_since is not None and day.date > alive_since else RAIL
        half = grid.mark_px // 2
        x, y = grid.centre(day.date)
        if day.date.weekday():
            canvas.paste(colour, (round(x - grid.column_px), int(y) - half, int(x), int(y) + half))
            continue
        # A streak over a week's end leaves the row at the right edge and continues from the left edge of the next.
        reach = round(grid.column_px / 2)
        canvas.paste(colour, (int(x) - reach, int(y) - half), _fade(reach, half * 2))
        x, y = grid.centre(before.date)
        canvas.paste(colour, (int(x), int(y) - half), _fade(reach, half * 2).transpose(Image.Transpose.FLIP_LEFT_RIGHT))


def draw_day(
    canvas: Image.Image,
    day: CalendarDay,
    centre: Point,
    size: int,
    *,
    is_today: bool,
    threshold_s: int,
    t: Translator,
    accent: Accent,
) -> None:
    """Draw one day in the shape of its status, with its number."""
    number_colour = CHALK
    match day.kind:
        case DayStatus.ACTIVE:
            colour = accent.shade(next(strength for start, strength in _INTENSITY if day.seconds >= start))
            shapes.disc(canvas, centre, size, colour)
            number_colour = theme.ink_on(colour)
        case DayStatus.BELOW_THRESHOLD:
            share = min(0.97, max(0.06, day.seconds / max(1, threshold_s)))
            shapes.ring(canvas, centre, size - 6, RAIL, line_px=4)
            shapes.ring(canvas, centre, size - 6, accent.shade(0.7), line_px=4, share=share)
        case DayStatus.PROTECTED:
            _draw_protected(canvas, day, centre, size, t, accent)
            return
        case DayStatus.MISSED:
            number_colour = HAZE
            shapes.panel(canvas, _box(centre, 20, 4, drop=23), EDGE, radius=2)
        case DayStatus.TODAY_OPEN:
            if day.seconds:
                share = min(0.97, max(0.06, day.seconds / max(1, threshold_s)))
                shapes.ring(canvas, centre, size, RAIL, line_px=4)
                shapes.ring(canvas, centre, size, accent.bright, line_px=4, share=share)
            else:
                shapes.ring(canvas, centre, size, accent.bright, line_px=4, dashes=12)
            number_colour = accent.bright
        case DayStatus.FUTURE:
            number_colour = _FADED
        case DayStatus.NOT_A_MEMBER:
            shapes.disc(canvas, centre, 8, RAIL)
            return
    if is_today and day.kind is DayStatus.ACTIVE:
        shapes.ring(canvas, centre, size + 14, CHALK, line_px=3)
    style = theme.label(t, 28) if day.kind is DayStatus.FUTURE else theme.strong(t, 28)
    write(canvas, (centre[0], centre[1] + 10), str(day.date.day), style, number_colour, align="centre")


def draw_legend(canvas: Image.Image, at: tuple[int, int, int], t: Translator, accent: Accent) -> None:
    """Draw one sample of each status with its name, from x = `at[0]` to `at[1]`, centred vertically on y = `at[2]`."""
    left, right, y = at
    items = (
        (DayStatus.ACTIVE, t("Active day")),
        (DayStatus.BELOW_THRESHOLD, t("Some time")),
        (DayStatus.PROTECTED, t("Protected")),
        (DayStatus.MISSED, t("Quiet day")),
        (DayStatus.TODAY_OPEN, t("Today")),
    )
    size, gap = 28, 10
    room = right - left - (size + gap) * len(items) - _LEGEND_GAP_PX * (len(items) - 1)
    measured = (_measured(items, t, size_px) for size_px in _LEGEND_PX)
    fitting = next((found for found in measured if sum(found[1]) <= room), None)
    style, widths = fitting or _measured(items, t, _LEGEND_PX[-1])
    widths = [min(taken, room / len(items)) for taken in widths] if sum(widths) > room else widths
    space = (right - left - sum(widths) - (size + gap) * len(items)) / (len(items) - 1)
    x = float(left)
    for (kind, text), taken in zip(items, widths, strict=True):
        _draw_sample(canvas, kind, (x + size / 2, y), size, accent)
        write(canvas, (x + size + gap, y + 8), text, style, MIST, max_width=taken + 1)
        x += size + gap + taken + space


def _measured(items: Sequence[tuple[DayStatus, str]], t: Translator, size_px: int) -> tuple[Style, list[float]]:
    style = theme.label(t, size_px)
    return style, [width(text, style) for _, text in items]


def _draw_sample(canvas: Image.Image, kind: DayStatus, centre: Point, size: int, accent: Accent) -> None:
    match kind:
        case DayStatus.ACTIVE:
            for step, strength in enumerate((0.38, 0.73, 1.0)):
                shapes.disc(canvas, (centre[0] - 8 + step * 8, centre[1]), size - 8, accent.shade(strength))
        case DayStatus.BELOW_THRESHOLD:
            shapes.ring(canvas, centre, size - 2, EDGE, line_px=4)
            shapes.ring(canvas, centre, size - 2, accent.shade(0.7), line_px=4, share=0.4)
        case DayStatus.PROTECTED:
            shapes.stamp(canvas, centre, icons.icon(icons.Icon.SHIELD, size), accent.bright)
        case DayStatus.MISSED:
            shapes.panel(canvas, _box(centre, 20, 4), HAZE, radius=2)
        case _:
            shapes.ring(canvas, centre, size, accent.bright, line_px=3, dashes=9)


def _draw_protected(
    canvas: Image.Image, day: CalendarDay, centre: Point, size: int, t: Translator, accent: Accent
) -> None:
    shapes.disc(canvas, centre, size, accent.shade(0.24))
    shapes.ring(canvas, centre, size, accent.shade(0.6), line_px=3)
    sign = icons.icon(icons.of_protection(day.protection), round(size * 0.42))
    shapes.stamp(canvas, (centre[0], centre[1] + size * 0.18), sign, accent.bright)
    style = theme.strong(t, round(size * 0.35))
    write(canvas, (centre[0], centre[1] - size * 0.08), str(day.date.day), style, CHALK, align="centre")


def _draw_dots(canvas: Image.Image, grid: Grid, today: date, accent: Accent) -> None:
    x, y = grid.centre(today)
    free = grid.column_px - grid.mark_px
    for dot in range(3):
        shapes.disc(canvas, (x - grid.mark_px / 2 - free * (dot + 1) / 4, y), 7, accent.shade(0.5))


@lru_cache(maxsize=8)
def _fade(width_px: int, height_px: int) -> Image.Image:
    """A horizontal gradient mask: transparent on the left, opaque on the right."""
    values = [min(255, round(255 * (x / (width_px * 0.55)) ** 1.5)) for x in range(width_px)]
    return resized(strip(values), (width_px, height_px))


def _box(centre: Point, width: int, height: int, *, drop: int = 0) -> tuple[int, int, int, int]:
    left, top = round(centre[0] - width / 2), round(centre[1] - height / 2 + drop)
    return left, top, left + width, top + height
