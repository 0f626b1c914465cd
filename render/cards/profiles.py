"""Profile card: renders one member's level, counted time, streak and activity of the last four weeks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from PIL import Image

from core.i18n import Translator
from core.names import first_seen
from render import avatar, png, shapes, theme
from render.icons import Icon, icon
from render.number_text import common_px, write_number
from render.text.layout import fit_all, width, write
from render.theme import CHALK, HAZE, MARGIN, MIST, RAIL, WIDTH, Accent

HEIGHT: Final = 640
_RIGHT: Final = WIDTH - MARGIN
_SHOWN_DAYS: Final = 28
_BASELINE: Final = 578
_TALLEST: Final = 92
_BAR_GAP: Final = 8
_ALT_NAME_MAX: Final = 100  # characters of a name that alt text repeats


@dataclass(frozen=True, slots=True)
class ProfileCard:
    """Data of one member's profile in one guild."""

    name: str
    guild_name: str
    avatar: str | None  # key into `avatars`; None: initials
    level: int  # 1 to 10
    xp: int
    floor_xp: int  # XP at which this level begins
    next_xp: int | None  # XP at which the next level begins; None: the highest level
    focus_total_s: int
    today_s: int
    week_s: int
    streak_days: int
    longest_days: int
    rank: int | None  # on the guild's focus leaderboard; None: not on it
    days: tuple[tuple[date, int], ...]  # counted seconds of the last 28 days, oldest first; may be shorter
    threshold_s: int  # seconds that make a day active
    tint: int = 0  # the user's id; chooses the accent


def draw(card: ProfileCard, *, t: Translator, avatars: Mapping[str, bytes]) -> bytes:
    """Render the card as a PNG: 960 × 640 px, sRGB, under 150 kB."""
    accent = theme.accent_of(card.tint)
    canvas = theme.ground(HEIGHT, accent).copy()
    _draw_person(canvas, card, t, accent, avatars.get(card.avatar or ""))
    _draw_progress(canvas, card, t, accent)
    _draw_figures(canvas, card, t, accent)
    _draw_days(canvas, card, t, accent)
    return png.encode(canvas)


def alt(card: ProfileCard, *, t: Translator) -> str:
    """Alt text of the card, at most 1024 characters."""
    progress = t(
        "Profile of {name} in {guild}: level {level}, {xp} XP.",
        name=first_seen(card.name)[:_ALT_NAME_MAX],
        guild=first_seen(card.guild_name)[:_ALT_NAME_MAX],
        level=card.level,
        xp=t.number(card.xp),
    )
    times = t(
        "Studied {today} today, {week} this week, {total} in all.",
        today=t.duration(card.today_s),
        week=t.duration(card.week_s),
        total=t.duration(card.focus_total_s),
    )
    streak = t(
        "Streak: {current}, longest {longest}.",
        current=_days(card.streak_days, t),
        longest=_days(card.longest_days, t),
    )
    return f"{progress} {times} {streak}"


def _draw_person(canvas: Image.Image, card: ProfileCard, t: Translator, accent: Accent, image: bytes | None) -> None:
    centre = (MARGIN + 62, 106)
    shapes.disc(canvas, centre, 136, accent.shade(0.55))
    shapes.disc(canvas, centre, 130, theme.INK)
    avatar.place(canvas, centre, 122, image=image, name=card.name, tint=card.tint)
    left = MARGIN + 162
    number = str(card.level)
    number_width = width(number, theme.heading(t, 112))
    label_width = width(t("Level"), theme.label(t, 26))
    write(canvas, (_RIGHT, 140), number, theme.heading(t, 112), accent.bright, align="right")
    write(canvas, (_RIGHT - number_width - 16, 140), t("Level"), theme.label(t, 26), MIST, align="right")
    room = _RIGHT - number_width - 16 - label_width - 28 - left
    write(canvas, (left, 98), first_seen(card.name), theme.strong(t, 46), CHALK, max_width=room, smallest_px=34)
    x: float = left
    if card.rank is not None:
        rank = t("No. {rank}", rank=t.number(card.rank))
        x += write(canvas, (x, 140), rank, theme.strong(t, 27), accent.bright) + 14
        shapes.disc(canvas, (x, 131), 6, HAZE)
        x += 14
    write(canvas, (x, 140), card.guild_name, theme.label(t, 27), MIST, max_width=left + room - x)


