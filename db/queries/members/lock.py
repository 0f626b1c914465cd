"""Locks the rows of members, in one fixed order."""

from collections.abc import Sequence

from db.connection import Connection
from db.queries.arrays import numbers

LockRow = tuple[int, int, int | None]  # guild, user, last interaction


async def lock_members(conn: Connection, members: Sequence[tuple[int, int]], guilds: Sequence[int]) -> list[LockRow]:
    """Lock the rows of these members, and of all with an open session in `guilds`, until the transaction ends.

    Code that writes sessions takes these locks first, in this order, before it changes any member: two writers of one
    member then run one after the other and cannot deadlock.
    """
    guild, user = zip(*members, strict=True) if members else ((), ())
    cursor = await conn.execute(
        """SELECT m.guild_id, m.user_id, floor(extract(epoch FROM m.last_seen_at))::bigint
           FROM (SELECT * FROM unnest(%(guild)s::bigint[], %(user)s::bigint[])
                 UNION
                 SELECT s.guild_id, s.user_id FROM voice_sessions s
                 WHERE s.ended_at IS NULL AND s.guild_id = ANY (%(guilds)s::bigint[])) AS given (guild_id, user_id)
           JOIN members m USING (guild_id, user_id)
           ORDER BY m.guild_id, m.user_id
           FOR NO KEY UPDATE OF m""",
        {"guild": numbers(guild), "user": numbers(user), "guilds": numbers(guilds)},
    )
    return await cursor.fetchall()
