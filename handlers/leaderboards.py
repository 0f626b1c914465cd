"""`/leaderboard`: ranks members, page by page, as an image and as text."""

from typing import Final

from core.enums import LeaderboardMetric, LeaderboardPeriod, Visibility
from core.errors import DomainError
from core.i18n import Translator
from core.ids import GuildId, UserId
from handlers.choices import parse_choice
from handlers.feature import Deps, Feature, guild_of
from handlers.messages import RenderJob, avatar_path_of, embed_message, name_of, with_image
from render.cards import leaderboards
from render.cards.leaderboards import LeaderboardCard
from services.leaderboards import pages as boards
from services.leaderboards.pages import BoardPage, BoardRow
from services.members.names import display_name
from wire.commands import command, string
from wire.components import Button, Row
from wire.custom_id import Action
from wire.interaction import ButtonClick, InteractionBase, SlashCommand
from wire.reply import ImageReply

FILENAME: Final = "leaderboard.png"

PAGE: Final = Action(
    "leaderboard", "page", LeaderboardMetric, LeaderboardPeriod, int, int
)  # page number, and the user who requested the leaderboard
ME: Final = Action("leaderboard", "me", LeaderboardMetric, LeaderboardPeriod, int)


class NotOnBoard(DomainError):
    """Raised when members look for their own row on a leaderboard that they are not on yet."""

    def __init__(self, board: LeaderboardMetric) -> None:
        match board:
            case LeaderboardMetric.FOCUS:
                super().__init__("You are not on this board yet. A minute in a study channel puts you there.")
            case LeaderboardMetric.XP:
                super().__init__(
                    "You are not on this board yet. It begins with your first XP: an hour in a study channel."
                )
            case LeaderboardMetric.STREAK:
                super().__init__("You are not on this board yet. It begins with your first active day.")
        self.board = board


class HiddenFromBoards(DomainError):
    """Raised when members with private statistics look for their own row."""

    def __init__(self) -> None:
        super().__init__("Your numbers are private, so you are on no board. /my visibility changes that.")


async def show(interaction: SlashCommand, deps: Deps) -> ImageReply:
    board = parse_choice(LeaderboardMetric, interaction.options.string("board", default=LeaderboardMetric.FOCUS))
    period = parse_choice(LeaderboardPeriod, interaction.options.string("period", default=LeaderboardPeriod.WEEK))
    return await _draw(interaction, deps, board, period, 0, asker=interaction.user.id)


async def turn_page(press: ButtonClick, deps: Deps) -> ImageReply:
    board, period, page, asker = PAGE.unpack(press.custom_id)
    return await _draw(press, deps, board, period, page, asker=UserId(asker))


async def jump(press: ButtonClick, deps: Deps) -> ImageReply:
    board, period, asker = ME.unpack(press.custom_id)
    if deps.member.visibility is Visibility.PRIVATE:
        raise HiddenFromBoards
    found = await _page(press, deps, board, period, 0)
    if found.viewer_page is None:
        raise NotOnBoard(board)
    return await _draw(press, deps, board, period, found.viewer_page, asker=UserId(asker))


async def _page(
    interaction: InteractionBase, deps: Deps, board: LeaderboardMetric, period: LeaderboardPeriod, page: int
) -> BoardPage:
    return await boards.page(
        deps.conn,
        guild=guild_of(interaction),
        board=board,
        period=period,
        page=page,
        now=deps.now,
        viewer=interaction.user.id,
    )


async def _draw(
    interaction: InteractionBase,
    deps: Deps,
    board: LeaderboardMetric,
    period: LeaderboardPeriod,
    page: int,
    *,
    asker: UserId,
) -> ImageReply:
    """The page; a member who clicks a button on another member's leaderboard gets a private copy."""
    found = await _page(interaction, deps, board, period, page)
    viewer = interaction.user.id
    is_press = isinstance(interaction, ButtonClick)
    is_own = asker == viewer
    picture = _card(found, guild_of(interaction), viewer, deps.t)
    return with_image(
        embed_message(
            _title(found, deps.t),
            _lines(found, viewer, deps.t),
            footer=_footer(found, deps.t),
            buttons=_buttons(found, asker=viewer, t=deps.t),
            private=is_press and not is_own,
        ),
        RenderJob(leaderboards.draw, picture, deps.t),
        filename=FILENAME,
        alt=leaderboards.alt(picture, t=deps.t),
        avatars=(row.avatar for row in (*picture.rows, picture.viewer_row) if row),
        edits=is_press and is_own,
    )


