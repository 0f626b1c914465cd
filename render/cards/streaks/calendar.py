"""Streak calendar card: renders one month of a member's days, with consecutive streak days joined by ribbons."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from PIL import Image

from core.enums import DayStatus
from core.i18n import Translator
from core.names import first_seen
from render import avatar, png, shapes, theme
from render.cards.streaks.day_status import CalendarDay, Grid, draw_day, draw_legend, draw_ribbons
from render.icons import Icon, icon
from render.number_text import common_px, write_number
from render.text.layout import fit_all, write
from render.theme import CHALK, HAZE, MARGIN, MIST, WIDTH, Accent

HEIGHT: Final = 720
_RIGHT: Final = WIDTH - MARGIN
_ALT_NAME_MAX: Final = 100  # characters of a name that alt text repeats


@dataclass(frozen=True, slots=True)
class StreakCalendar:
    """Data of one month of one member, in the member's own days (time zone and day start)."""

    name: str
    month: date  # its first day
    today: date
    days: tuple[CalendarDay, ...]  # in date order; missing days of the month stay blank
    current: int  # active days of the current streak; 0: none
    alive_since: date | None  # the first date of the current streak; None: no streak
    longest: int
    avatar: str | None  # key into `avatars`; None: initials
    tint: int = 0  # the user's id; chooses the accent
    threshold_s: int = 900  # seconds that make a day active


def draw(card: StreakCalendar, *, t: Translator, avatars: Mapping[str, bytes]) -> bytes:
    """Render the calendar as a PNG: 960 × 720 px, sRGB, under 150 kB."""
    accent = theme.accent_of(card.tint)
    canvas = theme.ground(HEIGHT, accent).copy()
    _draw_head(canvas, card, t, accent, avatars.get(card.avatar or ""))
    grid = Grid(card.month, left=MARGIN, top=216, right=_RIGHT, bottom=636)
    for column, name in enumerate(t.weekdays()):
        at = (grid.left + grid.column_px * (column + 0.5), 202)
        write(canvas, at, name, theme.label(t, 24), HAZE, align="centre", max_width=grid.column_px - 12)
    draw_ribbons(canvas, card.days, grid, alive_since=card.alive_since, accent=accent)
    for day in card.days:
        draw_day(
            canvas,
            day,
            grid.centre(day.date),
            grid.mark_px,
            is_today=day.date == card.today,
            threshold_s=card.threshold_s,
            t=t,
            accent=accent,
        )
    draw_legend(canvas, (MARGIN, _RIGHT, 674), t, accent)
    return png.encode(canvas)


def alt(card: StreakCalendar, *, t: Translator) -> str:
    """Alt text of the calendar, at most 1024 characters."""
    counts = {kind: sum(day.kind is kind for day in card.days) for kind in DayStatus}
    sentences = [
        t(
            "Streak calendar of {name}, {month}.",
            name=first_seen(card.name)[:_ALT_NAME_MAX],
            month=t.month(card.month),
        ),
        t(
            "Streak: {current}, longest {longest}.",
            current=t.days(card.current),
            longest=t.days(card.longest),
        ),
        t.plural("{count} active day this month.", "{count} active days this month.", counts[DayStatus.ACTIVE]),
    ]
    if protected := counts[DayStatus.PROTECTED]:
        sentences.append(t.plural("{count} protected day.", "{count} protected days.", protected))
    if counts[DayStatus.TODAY_OPEN]:
        sentences.append(t("Today is still open."))
    return " ".join(sentences)


def _draw_head(canvas: Image.Image, card: StreakCalendar, t: Translator, accent: Accent, image: bytes | None) -> None:
    centre = (MARGIN + 46, 92)
    shapes.disc(canvas, centre, 104, accent.shade(0.55))
    shapes.disc(canvas, centre, 98, theme.INK)
    avatar.place(canvas, centre, 90, image=image, name=card.name, tint=card.tint)
    left, figures_left, figure_px = MARGIN + 122, 588, 152
    room = figures_left - left - 28
    write(canvas, (left, 72), first_seen(card.name), theme.strong(t, 28), MIST, max_width=room, smallest_px=24)
    write(canvas, (left, 128), t.month(card.month), theme.heading(t, 52), CHALK, max_width=room, smallest_px=30)
    figures = (
        (t("Streak"), t.days(card.current), accent.bright, card.current),
        (t("Longest"), t.days(card.longest), CHALK, card.longest),
    )
    size_px = common_px((text for _, text, _, _ in figures), t, size_px=50, max_width=figure_px)
    names = (name for name, _, _, _ in figures)
    name_style = fit_all(names, theme.label(t, 25), max_width=figure_px - 36, smallest_px=20)
    for index, (name, text, colour, days) in enumerate(figures):
        x = figures_left + index * (figure_px + 20)
        taken = write(canvas, (x, 72), name, name_style, MIST, max_width=figure_px)
        if index == 0 and days:
            is_open = any(day.kind is DayStatus.TODAY_OPEN for day in card.days)
            shapes.stamp(canvas, (x + taken + 24, 62), icon(Icon.FLAME, 28), HAZE if is_open else accent.bright)
        write_number(canvas, (x, 128), text, t, size_px=size_px, colour=colour if days else HAZE)
