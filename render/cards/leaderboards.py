"""Leaderboard card: renders one page, plus the viewer's own row when it is on another page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from PIL import Image

from core.enums import LeaderboardMetric, LeaderboardPeriod
from core.i18n import Translator
from core.names import first_seen
from render import avatar, png, shapes, theme
from render.text.layout import width, write
from render.theme import CHALK, HAZE, HOUSE, MARGIN, MIST, WIDTH

HEIGHT: Final = 720
ROWS_MAX: Final = 10
_RIGHT: Final = WIDTH - MARGIN
_ROWS_TOP: Final = 138
_VIEWER_TOP: Final = 650
_ALT_ROWS: Final = 10
_ALT_NAME_MAX: Final = 40  # characters of each name that alt text repeats
_MEDAL_PX: Final = 34
_MEDALS: Final = (theme.GOLD, theme.SILVER, theme.BRONZE)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One row: a member with rank and value."""

    rank: int  # from 1
    name: str
    avatar: str | None  # key into `avatars`; None: initials
    value_text: str  # in the viewer's language
    share: float  # share of the first row's value, 0.0 to 1.0
    is_viewer: bool = False
    tint: int = 0  # the user's id; chooses the background colour of initials


@dataclass(frozen=True, slots=True)
class LeaderboardCard:
    """One page of a leaderboard."""

    guild_name: str
    board: LeaderboardMetric
    period: LeaderboardPeriod
    rows: tuple[BoardRow, ...]  # at most 10, best first
    viewer_row: BoardRow | None  # None: the viewer is among the rows or not on the leaderboard
    page: int  # from 1
    pages: int


def draw(card: LeaderboardCard, *, t: Translator, avatars: Mapping[str, bytes]) -> bytes:
    """Render the page as a PNG: 960 × 720 px, sRGB, under 150 kB."""
    canvas = theme.ground(HEIGHT, HOUSE).copy()
    _draw_head(canvas, card, t)
    rows = card.rows[:ROWS_MAX]
    if not rows:
        _draw_empty(canvas, t)
        return png.encode(canvas)
    shown = [*rows, *([card.viewer_row] if card.viewer_row else [])]
    ranks_px = max(width(t.number(row.rank), theme.strong(t, 27, tabular=True)) for row in shown)
    # With the viewer's own row below, the page's rows move a little closer together.
    step, height = (49, 45) if card.viewer_row else (54, 49)
    for index, row in enumerate(rows):
        top = _ROWS_TOP + step * index
        _draw_row(canvas, row, (top, top + height), ranks_px, t, avatars)
    if card.viewer_row:
        for dot in range(3):
            shapes.disc(canvas, (WIDTH / 2 + (dot - 1) * 18, _VIEWER_TOP - 11), 6, HAZE)
        _draw_row(canvas, card.viewer_row, (_VIEWER_TOP, _VIEWER_TOP + height), ranks_px, t, avatars)
    return png.encode(canvas)


def alt(card: LeaderboardCard, *, t: Translator) -> str:
    """Alt text of the page, at most 1024 characters."""
    head = t(
        "Leaderboard of {guild}: {board}, {period}, page {page} of {pages}.",
        guild=first_seen(card.guild_name)[:100],
        board=_board_name(card.board, t),
        period=_period_name(card.period, t),
        page=t.number(card.page),
        pages=t.number(card.pages),
    )
    if not card.rows:
        return f"{head} {t('Nobody is here yet.')}"
    rows = [*card.rows[:_ALT_ROWS], *([card.viewer_row] if card.viewer_row else [])]
    places = "; ".join(
        f"{t.number(row.rank)}. {first_seen(row.name)[:_ALT_NAME_MAX]}, {row.value_text}" for row in rows
    )
    return f"{head} {places}"


