from core.enums import SessionEndReason
from core.ids import GuildId
from db.connection import Connection
from services.voice import open_sessions, recording
from tests.populate import ANA, BEN, LIBRARY, LYCEUM
from tests.services.voice.voice_log import after, rows, sessions, snapshot, state, total

ELSEWHERE = GuildId(LYCEUM + (1 << 22))
SHARD = (LYCEUM >> 22) % 2


async def heard(conn: Connection, shard: int, count: int, seconds: float) -> None:
    await conn.execute("INSERT INTO gateway_sessions VALUES (%s, %s, 'a', NULL, 1, %s)", (shard, count, after(seconds)))


async def test_what_another_number_of_shards_has_heard_is_kept_and_no_more(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY), state(0, LIBRARY, BEN, guild=ELSEWHERE)])
    await heard(conn, SHARD, 2, 150)
    await heard(conn, 1 - SHARD, 2, 400)

    await open_sessions.truncate_open_sessions(conn, heard_until=None, shard=(0, 1))

    assert await sessions(conn) == [
        (ANA, 0, 150, 150, SessionEndReason.LOST, True),
        (BEN, 0, 400, 400, SessionEndReason.LOST, True),
    ]


async def test_the_last_who_heard_a_guild_decides(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY), state(0, LIBRARY, BEN, guild=ELSEWHERE)])
    await heard(conn, SHARD, 2, 500)
    await heard(conn, 0, 1, 300)  # its own row, which a dead connection set too far ahead

    await open_sessions.truncate_open_sessions(conn, heard_until=after(200), shard=(0, 1))

    assert [row[2] for row in await sessions(conn)] == [500, 200]


async def test_what_nobody_ever_heard_of_waits_for_its_snapshot(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY)])

    await open_sessions.truncate_open_sessions(conn, heard_until=None, shard=(0, 1))
    await recording.record(conn, [snapshot(70, (ANA, LIBRARY)), state(100, None)])

    assert await total(conn) == 100


async def test_guilds_that_a_new_session_does_not_name_have_removed_the_app(conn: Connection) -> None:
    await recording.record(conn, [snapshot(0, (ANA, LIBRARY)), state(0, LIBRARY, BEN, guild=ELSEWHERE)])

    others = await open_sessions.mark_missing_guilds_left(conn, [], at=after(80), shard=(SHARD, 2))
    again = await open_sessions.mark_missing_guilds_left(conn, [], at=after(90), shard=(SHARD, 2))
    present = await open_sessions.mark_missing_guilds_left(conn, [ELSEWHERE], at=after(90))

    assert (others, again, present) == (1, 0, 0)
    assert await rows(conn, "SELECT guild_id, is_active FROM guilds ORDER BY guild_id") == [
        (LYCEUM, False),
        (ELSEWHERE, True),
    ]
    assert await sessions(conn) == [
        (ANA, 0, 80, 80, SessionEndReason.GUILD_GONE, False),
        (BEN, 0, None, 0, None, False),
    ]


async def test_a_guild_that_lets_the_app_back_in_is_active_again(conn: Connection) -> None:
    await recording.record(conn, [snapshot(0, (ANA, LIBRARY))])
    await open_sessions.mark_missing_guilds_left(conn, [], at=after(80))

    await recording.record(conn, [snapshot(500)])

    assert await rows(conn, "SELECT is_active FROM guilds") == [(True,)]
