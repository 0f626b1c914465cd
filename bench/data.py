"""Benchmark: SQL queries of the interaction path at 1 M members and 10 M sessions (`python -m bench.data`).

Without `--url` it creates a database, fills it with `lyceum db seed`, and deletes it at the end. Times are measured in
the client over one local connection, each query in the transaction that an interaction would use. On a busy machine,
compare the processor time: it does not depend on other processes.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

import psycopg
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from cli.bulk_load import fill
from core.enums import LeaderboardMetric, LeaderboardPeriod
from core.ids import GuildId, InteractionId, UserId
from db import embedded, migrate
from db.connection import Connection, Pool
from services import interactions, profiles
from services.leaderboards import checkpoints
from services.leaderboards import pages as boards
from services.members.person import Person
from services.voice import active_channels, recalculation

BUDGET_MS: Final = 5.0
_TUNED: Final = {"shared_buffers": "'1GB'", "max_wal_size": "'8GB'", "random_page_cost": "1.1"}
_DERIVED: Final = (
    "SELECT total_seconds FROM members WHERE guild_id = %s AND user_id = %s",
    "SELECT streak_date, seconds FROM daily_streaks WHERE guild_id = %s AND user_id = %s ORDER BY 1",
    "SELECT local_on, seconds FROM guild_member_days WHERE guild_id = %s AND user_id = %s ORDER BY 1",
    "SELECT period, starts_on, seconds FROM period_totals WHERE guild_id = %s AND user_id = %s ORDER BY 1, 2",
    "SELECT current_days, longest_days, last_on, alive_until FROM streaks WHERE guild_id = %s AND user_id = %s",
)

Ask = Callable[[Connection], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Sample:
    """A guild and the members that the queries are about."""

    guild: GuildId
    size: int
    users: list[UserId]


@asynccontextmanager
async def database(url: str | None, *, members: int, sessions: int) -> AsyncGenerator[str]:
    """URL of a filled database: `url`, or a new database that is deleted at the end."""
    if url is not None:
        yield url
        return
    with tempfile.TemporaryDirectory() as home:
        os.chmod(home, 0o755)  # noqa: PTH101, S103 - the embedded server may run as another user
        folder = Path(home) / "postgres"
        server = embedded.start(folder)
        with psycopg.connect(server.get_uri(), autocommit=True) as admin:
            for name, value in _TUNED.items():
                admin.execute(f"ALTER SYSTEM SET {name} = {value}".encode())
        server.cleanup()
        server = embedded.start(folder)
        try:
            migrate.upgrade(server.get_uri())
            with Progress() as progress:
                task = progress.add_task("writing", total=sessions)
                fill(
                    server.get_uri(),
                    members=members,
                    sessions=sessions,
                    now=datetime.now(UTC),
                    tell=lambda what, stays: progress.update(task, description=what, advance=stays),
                )
            yield server.get_uri()
        finally:
            server.cleanup()


async def samples(conn: Connection, count: int) -> dict[str, Sample]:
    """Public members of the largest guild, by the label of the guild in the printed table."""
    cursor = await conn.execute("SELECT guild_id, count(*) FROM members GROUP BY guild_id ORDER BY 2 DESC LIMIT 1")
    [(largest, size)] = await cursor.fetchall()
    cursor = await conn.execute(
        """SELECT user_id FROM members WHERE guild_id = %s AND visibility = 'public' AND left_at IS NULL
           ORDER BY md5(user_id::text) LIMIT %s""",
        [largest, count],
    )
    return {f"guild of {size:,}": Sample(GuildId(largest), size, [row[0] for row in await cursor.fetchall()])}


async def elsewhere(conn: Connection, count: int) -> list[tuple[GuildId, UserId]]:
    """Random members of all guilds."""
    cursor = await conn.execute(
        "SELECT guild_id, user_id FROM members ORDER BY md5(user_id::text || guild_id::text) LIMIT %s", [count]
    )
    return [(GuildId(guild), UserId(user)) for guild, user in await cursor.fetchall()]


async def measure(pool: Pool, asks: list[Ask], *, warm: int = 20) -> tuple[list[float], list[float]]:
    """Milliseconds of each query, sorted: wall time, and processor time of client and server together.

    Only the wall time depends on other processes of the machine.
    """
    wall: list[float] = []
    busy: list[float] = []
    async with pool.connection() as conn:
        for ask in asks[:warm]:
            await ask(conn)
        server = Path(f"/proc/{conn.info.backend_pid}/schedstat")
        for ask in asks:
            begun, worked = time.perf_counter(), _worked_ms(server)
            await ask(conn)
            wall.append(1000 * (time.perf_counter() - begun))
            busy.append(_worked_ms(server) - worked)
        await conn.rollback()
    return sorted(wall), sorted(busy)


def _worked_ms(server: Path) -> float:
    """Processor time so far of this thread and, on Linux, of the server process, in milliseconds."""
    theirs = int(server.read_text(encoding="ascii").split()[0]) / 1e6 if server.exists() else 0.0
    return theirs + time.thread_time_ns() / 1e6


def board_questions(
    sample: Sample, board: LeaderboardMetric, period: LeaderboardPeriod, now: datetime, pages: int, chance: Random
) -> dict[str, list[Ask]]:
    """Queries of one leaderboard: the first page, a random page, and the page of the viewer."""

    def of(page: int, viewer: UserId) -> Ask:
        return lambda conn: boards.page(
            conn, guild=sample.guild, board=board, period=period, page=page, now=now, viewer=viewer
        )

    def jump(viewer: UserId) -> Ask:
        async def ask(conn: Connection) -> object:
            first = await of(0, viewer)(conn)
            return first if not isinstance(first, boards.BoardPage) else await of(first.viewer_page or 0, viewer)(conn)

        return ask

    return {
        "top": [of(0, user) for user in sample.users],
        "any page": [of(chance.randrange(pages), user) for user in sample.users],
        "jump to me (two reads)": [jump(user) for user in sample.users],
    }


async def ask_everything(url: str, count: int) -> Table:
    """Measure every query; returns the table of times."""
    now, chance = datetime.now(UTC), Random(2026)
    async with Pool(url, max_size=1, wait_s=600) as pool:
        async with pool.connection() as conn:
            chosen, everybody = await samples(conn, count), await elsewhere(conn, count)
        begun = time.perf_counter()
        async with pool.connection() as conn:
            marks = await checkpoints.refresh_checkpoints(conn, now=now)
        marking_s = time.perf_counter() - begun
        title = f"{marks:,} marks counted in {marking_s:.1f} s"
        table = Table("question", "p50 ms", "p95 ms", "processor: p95 ms", f"under {BUDGET_MS:.0f} ms", title=title)

        async def row(name: str, asks: list[Ask]) -> None:
            wall, busy = await measure(pool, asks)
            p50, p95, settled = statistics.median(wall), _p95(wall), _p95(busy)
            fits = "yes" if p95 < BUDGET_MS else "but for noise" if settled < BUDGET_MS else "NO"
            table.add_row(name, f"{p50:.2f}", f"{p95:.2f}", f"{settled:.2f}", fits)
            print(f"{name}: {p50:.2f} {p95:.2f} {settled:.2f}", file=sys.stderr)

        here = [(sample.guild, user) for sample in chosen.values() for user in sample.users]
        for where, members in (("largest guild", here), ("all guilds", everybody)):
            await row(f"arrive, {where}", [_arrival(*one, number, now) for number, one in enumerate(members)])
            await row(f"profile, {where}", [_profile(*one, now) for one in members])
            await row(f"month, {where}", [_month(*one, now) for one in members])
            await row(f"rooms, {where}", [_rooms(one[0], now) for one in members])
        for where, sample in chosen.items():
            for board in LeaderboardMetric:
                for period in LeaderboardPeriod if board is not LeaderboardMetric.STREAK else (LeaderboardPeriod.ALL,):
                    async with pool.connection() as conn:
                        first = await boards.page(
                            conn, guild=sample.guild, board=board, period=period, page=0, now=now, viewer=UserId(0)
                        )
                    asks = board_questions(sample, board, period, now, first.pages, chance)
                    name = (
                        f"{board} {period}".removesuffix(" all")
                        if board is LeaderboardMetric.STREAK
                        else f"{board} {period}"
                    )
                    for way, each in asks.items():
                        await row(f"{name} ({first.total:,} rows), {way}, {where}", each)
        week = [_week(*one, now) for one in everybody]
        await row("focus week, top, all guilds", week)
        async with pool.connection() as conn:
            same = sum([await agrees(conn, *one) for one in everybody[:50]])
        table.caption = f"{same} of {min(50, len(everybody))} members are what rebuild makes of their segments"
    return table


def _p95(ordered: list[float]) -> float:
    return ordered[int(0.95 * (len(ordered) - 1))]


def _arrival(guild: GuildId, user: UserId, number: int, now: datetime) -> Ask:
    claim = InteractionId(1_500_000_000_000_000_000 + time.monotonic_ns() % 10**12 * 1000 + number)
    person = Person(user, f"member {number % 7}")
    return lambda conn: interactions.begin(
        conn,
        interaction=InteractionId(claim + Random().randrange(1 << 40)),
        guild=guild,
        guild_locale="ko",
        person=person,
        now=now,
    )


def _profile(guild: GuildId, user: UserId, now: datetime) -> Ask:
    return lambda conn: profiles.profile(conn, guild=guild, user=user, now=now)


def _month(guild: GuildId, user: UserId, now: datetime) -> Ask:
    return lambda conn: profiles.month(conn, guild=guild, user=user, now=now)


def _rooms(guild: GuildId, now: datetime) -> Ask:
    return lambda conn: active_channels.list_active(conn, guild=guild, now=now)


def _week(guild: GuildId, user: UserId, now: datetime) -> Ask:
    return lambda conn: boards.page(
        conn, guild=guild, board=LeaderboardMetric.FOCUS, period=LeaderboardPeriod.WEEK, page=0, now=now, viewer=user
    )


async def agrees(conn: Connection, guild: GuildId, user: UserId) -> bool:
    """Whether a member's stored totals, days, weeks, months and streak equal those computed from the segments."""

    async def derived() -> list[object]:
        return [await (await conn.execute(question.encode(), [guild, user])).fetchall() for question in _DERIVED]

    before = await derived()
    await recalculation.rebuild(conn, guild, user)
    return before == await derived()


async def run(options: argparse.Namespace) -> None:
    """Fill the database, measure, and print the table."""
    async with database(options.url, members=options.members, sessions=options.sessions) as url:
        Console(width=150).print(await ask_everything(url, options.questions))


def main() -> None:
    """Parse the command line and run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="a database that `lyceum db seed --members` has filled")
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--sessions", type=int, default=10_000_000)
    parser.add_argument("--questions", type=int, default=400, help="of each kind")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
