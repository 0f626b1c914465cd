import asyncio
from datetime import date, timedelta
from random import Random
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from core.enums import ChannelKind, SessionEndReason
from core.ids import ChannelId, GuildId, InteractionId, UserId
from db.connection import Connection, Pool
from services import interactions, tracking
from services.members.person import Person
from services.voice import bots, gateway_events, open_sessions, recalculation, recording
from services.voice.gateway_events import (
    SELF_DEAF,
    ChannelChange,
    ChannelGone,
    GuildChange,
    GuildGone,
    VoiceChannel,
    VoiceState,
)
from services.voice.tracking_policies import SILENT_LIBRARY
from tests.populate import ANA, ATRIUM, BEN, LIBRARY, LYCEUM, ROBOT, add_guild, add_member
from tests.services.voice.voice_log import AFK, T0, after, estimated, rows, segments, sessions, snapshot, state, total

OPEN = (None, 0, None, False)
RADIO = UserId(10_000_077)
CATEGORY = ChannelId(30_000_001)


def nameless(seconds: float, channel: ChannelId | None, user: UserId, guild: GuildId = LYCEUM) -> VoiceState:
    """A voice state without member data."""
    return VoiceState(guild, user, channel, 0, "z", after(seconds))


async def test_record_of_nothing_does_nothing(conn: Connection) -> None:
    await recording.record(conn, [])

    assert await sessions(conn) == []


async def test_a_join_opens_a_session_and_makes_rows_for_whoever_is_unknown(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY)])

    assert await sessions(conn) == [(ANA, 0, *OPEN)]
    assert await segments(conn) == [(LIBRARY, 0, 0, None)]
    assert await rows(conn, "SELECT guild_id, name, timezone FROM guilds") == [(LYCEUM, "", "UTC")]
    assert await rows(conn, "SELECT user_id, username FROM users") == [(ANA, "ana")]


async def test_rows_bear_the_moment_at_which_they_were_heard(conn: Connection) -> None:
    who = Person(ANA, "ana")
    await recording.record(conn, [snapshot(0), replace(state(60, LIBRARY), person=who), state(120, LIBRARY, BEN)])

    for table in ("guilds", "channels", "users", "members"):
        found = await rows(conn, f"SELECT DISTINCT created_at, updated_at FROM {table}")  # noqa: S608 - names of ours
        assert found == [(after(120), after(120))], table


async def test_a_channel_alone_is_told_without_a_moment(conn: Connection) -> None:
    await recording.record(conn, [ChannelChange(LYCEUM, VoiceChannel(LIBRARY, "Library", 2))])

    assert await rows(conn, "SELECT created_at = now() FROM channels") == [(True,)]


async def test_a_leave_closes_and_credits(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY)])
    await recording.record(conn, [state(600, None)])

    assert await sessions(conn) == [(ANA, 0, 600, 600, SessionEndReason.LEFT, False)]
    assert await total(conn) == 600
    assert await rows(conn, "SELECT streak_date, seconds, zone FROM daily_streaks") == [(T0.date(), 600, "UTC")]
    assert await rows(conn, "SELECT local_on, seconds FROM guild_member_days") == [(T0.date(), 600)]


async def test_moments_are_whole_seconds_that_add_up(conn: Connection) -> None:
    log = [state(0.9, LIBRARY), state(100.2, ATRIUM), state(200.7, LIBRARY), state(300.1, None)]

    await recording.record(conn, log)

    assert await sessions(conn) == [(ANA, 0, 300, 300, SessionEndReason.LEFT, False)]


async def test_a_change_of_channel_or_flags_begins_a_segment_and_a_repetition_does_not(conn: Connection) -> None:
    muted_and_deafened = 1 | 2
    log = [
        state(0, LIBRARY),
        state(10, LIBRARY),
        state(20, LIBRARY, flags=muted_and_deafened),
        state(20, LIBRARY, flags=muted_and_deafened),
        state(30, ATRIUM, flags=muted_and_deafened),
        state(40, ATRIUM, flags=muted_and_deafened),
    ]

    await recording.record(conn, log)
    await recording.record(conn, log[-1:])

    assert await segments(conn) == [(LIBRARY, 0, 0, 20), (LIBRARY, 3, 20, 30), (ATRIUM, 3, 30, None)]


