"""Session corrections: rows added to segments; totals include them, and recalculation keeps them."""

import asyncio
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from core.ids import GuildId
from db.connection import Connection, Pool
from services.streaks.grants import ReasonMissing
from services.voice import consistency_check, corrections, recalculation, recording
from services.voice.corrections import (
    Correction,
    NoSuchSession,
    NothingToAdjust,
    NothingToVoid,
    SessionIsOpen,
    TooMuchAdded,
    TooMuchTaken,
)
from tests.populate import ANA, BEN, LIBRARY, LYCEUM, MINA, add_guild
from tests.services.voice.voice_log import T0, after, rows, state, total

MINUTE, HOUR = 60, 3600


async def studied(conn: Connection, *spans: tuple[float, float]) -> list[int]:
    """Record Ana's sessions, given as start and end in seconds after T0; returns their ids."""
    for start, end in spans:
        await recording.record(conn, [state(start, LIBRARY)])
        await recording.record(conn, [state(end, None)])
    return [row[0] for row in await rows(conn, "SELECT session_id FROM voice_sessions ORDER BY started_at")]


async def adjust(conn: Connection, session: int, minutes: int, *, reason: str = "left the pc on") -> Correction:
    return await corrections.adjust(
        conn, guild=LYCEUM, session=session, seconds=minutes * MINUTE, reason=reason, by=BEN, now=after(10 * HOUR)
    )


async def void(conn: Connection, session: int) -> Correction:
    return await corrections.void(conn, guild=LYCEUM, session=session, reason="not there", by=BEN, now=after(0))


async def figures(conn: Connection) -> list[Any]:
    """All totals derived from the sessions."""
    return [
        await rows(conn, "SELECT user_id, total_seconds FROM members ORDER BY 1"),
        await rows(conn, "SELECT user_id, streak_date, seconds FROM daily_streaks ORDER BY 1, 2"),
        await rows(conn, "SELECT user_id, local_on, seconds FROM guild_member_days ORDER BY 1, 2"),
        await rows(conn, "SELECT user_id, period, starts_on, seconds FROM period_totals ORDER BY 1, 2, 3"),
        await rows(conn, "SELECT user_id, current_days, longest_days FROM streaks ORDER BY 1"),
        await rows(conn, "SELECT session_id, counted_seconds FROM voice_sessions ORDER BY 1"),
    ]


async def test_an_adjustment_changes_everything_that_follows_and_is_written_down(conn: Connection) -> None:
    [session] = await studied(conn, (0, 2 * HOUR))

    done = await adjust(conn, session, -110, reason="  left  the pc on ")

    assert done == Correction(ANA, 7200, 600)
    assert await total(conn) == 600
    assert await rows(conn, "SELECT seconds FROM guild_member_days UNION ALL SELECT seconds FROM daily_streaks") == [
        (600,),
        (600,),
    ]
    assert await rows(conn, "SELECT seconds FROM period_totals") == [(600,), (600,)]
    assert await rows(conn, "SELECT * FROM streaks") == []  # below the fifteen minutes of an active day
    assert await rows(
        conn, "SELECT user_id, actor_id, is_void, previous_seconds, seconds, reason, created_at FROM voice_adjustments"
    ) == [(ANA, BEN, False, 7200, -6600, "left the pc on", after(10 * HOUR))]
    assert await rows(conn, "SELECT guild_on, local_on, seconds FROM voice_adjustment_days") == [
        (T0.date(), T0.date(), -6600)
    ]
    assert await consistency_check.count_drift(conn, share=1) == 0

    assert await adjust(conn, session, 5) == Correction(ANA, 600, 900)
    assert await rows(conn, "SELECT current_days FROM streaks") == [(1,)]
    assert await rows(conn, "SELECT previous_seconds, seconds FROM voice_adjustments ORDER BY adjustment_id") == [
        (7200, -6600),
        (600, 300),
    ]


