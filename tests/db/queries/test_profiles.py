from datetime import date, datetime, timedelta

import pytest

from core.enums import DayKind, ProtectionKind, Visibility
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries import profiles as profile_queries
from db.queries import timezones as timezone_queries
from db.queries.profiles import DayTotal, ProfileFacts
from db.queries.streaks import protections as protection_queries
from db.queries.timezones import StoredZone
from tests.populate import ANA, BEN, ELSEWHERE, LYCEUM, MINA, NOON, ROBOT, add_guild, add_member, add_streak

TODAY = NOON.date()
YESTERDAY = TODAY - timedelta(days=1)


async def rank(conn: Connection, user: UserId, guild: GuildId = LYCEUM) -> int | None:
    found = await profile_queries.find_profile(conn, guild=guild, user=user, kind=DayKind.STUDY, marked_since=NOON)
    assert found is not None
    return found.rank


async def add_day(conn: Connection, day: date, seconds: int, kind: DayKind = DayKind.STUDY) -> None:
    await conn.execute(
        """INSERT INTO daily_streaks (guild_id, user_id, kind, streak_date, seconds, zone)
           VALUES (%s, %s, %s, %s, %s, 'UTC')""",
        (LYCEUM, ANA, kind, day, seconds),
    )


async def test_find_profile_tells_all_that_is_one_row(conn: Connection) -> None:
    await add_guild(conn, zone="Asia/Seoul")
    await add_member(conn, ANA, "ana", seconds=7200)
    await add_streak(conn, ANA, 3, alive_until=NOON)
    await conn.execute("UPDATE members SET nick = 'Quiet', avatar_hash = 'bb', created_at = %s", (NOON,))

    assert await profile_queries.find_profile(
        conn, guild=LYCEUM, user=ANA, kind=DayKind.STUDY, marked_since=NOON
    ) == ProfileFacts(
        user_id=ANA,
        username="ana",
        global_name=None,
        avatar_hash=None,
        is_bot=False,
        nick="Quiet",
        member_avatar_hash="bb",
        visibility=Visibility.PUBLIC,
        total_seconds=7200,
        created_at=NOON,
        left_at=None,
        guild_name="Lyceum Commons",
        guild_zone="Asia/Seoul",
        study_minutes=15,
        current_days=3,
        longest_days=3,
        started_on=None,
        last_on=None,
        alive_until=NOON,
        rank=1,
    )


async def test_find_profile_of_somebody_unknown_is_none(conn: Connection) -> None:
    await add_guild(conn)

    assert (
        await profile_queries.find_profile(conn, guild=LYCEUM, user=ANA, kind=DayKind.STUDY, marked_since=NOON) is None
    )


async def test_find_profile_without_a_run_has_zero_days(conn: Connection) -> None:
    await add_guild(conn)
    await add_member(conn, ANA, "ana")
    await add_streak(conn, ANA, 3, alive_until=NOON)

    found = await profile_queries.find_profile(conn, guild=LYCEUM, user=ANA, kind=DayKind.PRACTICE, marked_since=NOON)

    assert found is not None
    assert (found.current_days, found.longest_days, found.alive_until, found.rank) == (0, 0, None, None)


async def test_rank_is_the_place_on_the_board(conn: Connection) -> None:
    await add_guild(conn)
    await add_guild(conn, ELSEWHERE)
    await add_member(conn, ANA, "ana", seconds=100)
    await add_member(conn, BEN, "ben", seconds=100)
    await add_member(conn, MINA, "mina", seconds=200)
    await add_member(conn, ROBOT, "robot", seconds=900, is_bot=True)
    await add_member(conn, UserId(10_000_005), "hidden", seconds=900, visibility=Visibility.PRIVATE)
    await add_member(conn, UserId(10_000_006), "gone", seconds=900, left_at=NOON)
    await add_member(conn, UserId(10_000_007), "new")
    await add_member(conn, ANA, "ana", guild=ELSEWHERE, seconds=1)

    assert [await rank(conn, user) for user in (MINA, ANA, BEN)] == [1, 2, 3]
    assert [await rank(conn, UserId(10_000_000 + n)) for n in (4, 5, 6, 7)] == [None] * 4
    assert await rank(conn, ANA, ELSEWHERE) == 1