def _draw_progress(canvas: Image.Image, card: ProfileCard, t: Translator, accent: Accent) -> None:
    top, bottom = 200, 218
    shapes.panel(canvas, (MARGIN, top, _RIGHT, bottom), RAIL, radius=9)
    if card.next_xp is None:
        share = 1.0
        beyond = max(0, card.xp - card.floor_xp)
        right = t("Highest level, {xp} XP beyond it", xp=t.number(beyond)) if beyond else t("Highest level")
    else:
        share = max(0.0, min(1.0, (card.xp - card.floor_xp) / max(1, card.next_xp - card.floor_xp)))
        left_xp = t.number(max(0, card.next_xp - card.xp))
        right = t("{xp} XP to level {level}", xp=left_xp, level=card.level + 1)
    # The bar is at least as long as it is high, so that a new level shows as a round dot.
    filled = 18 + round((_RIGHT - MARGIN - 18) * share)
    shapes.panel(canvas, (MARGIN, top, MARGIN + filled, bottom), accent.bright, radius=9)
    amount = t("{xp} XP", xp=t.number(card.xp))
    taken = write(canvas, (MARGIN, 256), amount, theme.strong(t, 27), CHALK)
    write(
        canvas,
        (_RIGHT, 256),
        right,
        theme.label(t, 27),
        MIST,
        align="right",
        max_width=_RIGHT - MARGIN - taken - 24,
    )


def _draw_figures(canvas: Image.Image, card: ProfileCard, t: Translator, accent: Accent) -> None:
    total = t("{hours} h", hours=t.number(card.focus_total_s // 3600))
    figures = (
        (t("Today"), t.duration(card.today_s)),
        (t("This week"), t.duration(card.week_s)),
        (t("All time"), total if card.focus_total_s >= 3600 else t.duration(card.focus_total_s)),  # noqa: PLR2004
        (t("Streak"), _days(card.streak_days, t)),
    )
    gap, padding, top, bottom = 16, 20, 288, 410
    step = (_RIGHT - MARGIN + gap) / len(figures)
    room = step - gap - 2 * padding
    names = [name for name, _ in figures]
    name_style = fit_all(names, theme.label(t, 25), max_width=room, smallest_px=20)
    name_style = fit_all(names[-1:], name_style, max_width=room - 28, smallest_px=20)  # beside the flame
    size_px = common_px((value for _, value in figures), t, size_px=46, max_width=room)
    for index, (name, value) in enumerate(figures):
        left, right = round(MARGIN + step * index), round(MARGIN + step * (index + 1)) - gap
        shapes.panel(canvas, (left, top, right, bottom), CHALK, radius=18, opacity=theme.VEIL)
        write(canvas, (left + padding, top + 40), name, name_style, MIST, max_width=room)
        is_streak = index == len(figures) - 1 and card.streak_days > 0
        if is_streak:
            # The flame is coloured once today is an active day.
            flame = accent.bright if card.today_s >= card.threshold_s else HAZE
            shapes.stamp(canvas, (right - 34, top + 32), icon(Icon.FLAME, 34), flame)
        colour = accent.bright if is_streak else CHALK
        write_number(canvas, (left + padding, top + 96), value, t, size_px=size_px, colour=colour)


def _draw_days(canvas: Image.Image, card: ProfileCard, t: Translator, accent: Accent) -> None:
    days = card.days[-_SHOWN_DAYS:]
    active = sum(seconds >= card.threshold_s for _, seconds in days)
    taken = write(canvas, (MARGIN, 462), t("Last four weeks"), theme.label(t, 25), MIST)
    if card.focus_total_s:
        note = t.plural("{count} active day", "{count} active days", active)
        write(
            canvas,
            (_RIGHT, 462),
            note,
            theme.label(t, 25),
            MIST,
            align="right",
            max_width=_RIGHT - MARGIN - taken - 24,
        )
    else:
        hint = t("Join a study channel and this begins to fill.")
        at = (WIDTH / 2, _BASELINE - 38)
        write(canvas, at, hint, theme.label(t, 27), MIST, align="centre", max_width=_RIGHT - MARGIN, smallest_px=22)
    step = (_RIGHT - MARGIN + _BAR_GAP) / _SHOWN_DAYS
    most = max([*(seconds for _, seconds in days), card.threshold_s * 2, 3600])
    first = _SHOWN_DAYS - len(days)
    for slot in range(_SHOWN_DAYS):
        day, seconds = days[slot - first] if slot >= first else (None, 0)
        left = round(MARGIN + step * slot)
        right = round(MARGIN + step * (slot + 1) - _BAR_GAP)
        if not seconds:
            shapes.panel(canvas, (left, _BASELINE - 5, right, _BASELINE), CHALK, radius=2, opacity=0.13)
        else:
            height = max(10, round(_TALLEST * seconds / most))
            if seconds < card.threshold_s:
                colour = theme.EDGE
            else:
                colour = accent.bright if slot == _SHOWN_DAYS - 1 else accent.shade(0.66)
            shapes.panel(canvas, (left, _BASELINE - height, right, _BASELINE), colour, radius=5)
        if day and day.weekday() == 0:
            at = ((left + right) / 2, _BASELINE + 28)
            write(canvas, at, str(day.day), theme.label(t, 22, tabular=True), HAZE, align="centre")


def _days(count: int, t: Translator) -> str:
    return t.days(count)
