from datetime import UTC, date, datetime, timedelta

import pytest

from core.enums import DayStatus, ProtectionKind, Visibility
from core.ids import UserId
from db.connection import Connection
from db.queries.profiles import DayTotal
from services import profiles
from services.members import lock
from services.streaks.day_status import CalendarDay
from services.streaks.streak import Streak
from services.voice import recording
from services.xp import Level
from tests.populate import ANA, BEN, LIBRARY, LYCEUM, NOON, add_guild, add_member
from tests.services.voice.voice_log import state

TODAY = NOON.date()  # Wednesday 18 March 2026
DAY = 86_400


async def study(conn: Connection, user: UserId, *spans: tuple[int, int]) -> None:
    """Record sessions that start at noon, the given days from today, and last the given seconds."""
    await add_guild(conn)
    for days, seconds in spans:
        await recording.record(conn, [state(days * DAY, LIBRARY, user), state(days * DAY + seconds, None, user)])
    await conn.execute("UPDATE members SET created_at = %s", (NOON - timedelta(days=20),))


async def test_a_profile_tells_what_a_member_has_reached(conn: Connection) -> None:
    await study(conn, ANA, (-27, 3600), (-2, 1200), (-1, 900), (0, 960))

    found = await profiles.profile(conn, guild=LYCEUM, user=ANA, now=NOON + timedelta(hours=1), viewer=BEN)

    assert found.person.username == "ana"
    assert found.guild_name == "Lyceum Commons"
    assert found.visibility is Visibility.PUBLIC
    assert found.level == Level(1, 1, 0, 100)
    assert found.focus_total_s == 6660
    assert (found.today_s, found.week_s) == (960, 3060)
    assert len(found.last_days) == 28
    assert found.last_days[0] == DayTotal(TODAY - timedelta(days=27), 3600)
    assert found.last_days[-2:] == (DayTotal(TODAY - timedelta(days=1), 900), DayTotal(TODAY, 960))
    assert found.streak == Streak(3, 3, TODAY - timedelta(days=2), TODAY, today_is_open=False)
    assert found.rank == 1
    assert found.today == TODAY
    assert found.member_since == TODAY - timedelta(days=27)
    assert found.threshold_s == 900


async def test_a_profile_without_any_time_is_empty_and_not_missing(conn: Connection) -> None:
    await add_guild(conn)
    await add_member(conn, ANA, "ana")
    await conn.execute("UPDATE members SET created_at = %s", (NOON,))

    found = await profiles.profile(conn, guild=LYCEUM, user=ANA, now=NOON)

    assert (found.focus_total_s, found.today_s, found.rank) == (0, 0, None)
    assert found.streak == Streak(0, 0, None, None, today_is_open=True)
    assert found.member_since == TODAY


async def test_days_before_the_listener_met_a_member_are_not_missed(conn: Connection) -> None:
    await recording.record(conn, [state(-3 * DAY, LIBRARY)])  # the simulated clock differs from the database server's

    found = await profiles.month(conn, guild=LYCEUM, user=ANA, now=NOON)

    assert found.member_since == TODAY - timedelta(days=3)
    assert {day.status for day in found.days if day.day < found.member_since} == {DayStatus.NOT_A_MEMBER}


async def test_a_run_is_current_until_its_day_after_has_ended(conn: Connection) -> None:
    await study(conn, ANA, (-1, 900))
    last_moment = datetime(2026, 3, 19, tzinfo=UTC) - timedelta(seconds=1)

    alive = await profiles.profile(conn, guild=LYCEUM, user=ANA, now=last_moment)
    over = await profiles.profile(conn, guild=LYCEUM, user=ANA, now=last_moment + timedelta(seconds=1))

    assert alive.streak == Streak(1, 1, date(2026, 3, 17), date(2026, 3, 17), today_is_open=True)
    assert over.streak == Streak(0, 1, None, None, today_is_open=True)


async def test_days_are_those_of_the_members_own_zone(conn: Connection) -> None:
    await study(conn, ANA, (0, 900))
    await conn.execute(
        "INSERT INTO member_zones (guild_id, user_id, valid_from, zone) VALUES (%s, %s, '2026-01-01', 'Asia/Seoul')",
        (LYCEUM, ANA),
    )

    found = await profiles.profile(conn, guild=LYCEUM, user=ANA, now=NOON + timedelta(hours=3))

    assert found.today == date(2026, 3, 19)