async def test_corrections_survive_a_rebuild_and_a_void_survives_other_rules(conn: Connection) -> None:
    first, second, third = await studied(conn, (0, HOUR), (2 * HOUR, 3 * HOUR), (4 * HOUR, 5 * HOUR))
    await adjust(conn, first, -30)
    await void(conn, second)
    before = await figures(conn)
    for _ in range(2):
        await recalculation.rebuild(conn, LYCEUM, ANA)
        assert await figures(conn) == before
    assert await total(conn) == 1800 + 3600

    await conn.execute(
        """INSERT INTO tracking_policies (guild_id, preset, valid_from, set_by, set_at)
           VALUES (%s, 'social', %s, %s, %s)""",
        (LYCEUM, after(-1), BEN, after(-1)),
    )  # alone in the channel: the segments no longer count
    await recalculation.rebuild(conn, LYCEUM, ANA)
    assert await total(conn) == 0
    await conn.execute("DELETE FROM tracking_policies")
    await recalculation.rebuild(conn, LYCEUM, ANA)
    assert await figures(conn) == before

    assert await adjust(conn, second, 10) == Correction(ANA, 0, 600)  # staff may restore a part of a voided session
    await recalculation.rebuild(conn, LYCEUM, ANA)
    assert await total(conn) == 1800 + 600 + 3600
    assert third


async def test_a_session_over_midnight_is_corrected_from_its_end(conn: Connection) -> None:
    await add_guild(conn, zone="Asia/Seoul")  # T0 is 21:00 there
    [session] = await studied(conn, (0, 5 * HOUR))

    await adjust(conn, session, -150)

    days = [date(2026, 3, 18), date(2026, 3, 19)]
    assert await rows(conn, "SELECT local_on, seconds FROM guild_member_days ORDER BY 1") == [
        (days[0], 2 * HOUR + 1800)
    ]
    assert await rows(conn, "SELECT local_on, seconds FROM voice_adjustment_days ORDER BY 1") == [
        (days[0], -1800),
        (days[1], -2 * HOUR),
    ]


async def test_what_cannot_be_corrected_is_refused_and_leaves_no_trace(conn: Connection) -> None:
    [session] = await studied(conn, (0, HOUR))
    await recording.record(conn, [state(2 * HOUR, LIBRARY)])
    [_, (running,)] = await rows(conn, "SELECT session_id FROM voice_sessions ORDER BY started_at")
    before = await figures(conn)
    refusals: list[tuple[type[DomainError], int, int, str]] = [
        (TooMuchTaken, session, -61, "x"),
        (TooMuchAdded, session, 1, "x"),
        (NoSuchSession, 1 << 50, 1, "x"),
        (SessionIsOpen, running, -1, "x"),
        (NothingToAdjust, session, 0, "x"),
        (ReasonMissing, session, -1, " \n"),
    ]
    for refusal, number, minutes, reason in refusals:
        with pytest.raises(refusal):
            await adjust(conn, number, minutes, reason=reason)
    with pytest.raises(NoSuchSession):
        await corrections.void(
            conn, guild=GuildId(8_000_000), session=session, reason="of another guild", by=BEN, now=T0
        )
    await void(conn, session)
    with pytest.raises(NothingToVoid):
        await void(conn, session)

    assert len(await rows(conn, "SELECT * FROM voice_adjustments")) == 1
    assert before != await figures(conn)
    assert await total(conn) == 0


async def test_a_corrected_session_is_not_reopened(conn: Connection) -> None:
    [session] = await studied(conn, (0, HOUR))
    await void(conn, session)
    await recording.record(conn, [state(HOUR + 30, LIBRARY)])
    await recording.record(conn, [state(2 * HOUR + 30, None)])

    assert await rows(conn, "SELECT counted_seconds FROM voice_sessions ORDER BY started_at") == [(0,), (HOUR,)]
    await recalculation.rebuild(conn, LYCEUM, ANA)
    assert await total(conn) == HOUR


async def test_a_void_frees_the_daily_cap_for_honest_time(conn: Connection) -> None:
    sessions = await studied(
        conn, *((each * 4.5 * HOUR - 11 * HOUR, each * 4.5 * HOUR - 7 * HOUR) for each in range(5))
    )
    capped = await total(conn)
    await void(conn, sessions[0])

    assert (capped, await total(conn)) == (16 * HOUR, 16 * HOUR)
    assert await consistency_check.count_drift(conn, share=1) == 0


