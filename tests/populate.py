"""Inserts test data: one guild and the given number of members."""

from datetime import UTC, date, datetime

from core.enums import DayKind, LeaderboardPeriod, Visibility
from core.ids import ChannelId, GuildId, UserId
from db.connection import Connection
from services.calendar.days import first_day

LYCEUM = GuildId(7_000_000)
ELSEWHERE = GuildId(8_000_000)
ANA = UserId(10_000_001)
BEN = UserId(10_000_002)
MINA = UserId(10_000_003)
ROBOT = UserId(10_000_004)
LIBRARY = ChannelId(20_000_001)
ATRIUM = ChannelId(20_000_002)
NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)  # a Wednesday


async def add_guild(
    conn: Connection, guild: GuildId = LYCEUM, *, name: str = "Lyceum Commons", zone: str = "UTC"
) -> None:
    await conn.execute(
        "INSERT INTO guilds (guild_id, name, timezone) VALUES (%s, %s, %s)",
        (guild, name, zone),
    )


async def add_member(
    conn: Connection,
    user: UserId,
    name: str,
    *,
    guild: GuildId = LYCEUM,
    seconds: int = 0,
    visibility: Visibility = Visibility.PUBLIC,
    left_at: datetime | None = None,
    is_bot: bool = False,
) -> None:
    await conn.execute(
        "INSERT INTO users (user_id, username, is_bot) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (user, name, is_bot),
    )
    await conn.execute(
        """INSERT INTO members (guild_id, user_id, total_seconds, visibility, left_at)
           VALUES (%s, %s, %s, %s, %s)""",
        (guild, user, seconds, visibility, left_at),
    )


async def add_guild_day(conn: Connection, user: UserId, day: date, seconds: int, *, guild: GuildId = LYCEUM) -> None:
    await conn.execute(
        "INSERT INTO guild_member_days (guild_id, local_on, user_id, seconds) VALUES (%s, %s, %s, %s)",
        (guild, day, user, seconds),
    )
    for period in (LeaderboardPeriod.WEEK, LeaderboardPeriod.MONTH):
        await conn.execute(
            """INSERT INTO period_totals AS s (guild_id, user_id, period, starts_on, seconds)
               VALUES (%s, %s, %s, %s, %s)
               ON CONFLICT ON CONSTRAINT pk_period_totals DO UPDATE SET seconds = s.seconds + excluded.seconds""",
            (guild, user, period, first_day(period, day), seconds),
        )


async def add_streak(
    conn: Connection, user: UserId, days: int, *, alive_until: datetime | None, guild: GuildId = LYCEUM
) -> None:
    await conn.execute(
        """INSERT INTO streaks (guild_id, user_id, kind, current_days, longest_days, alive_until)
           VALUES (%s, %s, %s, %s, %s, %s)""",
        (guild, user, DayKind.STUDY, days, days, alive_until),
    )


async def add_channel(conn: Connection, channel: ChannelId, name: str, *, guild: GuildId = LYCEUM) -> None:
    await conn.execute(
        "INSERT INTO channels (guild_id, channel_id, name) VALUES (%s, %s, %s)",
        (guild, channel, name),
    )


async def add_stay(
    conn: Connection,
    user: UserId,
    channel: ChannelId,
    since: datetime,
    *,
    flags: int = 0,
    ended_at: datetime | None = None,
    guild: GuildId = LYCEUM,
) -> None:
    cursor = await conn.execute(
        """INSERT INTO voice_sessions (guild_id, user_id, started_at, credited_until, ended_at)
           VALUES (%s, %s, %s, %s, %s) RETURNING session_id""",
        (guild, user, since, since, ended_at),
    )
    [(session,)] = await cursor.fetchall()
    await conn.execute(
        """INSERT INTO voice_segments (guild_id, session_id, started_at, user_id, channel_id, flags, ended_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s)""",
        (guild, session, since, user, channel, flags, ended_at),
    )
