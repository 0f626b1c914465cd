"""Queries for metrics: open sessions, the oldest outbox row, tracking errors and connected workers."""

from datetime import datetime
from typing import Final

from db.connection import Connection

PRESENCE: Final = "lyceum worker presence"  # how the connection is called by which a worker is seen past a pooler


async def count_open_sessions(conn: Connection) -> int:
    """How many people sit in tracked voice, as far as anybody wrote it down."""
    cursor = await conn.execute("SELECT count(*) FROM voice_sessions WHERE ended_at IS NULL")
    [(count,)] = await cursor.fetchall()
    return int(count)


async def find_oldest_unprocessed(conn: Connection) -> datetime | None:
    """Since when the longest waiting effect of the outbox is due; None: nothing waits."""
    cursor = await conn.execute("SELECT min(due_at) FROM outbox WHERE status = 'pending'")
    [(due_at,)] = await cursor.fetchall()
    return due_at


async def count_sessions_beside(
    conn: Connection, *, guilds: str, present_guilds: str, present_users: str
) -> tuple[int, int, int]:
    """Open sessions of `guilds` beside the people in their voice channels, as Discord has just named them.

    Args:
        conn: right after their snapshots were written.
        guilds: their ids, as arrays.numbers writes them.
        present_guilds: for each person their guild, likewise.
        present_users: the people, likewise.

    Returns: sessions of people who are there, sessions of people who are not, people without a session.
    """
    cursor = await conn.execute(
        """SELECT count(*) FILTER (WHERE here.user_id = open.user_id), count(*) FILTER (WHERE here.user_id IS NULL),
                  count(*) FILTER (WHERE open.user_id IS NULL)
           FROM (SELECT guild_id, user_id FROM voice_sessions
                 WHERE guild_id = ANY (%(guilds)s::bigint[]) AND ended_at IS NULL) AS open
           FULL JOIN unnest(%(present_guilds)s::bigint[], %(present_users)s::bigint[]) AS here (guild_id, user_id)
                  ON here.guild_id = open.guild_id AND here.user_id = open.user_id""",
        {"guilds": guilds, "present_guilds": present_guilds, "present_users": present_users},
    )
    [(both, ghosts, absent)] = await cursor.fetchall()
    return int(both), int(ghosts), int(absent)


async def count_workers(conn: Connection, *, is_pooled: bool = False) -> int:
    """How many connections of workers this database has.

    Args:
        conn: any connection to it.
        is_pooled: workers go through a pooler, whose sessions bear the name of whoever used them last; only the
            connection that each worker holds past it counts then.
    """
    cursor = await conn.execute(
        """SELECT count(*) FROM pg_stat_activity
           WHERE application_name LIKE %(name)s::text || '%%' AND datname = current_database()""",
        {"name": PRESENCE if is_pooled else "lyceum worker"},
    )
    [(count,)] = await cursor.fetchall()
    return count