async def test_list_days_holds_both_ends_and_one_kind(conn: Connection) -> None:
    await add_guild(conn)
    await add_member(conn, ANA, "ana")
    for days, seconds in ((0, 10), (1, 20), (2, 30), (3, 40)):
        await add_day(conn, TODAY - timedelta(days=days), seconds)
    await add_day(conn, TODAY, 99, DayKind.PRACTICE)

    found = await profile_queries.list_days(
        conn, guild=LYCEUM, user=ANA, kind=DayKind.STUDY, first=TODAY - timedelta(days=2), last=YESTERDAY
    )

    assert found == [DayTotal(TODAY - timedelta(days=2), 30), DayTotal(YESTERDAY, 20)]


async def test_protected_days_are_kept_once_and_found_again(conn: Connection) -> None:
    await add_guild(conn)
    await add_member(conn, ANA, "ana")

    async def protect(day: date, kind: ProtectionKind) -> bool:
        return await protection_queries.add(conn, [(LYCEUM, ANA, day)], kind=kind, now=NOON) == 1

    assert await protect(YESTERDAY, ProtectionKind.TRAVEL)
    assert not await protect(YESTERDAY, ProtectionKind.FREEZE)
    assert await protect(TODAY, ProtectionKind.FREEZE)

    both = {YESTERDAY: "travel", TODAY: "freeze"}
    assert await protection_queries.list_between(conn, guild=LYCEUM, user=ANA, first=YESTERDAY, last=TODAY) == both
    assert await protection_queries.list_between(conn, guild=LYCEUM, user=ANA, first=TODAY, last=TODAY) == {
        TODAY: "freeze"
    }
    assert await protection_queries.list_between(conn, guild=LYCEUM, user=BEN, first=YESTERDAY, last=TODAY) == {}


async def test_zone_rules_are_listed_replaced_and_removed(conn: Connection) -> None:
    await add_guild(conn)
    await add_member(conn, ANA, "ana")

    async def rule(valid_from: datetime, zone: str, day_start_min: int) -> None:
        await timezone_queries.set_rule(
            conn,
            guild=LYCEUM,
            user=ANA,
            valid_from=valid_from,
            zone=zone,
            day_start_min=day_start_min,
            now=NOON,
            requested_at=(valid_from, None),
        )

    later = NOON + timedelta(days=1)
    await rule(later, "Asia/Taipei", 60)
    await rule(NOON, "Asia/Seoul", 0)
    await rule(later, "Europe/Madrid", 120)

    assert await timezone_queries.list_rules(conn, guild=LYCEUM, user=ANA) == [
        StoredZone(NOON, "Asia/Seoul", 0, NOON, NOON),
        StoredZone(later, "Europe/Madrid", 120, NOON, later),
    ]
    assert await timezone_queries.remove_rules(conn, guild=LYCEUM, user=ANA, after=NOON) == 1
    assert await timezone_queries.list_rules(conn, guild=LYCEUM, user=ANA) == [
        StoredZone(NOON, "Asia/Seoul", 0, NOON, NOON)
    ]
    assert await timezone_queries.list_rules(conn, guild=LYCEUM, user=BEN) == []


@pytest.mark.parametrize("zone", ["'; DROP TABLE member_zones; --", "%s", "$1"])
async def test_a_hostile_zone_is_only_text(conn: Connection, zone: str) -> None:
    await add_guild(conn)
    await add_member(conn, ANA, "ana")

    await timezone_queries.set_rule(conn, guild=LYCEUM, user=ANA, valid_from=NOON, zone=zone, day_start_min=0, now=NOON)

    assert [rule.zone for rule in await timezone_queries.list_rules(conn, guild=LYCEUM, user=ANA)] == [zone]
