"""`/leaderboard`: who studies most, page by page, as a picture and as text."""

from typing import Final

from core.enums import Board, Period, Visibility
from core.errors import DomainError
from core.i18n import Words
from core.ids import GuildId, UserId
from handlers.choices import chosen
from handlers.feature import Deps, Feature, guild_of
from handlers.messages import Brush, illustrated, name_of, panel, picture_of
from render.cards import leaderboards
from render.cards.leaderboards import LeaderboardCard
from services.leaderboards import pages as boards
from services.leaderboards.pages import BoardPage, BoardRow
from services.members.names import display_name
from wire.commands import command, string
from wire.components import Button, Row
from wire.custom_id import Action
from wire.interaction import ButtonPress, Invocation, SlashCommand
from wire.reply import Drawing

FILENAME: Final = "leaderboard.png"

PAGE: Final = Action("leaderboard", "page", Board, Period, int, int)  # the page wanted, and who asked for the board
ME: Final = Action("leaderboard", "me", Board, Period, int)


class NotOnBoard(DomainError):
    """Raised when somebody looks for themselves on a board that they are not on yet."""

    def __init__(self, board: Board) -> None:
        match board:
            case Board.FOCUS:
                super().__init__("You are not on this board yet. A minute in a study channel puts you there.")
            case Board.XP:
                super().__init__(
                    "You are not on this board yet. It begins with your first XP: an hour in a study channel."
                )
            case Board.STREAK:
                super().__init__("You are not on this board yet. It begins with your first active day.")
        self.board = board


class HiddenFromBoards(DomainError):
    """Raised when somebody who keeps their numbers private looks for themselves."""

    def __init__(self) -> None:
        super().__init__("Your numbers are private, so you are on no board. /my visibility changes that.")


async def show(interaction: SlashCommand, deps: Deps) -> Drawing:
    board = chosen(Board, interaction.options.string("board", default=Board.FOCUS))
    period = chosen(Period, interaction.options.string("period", default=Period.WEEK))
    return await _draw(interaction, deps, board, period, 0, asker=interaction.user.id)


async def turn(press: ButtonPress, deps: Deps) -> Drawing:
    board, period, page, asker = PAGE.unpack(press.custom_id)
    return await _draw(press, deps, board, period, page, asker=UserId(asker))


async def jump(press: ButtonPress, deps: Deps) -> Drawing:
    board, period, asker = ME.unpack(press.custom_id)
    if deps.arrival.visibility is Visibility.PRIVATE:
        raise HiddenFromBoards
    found = await _page(press, deps, board, period, 0)
    if found.viewer_page is None:
        raise NotOnBoard(board)
    return await _draw(press, deps, board, period, found.viewer_page, asker=UserId(asker))


async def _page(interaction: Invocation, deps: Deps, board: Board, period: Period, page: int) -> BoardPage:
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
    interaction: Invocation, deps: Deps, board: Board, period: Period, page: int, *, asker: UserId
) -> Drawing:
    """The page; whoever presses a button on somebody else's board gets one of their own."""
    found = await _page(interaction, deps, board, period, page)
    viewer = interaction.user.id
    is_press = isinstance(interaction, ButtonPress)
    is_own = asker == viewer
    picture = _card(found, guild_of(interaction), viewer, deps.words)
    return illustrated(
        panel(
            _title(found, deps.words),
            _lines(found, viewer, deps.words),
            footer=_footer(found, deps.words),
            buttons=_buttons(found, asker=viewer, words=deps.words),
            private=is_press and not is_own,
        ),
        Brush(leaderboards.draw, picture, deps.words),
        filename=FILENAME,
        alt=leaderboards.alt(picture, words=deps.words),
        avatars=(row.avatar for row in (*picture.rows, picture.viewer_row) if row),
        edits=is_press and is_own,
    )


def _card(page: BoardPage, guild: GuildId, viewer: UserId, words: Words) -> LeaderboardCard:
    def place(row: BoardRow) -> leaderboards.BoardRow:
        return leaderboards.BoardRow(
            rank=row.rank,
            name=display_name(row.person),
            avatar=picture_of(row.person, guild),
            value_text=_value(page.board, row.value, words),
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


def _title(page: BoardPage, words: Words) -> str:
    match page.board:
        case Board.FOCUS:
            board = words("Focus time")
        case Board.XP:
            board = words("XP")
        case Board.STREAK:
            return words("Streak")
    match page.period:
        case Period.TODAY:
            return f"{board} · {words('Today')}"
        case Period.WEEK:
            return f"{board} · {words('This week')}"
        case Period.MONTH:
            return f"{board} · {words('This month')}"
        case Period.ALL:
            return f"{board} · {words('All time')}"


def _lines(page: BoardPage, viewer: UserId, words: Words) -> list[str]:
    if not page.rows:
        return [words("Nobody is on this board yet. Join a study channel and be the first.")]
    own = page.viewer_row
    lines = [_line(page.board, row, viewer, words) for row in page.rows]
    return [*lines, "…", _line(page.board, own, viewer, words)] if own and own not in page.rows else lines


def _line(board: Board, row: BoardRow, viewer: UserId, words: Words) -> str:
    text = f"{name_of(row.person)} · {_value(board, row.value, words)}"
    return f"`{words.number(row.rank):>3}` " + (f"**{text}**" if row.person.user == viewer else text)


def _value(board: Board, value: int, words: Words) -> str:
    match board:
        case Board.FOCUS:
            return words.duration(value)
        case Board.XP:
            return words("{xp} XP", xp=words.number(value))
        case Board.STREAK:
            return words.days(value)


def _footer(page: BoardPage, words: Words) -> str:
    parts = [words.plural("{count} member", "{count} members", page.total)]
    if page.pages > 1:
        page_number, pages = words.number(page.page + 1), words.number(page.pages)
        parts.insert(0, words("Page {page} of {pages}", page=page_number, pages=pages))
    if page.first_on is not None:
        parts.append(words("since {date}, in the server's days", date=words.date(page.first_on)))
    return " · ".join(parts)


def _buttons(page: BoardPage, *, asker: UserId, words: Words) -> tuple[Row, ...]:
    if page.pages == 1:
        return ()

    def to(label: str, number: int) -> Button:
        custom_id = PAGE.pack(page.board, page.period, number, asker)
        return Button(label, custom_id=custom_id, disabled=not 0 <= number < page.pages)

    return (
        (
            to(words("Previous"), page.page - 1),
            to(words("Next"), page.page + 1),
            Button(words("Jump to me"), custom_id=ME.pack(page.board, page.period, asker)),
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
                choices=(("Focus time", Board.FOCUS), ("XP", Board.XP), ("Streak", Board.STREAK)),
            ),
            string(
                "period",
                "Which span of time; this week unless you choose",
                choices=(
                    ("Today", Period.TODAY),
                    ("This week", Period.WEEK),
                    ("This month", Period.MONTH),
                    ("All time", Period.ALL),
                ),
            ),
        ),
    ),
    slash={"leaderboard": show},
    public=frozenset({"leaderboard"}),
    buttons={PAGE: turn, ME: jump},
)
