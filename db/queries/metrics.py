"""Queries for metrics: open sessions, the oldest outbox row, tracking errors and connected workers."""

from datetime import datetime
from typing import Final

from db.connection import Connection

PRESENCE: Final = "lyceum worker presence"  # name of the direct connection that each worker keeps behind a pooler


async def count_open_sessions(conn: Connection) -> int:
    """The number of open voice sessions."""
    cursor = await conn.execute("SELECT count(*) FROM voice_sessions WHERE ended_at IS NULL")
    [(count,)] = await cursor.fetchall()
    return int(count)


async def find_oldest_unprocessed(conn: Connection) -> datetime | None:
    """The earliest `due_at` among pending outbox effects; None: none is pending."""
    cursor = await conn.execute("SELECT min(due_at) FROM outbox WHERE status = 'pending'")
    [(due_at,)] = await cursor.fetchall()
    return due_at


async def count_sessions_beside(
    conn: Connection, *, guilds: str, present_guilds: str, present_users: str
) -> tuple[int, int, int]:
    """Compares the open sessions of `guilds` with the members that Discord just reported in their voice channels.

    Args:
        conn: used right after the guilds' snapshots were written.
        guilds: their ids, as arrays.numbers writes them.
        present_guilds: the guild of each present member, likewise.
        present_users: the user id of each, likewise.

    Returns: sessions of present members, sessions of absent members, present members without a session.
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
    """The number of worker connections to this database.

    Args:
        conn: any connection to it.
        is_pooled: workers go through a pooler, whose sessions carry the name of their last client; then only the
            direct connection that each worker keeps is counted.
    """
    cursor = await conn.execute(
        """SELECT count(*) FROM pg_stat_activity
           WHERE application_name LIKE %(name)s::text || '%%' AND datname = current_database()""",
        {"name": PRESENCE if is_pooled else "lyceum worker"},
    )
    [(count,)] = await cursor.fetchall()
    return count