async def test_a_change_of_flags_writes_no_session_unless_it_was_told_late(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY)])
    version = await rows(conn, "SELECT ctid FROM voice_sessions")

    await recording.record(conn, [state(20, LIBRARY, flags=1)])

    assert await segments(conn) == [(LIBRARY, 0, 0, 20), (LIBRARY, 1, 20, None)]
    assert await rows(conn, "SELECT ctid FROM voice_sessions") == version
    await recording.record(conn, [replace(state(30, LIBRARY), is_delayed=True, since=after(25))])
    assert await sessions(conn) == [(ANA, 0, None, 0, None, True)]


async def test_within_one_second_the_last_word_counts(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY), state(10.1, ATRIUM), state(10.5, LIBRARY, flags=1)])

    assert await segments(conn) == [(LIBRARY, 0, 0, 10), (LIBRARY, 1, 10, None)]


async def test_no_two_sessions_begin_in_the_same_second(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY), state(0.3, None)])
    await recording.record(conn, [state(0.6, ATRIUM)])

    assert await sessions(conn) == [(ANA, 0, *OPEN)]
    assert await segments(conn) == [(ATRIUM, 0, 0, None)]


async def test_bots_are_never_counted_also_when_only_their_id_is_told(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY, ROBOT, is_bot=True)])
    await recording.record(conn, [VoiceState(LYCEUM, ROBOT, ATRIUM, 0, "x", after(5))])

    assert await sessions(conn) == []
    assert await rows(conn, "SELECT user_id, is_bot FROM users") == [(ROBOT, True)]


async def test_a_bot_that_was_not_known_to_be_one_ends_and_has_counted_nothing(conn: Connection) -> None:
    await recording.record(conn, [nameless(0, LIBRARY, ROBOT)])
    for seconds in (600, 1800):
        await open_sessions.accrue_open_sessions(conn, now=after(seconds))
    before = await total(conn, ROBOT), await rows(conn, "SELECT count(*) FROM streaks")
    await recording.record(conn, [state(1860, LIBRARY, ROBOT, is_bot=True)])
    await recording.record(conn, [nameless(1870, LIBRARY, ROBOT), state(1900, None, ROBOT, is_bot=True)])
    await open_sessions.accrue_open_sessions(conn, now=after(4000))

    assert before == (1800, [(1,)])
    assert await sessions(conn) == [(ROBOT, 0, 1860, 0, "ignored_channel", False)]
    assert await total(conn, ROBOT) == 0
    assert await rows(conn, "SELECT 1 FROM daily_streaks UNION ALL SELECT 2 FROM guild_member_days") == []
    assert await rows(conn, "SELECT 1 FROM period_totals UNION ALL SELECT 2 FROM streaks") == []
    await recalculation.rebuild(conn, LYCEUM, ROBOT)
    assert await total(conn, ROBOT) == 0


async def test_a_bot_that_is_told_when_it_leaves_or_in_a_snapshot_ends_there(conn: Connection) -> None:
    await recording.record(conn, [nameless(0, LIBRARY, ROBOT), nameless(0, LIBRARY, RADIO)])
    await recording.record(conn, [state(300, None, ROBOT, is_bot=True)])
    known = replace(snapshot(400), states=(state(400, LIBRARY, RADIO, is_bot=True),))
    await recording.record(conn, [known])

    assert [row[:4] for row in await sessions(conn)] == [(ROBOT, 0, 300, 0), (RADIO, 0, 400, 0)]


async def test_a_bot_told_within_one_batch_has_no_session(conn: Connection) -> None:
    await recording.record(conn, [nameless(0, LIBRARY, ROBOT), state(300, LIBRARY, ROBOT, is_bot=True)])

    assert await sessions(conn) == []