async def test_a_private_profile_is_shown_to_its_member_alone(conn: Connection) -> None:
    await add_guild(conn)
    await add_member(conn, ANA, "ana", visibility=Visibility.PRIVATE)

    own = await profiles.profile(conn, guild=LYCEUM, user=ANA, now=NOON, viewer=ANA)
    with pytest.raises(profiles.ProfileIsPrivate) as refused:
        await profiles.profile(conn, guild=LYCEUM, user=ANA, now=NOON, viewer=BEN)
    with pytest.raises(profiles.ProfileIsPrivate):
        await profiles.month(conn, guild=LYCEUM, user=ANA, now=NOON, viewer=BEN)

    assert own.visibility is Visibility.PRIVATE
    assert str(refused.value) == "ana keeps their numbers private. Ask them, or have a look at your own."


async def test_who_was_never_seen_has_no_profile(conn: Connection) -> None:
    await add_guild(conn)

    with pytest.raises(lock.MemberNotFound):
        await profiles.profile(conn, guild=LYCEUM, user=ANA, now=NOON)


async def test_a_month_says_of_each_date_how_it_went(conn: Connection) -> None:
    await study(conn, ANA, (-10, 3600), (-9, 600), (-2, 900), (0, 300))
    await conn.execute("UPDATE members SET created_at = %s", (NOON - timedelta(days=11),))
    for day in (9, 14):
        await conn.execute(
            "INSERT INTO protections VALUES (%s, %s, %s, %s, now())",
            (LYCEUM, ANA, date(2026, 3, day), ProtectionKind.FREEZE),
        )

    found = await profiles.month(conn, guild=LYCEUM, user=ANA, now=NOON + timedelta(hours=1), viewer=BEN)

    marks = {day.day.day: day.status for day in found.days}
    assert len(marks) == 31
    assert {day for day, mark in marks.items() if mark is DayStatus.NOT_A_MEMBER} == set(range(1, 7))
    assert {day for day, mark in marks.items() if mark is DayStatus.ACTIVE} == {8, 16}
    assert {day for day, mark in marks.items() if mark is DayStatus.PROTECTED} == {9, 14}
    assert {day for day, mark in marks.items() if mark is DayStatus.MISSED} == {7, 10, 11, 12, 13, 15, 17}
    assert {day for day, mark in marks.items() if mark is DayStatus.FUTURE} == set(range(19, 32))
    assert found.days[17] == CalendarDay(TODAY, DayStatus.TODAY_OPEN, 300)
    assert (found.active_days, found.total_s) == (2, 5400)
    assert (found.first, found.before, found.after) == (date(2026, 3, 1), None, None)
    assert (found.today, found.threshold_s, found.visibility) == (TODAY, 900, Visibility.PUBLIC)
    assert found.streak.longest == 1


async def test_some_time_on_a_past_date_is_shown_as_such(conn: Connection) -> None:
    await study(conn, ANA, (-9, 600))

    found = await profiles.month(conn, guild=LYCEUM, user=ANA, now=NOON, first=date(2026, 3, 12))

    assert found.days[8] == CalendarDay(date(2026, 3, 9), DayStatus.BELOW_THRESHOLD, 600)


async def test_months_lead_to_their_neighbours(conn: Connection) -> None:
    await study(conn, ANA, (-80, 900), (0, 900))

    found = await profiles.month(conn, guild=LYCEUM, user=ANA, now=NOON, first=date(2026, 1, 31))

    assert (found.first, found.before, found.after) == (date(2026, 1, 1), date(2025, 12, 1), date(2026, 2, 1))
    assert len(found.days) == 31
    assert found.member_since == date(2025, 12, 28)


@pytest.mark.parametrize(("asked", "shown"), [(date(1, 1, 1), date(2015, 1, 1)), (date(9999, 12, 1), date(2027, 3, 1))])
async def test_a_month_beyond_all_months_becomes_the_nearest_one(conn: Connection, asked: date, shown: date) -> None:
    await add_guild(conn)
    await add_member(conn, ANA, "ana")

    found = await profiles.month(conn, guild=LYCEUM, user=ANA, now=NOON, first=asked)

    assert found.first == shown
