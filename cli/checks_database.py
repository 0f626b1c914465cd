"""Checks of `lyceum doctor` on the database: version, schema, clock, listeners, workers, outbox."""

import asyncio
import time
from typing import TYPE_CHECKING, Final

from cli import database
from cli.checks_discord import compared
from cli.errors import CliError
from cli.findings import Finding, bad, good, note
from core.clock import Clock
from core.config import Config
from core.errors import DatabaseTrouble
from db.error_messages import find_connection_error

if TYPE_CHECKING:
    from db.connection import Connection, Pool

VERSION_MIN: Final = 15
HEARD_WITHIN_S: Final = 60.0  # a listener commits at least every twelve seconds
CLOCK_S: Final = 1.0
HIDDEN_SHOWN: Final = 10  # channels listed in one line


async def everything(settings: Config) -> list[Finding]:
    """All database findings, or only the connection error. Starts nothing."""
    from db.connection import Pool  # noqa: PLC0415 - only when a check runs

    url = settings.database_url or await asyncio.to_thread(_embedded_url, settings)
    if url is None:
        return [_not_running(settings)]
    if (trouble := await asyncio.to_thread(find_connection_error, url)) is not None:
        return [bad("database", str(trouble), trouble.advice)]
    try:
        async with Pool(url, application_name="lyceum doctor", max_size=1, wait_s=5) as pool:
            async with pool.connection() as conn:
                found = [await _version(conn), await _clock(conn)]
                schema = await _schema(url, settings)
                if not schema.advice:
                    found += [await _listener(conn, settings), await _worker(conn, settings), await _outbox(conn)]
                    found += await _hidden_channels(conn)
                if not settings.is_local:
                    found.append(await _copies(conn))
            found += await _writes(pool)
    except DatabaseTrouble as trouble:
        return [bad("database", str(trouble), trouble.advice)]
    return [found[0], schema, *found[1:], *await _pooler(url, settings)]


def _embedded_url(settings: Config) -> str | None:
    from db import embedded  # noqa: PLC0415 - loads psutil, only for the embedded database

    return embedded.running_url(settings.data_dir)


def _not_running(settings: Config) -> Finding:
    from db import embedded  # noqa: PLC0415 - likewise

    folder = settings.data_dir / "postgres"
    if embedded.is_ended_badly(folder):
        found = f"The embedded database ended without being asked to; {folder / 'log'} says why."
        return bad("database", found, "`lyceum up` starts it again; nothing that was committed is lost.")
    if embedded.running_process(folder) is not None:
        found = f"The embedded database runs and takes no connections; {folder / 'log'} says why."
        return bad("database", found, "It may be starting or stopping: ask again in a minute.")
    return note("database", "The embedded database does not run.", "`lyceum up` starts it.")


async def _writes(pool: "Pool") -> list[Finding]:
    """Whether the database accepts writes; with a full disk it still answers reads."""
    try:
        await pool.try_write()
    except DatabaseTrouble as trouble:
        return [bad("writes", str(trouble), trouble.advice)]
    return [good("writes", "The database keeps what it is given.")]


async def _pooler(url: str, settings: Config) -> list[Finding]:
    """Whether a pooler is in front of the database, and which processes bypass it; empty without a pooler."""
    from db.pooler import Pooler, find_pooler  # noqa: PLC0415 - only when a check runs

    try:
        before = await find_pooler(url)
        direct = settings.given_direct_url
        past = None if direct is None else await find_pooler(direct)
    except DatabaseTrouble as trouble:
        return [bad("pooler", f"DATABASE_DIRECT_URL: {trouble}", trouble.advice.replace("_URL", "_DIRECT_URL", 1))]
    if past is Pooler.TRANSACTION:
        found = "DATABASE_DIRECT_URL leads through a pooler in transaction mode."
        return [bad("pooler", found, "Let it lead to the database itself: the listener and migrations need that.")]
    if before is not Pooler.TRANSACTION:
        return []
    if past is None:
        found = "DATABASE_URL leads through a pooler in transaction mode: the listener and migrations refuse it."
        return [bad("pooler", found, "Set DATABASE_DIRECT_URL to the address of the database itself.")]
    return [good("pooler", "Web and worker go through a pooler, the listener and migrations past it.")]


async def replica(settings: Config) -> list[Finding]:
    """Whether the replica answers and is in recovery mode; empty if none is configured."""
    from db.connection import Pool  # noqa: PLC0415 - only when a check runs

    if settings.replica_url is None:
        return []
    try:
        async with (
            Pool(settings.replica_url, application_name="lyceum doctor", max_size=1, wait_s=5) as pool,
            pool.connection() as conn,
        ):
            cursor = await conn.execute("SELECT pg_is_in_recovery()")
            [(follows,)] = await cursor.fetchall()
    except DatabaseTrouble as trouble:
        advice = "The database does all the work meanwhile. Is the replica running, and is DATABASE_REPLICA_URL right?"
        why = str(trouble).removeprefix("The database does not answer: ")
        return [bad("replica", f"The replica does not answer: {why}", advice)]
    if not follows:
        advice = "Let it name a streaming replica of DATABASE_URL, or unset it."
        return [bad("replica", "DATABASE_REPLICA_URL leads to a server that follows no other.", advice)]
    return [good("replica", "The replica answers and follows the database.")]


