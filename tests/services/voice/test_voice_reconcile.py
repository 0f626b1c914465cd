from msgspec import structs

from core.enums import SessionEndReason
from core.ids import GuildId
from db.connection import Connection
from services.voice import gateway_events, open_sessions, recalculation, recording
from tests.populate import ANA, ATRIUM, BEN, LIBRARY, LYCEUM, MINA
from tests.services.voice.voice_log import AFK, after, estimated, rows, segments, sessions, snapshot, state, total

OPEN = (None, 0, None, False)


async def test_a_first_snapshot_opens_sessions_and_tells_the_guild(conn: Connection) -> None:
    await recording.record(conn, [snapshot(0, (ANA, LIBRARY), (BEN, AFK), (MINA, None))])

    assert await sessions(conn) == [(ANA, 0, *OPEN)]
    assert await rows(conn, "SELECT name, icon_hash, owner_id, locale, afk_channel_id FROM guilds") == [
        ("Lyceum Commons", "1f", BEN, "ko", AFK)
    ]


async def test_a_snapshot_that_says_the_same_again_changes_nothing(conn: Connection) -> None:
    await recording.record(conn, [snapshot(0, (ANA, LIBRARY))])
    await recording.record(conn, [snapshot(500, (ANA, LIBRARY)), snapshot(500, (ANA, LIBRARY))])

    assert await sessions(conn) == [(ANA, 0, *OPEN)]
    assert await segments(conn) == [(LIBRARY, 0, 0, None)]


async def test_whoever_is_missing_in_a_snapshot_has_left_and_whoever_sits_elsewhere_has_moved(conn: Connection) -> None:
    await recording.record(conn, [snapshot(0, (ANA, LIBRARY), (BEN, LIBRARY))])
    await recording.record(conn, [snapshot(500, (BEN, ATRIUM), (ANA, None))])

    assert await sessions(conn) == [(ANA, 0, 500, 500, SessionEndReason.LOST, True), (BEN, 0, *OPEN)]
    assert await segments(conn) == [(LIBRARY, 0, 0, 500), (LIBRARY, 0, 0, 500), (ATRIUM, 0, 500, None)]


async def test_unheard_time_is_counted_for_at_most_fifteen_minutes(conn: Connection) -> None:
    await recording.record(conn, [snapshot(0, (ANA, LIBRARY), (BEN, LIBRARY), (MINA, LIBRARY))])
    await recording.record(
        conn,
        [snapshot(1200, (ANA, LIBRARY), (MINA, ATRIUM), heard_until=300), state(1300, None), state(1300, None, MINA)],
    )
    await recording.record(conn, [snapshot(5000, (ANA, LIBRARY))])
    await recording.record(conn, [snapshot(5901, (ANA, LIBRARY), heard_until=5000), state(6000, None)])

    assert await sessions(conn) == [
        (ANA, 0, 1300, 1300, SessionEndReason.LEFT, True),
        (BEN, 0, 300, 300, SessionEndReason.LOST, True),
        (MINA, 0, 300, 300, SessionEndReason.LOST, True),
        (MINA, 1200, 1300, 100, SessionEndReason.LEFT, False),
        (ANA, 5000, 5000, 0, SessionEndReason.LOST, True),
        (ANA, 5901, 6000, 99, SessionEndReason.LEFT, False),
    ]
    assert await estimated(conn) == [900, 0, 0, 0, 0, 0]


async def test_a_short_outage_is_a_gap_and_a_long_one_ends_what_it_interrupts(conn: Connection) -> None:
    await recording.record(conn, [snapshot(0, (ANA, LIBRARY), (BEN, LIBRARY))])
    await recording.record(conn, [gateway_events.GuildOutage(GuildId(LYCEUM), after(300))])
    await open_sessions.accrue_open_sessions(conn, now=after(500))
    during = await sessions(conn)
    await recording.record(conn, [snapshot(600, (ANA, LIBRARY))])
    await recording.record(conn, [gateway_events.GuildOutage(GuildId(LYCEUM), after(1000))])
    await recording.record(conn, [snapshot(1000 + 4 * 3600, (ANA, LIBRARY))])

    assert during == [(ANA, 0, 300, 300, SessionEndReason.LOST, True), (BEN, 0, 300, 300, SessionEndReason.LOST, True)]
    assert await sessions(conn) == [
        (ANA, 0, 1000, 1000, SessionEndReason.LOST, True),
        (BEN, 0, 300, 300, SessionEndReason.LOST, True),
        (ANA, 15_400, None, 0, None, False),
    ]
    assert await estimated(conn) == [300, 0, 0]


async def test_who_comes_back_after_the_snapshot_has_been_away(conn: Connection) -> None:
    await recording.record(conn, [snapshot(0, (ANA, LIBRARY))])
    await recording.record(conn, [gateway_events.GuildOutage(GuildId(LYCEUM), after(300))])
    await recording.record(conn, [snapshot(600)])
    await recording.record(conn, [state(700, LIBRARY)])

    assert await sessions(conn) == [(ANA, 0, 300, 300, SessionEndReason.LOST, True), (ANA, 700, *OPEN)]


