import pytest

from db.connection import Connection
from services.voice import recalculation, recording
from services.voice.consistency_check import count_drift
from tests.populate import ANA, LIBRARY, LYCEUM
from tests.services.streaks.freeze_scenarios import begin
from tests.services.voice.voice_log import state


async def studied(conn: Connection) -> None:
    await begin(conn)
    await recording.record(conn, [state(0, LIBRARY), state(3600, None)])


async def test_what_was_recorded_has_no_drift(conn: Connection) -> None:
    await studied(conn)

    assert await count_drift(conn, share=1.0) == 0


async def test_an_empty_house_has_no_drift(conn: Connection) -> None:
    assert await count_drift(conn) == 0


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE streaks SET current_days = 0",
        "UPDATE streaks SET longest_days = 9",
        "UPDATE streaks SET alive_until = NULL",
        "DELETE FROM streaks",
        "UPDATE freezes SET held = 1",
        "UPDATE freezes SET due_at = NULL",
        "DELETE FROM freezes",
        "UPDATE members SET total_seconds = total_seconds + 1",
        "UPDATE daily_streaks SET seconds = seconds - 1",
        "UPDATE voice_sessions SET counted_seconds = counted_seconds + 1",
        "DELETE FROM daily_streaks",
    ],
)
async def test_every_kind_of_drift_is_counted(conn: Connection, harm: str) -> None:
    await studied(conn)
    await conn.execute(harm.encode())

    assert await count_drift(conn, share=1.0) == 1


async def test_a_rebuild_ends_the_drift(conn: Connection) -> None:
    await studied(conn)
    await conn.execute("UPDATE daily_streaks SET seconds = 1")

    await recalculation.rebuild(conn, LYCEUM, ANA)

    assert await count_drift(conn, share=1.0) == 0