async def test_a_bot_that_became_known_otherwise_is_taken_back_by_the_worker(conn: Connection) -> None:
    await recording.record(conn, [nameless(0, LIBRARY, ROBOT), state(0, LIBRARY)])
    await open_sessions.accrue_open_sessions(conn, now=after(600))
    await conn.execute("UPDATE users SET is_bot = true WHERE user_id = %s", (ROBOT,))

    assert [await bots.take_back_known(conn, now=after(700)) for _ in range(2)] == [1, 0]
    assert (ROBOT, 0, 700, 0, "ignored_channel", False) in await sessions(conn)
    assert (await total(conn), await total(conn, ROBOT)) == (600, 0)


async def test_a_bot_is_taken_out_of_every_guild_and_every_company(conn: Connection) -> None:
    other = GuildId(8_000_000)
    await add_guild(conn)
    await conn.execute(
        """INSERT INTO tracking_policies (guild_id, preset, valid_from, set_by, set_at)
           VALUES (%s, 'social', %s, %s, %s)""",
        (LYCEUM, after(-1), BEN, after(-1)),
    )
    await recording.record(conn, [nameless(0, LIBRARY, ROBOT), state(0, LIBRARY), nameless(0, LIBRARY, ROBOT, other)])
    await open_sessions.accrue_open_sessions(conn, now=after(600))
    together = await total(conn)
    await recording.record(conn, [state(700, LIBRARY, ROBOT, is_bot=True)])
    while await recalculation.recalculate(conn):
        pass
    await open_sessions.accrue_open_sessions(conn, now=after(900))

    assert (together, await total(conn)) == (600, 0)
    assert [row[:4] for row in await sessions(conn) if row[0] == ROBOT] == [(ROBOT, 0, 700, 0), (ROBOT, 0, 700, 0)]


async def test_a_member_of_whom_only_the_id_is_told_gets_a_name_later(conn: Connection) -> None:
    await recording.record(conn, [VoiceState(LYCEUM, ANA, LIBRARY, 0, "x", T0)])
    nameless = await rows(conn, "SELECT username FROM users")
    await recording.record(conn, [state(1, LIBRARY)])

    assert (nameless, await rows(conn, "SELECT username FROM users")) == ([(str(ANA),)], [("ana",)])


@pytest.mark.parametrize("channel", [AFK, ATRIUM])
async def test_time_in_the_afk_channel_or_an_ignored_one_is_never_counted(conn: Connection, channel: ChannelId) -> None:
    await recording.record(conn, [snapshot(0)])
    await conn.execute("UPDATE channels SET kind = 'ignored' WHERE channel_id = %s", (ATRIUM,))

    await recording.record(conn, [state(0, LIBRARY), state(100, channel), state(200, None)])

    assert await sessions(conn) == [(ANA, 0, 100, 100, SessionEndReason.IGNORED_CHANNEL, False)]


async def test_who_sits_in_a_new_afk_channel_stops_counting(conn: Connection) -> None:
    await recording.record(conn, [snapshot(0), state(0, LIBRARY), state(0, ATRIUM, BEN)])

    await recording.record(conn, [GuildChange(LYCEUM, "New", None, None, "en-US", LIBRARY, after(70))])

    assert await sessions(conn) == [(ANA, 0, 70, 70, SessionEndReason.IGNORED_CHANNEL, False), (BEN, 0, *OPEN)]
    assert await rows(conn, "SELECT name, icon_hash, owner_id, locale, afk_channel_id FROM guilds") == [
        ("New", None, None, "en-US", LIBRARY)
    ]


async def test_less_than_a_minute_counts_nothing(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY), state(59, None), state(1000, LIBRARY), state(1060, None)])

    assert [row[3] for row in await sessions(conn)] == [0, 60]
    assert await total(conn) == 60


async def test_back_in_the_same_channel_within_ninety_seconds_goes_on_without_the_gap(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY), state(40, None)])
    await recording.record(conn, [state(130, LIBRARY), state(150, None)])

    assert await sessions(conn) == [(ANA, 0, 150, 60, SessionEndReason.LEFT, False)]
    assert await segments(conn) == [(LIBRARY, 0, 0, 40), (LIBRARY, 0, 130, 150)]


