from core.enums import CloseReason
from core.ids import GuildId
from db.connection import Connection
from services import voice
from tests.populate import ANA, ATRIUM, BEN, LIBRARY, LYCEUM, MINA
from tests.services.voice_log import AFK, after, rows, segments, sessions, snapshot, state, total

OPEN = (None, 0, None, False)


async def test_a_first_snapshot_opens_sessions_and_tells_the_guild(conn: Connection) -> None:
    await voice.record(conn, [snapshot(0, (ANA, LIBRARY), (BEN, AFK), (MINA, None))])

    assert await sessions(conn) == [(ANA, 0, *OPEN)]
    assert await rows(conn, "SELECT name, icon_hash, owner_id, locale, afk_channel_id FROM guilds") == [
        ("Lyceum Commons", "1f", BEN, "ko", AFK)
    ]


async def test_a_snapshot_that_says_the_same_again_changes_nothing(conn: Connection) -> None:
    await voice.record(conn, [snapshot(0, (ANA, LIBRARY))])
    await voice.record(conn, [snapshot(500, (ANA, LIBRARY)), snapshot(500, (ANA, LIBRARY))])

    assert await sessions(conn) == [(ANA, 0, *OPEN)]
    assert await segments(conn) == [(LIBRARY, 0, 0, None)]


async def test_whoever_is_missing_in_a_snapshot_has_left_and_whoever_sits_elsewhere_has_moved(conn: Connection) -> None:
    await voice.record(conn, [snapshot(0, (ANA, LIBRARY), (BEN, LIBRARY))])
    await voice.record(conn, [snapshot(500, (BEN, ATRIUM), (ANA, None))])

    assert await sessions(conn) == [(ANA, 0, 500, 500, CloseReason.LOST, True), (BEN, 0, *OPEN)]
    assert await segments(conn) == [(LIBRARY, 0, 0, 500), (LIBRARY, 0, 0, 500), (ATRIUM, 0, 500, None)]


async def test_unheard_time_is_never_counted(conn: Connection) -> None:
    await voice.record(conn, [snapshot(0, (ANA, LIBRARY), (BEN, LIBRARY))])
    await voice.record(conn, [snapshot(1000, (ANA, LIBRARY), heard_until=300), state(1100, None)])

    assert await sessions(conn) == [
        (ANA, 0, 300, 300, CloseReason.LOST, True),
        (BEN, 0, 300, 300, CloseReason.LOST, True),
        (ANA, 1000, 1100, 100, CloseReason.LEFT, False),
    ]


async def test_an_outage_leaves_everybody_where_they_are_and_says_so(conn: Connection) -> None:
    await voice.record(conn, [snapshot(0, (ANA, LIBRARY), (BEN, LIBRARY))])
    await voice.record(conn, [voice.GuildOutage(GuildId(LYCEUM), after(300))])
    during = await sessions(conn)
    await voice.record(conn, [snapshot(600, (ANA, LIBRARY)), state(1000, None)])

    assert during == [(ANA, 0, None, 0, None, True), (BEN, 0, None, 0, None, True)]
    assert await sessions(conn) == [
        (ANA, 0, 1000, 1000, CloseReason.LEFT, True),
        (BEN, 0, 600, 600, CloseReason.LOST, True),
    ]


async def test_a_short_loss_is_a_gap_in_the_same_session(conn: Connection) -> None:
    await voice.record(conn, [snapshot(0, (ANA, LIBRARY))])
    await voice.record(conn, [snapshot(350, (ANA, LIBRARY), heard_until=300), state(400, None)])

    assert await sessions(conn) == [(ANA, 0, 400, 350, CloseReason.LEFT, True)]


async def test_states_heard_before_the_snapshot_of_their_guild_survive_it(conn: Connection) -> None:
    await voice.record(conn, [snapshot(0, (ANA, LIBRARY))])
    early = [state(1000, ATRIUM), state(1000, LIBRARY, BEN), state(1000, LIBRARY, MINA)]
    await voice.record(conn, early)
    await voice.record(conn, [snapshot(1001, (ANA, ATRIUM), (BEN, LIBRARY), heard_until=300)])

    assert await sessions(conn) == [
        (ANA, 0, None, 0, None, True),
        (BEN, 1000, *OPEN),
        (MINA, 1000, 1001, 0, CloseReason.LOST, True),
    ]
    assert (LIBRARY, 0, 0, 300) in await segments(conn)


async def test_a_repeated_snapshot_after_a_loss_does_not_cut_what_was_heard_since(conn: Connection) -> None:
    await voice.record(conn, [snapshot(0, (ANA, LIBRARY))])
    lost = snapshot(350, (ANA, LIBRARY), heard_until=300)
    await voice.record(conn, [lost])
    await voice.record(conn, [lost, state(500, None)])

    assert await total(conn) == 450


async def test_what_is_credited_stays_credited_when_a_cut_comes_before_it(conn: Connection) -> None:
    await voice.record(conn, [state(0, LIBRARY)])
    await voice.settle_open(conn, now=after(320))
    await voice.record(conn, [snapshot(900, heard_until=300)])

    assert await sessions(conn) == [(ANA, 0, 320, 320, CloseReason.LOST, True)]


async def test_a_press_before_the_loss_counts(conn: Connection) -> None:
    await voice.record(conn, [state(0, LIBRARY)])
    await conn.execute("UPDATE members SET last_seen_at = %s", (after(5 * 3600),))
    await voice.record(conn, [snapshot(20 * 3600, heard_until=12 * 3600)])

    assert await total(conn) == 11 * 3600


async def test_cut_open_ends_what_no_snapshot_will_ever_mention(conn: Connection) -> None:
    elsewhere = GuildId(5 << 22)
    await voice.record(conn, [state(0, LIBRARY), state(200, LIBRARY, BEN), state(0, LIBRARY, MINA, guild=elsewhere)])

    counted = await voice.cut_open(conn, heard_until=after(150), shard=(LYCEUM >> 22, 5))

    assert counted == 2
    assert await sessions(conn) == [
        (ANA, 0, 150, 150, CloseReason.LOST, True),
        (MINA, 0, *OPEN),
        (BEN, 200, *OPEN),
    ]


async def test_a_snapshot_soon_after_cut_open_lets_the_session_go_on(conn: Connection) -> None:
    await voice.record(conn, [state(0, LIBRARY)])
    await voice.cut_open(conn, heard_until=after(150))

    await voice.record(conn, [snapshot(200, (ANA, LIBRARY)), state(300, None)])

    assert await sessions(conn) == [(ANA, 0, 300, 250, CloseReason.LEFT, True)]
