from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import sql

from cli.bulk_load import TABLES, fill
from core.ids import GuildId, UserId
from db import migrate
from db.connection import Pool
from services.voice import recalculation

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
DERIVED = (
    "SELECT guild_id, user_id, total_seconds FROM members ORDER BY 1, 2",
    "SELECT guild_id, user_id, kind, streak_date, seconds, zone FROM daily_streaks ORDER BY 1, 2, 4",
    "SELECT guild_id, user_id, local_on, seconds FROM guild_member_days ORDER BY 1, 2, 3",
    "SELECT guild_id, user_id, period, starts_on, seconds FROM period_totals ORDER BY 1, 2, 3, 4",
    "SELECT * FROM streaks ORDER BY guild_id, user_id",
    "SELECT * FROM freezes ORDER BY guild_id, user_id",
    "SELECT guild_id, session_id, credited_until, counted_seconds FROM voice_sessions ORDER BY 1, 2",
)


def silent(_what: str, _stays: int) -> None:
    """Progress callback that does nothing."""


def derived(url: str) -> list[list[tuple[Any, ...]]]:
    with psycopg.connect(url) as conn:
        return [conn.execute(question.encode()).fetchall() for question in DERIVED]


def schema(url: str) -> list[tuple[object, ...]]:
    """The definition of every index and constraint."""
    with psycopg.connect(url) as conn:
        return conn.execute(
            """SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
               UNION ALL
               SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
               WHERE connamespace = 'public'::regnamespace
               ORDER BY 1"""
        ).fetchall()


@pytest.mark.slow
async def test_a_crowd_is_what_the_rules_make_of_its_segments(database_url: str) -> None:
    told: list[tuple[str, int]] = []
    before = schema(database_url)

    written = fill(
        database_url, members=400, sessions=4_000, now=NOW, tell=lambda what, stays: told.append((what, stays))
    )

    assert written is not None
    assert written.members == 400
    assert 3_600 < written.sessions < 4_400
    assert sum(stays for _, stays in told) == written.sessions
    assert schema(database_url) == before
    right = derived(database_url)
    assert all(right)
    async with Pool(database_url) as pool, pool.connection() as conn:
        for guild, user, _ in right[0]:
            await recalculation.rebuild(conn, GuildId(guild), UserId(user))
    assert derived(database_url) == right


@pytest.mark.slow
def test_a_crowd_has_one_large_guild_and_many_small_ones(database_url: str) -> None:
    written = fill(database_url, members=2_000, sessions=6_000, now=NOW, tell=silent)

    assert written is not None
    with psycopg.connect(database_url) as conn:
        sizes = [row[0] for row in conn.execute("SELECT count(*) FROM members GROUP BY guild_id ORDER BY 1 DESC")]
        rows = {
            table: conn.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchall()[0][0]
            for table in TABLES
        }
        sitting, together = conn.execute(
            """SELECT count(*) FILTER (WHERE ended_at IS NULL),
                      (SELECT count(*) FROM voice_sessions AS a JOIN voice_sessions AS b
                         ON a.guild_id = b.guild_id AND a.user_id = b.user_id AND a.session_id < b.session_id
                        AND a.started_at < b.ended_at AND b.started_at < a.ended_at)
               FROM voice_sessions"""
        ).fetchall()[0]
    assert (len(sizes), sum(sizes)) == (40, 2_000)
    assert sizes[0] > 6 * sizes[20]
    assert all(rows.values())
    assert sitting > 0
    assert together == 0


def test_a_crowd_comes_once_and_always_the_same(database_url: str, empty_database_url: str) -> None:
    first = fill(database_url, members=50, sessions=200, now=NOW, tell=silent)
    again = fill(database_url, members=50, sessions=200, now=NOW, tell=silent)
    migrate.upgrade(empty_database_url)
    other = fill(empty_database_url, members=50, sessions=200, now=NOW, tell=silent)

    assert first is not None
    assert other is not None
    assert again is None
    assert asdict(first) == asdict(other)
    assert derived(database_url) == derived(empty_database_url)
