"""Query plans of the interaction path: the rows read may not grow with a guild's size or history."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

from cli.bulk_load import fill
from core.enums import LeaderboardPeriod
from db.connection import Pool
from services.calendar.days import first_day, guild_calendar
from services.leaderboards import checkpoints
from tests.conftest import fresh_database
from tests.db.queries.statements import Statement, statements

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
EVERY = 20  # rows between two checkpoints
MANY = 120  # rows that one plan node may read: a few times EVERY
ASKED = (
    *(
        "interactions.context.begin_in_guild",
        "leaderboards.pages.get_by_day",
        "leaderboards.pages.get_by_span",
        "leaderboards.pages.get_by_streak",
    ),
    *(
        "leaderboards.pages.get_by_total",
        "voice.daily_totals.find_first_day",
        "timezones.list_zone_rules",
        "streaks.grants.list_grants",
    ),
    *("guilds.find_guild", "explanations.find_counted", "profiles.find_profile", "profiles.list_days"),
    *("voice.active_channels.list_present", "voice.history.list_history"),
)
SMALL = {"leaderboard_checkpoints"}  # all checkpoints of a leaderboard are read: one per EVERY rows


@pytest.fixture(scope="module")
def crowd_url(server_url: str, template: str) -> Iterator[str]:
    """A database with a guild of about 600 members, enough for leaderboard checkpoints."""
    with fresh_database(server_url, template) as url:
        fill(url, members=4_000, sessions=16_000, now=NOW, tell=lambda _what, _stays: None)
        yield url


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from steps(below)


def question(where: str) -> Statement:
    [found] = [statement for statement in statements() if statement.where == where]
    return found


async def test_crowd_has_long_boards_and_all_of_them_are_marked(crowd_url: str) -> None:
    async with Pool(crowd_url) as pool, pool.connection() as conn:
        assert await checkpoints.refresh_checkpoints(conn, now=NOW, large=400, every=EVERY) > 60


@pytest.mark.parametrize("where", ASKED)
async def test_a_question_reads_few_rows_and_those_by_an_index(crowd_url: str, where: str) -> None:
    async with Pool(crowd_url) as pool, pool.connection() as conn:
        await checkpoints.refresh_checkpoints(conn, now=NOW, large=400, every=EVERY)
    statement = question(where)
    assert statement.sql is not None
    with psycopg.connect(crowd_url) as conn:
        [(guild, zone, size)] = conn.execute(
            """SELECT g.guild_id, g.timezone, count(*) FROM guilds AS g JOIN members AS m USING (guild_id)
               GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 1"""
        ).fetchall()
        today = guild_calendar(zone).date_of(NOW)
        [(user,)] = conn.execute(
            """SELECT user_id FROM members WHERE guild_id = %s AND visibility = 'public' AND left_at IS NULL
               ORDER BY total_seconds OFFSET 9 LIMIT 1""",
            [guild],
        ).fetchall()
        values: dict[str, object] = {
            "guild": guild,
            "user": user,
            "viewer": user,
            "page": 7,
            "size": 10,
            "at_least": 1,
            "kind": "study",
            "now": NOW,
            "marked_since": NOW,
            "day": today,
            "today": today,
            "period": "month",
            "starts_on": first_day(LeaderboardPeriod.MONTH, today),
            "first": today - timedelta(days=27),
            "last": today,
            "interaction": 1 << 60,
            "guild_locale": "ko",
            "username": "ana",
            "is_bot": False,
            "points": 5,
            "point_s": 3600,
            "limit": 60,
            "since": int((NOW - timedelta(days=1)).timestamp()),
        }
        if where == "streaks.grants.list_grants":
            values |= {"since": today - timedelta(days=14)}
        if where in {"timezones.list_zone_rules", "voice.history.list_history"}:
            values |= {"guild": [guild], "user": [user]}
        names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement.sql)))
        conn.execute("SET LOCAL enable_seqscan = off")
        conn.execute("SET LOCAL plan_cache_mode = force_generic_plan")  # as prepared statements use later
        conn.execute(f"PREPARE question AS {statement.numbered}".encode())
        given = sql.SQL(", ").join(sql.Literal(values.get(name)) for name in names)
        [(found,)] = conn.execute(
            sql.SQL("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE question ({})").format(given)
        ).fetchall()
        conn.rollback()
    plan: dict[str, Any] = found[0]["Plan"]
    read = {
        f"{step['Node Type']} on {step.get('Relation Name', step.get('Index Name'))}": (
            (step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) * step["Actual Loops"]
        )
        for step in steps(plan)
        if "Scan" in step["Node Type"] and step.get("Relation Name") not in SMALL and "CTE Name" not in step
    }

    assert size > 4 * MANY
    assert read
    assert not [step for step in read if step.startswith("Seq Scan")]
    assert {step: rows for step, rows in read.items() if rows > MANY} == {}
