"""Query for the members who are in each voice channel now."""

from dataclasses import dataclass
from datetime import date, datetime

from core.enums import ChannelKind
from core.ids import ChannelId, GuildId, UserId
from db.connection import Connection
from db.rows import dataclass_row


@dataclass(frozen=True, slots=True)
class PresenceRow:
    """One member in one voice channel."""

    channel_id: ChannelId
    channel_name: str  # empty: the gateway has not sent it yet
    kind: ChannelKind
    user_id: UserId
    username: str
    global_name: str | None
    avatar_hash: str | None
    nick: str | None
    member_avatar_hash: str | None
    since: datetime  # start of the session, which moves between channels do not change
    flags: int
    today_s: int  # credited so far on the guild's day


async def list_present(conn: Connection, *, guild: GuildId, today: date) -> list[PresenceRow]:
    """Visible members in voice, by channel name, then by longest session.

    `today` is a date of the guild's calendar.
    """
    cursor = conn.cursor(row_factory=dataclass_row(PresenceRow))
    await cursor.execute(
        """SELECT part.channel_id, coalesce(c.name, '') AS channel_name, coalesce(c.kind, 'study') AS kind,
                  m.user_id, u.username, u.global_name, u.avatar_hash, m.nick, m.avatar_hash AS member_avatar_hash,
                  s.started_at AS since, part.flags, coalesce(d.seconds, 0) AS today_s
           FROM voice_sessions AS s
           CROSS JOIN LATERAL (
               SELECT * FROM voice_segments AS g
               WHERE g.guild_id = s.guild_id AND g.session_id = s.session_id AND g.ended_at IS NULL
               OFFSET 0) AS part  -- the offset keeps the planner from reading all open segments of a guild each time
           JOIN members AS m ON m.guild_id = s.guild_id AND m.user_id = s.user_id
           JOIN users AS u ON u.user_id = s.user_id
           LEFT JOIN channels AS c ON c.guild_id = part.guild_id AND c.channel_id = part.channel_id
           LEFT JOIN guild_member_days AS d
             ON d.guild_id = s.guild_id AND d.local_on = %(today)s AND d.user_id = s.user_id
           WHERE s.guild_id = %(guild)s AND s.ended_at IS NULL
             AND m.visibility = 'public' AND m.left_at IS NULL AND NOT u.is_bot
           ORDER BY channel_name, part.channel_id, s.started_at, m.user_id""",
        {"guild": guild, "today": today},
    )
    return await cursor.fetchall()
