from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import psycopg

from cli.seed import WEEKS, seed
from core.enums import DayKind, Visibility
from db.connection import Pool
from playground.state.fixtures import COMMUNITY, GUILD, MINA
from services.voice import recalculation

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def stays(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as conn:
        return conn.execute(
            """SELECT user_id, started_at, ended_at, counted_seconds FROM voice_sessions ORDER BY started_at, user_id"""
        ).fetchall()


def totals(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as conn:
        return conn.execute("SELECT user_id, total_seconds FROM members ORDER BY user_id").fetchall()


async def test_seed_gives_everybody_a_past_once(database_url: str) -> None:
    written = await seed(database_url, now=NOW)
    first = stays(database_url)
    again = await seed(database_url, now=NOW + timedelta(days=1))

    people = [persona for persona in COMMUNITY.members if not persona.is_bot]
    assert written is not None
    assert asdict(written) == {"members": len(people), "sessions": len(first)}
    assert {row[0] for row in first} == {int(persona.user) for persona in people}
    assert again is None
    assert stays(database_url) == first


async def test_seed_is_over_before_now_and_began_weeks_ago(database_url: str) -> None:
    await seed(database_url, now=NOW)

    with psycopg.connect(database_url) as conn:
        row = conn.execute(
            """SELECT min(started_at), max(ended_at), count(*) FILTER (WHERE ended_at IS NULL),
                      count(*) FILTER (WHERE counted_seconds > extract(epoch FROM ended_at - started_at))
               FROM voice_sessions"""
        ).fetchone()
    assert row is not None
    assert row[0] < NOW - timedelta(weeks=WEEKS - 1)
    assert NOW - timedelta(days=1) < row[1] < NOW
    assert row[2:] == (0, 0)


async def test_seed_gives_the_first_person_a_long_running_streak(database_url: str) -> None:
    await seed(database_url, now=NOW)

    with psycopg.connect(database_url) as conn:
        run = conn.execute(
            "SELECT current_days, alive_until FROM streaks WHERE guild_id = %s AND user_id = %s AND kind = %s",
            [int(GUILD), int(MINA), DayKind.STUDY],
        ).fetchone()
        zones = conn.execute("SELECT count(DISTINCT user_id) FROM member_zones").fetchone()
        hidden = conn.execute("SELECT count(*) FROM members WHERE visibility <> %s", [Visibility.PUBLIC]).fetchone()
    assert run is not None
    assert run[0] >= 13
    assert run[1] > NOW
    assert zones == (len(COMMUNITY.members) - 1,)
    assert hidden == (0,)


async def test_seed_is_what_the_rules_make_of_its_segments(database_url: str) -> None:
    await seed(database_url, now=NOW)
    before = totals(database_url)

    async with Pool(database_url) as pool, pool.connection() as conn:
        for persona in COMMUNITY.members:
            if not persona.is_bot:
                await recalculation.rebuild(conn, GUILD, persona.user)

    assert totals(database_url) == before
