"""Each rule of the tracking presets, tested alone."""

import pytest

from core.enums import TrackingPreset
from db.connection import Connection
from services.voice import open_sessions, recalculation, recording
from services.voice.gateway_events import DEAF, SELF_DEAF, SELF_MUTE, STREAM, VIDEO
from services.voice.tracking_policies import PRESETS, SILENT_LIBRARY, SOCIAL, STRICT
from tests.populate import ANA, ATRIUM, BEN, LIBRARY, LYCEUM, ROBOT, add_guild
from tests.services.voice.voice_log import after, rows, state, total

HOUR = 3600


async def choose(conn: Connection, preset: TrackingPreset, *, since: float = -86_400 * 30) -> None:
    if not await rows(conn, "SELECT 1 FROM guilds"):
        await add_guild(conn)
    await conn.execute(
        "INSERT INTO tracking_policies (guild_id, preset, valid_from, set_by, set_at) VALUES (%s, %s, %s, %s, %s)",
        (LYCEUM, preset, after(since), BEN, after(since)),
    )


def test_the_presets_are_those_of_the_product() -> None:
    told = {
        preset: (
            policy.daily_cap.total_seconds() / HOUR,
            policy.unattended_cap.total_seconds() / HOUR,
            policy.counts_deafened,
            policy.counts_alone,
            policy.camera_grace and policy.camera_grace.total_seconds(),
        )
        for preset, policy in PRESETS.items()
    }

    assert told == {
        TrackingPreset.SILENT_LIBRARY: (16, 6, True, True, None),
        TrackingPreset.SOCIAL: (12, 4, False, False, None),
        TrackingPreset.STRICT: (12, 2, False, True, 60),
    }
    assert {policy.minimum.total_seconds() for policy in (SILENT_LIBRARY, SOCIAL, STRICT)} == {60}
    assert {policy.rejoin_gap.total_seconds() for policy in (SILENT_LIBRARY, SOCIAL, STRICT)} == {90}


@pytest.mark.parametrize(
    ("preset", "flags", "counted"),
    [
        (TrackingPreset.SILENT_LIBRARY, SELF_DEAF, 600),
        (TrackingPreset.SILENT_LIBRARY, DEAF, 600),
        (TrackingPreset.SOCIAL, SELF_MUTE, 600),
        (TrackingPreset.SOCIAL, SELF_DEAF, 0),
        (TrackingPreset.SOCIAL, DEAF, 0),
        (TrackingPreset.STRICT, VIDEO, 600),
        (TrackingPreset.STRICT, STREAM | SELF_MUTE, 600),
        (TrackingPreset.STRICT, VIDEO | SELF_DEAF, 0),
        (TrackingPreset.STRICT, VIDEO | DEAF, 0),
        (TrackingPreset.STRICT, 0, 0),
    ],
)
async def test_what_counts_by_preset_in_company(
    conn: Connection, preset: TrackingPreset, flags: int, counted: int
) -> None:
    await choose(conn, preset)
    await recording.record(conn, [state(-5, LIBRARY, BEN), state(0, LIBRARY, flags=flags)])
    await recording.record(conn, [state(600, None)])

    assert await total(conn) == counted


async def test_social_counts_while_another_person_is_in_the_channel(conn: Connection) -> None:
    await choose(conn, TrackingPreset.SOCIAL)
    await recording.record(conn, [state(0, LIBRARY), state(0, ATRIUM, BEN)])
    await open_sessions.accrue_open_sessions(conn, now=after(100))
    alone = await total(conn)
    await recording.record(conn, [state(200, LIBRARY, BEN)])
    await open_sessions.accrue_open_sessions(conn, now=after(400))
    await recording.record(conn, [state(500, None, BEN)])
    await open_sessions.accrue_open_sessions(conn, now=after(700))

    assert alone == 0
    assert (await total(conn), await total(conn, BEN)) == (300, 300)


async def test_a_bot_is_no_company(conn: Connection) -> None:
    await choose(conn, TrackingPreset.SOCIAL)
    await recording.record(conn, [state(0, LIBRARY), state(0, LIBRARY, ROBOT, is_bot=True), state(600, None)])

    assert await total(conn) == 0