@pytest.mark.parametrize(("seconds", "channel"), [(131, LIBRARY), (100, ATRIUM)])
async def test_back_later_or_elsewhere_is_a_new_session(conn: Connection, seconds: int, channel: ChannelId) -> None:
    await recording.record(conn, [state(0, LIBRARY), state(40, None), state(seconds, channel)])

    assert [row[:3] for row in await sessions(conn)] == [(ANA, 0, 40), (ANA, seconds, None)]


async def test_several_stays_in_one_batch_are_all_written(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY)])

    log = [state(100, None), state(1000, ATRIUM), state(1100, None), state(2000, LIBRARY)]
    await recording.record(conn, [*log, state(100, LIBRARY, BEN)])

    assert [(row[0], row[1], row[2]) for row in await sessions(conn)] == [
        (ANA, 0, 100),
        (BEN, 100, None),
        (ANA, 1000, 1100),
        (ANA, 2000, None),
    ]
    assert await total(conn) == 200


async def test_six_hours_without_a_sign_of_life_are_the_most_that_counts(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY), state(7 * 3600, None)])

    assert await total(conn) == 6 * 3600


async def test_a_press_or_another_state_makes_the_six_hours_begin_anew(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY)])
    await conn.execute("UPDATE members SET last_seen_at = %s", (after(5 * 3600),))
    await recording.record(conn, [state(10 * 3600, ATRIUM), state(16 * 3600, None)])

    assert await total(conn) == 16 * 3600
    assert await segments(conn) == [
        (LIBRARY, 0, 0, 5 * 3600),
        (LIBRARY, 0, 5 * 3600, 10 * 3600),
        (ATRIUM, 0, 10 * 3600, 16 * 3600),
    ]


async def test_sixteen_hours_are_the_most_that_counts_on_a_day_of_the_guild(conn: Connection) -> None:
    await add_guild(conn, zone="Asia/Seoul")  # T0 is 21:00 there
    log = [state(hour * 3600, LIBRARY, flags=hour % 2) for hour in range(24)]

    await recording.record(conn, [*log, state(24 * 3600, None)])

    assert await rows(conn, "SELECT local_on, seconds FROM guild_member_days ORDER BY 1") == [
        (date(2026, 3, 18), 3 * 3600),
        (date(2026, 3, 19), 16 * 3600),
    ]
    assert await total(conn) == 19 * 3600


async def test_a_day_that_is_full_takes_nothing_more(conn: Connection) -> None:
    midnight = 12 * 3600  # seconds after T0
    log = [state(midnight + hour * 3600, LIBRARY, flags=hour % 2) for hour in range(16)]
    await recording.record(conn, [*log, state(midnight + 16 * 3600, None)])

    await recording.record(conn, [state(midnight + 17 * 3600, LIBRARY), state(midnight + 18 * 3600, None)])

    assert [row[3] for row in await sessions(conn)] == [16 * 3600, 0]
    assert await total(conn) == 16 * 3600


async def test_time_over_midnight_belongs_to_both_dates_of_the_members_own_calendar(conn: Connection) -> None:
    await add_guild(conn)
    await add_member(conn, ANA, "ana")
    await conn.execute(
        "INSERT INTO member_zones (guild_id, user_id, valid_from, zone, day_start_min) VALUES (%s, %s, %s, %s, %s)",
        (LYCEUM, ANA, T0 - timedelta(days=9), "America/New_York", 330),
    )

    await recording.record(
        conn, [state(0, LIBRARY), state(-7200, LIBRARY, BEN), state(3600, None), state(60, None, BEN)]
    )

    # 12:00 UTC is 08:00 in New York, whose day here begins at 05:30
    assert await rows(conn, "SELECT user_id, streak_date, seconds, zone FROM daily_streaks ORDER BY 1, 2") == [
        (ANA, date(2026, 3, 18), 3600, "America/New_York"),
        (BEN, date(2026, 3, 18), 7260, "UTC"),
    ]


