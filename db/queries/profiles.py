"""Queries for a member's profile: totals, rank, cached streak and daily seconds."""

from dataclasses import dataclass
from datetime import date, datetime

from core.enums import DayKind, Visibility
from core.ids import GuildId, UserId
from db.connection import Connection
from db.rows import dataclass_row


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """The parts of a profile that are stored once per member."""

    user_id: UserId
    username: str
    global_name: str | None
    avatar_hash: str | None
    is_bot: bool
    nick: str | None
    member_avatar_hash: str | None
    visibility: Visibility
    total_seconds: int
    created_at: datetime  # first seen in this guild
    left_at: datetime | None  # None: still a member
    guild_name: str
    guild_zone: str
    study_minutes: int
    current_days: int  # 0 without a cached streak; ended when alive_until has passed
    longest_days: int
    started_on: date | None
    last_on: date | None
    alive_until: datetime | None
    rank: int | None  # by focus time over all time; None: no time yet, private, gone, or a bot


@dataclass(frozen=True, slots=True)
class DayTotal:
    """Counted seconds on one date of the member's own calendar."""

    day: date
    seconds: int


async def find_profile(
    conn: Connection, *, guild: GuildId, user: UserId, kind: DayKind, marked_since: datetime
) -> ProfileFacts | None:
    """A member's totals, cached streak of one kind, and rank among the visible members.

    The rank is computed as on the leaderboard, from checkpoints not older than `marked_since`; see
    db/queries/leaderboards/pages.py.
    """
    cursor = conn.cursor(row_factory=dataclass_row(ProfileFacts))
    await cursor.execute(
        """SELECT me.user_id, u.username, u.global_name, u.avatar_hash, u.is_bot, me.nick,
                  me.avatar_hash AS member_avatar_hash, me.visibility, me.total_seconds, me.created_at, me.left_at,
                  g.name AS guild_name, g.timezone AS guild_zone, g.study_minutes,
                  coalesce(s.current_days, 0) AS current_days, coalesce(s.longest_days, 0) AS longest_days,
                  s.started_on, s.last_on, s.alive_until,
                  CASE WHEN me.visibility = 'public' AND me.left_at IS NULL AND me.total_seconds > 0 AND NOT u.is_bot
                  THEN (
                      SELECT 1 + mark.visible_before + (
                          SELECT count(*) FROM members AS other
                          WHERE other.guild_id = %(guild)s AND other.visibility = 'public' AND other.left_at IS NULL
                            AND (-other.total_seconds, other.user_id) >= (mark.place, mark.user_id)
                            AND (-other.total_seconds, other.user_id) < (-me.total_seconds, me.user_id)
                            AND (SELECT bot.is_bot FROM users AS bot
                                 WHERE bot.user_id = other.user_id AND bot.is_bot) IS NULL
                      )
                      FROM (
                          SELECT -value AS place, user_id, visible_before FROM leaderboard_checkpoints
                          WHERE guild_id = %(guild)s AND board = 'focus' AND period = 'all'
                            AND counted_at >= %(marked_since)s
                          UNION ALL
                          SELECT -9223372036854775807, 0, 0
                      ) AS mark
                      WHERE (mark.place, mark.user_id) <= (-me.total_seconds, me.user_id)
                      ORDER BY mark.place DESC, mark.user_id DESC LIMIT 1
                  ) END AS rank
           FROM members AS me
           JOIN guilds AS g ON g.guild_id = me.guild_id
           JOIN users AS u ON u.user_id = me.user_id
           LEFT JOIN streaks AS s ON s.guild_id = me.guild_id AND s.user_id = me.user_id AND s.kind = %(kind)s
           WHERE me.guild_id = %(guild)s AND me.user_id = %(user)s""",
        {"guild": guild, "user": user, "kind": kind, "marked_since": marked_since},
    )
    return await cursor.fetchone()


async def list_days(
    conn: Connection, *, guild: GuildId, user: UserId, kind: DayKind, first: date, last: date
) -> list[DayTotal]:
    """The dates from `first` to `last`, both included, with counted time, oldest first."""
    cursor = conn.cursor(row_factory=dataclass_row(DayTotal))
    await cursor.execute(
        """SELECT streak_date AS day, seconds FROM daily_streaks
           WHERE guild_id = %(guild)s AND user_id = %(user)s AND kind = %(kind)s
             AND streak_date BETWEEN %(first)s AND %(last)s
           ORDER BY streak_date""",
        {"guild": guild, "user": user, "kind": kind, "first": first, "last": last},
    )
    return await cursor.fetchall()