async def test_somebody_deafened_is_company_all_the_same(conn: Connection) -> None:
    await choose(conn, TrackingPreset.SOCIAL)
    await recording.record(conn, [state(0, LIBRARY), state(0, LIBRARY, BEN, flags=SELF_DEAF), state(600, None)])
    await open_sessions.accrue_open_sessions(conn, now=after(600))

    assert (await total(conn), await total(conn, BEN)) == (600, 0)


@pytest.mark.parametrize(("camera_at", "counted"), [(30, 600), (60, 600), (61, 539), (300, 300)])
async def test_the_grace_counts_only_when_the_camera_comes_within_it(
    conn: Connection, camera_at: int, counted: int
) -> None:
    await choose(conn, TrackingPreset.STRICT)
    await recording.record(conn, [state(0, LIBRARY)])
    for seconds in (15, 45, 59):
        if seconds < camera_at:
            await open_sessions.accrue_open_sessions(conn, now=after(seconds))
    assert await total(conn) == 0
    await recording.record(conn, [state(camera_at, LIBRARY, flags=VIDEO)])
    await recording.record(conn, [state(600, None)])

    assert await total(conn) == counted
    await recalculation.rebuild(conn, LYCEUM, ANA)
    assert await total(conn) == counted


async def test_a_camera_that_goes_off_has_the_same_grace_however_often_it_is_settled(conn: Connection) -> None:
    await choose(conn, TrackingPreset.STRICT)
    await recording.record(conn, [state(0, LIBRARY, flags=VIDEO)])
    await recording.record(conn, [state(600, LIBRARY)])
    for seconds in (615, 630):
        await open_sessions.accrue_open_sessions(conn, now=after(seconds))
    await recording.record(conn, [state(640, LIBRARY, flags=SELF_MUTE), state(650, ATRIUM, flags=STREAM)])  # in grace
    await open_sessions.accrue_open_sessions(conn, now=after(700))
    back_in_time = await total(conn)
    await recording.record(conn, [state(700, ATRIUM, flags=SELF_MUTE)])
    for seconds in (715, 730, 900):
        await open_sessions.accrue_open_sessions(conn, now=after(seconds))
    await recording.record(conn, [state(1000, ATRIUM, flags=STREAM)])
    await open_sessions.accrue_open_sessions(conn, now=after(1100))

    assert (back_in_time, await total(conn)) == (700, 700 + 100)


async def test_the_grace_goes_on_over_a_short_absence(conn: Connection) -> None:
    await choose(conn, TrackingPreset.STRICT)
    await recording.record(conn, [state(0, LIBRARY)])
    await recording.record(conn, [state(20, None)])
    await recording.record(conn, [state(50, LIBRARY, flags=VIDEO)])
    await recording.record(conn, [state(600, None)])

    assert await total(conn) == 20 + 550
    await recalculation.rebuild(conn, LYCEUM, ANA)
    assert await total(conn) == 20 + 550


async def test_a_preset_holds_from_its_moment_on_and_gives_the_grace_anew(conn: Connection) -> None:
    await choose(conn, TrackingPreset.STRICT, since=1000)
    await recording.record(conn, [state(0, LIBRARY), state(0, LIBRARY, BEN)])
    for seconds in (900, 1010, 1050):
        await open_sessions.accrue_open_sessions(conn, now=after(seconds))
    await recording.record(conn, [state(1055, LIBRARY, flags=VIDEO)])
    for seconds in (1100, 2000):
        await open_sessions.accrue_open_sessions(conn, now=after(seconds))

    assert (await total(conn), await total(conn, BEN)) == (2000, 1000)
    await recalculation.rebuild(conn, LYCEUM, ANA)
    assert await total(conn) == 2000


@pytest.mark.parametrize(
    ("preset", "hours"), [(TrackingPreset.SILENT_LIBRARY, 6), (TrackingPreset.SOCIAL, 4), (TrackingPreset.STRICT, 2)]
)
async def test_the_unattended_cap_ends_a_stretch_that_nothing_happens_in(
    conn: Connection, preset: TrackingPreset, hours: int
) -> None:
    await choose(conn, preset)
    await recording.record(conn, [state(0, LIBRARY, BEN, flags=VIDEO), state(0, LIBRARY, flags=VIDEO)])
    await open_sessions.accrue_open_sessions(conn, now=after(8 * HOUR))

    assert await total(conn) == hours * HOUR