@pytest.mark.parametrize(("since", "start"), [(80, 80), (-3600, 40)])
async def test_a_late_join_counts_a_minute_of_the_gap(conn: Connection, since: int, start: int) -> None:
    await recording.record(conn, [state(100, LIBRARY, is_late=True, since=since), state(200, None)])

    assert await sessions(conn) == [(ANA, start, 200, 200 - start, SessionEndReason.LEFT, True)]
    assert await estimated(conn) == [100 - start]


@pytest.mark.parametrize(("at", "end"), [(100, 100), (3680, 140)])
async def test_a_late_leave_counts_a_minute_of_the_gap(conn: Connection, at: int, end: int) -> None:
    await recording.record(conn, [state(0, LIBRARY), state(at, None, is_late=True, since=80)])

    assert await sessions(conn) == [(ANA, 0, end, end, SessionEndReason.LEFT, True)]
    assert await estimated(conn) == [end - 80]


async def test_who_stays_over_a_gap_is_credited_in_full_and_nobody_else(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY), state(0, LIBRARY, BEN)])
    late = [state(3700, None, is_late=True, since=100), state(3700, LIBRARY, is_late=True, since=100)]
    away = [*late, state(3701, None, is_late=True, since=100), state(3702, ATRIUM, is_late=True, since=100)]
    await recording.record(conn, away)
    await open_sessions.bridge(conn, since=after(100), until=after(3710))
    await open_sessions.accrue_open_sessions(conn, now=after(4000))

    assert await sessions(conn) == [
        (ANA, 0, 160, 160, SessionEndReason.LEFT, True),
        (BEN, 0, None, 4000, None, True),
        (ANA, 3700, 3701, 0, SessionEndReason.LEFT, True),
        (ANA, 3702, None, 298, None, True),
    ]
    assert await estimated(conn) == [60, 3610, 0, 8]


async def test_outage_in_a_gap_ends_stays_where_the_gap_began(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY)])
    joined = state(5000, LIBRARY, BEN, is_late=True, since=100)
    await recording.record(conn, [joined, gateway_events.GuildOutage(LYCEUM, after(5000), after(100))])

    assert [row[:4] for row in await sessions(conn)] == [(ANA, 0, 100, 100), (BEN, 4940, 5000, 60)]


@pytest.mark.parametrize("event", [GuildGone, gateway_events.GuildOutage])
async def test_end_of_a_guild_in_a_gap_counts_a_minute_of_it_at_most(conn: Connection, event: type[GuildGone]) -> None:
    await recording.record(conn, [state(0, LIBRARY)])
    await recording.record(conn, [event(LYCEUM, after(5000), after(100))])

    assert await total(conn) == (160 if event is GuildGone else 100)


async def test_less_that_counts_begins_early_in_a_gap_and_more_begins_late(conn: Connection) -> None:
    deaf = [0, SELF_DEAF]
    await recording.record(
        conn, [state(0, LIBRARY, user, flags=each) for user, each in zip((ANA, BEN), deaf, strict=True)]
    )
    for user, each in zip((ANA, BEN), reversed(deaf), strict=True):
        await recording.record(conn, [state(5000, LIBRARY, user, flags=each, is_late=True, since=100)])

    assert await segments(conn) == [
        (LIBRARY, 0, 0, 160),
        (LIBRARY, SELF_DEAF, 0, 4940),
        (LIBRARY, SELF_DEAF, 160, None),
        (LIBRARY, 0, 4940, None),
    ]


async def test_a_late_move_marks_the_session_and_a_late_return_does_not_overlap(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY), state(100, ATRIUM, is_late=True, since=80)])
    moved = await sessions(conn)
    await recording.record(conn, [state(200, None), state(210, ATRIUM, is_late=True, since=150)])

    assert moved == [(ANA, 0, None, 0, None, True)]
    assert await segments(conn) == [(LIBRARY, 0, 0, 100), (ATRIUM, 0, 100, 200), (ATRIUM, 0, 200, None)]


