"""Queries for staff corrections to voice sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from core.ids import ChannelId, GuildId, UserId
from db.connection import Connection
from db.queries.arrays import dates, numbers
from db.rows import dataclass_row


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as shown to staff."""

    session_id: int
    user_id: UserId
    started_at: datetime
    ended_at: datetime | None  # None: it is open
    duration_s: int | None  # None: it is open
    counted_seconds: int
    channel_id: ChannelId | None  # where it began; None: its segments are deleted


@dataclass(frozen=True, slots=True)
class Act:
    """One correction."""

    session_id: int
    actor_id: UserId
    is_void: bool
    previous_s: int
    seconds: int  # added; negative: removed
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DayAct:
    """The part of a correction on one date of a guild."""

    started_at: datetime  # of the session
    seconds: int
    reason: str


@dataclass(frozen=True, slots=True)
class AdjustmentRow:
    """A part of a correction, as recalculation needs it; without dates if nothing changed."""

    guild_id: GuildId
    session_id: int
    adjustment_id: int
    is_void: bool
    guild_on: date | None
    local_on: date | None
    seconds: int | None


async def find_session(conn: Connection, *, guild: GuildId, session: int) -> SessionRow | None:
    """One session of a guild."""
    cursor = conn.cursor(row_factory=dataclass_row(SessionRow))
    await cursor.execute(
        """SELECT s.session_id, s.user_id, s.started_at, s.ended_at, s.duration_seconds AS duration_s,
                  s.counted_seconds,
                  (SELECT g.channel_id FROM voice_segments g
                   WHERE g.guild_id = s.guild_id AND g.session_id = s.session_id
                   ORDER BY g.started_at LIMIT 1) AS channel_id
           FROM voice_sessions s WHERE s.guild_id = %(guild)s AND s.session_id = %(session)s""",
        {"guild": guild, "session": session},
    )
    return await cursor.fetchone()


async def list_sessions(conn: Connection, *, guild: GuildId, user: UserId, limit: int) -> list[SessionRow]:
    """A member's last sessions, newest first."""
    cursor = conn.cursor(row_factory=dataclass_row(SessionRow))
    await cursor.execute(
        """SELECT s.session_id, s.user_id, s.started_at, s.ended_at, s.duration_seconds AS duration_s,
                  s.counted_seconds,
                  (SELECT g.channel_id FROM voice_segments g
                   WHERE g.guild_id = s.guild_id AND g.session_id = s.session_id
                   ORDER BY g.started_at LIMIT 1) AS channel_id
           FROM voice_sessions s WHERE s.guild_id = %(guild)s AND s.user_id = %(user)s
           ORDER BY s.started_at DESC LIMIT %(limit)s""",
        {"guild": guild, "user": user, "limit": limit},
    )
    return await cursor.fetchall()


async def list_acts(conn: Connection, *, guild: GuildId, sessions: Sequence[int]) -> list[Act]:
    """The last correction of each of these sessions; uncorrected sessions are missing."""
    cursor = conn.cursor(row_factory=dataclass_row(Act))
    await cursor.execute(
        """SELECT DISTINCT ON (session_id) session_id, actor_id, is_void, previous_seconds AS previous_s, seconds,
                  reason, created_at
           FROM voice_adjustments
           WHERE guild_id = %(guild)s AND session_id = ANY (%(sessions)s::bigint[])
           ORDER BY session_id, adjustment_id DESC""",
        {"guild": guild, "sessions": numbers(sessions)},
    )
    return await cursor.fetchall()


async def list_day(conn: Connection, *, guild: GuildId, user: UserId, day: date) -> list[DayAct]:
    """The corrections to a member's time on a date of the guild, in order."""
    cursor = conn.cursor(row_factory=dataclass_row(DayAct))
    await cursor.execute(
        """SELECT s.started_at, d.seconds, a.reason
           FROM voice_sessions s
           JOIN voice_adjustments a USING (guild_id, session_id)
           JOIN voice_adjustment_days d USING (guild_id, adjustment_id)
           WHERE s.guild_id = %(guild)s AND s.user_id = %(user)s AND s.is_corrected AND d.guild_on = %(day)s
           ORDER BY a.adjustment_id, d.local_on""",
        {"guild": guild, "user": user, "day": day},
    )
    return await cursor.fetchall()


async def list_adjustments(conn: Connection, sessions: Sequence[tuple[int, int]]) -> list[AdjustmentRow]:
    """All corrections of these sessions (guild, session), oldest first."""
    guild, session = zip(*sessions, strict=True)
    cursor = conn.cursor(row_factory=dataclass_row(AdjustmentRow))
    await cursor.execute(
        """SELECT a.guild_id, a.session_id, a.adjustment_id, a.is_void, d.guild_on, d.local_on, d.seconds
           FROM unnest(%(guild)s::bigint[], %(session)s::bigint[]) AS given (guild_id, session_id)
           JOIN voice_adjustments a USING (guild_id, session_id)
           LEFT JOIN voice_adjustment_days d USING (guild_id, adjustment_id)
           ORDER BY a.guild_id, a.session_id, a.adjustment_id, d.guild_on, d.local_on""",
        {"guild": numbers(guild), "session": numbers(session)},
    )
    return await cursor.fetchall()


async def set_corrected(conn: Connection, *, guild: GuildId, session: int) -> None:
    """Mark a session as corrected; it is never reopened."""
    await conn.execute(
        "UPDATE voice_sessions SET is_corrected = true WHERE guild_id = %(guild)s AND session_id = %(session)s",
        {"guild": guild, "session": session},
    )


async def add_act(conn: Connection, act: Act, *, guild: GuildId, user: UserId) -> int:
    """Store a correction of a member's session. Returns: its id."""
    cursor = await conn.execute(
        """INSERT INTO voice_adjustments (guild_id, session_id, user_id, actor_id, is_void, previous_seconds, seconds,
                                          reason, created_at)
           VALUES (%(guild)s, %(session)s, %(user)s, %(actor)s, %(is_void)s, %(previous)s, %(seconds)s,
                   %(reason)s, %(at)s)
           RETURNING adjustment_id""",
        {
            "guild": guild,
            "session": act.session_id,
            "user": user,
            "actor": act.actor_id,
            "is_void": act.is_void,
            "previous": act.previous_s,
            "seconds": act.seconds,
            "reason": act.reason,
            "at": act.created_at,
        },
    )
    [(number,)] = await cursor.fetchall()
    return number


async def add_days(
    conn: Connection, *, guild: GuildId, adjustment: int, days: Sequence[tuple[date, date, int]]
) -> None:
    """Store how a correction is spread over dates: the guild's date, the member's date, seconds."""
    guild_on, local_on, seconds = zip(*days, strict=True)
    await conn.execute(
        """INSERT INTO voice_adjustment_days (guild_id, adjustment_id, guild_on, local_on, seconds)
           SELECT %(guild)s, %(adjustment)s, guild_on, local_on, seconds
           FROM unnest(%(guild_on)s::date[], %(local_on)s::date[], %(seconds)s::integer[])
                AS given (guild_on, local_on, seconds)""",
        {
            "guild": guild,
            "adjustment": adjustment,
            "guild_on": dates(guild_on),
            "local_on": dates(local_on),
            "seconds": numbers(seconds),
        },
    )
