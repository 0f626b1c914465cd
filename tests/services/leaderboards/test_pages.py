from datetime import UTC, date, datetime, timedelta

import pytest

from core.enums import LeaderboardMetric, LeaderboardPeriod, Visibility
from core.ids import UserId
from db.connection import Connection
from services.leaderboards import pages as boards
from services.leaderboards.pages import BoardPage, BoardRow
from services.members.person import Person
from tests.populate import (
    ANA,
    BEN,
    ELSEWHERE,
    LYCEUM,
    MINA,
    NOON,
    ROBOT,
    add_guild,
    add_guild_day,
    add_member,
    add_streak,
)

HOUR = 3600
TODAY = NOON.date()
ALIVE = NOON + timedelta(hours=1)


async def page(
    conn: Connection,
    board: LeaderboardMetric,
    period: LeaderboardPeriod,
    *,
    number: int = 0,
    now: datetime = NOON,
    viewer: UserId = ANA,
) -> BoardPage:
    return await boards.page(conn, guild=LYCEUM, board=board, period=period, page=number, now=now, viewer=viewer)


def places(found: BoardPage) -> list[tuple[int, str, int]]:
    return [(row.rank, row.person.username, row.value) for row in found.rows]


async def test_focus_of_all_time_ranks_by_seconds_then_by_id(conn: Connection) -> None:
    await add_guild(conn)
    await add_member(conn, BEN, "ben", seconds=7200)
    await add_member(conn, ANA, "ana", seconds=7200)
    await add_member(conn, MINA, "mina", seconds=9000)

    found = await page(conn, LeaderboardMetric.FOCUS, LeaderboardPeriod.ALL)

    assert found == BoardPage(
        guild_name="Lyceum Commons",
        board=LeaderboardMetric.FOCUS,
        period=LeaderboardPeriod.ALL,
        page=0,
        pages=1,
        total=3,
        best=9000,
        rows=(
            BoardRow(1, Person(MINA, "mina"), 9000),
            BoardRow(2, Person(ANA, "ana"), 7200),
            BoardRow(3, Person(BEN, "ben"), 7200),
        ),
        viewer_row=BoardRow(2, Person(ANA, "ana"), 7200),
        first_on=None,
    )


async def test_rows_carry_names_and_avatars(conn: Connection) -> None:
    await add_guild(conn)
    await add_member(conn, ANA, "ana", seconds=60)
    await conn.execute("UPDATE users SET global_name = 'Ana', avatar_hash = 'aa'")
    await conn.execute("UPDATE members SET nick = 'Quiet', avatar_hash = 'bb'")

    found = await page(conn, LeaderboardMetric.FOCUS, LeaderboardPeriod.ALL)

    assert found.rows[0].person == Person(ANA, "ana", "Ana", "aa", nick="Quiet", member_avatar_hash="bb")


@pytest.mark.parametrize("period", list(LeaderboardPeriod))
@pytest.mark.parametrize("board", list(LeaderboardMetric))
async def test_bots_and_those_who_left_or_hide_are_on_no_board(
    conn: Connection, board: LeaderboardMetric, period: LeaderboardPeriod
) -> None:
    await add_guild(conn)
    await add_guild(conn, ELSEWHERE)
    await add_member(conn, ANA, "ana", seconds=5 * HOUR)
    await add_member(conn, BEN, "ben", seconds=9 * HOUR, visibility=Visibility.PRIVATE)
    await add_member(conn, MINA, "mina", seconds=9 * HOUR, left_at=NOON)
    await add_member(conn, ROBOT, "robot", seconds=9 * HOUR, is_bot=True)
    await add_member(conn, UserId(10_000_009), "stranger", guild=ELSEWHERE, seconds=9 * HOUR)
    for user in (ANA, BEN, MINA, ROBOT):
        await add_guild_day(conn, user, TODAY, 5 * HOUR)
        await add_streak(conn, user, 5, alive_until=ALIVE)

    found = await page(conn, board, period, viewer=BEN)

    assert [row.person.username for row in found.rows] == ["ana"]
    assert (found.rows[0].rank, found.total, found.pages, found.viewer_row) == (1, 1, 1, None)


@pytest.mark.parametrize("period", list(LeaderboardPeriod))
@pytest.mark.parametrize("board", list(LeaderboardMetric))
async def test_an_empty_board_has_one_page_without_rows(
    conn: Connection, board: LeaderboardMetric, period: LeaderboardPeriod
) -> None:
    await add_guild(conn)
    await add_member(conn, ANA, "ana")

    found = await page(conn, board, period, number=3)

    assert (found.rows, found.page, found.pages, found.total, found.viewer_row) == ((), 0, 1, 0, None)
    assert (found.viewer_page, found.best) == (None, 0)


async def test_a_guild_nobody_has_heard_of_has_an_empty_board(conn: Connection) -> None:
    found = await page(conn, LeaderboardMetric.FOCUS, LeaderboardPeriod.WEEK)

    assert (found.rows, found.guild_name) == ((), "")