async def test_a_clock_that_runs_backwards_breaks_nothing(conn: Connection) -> None:
    await recording.record(conn, [state(100, LIBRARY)])
    await open_sessions.accrue_open_sessions(conn, now=after(300))
    await recording.record(conn, [state(50, ATRIUM), state(40, None), state(30, LIBRARY)])

    assert await segments(conn) == [(LIBRARY, 0, 100, 300), (ATRIUM, 0, 300, 300), (LIBRARY, 0, 300, None)]
    assert await total(conn) == 200


async def test_guild_gone_closes_every_session_and_a_snapshot_brings_it_back(conn: Connection) -> None:
    await recording.record(conn, [snapshot(0, (ANA, LIBRARY), (BEN, ATRIUM))])

    await recording.record(conn, [GuildGone(LYCEUM, after(100))])
    gone = await rows(conn, "SELECT is_active FROM guilds")
    await recording.record(conn, [GuildGone(LYCEUM, after(150)), snapshot(1000, (ANA, LIBRARY))])

    assert gone == [(False,)]
    assert await rows(conn, "SELECT is_active FROM guilds") == [(True,)]
    assert await sessions(conn) == [
        (ANA, 0, 100, 100, SessionEndReason.GUILD_GONE, False),
        (BEN, 0, 100, 100, SessionEndReason.GUILD_GONE, False),
        (ANA, 1000, *OPEN),
    ]


async def test_names_are_kept_up_to_date_for_the_account_and_the_member(conn: Connection) -> None:
    person = Person(ANA, "ana", 'Ana \u0000\udc00 \\"김" {}', "a" * 32, nick="NULL", member_avatar_hash="b")
    await recording.record(conn, [VoiceState(LYCEUM, ANA, LIBRARY, 0, "x", T0, person)])
    await conn.execute("UPDATE members SET left_at = now()")
    await recording.record(
        conn, [VoiceState(LYCEUM, ANA, None, 0, "x", after(9), Person(ANA, "ana2", nick='Quiet, "A"'))]
    )

    assert await rows(conn, "SELECT username, global_name, avatar_hash FROM users") == [("ana2", None, None)]
    assert await rows(conn, "SELECT nick, avatar_hash, left_at FROM members") == [('Quiet, "A"', None, None)]


async def test_a_hostile_name_is_stored_as_it_is(conn: Connection) -> None:
    name = '\'); DROP TABLE users; -- {"a",\\b}'
    await recording.record(conn, [VoiceState(LYCEUM, ANA, LIBRARY, 0, "x", T0, Person(ANA, name, "\0NULL\ud83d"))])

    assert await rows(conn, "SELECT username, global_name FROM users") == [(name, "NULL")]


async def test_channels_come_change_and_go(conn: Connection) -> None:
    await recording.record(conn, [snapshot(0)])
    await recording.record(
        conn, [ChannelChange(LYCEUM, VoiceChannel(AFK, "Far away", 2)), ChannelGone(LYCEUM, LIBRARY, T0)]
    )

    assert await rows(
        conn, "SELECT channel_id, name, parent_id, kind, deleted_at FROM channels ORDER BY channel_id"
    ) == [
        (LIBRARY, "Library", None, "study", T0),
        (ATRIUM, "Atrium", 30_000_001, "stage", None),
        (AFK, "Far away", None, "study", None),
    ]

    await recording.record(conn, [ChannelGone(LYCEUM, LIBRARY, after(5)), snapshot(5)])
    assert await rows(conn, "SELECT channel_id, deleted_at FROM channels ORDER BY channel_id") == [
        (LIBRARY, None),
        (ATRIUM, None),
        (AFK, after(5)),
    ]


async def test_of_a_channel_only_the_last_word_in_a_batch_is_kept(conn: Connection) -> None:
    first = ChannelChange(LYCEUM, VoiceChannel(AFK, "First", 2))
    last = ChannelChange(LYCEUM, VoiceChannel(AFK, "Last", 2))

    await recording.record(conn, [first, ChannelGone(LYCEUM, AFK, T0), last, snapshot(0), snapshot(1)])

    assert await rows(conn, "SELECT channel_id FROM channels ORDER BY 1") == [(LIBRARY,), (ATRIUM,)]


