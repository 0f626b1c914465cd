"""Property test: the rows written do not depend on how the event log is split into batches."""

from datetime import timedelta
from itertools import pairwise

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.ids import ChannelId
from db.connection import Connection
from services.voice import open_sessions, recording
from services.voice.gateway_events import Event, GuildChange, GuildGone
from tests.populate import ANA, ATRIUM, BEN, LIBRARY, LYCEUM
from tests.services.voice.voice_log import AFK, after, rows, snapshot, state

CHANNELS = st.sampled_from([None, LIBRARY, ATRIUM, AFK])
GAPS = st.one_of(st.floats(0, 2), st.floats(0, 200), st.floats(0, 30_000))


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    now = 0.0
    log: list[Event] = []
    for _ in range(draw(st.integers(1, 16))):
        before, now = now, now + draw(GAPS)
        user = draw(st.sampled_from([ANA, BEN]))
        match draw(st.sampled_from(["live", "live", "live", "late", "gone", "change", "snapshot", "blind"])):
            case "live":
                log.append(state(now, draw(CHANNELS), user, flags=draw(st.sampled_from([0, 1]))))
            case "late":
                log.append(state(now, draw(CHANNELS), user, is_late=True, since=before))
            case "gone":
                log.append(GuildGone(LYCEUM, after(now)))
            case "change":
                afk: ChannelId | None = draw(st.sampled_from([None, AFK, ATRIUM]))
                log.append(GuildChange(LYCEUM, "Commons", None, None, "en-US", afk, after(now)))
            case kind:
                heard = before if kind == "blind" else None
                log.append(snapshot(now, (ANA, draw(CHANNELS)), (BEN, draw(CHANNELS)), heard_until=heard))
    return log


async def written(conn: Connection) -> list[list[tuple[object, ...]]]:
    return [
        await rows(
            conn,
            """SELECT user_id, started_at, ended_at, counted_seconds, close_reason, is_estimated FROM voice_sessions
               ORDER BY user_id, started_at""",
        ),
        await rows(
            conn,
            "SELECT user_id, started_at, ended_at, channel_id, flags FROM voice_segments ORDER BY 1, 2, 3, 4, 5",
        ),
        await rows(conn, "SELECT user_id, streak_date, seconds FROM daily_streaks ORDER BY user_id, streak_date"),
        await rows(conn, "SELECT user_id, local_on, seconds FROM guild_member_days ORDER BY user_id, local_on"),
        await rows(conn, "SELECT user_id, period, starts_on, seconds FROM period_totals ORDER BY 1, 2, 3"),
        await rows(conn, "SELECT user_id, total_seconds FROM members ORDER BY user_id"),
        await rows(
            conn, "SELECT user_id, current_days, started_on, last_on, longest_days FROM streaks ORDER BY user_id"
        ),
        await rows(conn, "SELECT afk_channel_id, is_active FROM guilds"),
    ]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(log=logs(), cuts=st.sets(st.integers(1, 16)))
async def test_any_chunking_writes_the_same_rows(quick_url: str, log: list[Event], cuts: set[int]) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut < len(log)), len(log)]
    end = after(100_000) + timedelta(days=30)
    results: list[list[list[tuple[object, ...]]]] = []

    async with await psycopg.AsyncConnection.connect(quick_url) as conn:
        for batches in ([log], [log[first:last] for first, last in pairwise(edges)]):
            for batch in batches:
                await recording.record(conn, batch)
            await open_sessions.accrue_open_sessions(conn, now=end)
            results.append(await written(conn))
            await conn.rollback()

    assert results[0] == results[1]
