from datetime import timedelta

import pytest

from db.connection import Pool
from tests.fake_discord import ANA, BEN, NOW, FakeDiscord, Someone
from tests.handlers.conftest import studied


def crowd(size: int) -> list[Someone]:
    return [Someone(6_000_000_000 + number, f"member{number:02}") for number in range(size)]


async def test_leaderboard_shows_a_picture_and_text(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=2)
    await studied(pool, BEN, hours=3)

    answer = await discord.slash("leaderboard")

    [edit] = answer.edits
    [embed] = edit.payload["embeds"]
    assert embed["title"] == "Focus time · This week"
    assert embed["description"] == "`  1` Benny · 3 h\n`  2` **Ana · 2 h**"
    assert embed["footer"] == {"text": "2 members · since Nov 16, 2026, in the server's days"}
    assert edit.payload["components"] == []
    assert edit.files["leaderboard.png"].startswith(b"\x89PNG")
    assert edit.payload["attachments"][0]["description"].startswith("Leaderboard of Lyceum Commons")


@pytest.mark.parametrize("board", ["focus", "xp", "streak"])
@pytest.mark.parametrize("period", ["today", "week", "month", "all"])
async def test_every_board_has_every_period(discord: FakeDiscord, pool: Pool, board: str, period: str) -> None:
    await studied(pool, ANA, hours=2)

    answer = await discord.slash("leaderboard", board=board, period=period)

    value = {"focus": "2 h", "xp": "2 XP", "streak": "1 day"}[board]
    assert answer.final["embeds"][0]["description"] == f"`  1` **Ana · {value}**"


async def test_periods_are_told_apart(discord: FakeDiscord, pool: Pool) -> None:
    for days in (40, 10, 3, 0):
        await studied(pool, ANA, hours=1, until=NOW - timedelta(days=days))

    said = [
        (await discord.slash("leaderboard", period=period)).final["embeds"][0]["description"]
        for period in ("today", "week", "month", "all")
    ]

    assert said == [f"`  1` **Ana · {hours} h**" for hours in (1, 2, 3, 4)]


async def test_an_empty_board_invites(discord: FakeDiscord) -> None:
    answer = await discord.slash("leaderboard", board="xp", period="today")

    assert answer.final["embeds"][0]["description"] == (
        "Nobody is on this board yet. Join a study channel and be the first."
    )
    assert "leaderboard.png" in answer.edits[0].files


async def test_pages_are_turned_by_buttons(discord: FakeDiscord, pool: Pool) -> None:
    for place, somebody in enumerate(crowd(23)):
        await studied(pool, somebody, hours=5 - place / 10)
    await studied(pool, ANA, hours=1)

    first = await discord.slash("leaderboard")
    second = await discord.press_label(first.final, "Next")
    mine = await discord.press_label(second.final, "Jump to me")
    back = await discord.press_label(mine.final, "Previous")

    assert _disabled(first.final) == [True, False, False]
    assert _ranks(first.final) == [*range(1, 11), 24]
    assert first.final["embeds"][0]["footer"]["text"].startswith("Page 1 of 3 · 24 members")
    assert second.json == mine.json == {"type": 6}
    assert _ranks(second.final) == [*range(11, 21), 24]
    assert _ranks(mine.final) == [21, 22, 23, 24]
    assert _disabled(mine.final) == [False, True, False]
    assert back.final["embeds"] == second.final["embeds"]


async def test_somebody_elses_press_gives_them_a_board_of_their_own(discord: FakeDiscord, pool: Pool) -> None:
    for place, somebody in enumerate(crowd(12)):
        await studied(pool, somebody, hours=5 - place / 10)
    await studied(pool, BEN, hours=1)

    board = await discord.slash("leaderboard")
    turned = await discord.press_label(board.final, "Next", by=BEN)
    mine = await discord.press_label(board.final, "Jump to me", by=BEN)

    assert turned.json == mine.json == {"type": 5, "data": {"flags": 64}}
    assert "**Benny" in mine.final["embeds"][0]["description"]


async def test_who_opted_out_is_on_no_board(discord: FakeDiscord, pool: Pool) -> None:
    for somebody in crowd(11):
        await studied(pool, somebody, hours=2)
    await studied(pool, BEN, hours=3)
    before = await discord.slash("leaderboard", by=BEN)
    await discord.slash("my visibility", who="private", by=BEN)

    boards = [
        (await discord.slash("leaderboard", board=board, period=period)).final["embeds"][0]["description"]
        for board in ("focus", "xp", "streak")
        for period in ("today", "all")
    ]
    jumped = await discord.press_label(before.final, "Jump to me", by=BEN)

    assert "Benny" in before.final["embeds"][0]["description"]
    assert not any("Benny" in text for text in boards)
    assert jumped.is_private
    assert jumped.text == "Your numbers are private, so you are on no board. /my visibility changes that."


@pytest.mark.parametrize(
    ("board", "hint"),
    [
        ("focus", "A minute in a study channel puts you there."),
        ("xp", "It begins with your first XP: an hour in a study channel."),
        ("streak", "It begins with your first active day."),
    ],
)
async def test_who_is_on_no_board_is_told_how_to_get_there(
    discord: FakeDiscord, pool: Pool, board: str, hint: str
) -> None:
    for somebody in crowd(11):
        await studied(pool, somebody, hours=2)

    shown = await discord.slash("leaderboard", board=board)
    answer = await discord.press_label(shown.final, "Jump to me")

    assert answer.text == f"You are not on this board yet. {hint}"


async def test_a_value_that_is_no_choice_is_refused(discord: FakeDiscord) -> None:
    board = await discord.slash("leaderboard", board="coins")
    period = await discord.slash("leaderboard", period="coins")

    assert (
        board.text == period.text == ('"coins" is not one of the choices. Pick one from the list that Discord shows.')
    )


async def test_a_page_of_an_older_board_that_has_shrunk_is_its_last(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=1)

    answer = await discord.press(f"v1:leaderboard:page:focus:week:7:{ANA.id}")

    assert _ranks(answer.final) == [1]


def _ranks(message: dict[str, list[dict[str, str]]]) -> list[int]:
    lines = message["embeds"][0]["description"].splitlines()
    return [int(line[1:4]) for line in lines if line != "…"]


def _disabled(message: dict[str, list[dict[str, list[dict[str, bool]]]]]) -> list[bool]:
    return [button.get("disabled", False) for row in message["components"] for button in row["components"]]