async def _version(conn: "Connection") -> Finding:
    cursor = await conn.execute("SHOW server_version")
    [(version,)] = await cursor.fetchall()
    if int(str(version).partition(".")[0]) < VERSION_MIN:
        return bad("database", f"PostgreSQL {version} is too old.", f"Move to {VERSION_MIN} or newer.")
    return good("database", f"PostgreSQL {version} answers.")


async def _schema(url: str, settings: Config) -> Finding:
    try:
        stands, _ = await asyncio.to_thread(database.current, url)
        database.check(stands)
    except CliError as problem:
        if settings.database_url is None:
            return note("schema", str(problem), "`lyceum up` does this by itself.")
        return bad("schema", str(problem), "Do this before web, listener and worker are started.")
    return good("schema", f"The schema is up to date ({stands}).")


async def _clock(conn: "Connection") -> Finding:
    before = time.time()
    cursor = await conn.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
    [(theirs,)] = await cursor.fetchall()
    return compared("the database's", (before + time.time()) / 2 - float(theirs), allowed_s=CLOCK_S)


async def _listener(conn: "Connection", settings: Config) -> Finding:
    from db.queries.gateway.positions import list_positions  # noqa: PLC0415 - only when a check runs

    start = "Start it: `lyceum listener`, or `lyceum up` for everything."
    shards = await list_positions(conn)
    if not shards:
        return (note if settings.is_local else bad)("listener", "Nobody has listened to the gateway yet.", start)
    newest = max(shards, key=lambda each: each.heartbeat_at)
    current = [each for each in shards if each.count == newest.count]
    now = Clock(settings.clock_file).now()
    late = [each for each in current if (now - each.heartbeat_at).total_seconds() > HEARD_WITHIN_S]
    if late:
        worst = min(late, key=lambda each: each.heartbeat_at)
        age_s = (now - worst.heartbeat_at).total_seconds()
        found = f"{len(late)} of {len(current)} shards are not heard; shard {worst.shard} for {age_s:,.0f} s."
        return (note if settings.is_local else bad)("listener", found, f"Voice time is not recorded. {start}")
    age_s = (now - min(each.heartbeat_at for each in current)).total_seconds()
    return good("listener", f"The gateway was heard {max(age_s, 0):.0f} s ago.")


async def _worker(conn: "Connection", settings: Config) -> Finding:
    from db.queries.metrics import count_workers  # noqa: PLC0415 - only when a check runs

    if not await count_workers(conn, is_pooled=settings.given_direct_url is not None):
        advice = "Start it: `lyceum worker`, or `lyceum up` for everything."
        return (note if settings.is_local else bad)("worker", "No worker is connected to the database.", advice)
    return good("worker", "A worker is connected to the database.")


async def _hidden_channels(conn: "Connection") -> list[Finding]:
    """Voice channels that the bot may not view; empty if there are none."""
    from db.queries.guilds import list_hidden_channels  # noqa: PLC0415 - only when a check runs

    hidden = await list_hidden_channels(conn)
    if not hidden:
        return []
    names = [f"<#{channel}>" for _, channel in hidden[:HIDDEN_SHOWN]]
    more = " …" if len(hidden) > HIDDEN_SHOWN else ""
    found = (
        f"View Channel is missing: voice channels that the bot may not view: {len(hidden)} ({', '.join(names)}{more})."
    )
    advice = "Let the bot's role view them (View Channel), or ignore them with `/track channel`."
    return [note("hidden channels", found, advice)]


async def _outbox(conn: "Connection") -> Finding:
    from core.enums import EffectStatus  # noqa: PLC0415 - only when a check runs
    from db.queries.jobs.outbox import count_by_status  # noqa: PLC0415 - likewise

    numbers = await count_by_status(conn)
    if stuck := numbers.get(EffectStatus.NEEDS_ATTENTION, 0):
        found = f"{stuck} things that should have happened at Discord need somebody's attention."
        return note("outbox", found, "`lyceum outbox list` says which and why; then `lyceum outbox retry` or `drop`.")
    return good("outbox", f"{numbers.get(EffectStatus.PENDING, 0)} things wait to happen at Discord, none is stuck.")


async def _copies(conn: "Connection") -> Finding:
    cursor = await conn.execute(
        """SELECT current_setting('archive_mode') <> 'off'
                  OR EXISTS (SELECT FROM pg_stat_replication) OR EXISTS (SELECT FROM pg_replication_slots)"""
    )
    [(is_copied,)] = await cursor.fetchall()
    if is_copied:
        return good("backup", "The database's changes are copied away as they happen.")
    advice = "See that pg_dump runs every night or that your provider keeps copies, and that one was restored once."
    return note("backup", "Nobody is seen who copies the database away.", advice)