async def test_xp_is_floored_on_the_sum_and_needs_one_hour(conn: Connection) -> None:
    await add_guild(conn)
    await add_member(conn, ANA, "ana", seconds=2 * HOUR - 1)
    await add_member(conn, BEN, "ben", seconds=HOUR)
    await add_member(conn, MINA, "mina", seconds=HOUR - 1)
    for day in (TODAY, TODAY - timedelta(days=1)):
        await add_guild_day(conn, MINA, day, HOUR // 2)
        await add_guild_day(conn, ANA, day, HOUR // 2 - 1)

    assert places(await page(conn, LeaderboardMetric.XP, LeaderboardPeriod.ALL)) == [(1, "ana", 1), (2, "ben", 1)]
    assert places(await page(conn, LeaderboardMetric.XP, LeaderboardPeriod.WEEK)) == [(1, "mina", 1)]
    assert (await page(conn, LeaderboardMetric.XP, LeaderboardPeriod.ALL)).best == 1


@pytest.mark.parametrize(
    ("period", "first_on", "seconds"),
    [
        (LeaderboardPeriod.TODAY, date(2026, 3, 18), 1),
        (LeaderboardPeriod.WEEK, date(2026, 3, 16), 11),
        (LeaderboardPeriod.MONTH, date(2026, 3, 1), 1111),
    ],
)
async def test_a_period_counts_its_dates_alone(
    conn: Connection, period: LeaderboardPeriod, first_on: date, seconds: int
) -> None:
    await add_guild(conn)
    await add_member(conn, ANA, "ana", seconds=99)
    for day, amount in (
        (date(2026, 3, 18), 1),
        (date(2026, 3, 16), 10),
        (date(2026, 3, 15), 100),
        (date(2026, 3, 1), 1000),
        (date(2026, 2, 28), 10000),
    ):
        await add_guild_day(conn, ANA, day, amount)

    found = await page(conn, LeaderboardMetric.FOCUS, period)

    assert (places(found), found.first_on) == ([(1, "ana", seconds)], first_on)


async def test_days_are_those_of_the_guild(conn: Connection) -> None:
    await add_guild(conn, zone="Asia/Seoul")
    await add_member(conn, ANA, "ana")
    await add_guild_day(conn, ANA, date(2026, 3, 19), 60)

    found = await page(
        conn, LeaderboardMetric.FOCUS, LeaderboardPeriod.TODAY, now=datetime(2026, 3, 18, 15, tzinfo=UTC)
    )

    assert (found.first_on, places(found)) == (date(2026, 3, 19), [(1, "ana", 60)])


async def test_streaks_that_are_over_are_not_on_the_board(conn: Connection) -> None:
    await add_guild(conn)
    for user, name, days, until in (
        (ANA, "ana", 3, ALIVE),
        (BEN, "ben", 9, NOON),
        (MINA, "mina", 4, ALIVE),
        (ROBOT, "rosa", 0, None),
    ):
        await add_member(conn, user, name)
        await add_streak(conn, user, days, alive_until=until)

    found = await page(conn, LeaderboardMetric.STREAK, LeaderboardPeriod.TODAY)

    assert places(found) == [(1, "mina", 4), (2, "ana", 3)]
    assert (found.period, found.first_on) == (LeaderboardPeriod.ALL, None)


@pytest.mark.parametrize(
    ("board", "period"),
    [
        (LeaderboardMetric.FOCUS, LeaderboardPeriod.ALL),
        (LeaderboardMetric.FOCUS, LeaderboardPeriod.WEEK),
        (LeaderboardMetric.STREAK, LeaderboardPeriod.ALL),
    ],
)
async def test_pages_hold_every_member_once_and_the_viewer_is_always_known(
    conn: Connection, board: LeaderboardMetric, period: LeaderboardPeriod
) -> None:
    await add_guild(conn)
    users = [UserId(10_000_100 + number) for number in range(23)]
    for number, user in enumerate(users):
        value = 100 - number // 3
        await add_member(conn, user, f"member{number}", seconds=value)
        await add_guild_day(conn, user, TODAY, value)
        await add_streak(conn, user, value, alive_until=ALIVE)

    pages = [await page(conn, board, period, number=number, viewer=users[12]) for number in range(3)]

    assert [row.person.user for found in pages for row in found.rows] == users
    assert [row.rank for found in pages for row in found.rows] == list(range(1, 24))
    assert [len(found.rows) for found in pages] == [10, 10, 3]
    assert {found.pages for found in pages} == {3}
    assert {found.total for found in pages} == {23}
    assert {found.best for found in pages} == {100}
    assert {found.viewer_row for found in pages} == {BoardRow(13, Person(users[12], "member12"), 96)}
    assert {found.viewer_page for found in pages} == {1}


async def test_a_page_behind_the_last_is_the_last(conn: Connection) -> None:
    await add_guild(conn)
    for number in range(11):
        await add_member(conn, UserId(10_000_100 + number), f"member{number}", seconds=60)

    found = await page(conn, LeaderboardMetric.FOCUS, LeaderboardPeriod.ALL, number=99)

    assert (found.page, len(found.rows)) == (1, 1)


async def test_a_page_before_the_first_is_the_first(conn: Connection) -> None:
    await add_guild(conn)
    await add_member(conn, ANA, "ana", seconds=60)

    assert (await page(conn, LeaderboardMetric.FOCUS, LeaderboardPeriod.ALL, number=-5)).page == 0