async def test_word_before_the_snapshot_lets_the_session_go_on_too(conn: Connection) -> None:
    await recording.record(conn, [snapshot(0, (ANA, LIBRARY))])
    await open_sessions.truncate_open_sessions(conn, heard_until=after(300))
    await recording.record(conn, [state(700, LIBRARY, flags=1)])
    await recording.record(conn, [snapshot(701, (ANA, LIBRARY))])

    assert await sessions(conn) == [(ANA, 0, None, 300, None, True)]
    assert await segments(conn) == [(LIBRARY, 0, 0, 360), (LIBRARY, 1, 360, 701), (LIBRARY, 0, 701, None)]


async def test_estimated_time_is_counted_apart_per_day_and_survives_a_rebuild(conn: Connection) -> None:
    midnight = 12 * 3600
    await recording.record(conn, [snapshot(midnight - 1000, (ANA, LIBRARY))])
    await recording.record(conn, [snapshot(midnight + 200, (ANA, LIBRARY), heard_until=midnight - 300)])
    await recording.record(conn, [state(midnight + 1000, None)])
    days = "SELECT local_on::text, seconds, estimated_seconds FROM guild_member_days ORDER BY 1"
    own = "SELECT streak_date::text, seconds, estimated_seconds FROM daily_streaks ORDER BY 1"
    before = [await rows(conn, days), await rows(conn, own), await estimated(conn)]
    await recalculation.rebuild(conn, GuildId(LYCEUM), ANA)

    expected = [("2026-03-18", 1000, 300), ("2026-03-19", 1000, 200)]
    assert before == [expected, expected, [500]]
    assert [await rows(conn, days), await rows(conn, own), await estimated(conn)] == before


async def test_states_heard_before_the_snapshot_of_their_guild_survive_it(conn: Connection) -> None:
    await recording.record(conn, [snapshot(0, (ANA, LIBRARY))])
    early = [state(1000, ATRIUM), state(1000, LIBRARY, BEN), state(1000, LIBRARY, MINA)]
    await recording.record(conn, early)
    await recording.record(conn, [snapshot(1001, (ANA, ATRIUM), (BEN, LIBRARY), heard_until=300)])

    assert await sessions(conn) == [
        (ANA, 0, None, 0, None, True),
        (BEN, 1000, *OPEN),
        (MINA, 1000, 1001, 0, SessionEndReason.LOST, True),
    ]
    assert (LIBRARY, 0, 0, 300) in await segments(conn)


async def test_a_repeated_snapshot_after_a_loss_does_not_cut_what_was_heard_since(conn: Connection) -> None:
    await recording.record(conn, [snapshot(0, (ANA, LIBRARY))])
    lost = snapshot(350, (ANA, LIBRARY), heard_until=300)
    await recording.record(conn, [lost])
    await recording.record(conn, [lost, state(500, None)])

    assert await total(conn) == 500


async def test_what_is_credited_stays_credited_when_a_cut_comes_before_it(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY)])
    await open_sessions.accrue_open_sessions(conn, now=after(320))
    await recording.record(conn, [snapshot(900, heard_until=300)])

    assert await sessions(conn) == [(ANA, 0, 320, 320, SessionEndReason.LOST, True)]


async def test_a_press_before_the_loss_counts(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY)])
    await conn.execute("UPDATE members SET last_seen_at = %s", (after(5 * 3600),))
    await recording.record(conn, [snapshot(20 * 3600, heard_until=12 * 3600)])

    assert await total(conn) == 11 * 3600


async def test_cut_open_ends_what_no_snapshot_will_ever_mention(conn: Connection) -> None:
    elsewhere = GuildId(5 << 22)
    await recording.record(
        conn, [state(0, LIBRARY), state(200, LIBRARY, BEN), state(0, LIBRARY, MINA, guild=elsewhere)]
    )

    counted = await open_sessions.truncate_open_sessions(conn, heard_until=after(150), shard=(LYCEUM >> 22, 5))

    assert counted == 2
    assert await sessions(conn) == [
        (ANA, 0, 150, 150, SessionEndReason.LOST, True),
        (MINA, 0, *OPEN),
        (BEN, 200, *OPEN),
    ]


async def test_a_snapshot_soon_after_cut_open_lets_the_session_go_on(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY)])
    await open_sessions.truncate_open_sessions(conn, heard_until=after(150))

    await recording.record(conn, [snapshot(200, (ANA, LIBRARY)), state(300, None)])

    assert await sessions(conn) == [(ANA, 0, 300, 300, SessionEndReason.LEFT, True)]
    assert await estimated(conn) == [50]


async def test_snapshot_with_parts_that_cannot_be_read_ends_nothing_that_it_does_not_name(conn: Connection) -> None:
    await recording.record(conn, [snapshot(0, (ANA, LIBRARY), (BEN, LIBRARY))])
    await recording.record(conn, [structs.replace(snapshot(300, (BEN, ATRIUM)), channels=(), is_whole=False)])

    assert [row[:3] for row in await sessions(conn)] == [(ANA, 0, None), (BEN, 0, None)]
    assert await rows(conn, "SELECT count(*) FROM channels WHERE deleted_at IS NOT NULL") == [(0,)]


async def test_name_of_a_guild_outlives_a_snapshot_without_one(conn: Connection) -> None:
    await recording.record(conn, [snapshot(0)])
    await recording.record(conn, [structs.replace(snapshot(1, afk=None), name="")])

    assert await rows(conn, "SELECT name, afk_channel_id FROM guilds") == [("Lyceum Commons", None)]
