"""Queries for explaining XP: the sessions that counted most recently, and the days on which totals were reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from core.ids import ChannelId, GuildId, UserId
from db.connection import Connection
from db.queries.arrays import numbers


@dataclass(frozen=True, slots=True)
class CountedSession:
    """A voice session with counted time."""

    started_at: datetime
    ended_at: datetime | None  # None: the session is open
    counted_seconds: int  # until now
    channels: tuple[ChannelId, ...]  # the first three channels, in order


async def find_counted(
    conn: Connection, *, guild: GuildId, user: UserId, points: int, point_s: int, limit: int
) -> tuple[int, list[CountedSession]] | None:
    """A member's total seconds, and the sessions that earned the last `points` times `point_s` plus the remainder.

    None: there is no such member. The latest session comes first; at most `limit` sessions.
    """
    cursor = await conn.execute(
        """SELECT m.total_seconds, s.started_at, s.ended_at, s.counted_seconds, s.channels
           FROM members m
           LEFT JOIN LATERAL (
               SELECT each.started_at, each.ended_at, each.counted_seconds,
                      ARRAY(SELECT g.channel_id FROM voice_segments g
                            WHERE g.guild_id = m.guild_id AND g.session_id = each.session_id
                            GROUP BY g.channel_id ORDER BY min(g.started_at) LIMIT 3) AS channels
               FROM (SELECT latest.*, sum(counted_seconds) OVER (ORDER BY started_at DESC) - counted_seconds AS later_s
                     FROM (SELECT session_id, started_at, ended_at, counted_seconds FROM voice_sessions
                           WHERE guild_id = m.guild_id AND user_id = m.user_id AND counted_seconds > 0
                           ORDER BY started_at DESC LIMIT %(limit)s) AS latest) AS each
               WHERE each.later_s < m.total_seconds %% %(point_s)s + %(points)s * %(point_s)s
           ) AS s ON true
           WHERE m.guild_id = %(guild)s AND m.user_id = %(user)s
           ORDER BY s.started_at DESC""",
        {"guild": guild, "user": user, "points": points, "point_s": point_s, "limit": limit},
    )
    rows = await cursor.fetchall()
    if not rows:
        return None
    stays = [CountedSession(started, ended, counted, tuple(at)) for _, started, ended, counted, at in rows if started]
    return rows[0][0], stays


async def list_reached(
    conn: Connection, *, guild: GuildId, user: UserId, totals: Sequence[int]
) -> list[tuple[int, date]]:
    """Those of `totals` (seconds) that a member has reached, in order, each with the date on the member's calendar."""
    cursor = await conn.execute(
        """SELECT given.total, min(d.streak_date)
           FROM (SELECT streak_date, sum(seconds) OVER (ORDER BY streak_date) AS total FROM daily_streaks
                 WHERE guild_id = %(guild)s AND user_id = %(user)s AND kind = 'study') AS d
           JOIN unnest(%(totals)s::bigint[]) AS given (total) ON given.total <= d.total
           GROUP BY given.total ORDER BY given.total""",
        {"guild": guild, "user": user, "totals": numbers(totals)},
    )
    return await cursor.fetchall()