def _card(page: BoardPage, guild: GuildId, viewer: UserId, t: Translator) -> LeaderboardCard:
    def place(row: BoardRow) -> leaderboards.BoardRow:
        return leaderboards.BoardRow(
            rank=row.rank,
            name=display_name(row.person),
            avatar=avatar_path_of(row.person, guild),
            value_text=_value(page.board, row.value, t),
            share=min(1.0, row.value / max(page.best, 1)),
            is_viewer=row.person.user == viewer,
            tint=row.person.user,
        )

    own = page.viewer_row
    return LeaderboardCard(
        guild_name=page.guild_name,
        board=page.board,
        period=page.period,
        rows=tuple(place(row) for row in page.rows),
        viewer_row=place(own) if own and own not in page.rows else None,
        page=page.page + 1,
        pages=page.pages,
    )


def _title(page: BoardPage, t: Translator) -> str:
    match page.board:
        case LeaderboardMetric.FOCUS:
            board = t("Focus time")
        case LeaderboardMetric.XP:
            board = t("XP")
        case LeaderboardMetric.STREAK:
            return t("Streak")
    match page.period:
        case LeaderboardPeriod.TODAY:
            return f"{board} · {t('Today')}"
        case LeaderboardPeriod.WEEK:
            return f"{board} · {t('This week')}"
        case LeaderboardPeriod.MONTH:
            return f"{board} · {t('This month')}"
        case LeaderboardPeriod.ALL:
            return f"{board} · {t('All time')}"


def _lines(page: BoardPage, viewer: UserId, t: Translator) -> list[str]:
    if not page.rows:
        return [t("Nobody is on this board yet. Join a study channel and be the first.")]
    own = page.viewer_row
    lines = [_line(page.board, row, viewer, t) for row in page.rows]
    return [*lines, "…", _line(page.board, own, viewer, t)] if own and own not in page.rows else lines


def _line(board: LeaderboardMetric, row: BoardRow, viewer: UserId, t: Translator) -> str:
    text = f"{name_of(row.person)} · {_value(board, row.value, t)}"
    return f"`{t.number(row.rank):>3}` " + (f"**{text}**" if row.person.user == viewer else text)


def _value(board: LeaderboardMetric, value: int, t: Translator) -> str:
    match board:
        case LeaderboardMetric.FOCUS:
            return t.duration(value)
        case LeaderboardMetric.XP:
            return t("{xp} XP", xp=t.number(value))
        case LeaderboardMetric.STREAK:
            return t.days(value)


def _footer(page: BoardPage, t: Translator) -> str:
    parts = [t.plural("{count} member", "{count} members", page.total)]
    if page.pages > 1:
        page_number, pages = t.number(page.page + 1), t.number(page.pages)
        parts.insert(0, t("Page {page} of {pages}", page=page_number, pages=pages))
    if page.first_on is not None:
        parts.append(t("since {date}, in the server's days", date=t.date(page.first_on)))
    return " · ".join(parts)


def _buttons(page: BoardPage, *, asker: UserId, t: Translator) -> tuple[Row, ...]:
    if page.pages == 1:
        return ()

    def to(label: str, number: int) -> Button:
        custom_id = PAGE.pack(page.board, page.period, number, asker)
        return Button(label, custom_id=custom_id, disabled=not 0 <= number < page.pages)

    return (
        (
            to(t("Previous"), page.page - 1),
            to(t("Next"), page.page + 1),
            Button(t("Jump to me"), custom_id=ME.pack(page.board, page.period, asker)),
        ),
    )


feature = Feature(
    name="leaderboard",
    only_reads=True,
    commands=(
        command(
            "leaderboard",
            "Who studies most here",
            string(
                "board",
                "What to rank by; focus time unless you choose",
                choices=(
                    ("Focus time", LeaderboardMetric.FOCUS),
                    ("XP", LeaderboardMetric.XP),
                    ("Streak", LeaderboardMetric.STREAK),
                ),
            ),
            string(
                "period",
                "Which span of time; this week unless you choose",
                choices=(
                    ("Today", LeaderboardPeriod.TODAY),
                    ("This week", LeaderboardPeriod.WEEK),
                    ("This month", LeaderboardPeriod.MONTH),
                    ("All time", LeaderboardPeriod.ALL),
                ),
            ),
        ),
    ),
    slash={"leaderboard": show},
    public=frozenset({"leaderboard"}),
    buttons={PAGE: turn_page, ME: jump},
)
