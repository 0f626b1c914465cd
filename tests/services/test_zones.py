from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import available_timezones

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from core.ids import GuildId, UserId
from db.connection import Connection
from services import zones
from services.days import ZoneRule, calendar_of
from services.voice_events import Person
from services.zones import ZoneChange
from tests.populate import ANA, LYCEUM, NOON, add_guild, add_member
from tests.services.voice_log import rows

HOUR = timedelta(hours=1)


async def prepare(conn: Connection, zone: str = "UTC") -> None:
    await add_guild(conn, zone=zone)
    await add_member(conn, ANA, "ana")


async def change(conn: Connection, zone: str, now: datetime = NOON) -> ZoneChange:
    return await zones.change_zone(conn, guild=LYCEUM, user=ANA, zone=zone, now=now)


async def start(conn: Connection, minutes: int, now: datetime = NOON) -> ZoneChange:
    return await zones.change_day_start(conn, guild=LYCEUM, user=ANA, day_start=timedelta(minutes=minutes), now=now)


async def stored(conn: Connection) -> list[tuple[object, ...]]:
    return await rows(conn, "SELECT valid_from, zone, day_start_min, created_at FROM member_zones ORDER BY 1")


async def test_a_change_holds_from_the_first_boundary_in_the_future_of_both_zones(conn: Connection) -> None:
    await prepare(conn)

    changed = await change(conn, "asia/seoul")  # 21:00 there; its midnight comes at 15:00 UTC, UTC's nine hours later

    midnight = datetime(2026, 3, 19, tzinfo=UTC)
    assert changed == ZoneChange("Asia/Seoul", timedelta(0), midnight, None)
    assert await stored(conn) == [(midnight, "Asia/Seoul", 0, NOON)]


async def test_westward_the_new_zones_boundary_is_the_later_one(conn: Connection) -> None:
    await prepare(conn, "Asia/Seoul")

    changed = await change(conn, "America/Los_Angeles")  # 05:00 there

    assert changed.valid_from == datetime(2026, 3, 19, 7, tzinfo=UTC)


async def test_a_second_change_within_seven_days_is_refused_and_later_allowed(conn: Connection) -> None:
    await prepare(conn)
    await change(conn, "Asia/Seoul")

    with pytest.raises(zones.ZoneChangedRecently) as refused:
        await change(conn, "Europe/Berlin", NOON + timedelta(days=6, hours=23))

    assert refused.value.possible_at == NOON + timedelta(days=7)
    assert str(refused.value) == (
        "Your time zone can change once in seven days, so that days stay fair."
        " You can change it again <t:1774440000:R>."
    )
    later = await change(conn, "Europe/Berlin", NOON + timedelta(days=7))
    assert later.zone == "Europe/Berlin"
    assert len(await stored(conn)) == 2


async def test_day_start_and_zone_have_a_week_each(conn: Connection) -> None:
    await prepare(conn)
    await change(conn, "Asia/Seoul")

    changed = await start(conn, 240, NOON + HOUR)

    # The zone was still waiting to begin: both begin together now, at 04:00 in Seoul or UTC's midnight.
    assert changed == ZoneChange("Asia/Seoul", 4 * HOUR, datetime(2026, 3, 19, tzinfo=UTC), None)
    assert await stored(conn) == [(changed.valid_from, "Asia/Seoul", 240, NOON + HOUR)]
    with pytest.raises(zones.DayStartChangedRecently) as refused:
        await start(conn, 60, NOON + 2 * HOUR)
    assert refused.value.possible_at == NOON + HOUR + timedelta(days=7)


async def test_a_day_start_alone_keeps_the_guilds_zone(conn: Connection) -> None:
    await prepare(conn, "Asia/Seoul")

    changed = await start(conn, 300)

    assert changed == ZoneChange("Asia/Seoul", 5 * HOUR, datetime(2026, 3, 18, 20, tzinfo=UTC), None)
    moved = await change(conn, "Europe/Berlin", NOON + timedelta(days=1))  # the zone itself was never changed
    assert moved.day_start == 5 * HOUR


