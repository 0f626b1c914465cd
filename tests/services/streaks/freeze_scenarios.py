"""Helpers for freeze tests: a member with given active dates, and short reads of protections and missed days."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from core.ids import UserId
from db.connection import Connection
from services.streaks import cache
from services.streaks.freezes import FreezeStatus, process_ended_days, status
from tests.populate import ANA, LYCEUM, add_guild, add_member
from tests.services.voice.voice_log import rows

FIRST = date(2026, 3, 2)  # a Monday


def day(number: int) -> date:
    """The date of a scenario's day, counted from 0."""
    return FIRST + timedelta(days=number)


def noon(number: int) -> datetime:
    """Noon UTC of a scenario's day."""
    return datetime(FIRST.year, FIRST.month, FIRST.day, 12, tzinfo=UTC) + timedelta(days=number)


async def begin(conn: Connection, *active: int, zone: str = "UTC") -> None:
    """Insert a guild and a member who was active on these days."""
    await add_guild(conn, zone=zone)
    await add_member(conn, ANA, "ana")
    await be_active(conn, active)


async def be_active(conn: Connection, numbers: Iterable[int], *, user: UserId = ANA) -> None:
    """Record activity of these days now."""
    for number in numbers:
        await conn.execute(
            """INSERT INTO daily_streaks (guild_id, user_id, kind, streak_date, seconds, zone)
               VALUES (%s, %s, 'study', %s, 900, 'UTC')""",
            (LYCEUM, user, day(number)),
        )
    await cache.recompute(conn, [(LYCEUM, user)])


async def protections(conn: Connection) -> dict[int, str]:
    """The kind of protection of each protected day."""
    found = await rows(conn, "SELECT protected_on, kind FROM protections ORDER BY 1")
    return {(each - FIRST).days: kind for each, kind in found}


async def missed(conn: Connection) -> dict[int, tuple[object, ...]]:
    """Missed days: the streak's length before it, whether a freeze was used, whether late activity arrived."""
    found = await rows(conn, "SELECT missed_on, streak_days, is_frozen, is_late FROM missed_days ORDER BY 1")
    return {(each[0] - FIRST).days: each[1:] for each in found}


async def current_days(conn: Connection, now: datetime) -> int:
    """The current streak's length as shown to the member."""
    found = await rows(conn, "SELECT current_days, alive_until FROM streaks")
    return next((days for days, alive_until in found if alive_until > now), 0)


async def close(conn: Connection, now: datetime) -> None:
    """Process ended days until none is left, like the periodic job."""
    while await process_ended_days(conn, now=now):
        pass


async def look(conn: Connection, now: datetime) -> FreezeStatus:
    return await status(conn, guild=LYCEUM, user=ANA, now=now)
