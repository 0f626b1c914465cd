"""Leaderboard checkpoints: pages of long leaderboards are the same with and without them."""

from datetime import datetime, timedelta

import pytest

from core.enums import DayKind, LeaderboardMetric, LeaderboardPeriod, Visibility
from core.ids import UserId
from db.connection import Connection
from db.queries import profiles as profile_queries
from services.leaderboards import checkpoints, pages
from services.leaderboards.pages import BoardPage
from tests.populate import LYCEUM, NOON, add_guild, add_guild_day, add_member, add_streak

PEOPLE = 90
LATER = NOON + timedelta(seconds=1)
BOARDS = [
    (board, period)
    for board in LeaderboardMetric
    for period in LeaderboardPeriod
    if board is not LeaderboardMetric.STREAK or period is LeaderboardPeriod.ALL
]


async def mark(conn: Connection, now: datetime = NOON) -> int:
    """Refresh checkpoints with a low size limit, so that a test does not need thousands of members."""
    return await checkpoints.refresh_checkpoints(conn, now=now, large=20, every=7)


async def crowd(conn: Connection) -> list[UserId]:
    """Ninety members with few distinct values; one in six is private, gone, a bot or without a current streak."""
    await add_guild(conn)
    users = [UserId(10_000_100 + number) for number in range(PEOPLE)]
    for number, user in enumerate(users):
        seconds = 1_000 + number * 37 % 11 * 600
        await add_member(
            conn,
            user,
            f"m{number}",
            seconds=seconds,
            visibility=Visibility.PRIVATE if number % 24 == 5 else Visibility.PUBLIC,
            left_at=NOON if number % 24 == 11 else None,
            is_bot=number % 24 == 17,
        )
        await add_guild_day(conn, user, NOON.date(), seconds)
        await add_streak(
            conn, user, 1 + number % 3, alive_until=NOON if number % 24 == 23 else NOON + timedelta(days=1)
        )
    return users


async def look(
    conn: Connection, board: LeaderboardMetric, period: LeaderboardPeriod, page: int, viewer: UserId
) -> BoardPage:
    return await pages.page(conn, guild=LYCEUM, board=board, period=period, page=page, now=LATER, viewer=viewer)


async def everything(
    conn: Connection, board: LeaderboardMetric, period: LeaderboardPeriod, users: list[UserId]
) -> list[BoardPage]:
    """Every page for different viewers, and pages past the end."""
    return [await look(conn, board, period, number % 10, user) for number, user in enumerate(users)]


@pytest.mark.parametrize(("board", "period"), BOARDS)
async def test_a_marked_board_is_the_same_board(
    conn: Connection, board: LeaderboardMetric, period: LeaderboardPeriod
) -> None:
    users = await crowd(conn)
    exact = await everything(conn, board, period, users)

    assert await mark(conn) > 40

    assert await everything(conn, board, period, users) == exact


async def test_marks_are_used_and_old_ones_are_not(conn: Connection) -> None:
    users = await crowd(conn)
    exact = await look(conn, LeaderboardMetric.FOCUS, LeaderboardPeriod.ALL, 0, users[0])
    await mark(conn)
    await conn.execute("UPDATE leaderboard_checkpoints SET visible_before = entry")  # as if no member were private

    wrong = await look(conn, LeaderboardMetric.FOCUS, LeaderboardPeriod.ALL, 0, users[0])
    await conn.execute(
        "UPDATE leaderboard_checkpoints SET counted_at = %s",
        [LATER - checkpoints.CHECKPOINTS_VALID_FOR - timedelta(seconds=1)],
    )
    right = await look(conn, LeaderboardMetric.FOCUS, LeaderboardPeriod.ALL, 0, users[0])

    assert wrong.total > exact.total
    assert right == exact


async def test_a_rank_on_a_profile_is_counted_from_marks_too(conn: Connection) -> None:
    users = await crowd(conn)

    async def ranks() -> list[int | None]:
        found = [
            await profile_queries.find_profile(conn, guild=LYCEUM, user=user, kind=DayKind.STUDY, marked_since=NOON)
            for user in users
        ]
        return [facts.rank if facts else None for facts in found]

    exact = await ranks()
    await mark(conn)

    assert await ranks() == exact
    assert sorted(rank for rank in exact if rank) == list(range(1, 1 + sum(rank is not None for rank in exact)))


async def test_a_page_that_emptied_since_it_was_marked_is_counted_anew(conn: Connection) -> None:
    users = await crowd(conn)
    await mark(conn)
    await conn.execute("UPDATE members SET left_at = %s WHERE user_id > %s", [NOON, users[4]])

    found = await look(conn, LeaderboardMetric.FOCUS, LeaderboardPeriod.ALL, 6, users[0])

    assert (found.page, found.total, len(found.rows)) == (0, 5, 5)


async def test_marking_again_replaces_what_was_marked(conn: Connection) -> None:
    await crowd(conn)
    await mark(conn, NOON - timedelta(days=40))
    first = await mark(conn)
    second = await mark(conn, LATER)

    cursor = await conn.execute("SELECT count(*), min(counted_at) FROM leaderboard_checkpoints")
    assert first == second
    assert await cursor.fetchall() == [(second, LATER)]


async def test_small_guilds_are_not_marked(conn: Connection) -> None:
    await crowd(conn)

    assert await checkpoints.refresh_checkpoints(conn, now=NOON) == 0
