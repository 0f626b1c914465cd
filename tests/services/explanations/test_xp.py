"""XP breakdown: each point and the sessions that it comes from."""

from datetime import date, timedelta

import pytest

from db.connection import Connection
from services.explanations import xp
from services.explanations.xp import XpBreakdown
from services.members.lock import MemberNotFound
from services.voice import open_sessions, recording
from tests.populate import ANA, ATRIUM, BEN, LIBRARY, LYCEUM, NOON, add_guild, add_member
from tests.services.voice.voice_log import after, state

HOUR = 3600
Made = list[tuple[int, list[tuple[float, int]]]]


async def stay(conn: Connection, start: float, end: float) -> None:
    await recording.record(conn, [state(start, LIBRARY), state(end, None)])


def made(found: XpBreakdown) -> Made:
    """Each XP point with the start of its sessions, in seconds after T0, and the seconds that each contributed."""
    return [(point.xp, [_share(share) for share in point.contributions]) for point in found.latest]


def _share(share: xp.Contribution) -> tuple[float, int]:
    return (share.session.started_at - after(0)).total_seconds(), share.seconds


async def test_a_point_is_made_of_the_stays_that_filled_its_hour(conn: Connection) -> None:
    await add_guild(conn)
    await stay(conn, 0, 2400)
    await stay(conn, 5000, 5000 + 2400)
    await stay(conn, 10_000, 10_000 + 6000)

    found = await xp.latest(conn, guild=LYCEUM, user=ANA)

    assert found.total_s == 10_800
    assert made(found) == [
        (3, [(10_000, 3600)]),
        (2, [(10_000, 2400), (5000, 1200)]),
        (1, [(5000, 1200), (0, 2400)]),
    ]
    assert (found.in_progress, found.missing_s) == ((), HOUR)


async def test_what_is_left_over_is_on_the_way_to_the_next(conn: Connection) -> None:
    await add_guild(conn)
    await stay(conn, 0, 4000)
    await recording.record(conn, [state(5000, ATRIUM)])
    await open_sessions.accrue_open_sessions(conn, now=after(5000 + 600))

    found = await xp.latest(conn, guild=LYCEUM, user=ANA)

    assert [_share(share) for share in found.in_progress] == [(5000, 600), (0, 400)]
    assert (found.in_progress_s, found.missing_s) == (1000, 2600)
    assert found.in_progress[0].session.ended_at is None
    assert found.in_progress[0].session.channels == (ATRIUM,)
    assert made(found) == [(1, [(0, 3600)])]


async def test_only_the_latest_points_are_told(conn: Connection) -> None:
    await add_guild(conn)
    for day in range(4):
        await stay(conn, day * 24 * HOUR, day * 24 * HOUR + 5 * HOUR)

    found = await xp.latest(conn, guild=LYCEUM, user=ANA)

    assert [point.xp for point in found.latest] == [20, 19, 18, 17, 16]
    assert {share.session.started_at for point in found.latest for share in point.contributions} == {
        after(3 * 24 * HOUR)
    }


async def test_points_whose_stays_nobody_knows_any_more_are_left_out(conn: Connection) -> None:
    await add_guild(conn)
    await stay(conn, 0, 2 * HOUR)
    await conn.execute("UPDATE members SET total_seconds = total_seconds + 7200")

    found = await xp.latest(conn, guild=LYCEUM, user=ANA)

    assert [point.xp for point in found.latest] == [4, 3]


async def test_nobody_has_points_from_nothing(conn: Connection) -> None:
    await add_guild(conn)
    await add_member(conn, ANA, "ana")

    found = await xp.latest(conn, guild=LYCEUM, user=ANA)

    assert (found.total_s, found.latest, found.in_progress, found.level.number) == (0, (), (), 1)
    with pytest.raises(MemberNotFound):
        await xp.latest(conn, guild=LYCEUM, user=BEN)


async def test_levels_are_reached_on_the_day_that_brought_the_hours(conn: Connection) -> None:
    await add_guild(conn)
    await add_member(conn, ANA, "ana")
    for number in range(12):
        await conn.execute(
            """INSERT INTO daily_streaks (guild_id, user_id, kind, streak_date, seconds, zone)
               VALUES (%s, %s, 'study', %s, %s, 'UTC')""",
            (LYCEUM, ANA, NOON.date() + timedelta(days=number), 14 * HOUR),
        )

    found = await xp.levels(conn, guild=LYCEUM, user=ANA)

    assert [(level.number, level.floor_xp, day) for level, day in found] == [
        (2, 100, date(2026, 3, 25)),
        (3, 150, date(2026, 3, 28)),
    ]