async def told_channels(conn: Connection) -> list[tuple[Any, ...]]:
    return await rows(conn, "SELECT channel_id, name, parent_id, is_hidden FROM channels ORDER BY channel_id")


async def test_a_channel_that_becomes_hidden_keeps_its_name_and_its_ignored_category(conn: Connection) -> None:
    private = ChannelId(20_000_011)
    await add_guild(conn)
    await conn.execute(
        "INSERT INTO channels (guild_id, channel_id, type, kind) VALUES (%s, %s, 4, 'ignored')", (LYCEUM, CATEGORY)
    )
    seen = (VoiceChannel(LIBRARY, "Library", 2), VoiceChannel(private, "Staff", 2, CATEGORY))
    hidden = tuple(VoiceChannel(each.channel, "", 2, is_hidden=True) for each in seen)
    await recording.record(conn, [replace(snapshot(0), channels=seen)])
    await recording.record(conn, [replace(snapshot(10), channels=hidden), state(11, LIBRARY), state(11, private, BEN)])
    await recording.record(conn, [ChannelChange(LYCEUM, hidden[1]), state(20, private, BEN, flags=1)])
    await open_sessions.accrue_open_sessions(conn, now=after(600))

    assert await told_channels(conn) == [
        (LIBRARY, "Library", None, True),
        (private, "Staff", CATEGORY, True),
        (CATEGORY, "", None, False),
    ]
    assert (await total(conn), await total(conn, BEN)) == (589, 0)

    await recording.record(conn, [ChannelChange(LYCEUM, VoiceChannel(private, "Open", 2)), state(700, private, BEN)])
    assert (private, "Open", None, False) in await told_channels(conn)
    assert (BEN, 700, *OPEN) in await sessions(conn)


async def test_within_a_batch_the_last_name_that_was_seen_is_kept(conn: Connection) -> None:
    hidden = ChannelChange(LYCEUM, VoiceChannel(LIBRARY, "", 2, is_hidden=True))
    await recording.record(conn, [ChannelChange(LYCEUM, VoiceChannel(LIBRARY, "Old", 2, CATEGORY))])
    await recording.record(conn, [ChannelChange(LYCEUM, VoiceChannel(LIBRARY, "New", 2)), hidden])

    assert await told_channels(conn) == [(LIBRARY, "New", None, True)]


async def test_a_hidden_channel_that_was_never_viewed_does_not_count_until_it_is_or_staff_say_so(
    conn: Connection,
) -> None:
    hidden = VoiceChannel(LIBRARY, "", 2, is_hidden=True)
    first = replace(snapshot(0), channels=(hidden, replace(hidden, channel=ATRIUM)))
    await recording.record(conn, [first, state(1, LIBRARY), state(1, ATRIUM, BEN)])
    await recording.record(conn, [state(2, LIBRARY, flags=1)])
    unseen = await sessions(conn), await told_channels(conn)
    await recording.record(conn, [ChannelChange(LYCEUM, VoiceChannel(LIBRARY, "Library", 2)), state(100, LIBRARY)])
    await tracking.set_channel_kind(
        conn, guild=LYCEUM, channel=ATRIUM, name="Den", type_=2, kind=ChannelKind.STUDY, by=ANA, now=after(100)
    )
    await recording.record(conn, [ChannelChange(LYCEUM, replace(hidden, channel=ATRIUM)), state(110, ATRIUM, BEN)])

    assert unseen == ([], [(LIBRARY, "", None, True), (ATRIUM, "", None, True)])
    assert await sessions(conn) == [(ANA, 100, *OPEN), (BEN, 110, *OPEN)]