async def test_two_hundred_corrections_at_once_add_up(database_url: str) -> None:
    async with Pool(database_url, max_size=20, wait_s=300) as pool:
        async with pool.connection() as conn:
            await add_guild(conn)
            [session] = await studied(conn, (0, 2 * HOUR))

        async def take() -> int:
            async with pool.connection() as conn:
                try:
                    await adjust(conn, session, -1)
                except TooMuchTaken:
                    return 0
                return 1

        done = sum(await asyncio.gather(*(take() for _ in range(200))))

        async with pool.connection() as conn:
            assert done == 120
            assert await total(conn) == 0
            chain = await rows(conn, "SELECT previous_seconds, seconds FROM voice_adjustments ORDER BY adjustment_id")
            assert chain == [(7200 - 60 * number, -60) for number in range(120)]
            assert await consistency_check.count_drift(conn, share=1) == 0


CHANGES = st.lists(st.tuples(st.integers(0, 3), st.integers(-400, 400)), max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=st.lists(st.integers(1, 300), min_size=1, max_size=3), changes=CHANGES)
async def test_any_corrections_give_the_sums_of_a_model(
    quick_url: str, lengths: list[int], changes: list[tuple[int, int]]
) -> None:
    """Sessions of some minutes, ten minutes apart; a correction of 0 voids the session."""
    expected = list(lengths)
    moment, spans = 0, list[tuple[float, float]]()
    for minutes in lengths:
        spans.append((moment * MINUTE, (moment + minutes) * MINUTE))
        moment += minutes + 10

    async with await psycopg.AsyncConnection.connect(quick_url) as conn:
        await conn.execute("SET TIME ZONE 'UTC'")
        await add_guild(conn, zone="America/New_York")
        sessions = await studied(conn, *spans)
        voided: set[int] = set()
        for chosen, minutes in changes:
            index = chosen % len(sessions)
            try:
                if minutes:
                    await adjust(conn, sessions[index], minutes)
                else:
                    await void(conn, sessions[index])
            except (TooMuchAdded, TooMuchTaken):
                assert not 0 <= expected[index] + minutes <= lengths[index]
                continue
            except NothingToVoid:
                assert index in voided
                continue
            expected[index] = expected[index] + minutes if minutes else 0
            (voided.discard if minutes else voided.add)(index)

        counted = await rows(conn, "SELECT counted_seconds FROM voice_sessions ORDER BY started_at")
        assert [seconds for (seconds,) in counted] == [minutes * MINUTE for minutes in expected]
        assert await total(conn) == sum(expected) * MINUTE
        for table in ("daily_streaks", "guild_member_days"):
            [(seconds,)] = await rows(conn, f"SELECT coalesce(sum(seconds), 0) FROM {table}")  # noqa: S608
            assert seconds == sum(expected) * MINUTE
        before = await figures(conn)
        await recalculation.rebuild(conn, LYCEUM, ANA)
        assert await figures(conn) == before
        await conn.rollback()


async def test_the_list_shows_the_last_act_and_the_database_knows_every_length(conn: Connection) -> None:
    first, second = await studied(conn, (0, HOUR), (2 * HOUR, 2 * HOUR + 90))
    await recording.record(conn, [state(3 * HOUR, LIBRARY)])
    await adjust(conn, first, -30)
    await void(conn, first)

    listed = await corrections.list_sessions(conn, guild=LYCEUM, user=ANA)

    assert [(each.session.duration_s, each.session.counted_seconds) for each in listed] == [
        (None, 0),
        (90, 90),
        (HOUR, 0),
    ]
    assert listed[2].last_act is not None
    assert (listed[2].last_act.is_void, listed[2].last_act.previous_s, listed[2].last_act.seconds) == (
        True,
        1800,
        -1800,
    )
    assert listed[1].last_act is None
    assert listed[1].session.session_id == second
    assert await corrections.list_sessions(conn, guild=LYCEUM, user=MINA) == []
    assert T0 + timedelta(hours=3) == listed[0].session.started_at