@pytest.mark.parametrize("minutes", [-1, 361, 0.5])
async def test_a_day_starts_between_midnight_and_six(conn: Connection, minutes: float) -> None:
    await prepare(conn)

    with pytest.raises(zones.DayStartOutOfRange):
        await zones.change_day_start(conn, guild=LYCEUM, user=ANA, day_start=timedelta(minutes=minutes), now=NOON)


async def test_what_is_so_already_is_said_and_not_written(conn: Connection) -> None:
    await prepare(conn)
    with pytest.raises(zones.NothingChanged):
        await start(conn, 0)
    await change(conn, "Asia/Seoul")

    with pytest.raises(zones.NothingChanged) as refused:
        await change(conn, "Asia/Seoul")

    assert (refused.value.zone, refused.value.day_start) == ("Asia/Seoul", timedelta(0))
    assert "your day starts at 00:00" in str(refused.value)


async def test_an_unknown_zone_is_refused(conn: Connection) -> None:
    await prepare(conn)

    with pytest.raises(zones.ZoneUnknown) as refused:
        await change(conn, "Mars/Base")

    assert refused.value.zone == "Mars/Base"
    assert isinstance(refused.value, DomainError)
    assert await stored(conn) == []


async def test_a_skipped_date_is_protected_once_in_thirty_days(conn: Connection) -> None:
    await prepare(conn, "Pacific/Pago_Pago")
    await change(conn, "Pacific/Niue", NOON - timedelta(days=40))
    now = datetime(2026, 3, 18, 10, 30, tzinfo=UTC)  # Tuesday 23:30 in Pago Pago, Thursday 00:30 in Kiritimati

    there = await change(conn, "Pacific/Kiritimati", now)
    back = await change(conn, "Pacific/Niue", now + timedelta(days=8))
    again = await change(conn, "Pacific/Kiritimati", datetime(2026, 4, 8, 10, 30, tzinfo=UTC))

    assert there.protected_on == date(2026, 3, 19)
    assert (back.protected_on, again.protected_on) == (None, None)
    assert await rows(conn, "SELECT protected_on, kind FROM protections") == [(date(2026, 3, 19), "travel")]


async def test_a_member_who_is_not_known_yet_may_come_with_their_names(conn: Connection) -> None:
    await zones.change_zone(
        conn, guild=LYCEUM, user=ANA, zone="Asia/Seoul", now=NOON, person=Person(ANA, "ana", nick="A")
    )

    assert await rows(conn, "SELECT username, nick FROM users JOIN members USING (user_id)") == [("ana", "A")]


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    old=st.sampled_from(sorted(available_timezones())),
    new=st.sampled_from(sorted(available_timezones())),
    minutes=st.integers(0, 360),
    unix=st.integers(1_600_000_000, 1_900_000_000),
)
async def test_over_any_change_dates_go_on_without_a_repetition(
    conn: Connection, old: str, new: str, minutes: int, unix: int
) -> None:
    before, after = zones.canonical(old), zones.canonical(new)
    assume(before and after and before != after)
    assert before
    assert after
    now = datetime.fromtimestamp(unix, UTC)
    guild, user = GuildId(LYCEUM + unix), UserId(ANA + unix)
    async with conn.transaction(force_rollback=True):
        await add_guild(conn, guild, zone=before)
        await add_member(conn, user, "x", guild=guild)

        start = (
            await zones.change_day_start(
                conn, guild=guild, user=user, day_start=timedelta(minutes=minutes), now=now - timedelta(days=9)
            )
            if minutes
            else None
        )
        changed = await zones.change_zone(conn, guild=guild, user=user, zone=after, now=now)

    rules = [ZoneRule(changed.valid_from, changed.zone, changed.day_start)]
    if start is not None:
        rules.insert(0, ZoneRule(start.valid_from, start.zone, start.day_start))
    calendar = calendar_of(before, rules)
    days = [day for day, _, _ in calendar.split(now - timedelta(days=3), now + timedelta(days=5))]
    skipped = [day for one, other in pairwise(days) for day in [one + timedelta(days=1)] if other != day]
    assert changed.valid_from > now
    assert days == sorted(set(days))
    assert skipped == ([] if changed.protected_on is None else [changed.protected_on])