def _draw_head(canvas: Image.Image, card: LeaderboardCard, t: Translator) -> None:
    page = t("Page {page} of {pages}", page=t.number(card.page), pages=t.number(card.pages))
    taken = write(canvas, (_RIGHT, 112), page, theme.label(t, 25), MIST, align="right") if card.pages > 1 else 0
    write(canvas, (MARGIN, 74), _board_name(card.board, t), theme.heading(t, 52), CHALK, max_width=_RIGHT - MARGIN)
    period = write(canvas, (MARGIN, 112), _period_name(card.period, t), theme.strong(t, 27), HOUSE.bright)
    x = MARGIN + period + 14
    shapes.disc(canvas, (x, 103), 6, HAZE)
    room = _RIGHT - taken - 28 - x - 14
    write(canvas, (x + 14, 112), card.guild_name, theme.label(t, 27), MIST, max_width=room)


def _draw_row(
    canvas: Image.Image,
    row: BoardRow,
    span: tuple[int, int],
    ranks_px: float,
    t: Translator,
    avatars: Mapping[str, bytes],
) -> None:
    middle = (span[0] + span[1]) // 2
    box = (MARGIN - 12, span[0], _RIGHT + 12, span[1])
    filled = (box[0], box[1], box[0] + 28 + round((box[2] - box[0] - 28) * max(0.0, min(1.0, row.share))), box[3])
    if row.is_viewer:
        shapes.panel(canvas, box, HOUSE.shade(0.16), radius=14)
        shapes.panel(canvas, filled, HOUSE.shade(0.30), radius=14)
        shapes.frame(canvas, box, HOUSE.bright, radius=14, line_px=2)
    else:
        shapes.panel(canvas, box, CHALK, radius=14, opacity=theme.VEIL)
        shapes.panel(canvas, filled, CHALK, radius=14, opacity=theme.VEIL)
    column = max(ranks_px, _MEDAL_PX)
    x = MARGIN + 2 + column
    at = (x - column / 2, middle + 10)
    rank = t.number(row.rank)
    if row.rank <= len(_MEDALS):
        shapes.disc(canvas, (at[0], middle), _MEDAL_PX, _MEDALS[row.rank - 1])
        write(canvas, at, rank, theme.strong(t, 25, tabular=True), theme.INK, align="centre")
    else:
        write(canvas, at, rank, theme.strong(t, 27, tabular=True), MIST, align="centre")
    avatar.place(canvas, (x + 34, middle), 38, image=avatars.get(row.avatar or ""), name=row.name, tint=row.tint)
    value = theme.strong(t, 27)
    taken = write(
        canvas, (_RIGHT - 6, middle + 10), row.value_text, value, CHALK, align="right", max_width=300, smallest_px=20
    )
    room = _RIGHT - 6 - taken - 24 - (x + 66)
    write(
        canvas,
        (x + 66, middle + 10),
        first_seen(row.name),
        theme.strong(t, 27),
        CHALK,
        max_width=room,
        smallest_px=24,
    )


def _draw_empty(canvas: Image.Image, t: Translator) -> None:
    for index in range(3):
        top = _ROWS_TOP + 54 * index
        shapes.panel(
            canvas, (MARGIN - 12, top, _RIGHT + 12, top + 49), CHALK, radius=14, opacity=theme.VEIL * (3 - index) / 3
        )
    middle = (WIDTH / 2, 430)
    room = _RIGHT - MARGIN
    write(canvas, middle, t("Nobody is here yet."), theme.heading(t, 44), CHALK, align="centre", max_width=room)
    hint = t("Join a study channel and be the first.")
    write(canvas, (WIDTH / 2, 480), hint, theme.label(t, 27), MIST, align="centre", max_width=room)


def _board_name(board: LeaderboardMetric, t: Translator) -> str:
    match board:
        case LeaderboardMetric.FOCUS:
            return t("Focus time")
        case LeaderboardMetric.XP:
            return t("XP")
        case LeaderboardMetric.STREAK:
            return t("Streak")


def _period_name(period: LeaderboardPeriod, t: Translator) -> str:
    match period:
        case LeaderboardPeriod.TODAY:
            return t("Today")
        case LeaderboardPeriod.WEEK:
            return t("This week")
        case LeaderboardPeriod.MONTH:
            return t("This month")
        case LeaderboardPeriod.ALL:
            return t("All time")