@pytest.mark.parametrize(
    ("preset", "hours"), [(TrackingPreset.SILENT_LIBRARY, 16), (TrackingPreset.SOCIAL, 12), (TrackingPreset.STRICT, 12)]
)
async def test_the_daily_cap_is_one_of_the_guilds_day(conn: Connection, preset: TrackingPreset, hours: int) -> None:
    await choose(conn, preset)
    await conn.execute("UPDATE guilds SET timezone = 'Etc/GMT-12'")  # the day begins at noon UTC, at T0
    log = [state(0, LIBRARY, BEN, flags=VIDEO)]
    log += [state(hour * HOUR, LIBRARY, flags=VIDEO | (hour % 2)) for hour in range(23)]
    await recording.record(conn, [*log, state(22 * HOUR + 1, LIBRARY, BEN, flags=VIDEO)])
    await open_sessions.accrue_open_sessions(conn, now=after(23 * HOUR))

    assert await total(conn) == hours * HOUR


async def test_company_that_a_replay_tells_of_is_counted_afterwards(conn: Connection) -> None:
    await choose(conn, TrackingPreset.SOCIAL)
    await recording.record(conn, [state(0, LIBRARY), state(600, None)])
    alone = await total(conn)
    await recording.record(conn, [state(600, LIBRARY, BEN, is_late=True, since=100)])
    before = await total(conn)
    marked = await recalculation.recalculate(conn)

    assert (alone, before, marked, await total(conn)) == (0, 0, 1, 60)
    assert await recalculation.recalculate(conn) == 0


async def test_company_that_comes_back_where_it_left_is_counted_afterwards(conn: Connection) -> None:
    await choose(conn, TrackingPreset.SOCIAL)
    await recording.record(conn, [state(0, LIBRARY), state(0, LIBRARY, BEN), state(200, None, BEN), state(600, None)])
    before = await total(conn)
    await recording.record(conn, [state(260, LIBRARY, BEN, is_late=True, since=200)])
    await recalculation.recalculate(conn)

    assert (before, await total(conn)) == (200, 600)


async def test_company_that_was_not_there_after_all_is_taken_back(conn: Connection) -> None:
    await choose(conn, TrackingPreset.SOCIAL)
    await recording.record(conn, [state(0, LIBRARY), state(0, LIBRARY, BEN), state(600, None)])
    together = await total(conn)
    await open_sessions.truncate_open_sessions(conn, heard_until=after(300))
    await recalculation.recalculate(conn)

    assert (together, await total(conn), await total(conn, BEN)) == (600, 300, 300)


async def test_events_in_order_have_nobody_counted_again(conn: Connection) -> None:
    await choose(conn, TrackingPreset.SOCIAL)
    await recording.record(conn, [state(0, LIBRARY)])
    await recording.record(conn, [state(10, LIBRARY, BEN)])
    await open_sessions.accrue_open_sessions(conn, now=after(300))
    await conn.execute("UPDATE members SET last_seen_at = %s", (after(200),))
    await open_sessions.accrue_open_sessions(conn, now=after(400))
    await recording.record(conn, [state(500, ATRIUM, BEN), state(600, None), state(700, None, BEN)])

    assert await rows(conn, "SELECT * FROM recalculation_queue") == []


async def test_a_room_that_counts_no_more_ends_its_stays_when_the_minute_is_settled(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY)])
    await conn.execute(
        "INSERT INTO channels (guild_id, channel_id, type, kind) VALUES (%s, %s, 2, 'ignored')", (LYCEUM, LIBRARY)
    )
    await open_sessions.accrue_open_sessions(conn, now=after(120))
    await open_sessions.accrue_open_sessions(conn, now=after(500))

    assert await rows(conn, "SELECT counted_seconds, close_reason FROM voice_sessions") == [(120, "ignored_channel")]