async def test_statements_do_not_grow_with_the_batch(conn: Connection) -> None:
    await add_guild(conn)
    counts: list[int] = []
    for size in (1, 3, 100):
        log = [state(n, LIBRARY, UserId(40_000_000 + 1000 * size + n)) for n in range(size)]
        counting = Counting(conn)
        await recording.record(counting, [*log, *(state(1000 + n, None, joined.user) for n, joined in enumerate(log))])  # type: ignore[arg-type]
        counts.append(counting.executed)

    assert counts[0] == counts[1] == counts[2] <= 16


class Counting:
    """A connection that counts executed statements."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self.executed = 0

    async def execute(self, *args: Any) -> Any:
        self.executed += 1
        return await self._conn.execute(*args)


async def test_two_listeners_at_once_make_one_session(pool: Pool) -> None:
    async def listen(seconds: float) -> None:
        async with pool.connection() as conn:
            await recording.record(conn, [state(seconds, LIBRARY), state(seconds, LIBRARY, BEN)])

    for round_ in range(5):
        await asyncio.gather(*(listen(round_ * 1000 + n) for n in range(6)))
        async with pool.connection() as conn:
            assert len([row for row in await sessions(conn) if row[2] is None]) == 2
            await recording.record(conn, [state(round_ * 1000 + 500, None), state(round_ * 1000 + 500, None, BEN)])


async def test_the_database_refuses_a_second_open_session(conn: Connection) -> None:
    await recording.record(conn, [state(0, LIBRARY)])

    with pytest.raises(psycopg.errors.UniqueViolation) as refused:
        await conn.execute(
            """INSERT INTO voice_sessions (guild_id, user_id, started_at, credited_until)
               SELECT guild_id, user_id, started_at, started_at FROM voice_sessions"""
        )

    assert refused.value.diag.constraint_name == "uq_voice_sessions_open"


async def test_settling_and_listening_at_once_credit_each_second_once(pool: Pool) -> None:
    async with pool.connection() as conn:
        await recording.record(conn, [state(0, LIBRARY), state(0, ATRIUM, BEN)])

    async def settle(seconds: float) -> None:
        async with pool.connection() as conn:
            await open_sessions.accrue_open_sessions(conn, now=after(seconds))

    async def leave() -> None:
        async with pool.connection() as conn:
            await recording.record(conn, [state(900, None), state(900, None, BEN)])

    await asyncio.gather(settle(300), settle(600), settle(900), leave(), settle(900))

    async with pool.connection() as conn:
        assert (await total(conn), await total(conn, BEN)) == (900, 900)


def test_the_silent_library_counts_by_the_numbers_of_the_product() -> None:
    assert SILENT_LIBRARY.daily_cap == timedelta(hours=16)
    assert SILENT_LIBRARY.unattended_cap == timedelta(hours=6)
    assert SILENT_LIBRARY.minimum == timedelta(seconds=60)
    assert SILENT_LIBRARY.rejoin_gap == timedelta(seconds=90)


async def test_listeners_visitors_and_the_clock_never_wait_in_a_circle(pool: Pool) -> None:
    members = [UserId(50_000_000 + number) for number in range(20)]

    async def listen(seed: int) -> None:
        chance = Random(seed)
        for step in range(12):
            log = [
                replace(
                    state(step * 10, chance.choice([None, LIBRARY, ATRIUM]), user),
                    person=Person(user, f"{seed} {step}"),
                )
                for user in chance.sample(members, 10)
            ]
            async with pool.connection() as conn:
                await recording.record(conn, log)

    async def visit(seed: int) -> None:
        chance = Random(seed)
        for step in range(40):
            async with pool.connection() as conn:
                await interactions.begin(
                    conn,
                    interaction=InteractionId(60_000_000 + seed * 1000 + step),
                    guild=LYCEUM,
                    guild_locale="ko",
                    person=Person(chance.choice(members), f"{seed} {step}"),
                    now=after(step),
                )

    async def settle() -> None:
        for step in range(12):
            async with pool.connection() as conn:
                await open_sessions.accrue_open_sessions(conn, now=after(step * 10))

    await asyncio.gather(listen(1), listen(2), visit(3), visit(4), settle())  # a deadlock would raise an error
