"""Queries for time intervals in which a guild's events were not received; all times are seconds since 1970."""

from collections.abc import Sequence

from db.connection import Connection
from db.queries.arrays import numbers

GapRow = tuple[int, int, int]  # guild, from, until


async def add_gaps(conn: Connection, rows: Sequence[GapRow]) -> None:
    """Store gaps; a gap with a known start may only be extended."""
    guild, start, end = zip(*rows, strict=True)
    await conn.execute(
        """INSERT INTO voice_gaps AS g (guild_id, started_at, ended_at)
           SELECT guild_id, to_timestamp(started), to_timestamp(ended)
           FROM unnest(%(guild)s::bigint[], %(start)s::bigint[], %(end)s::bigint[]) AS given (guild_id, started, ended)
           ORDER BY guild_id, started
           ON CONFLICT ON CONSTRAINT pk_voice_gaps
           DO UPDATE SET ended_at = greatest(g.ended_at, excluded.ended_at)""",
        {"guild": numbers(guild), "start": numbers(start), "end": numbers(end)},
    )


async def add_shard_gap(conn: Connection, *, start: int, end: int, shard: tuple[int, int]) -> None:
    """Store a gap for those guilds of a shard (id, count) that have an open session now."""
    await conn.execute(
        """INSERT INTO voice_gaps AS g (guild_id, started_at, ended_at)
           SELECT DISTINCT guild_id, to_timestamp(%(start)s), to_timestamp(%(end)s) FROM voice_sessions
           WHERE ended_at IS NULL AND (guild_id >> 22) %% %(count)s = %(id)s
           ORDER BY guild_id
           ON CONFLICT ON CONSTRAINT pk_voice_gaps
           DO UPDATE SET ended_at = greatest(g.ended_at, excluded.ended_at)""",
        {"start": start, "end": end, "id": shard[0], "count": shard[1]},
    )


async def list_gaps(conn: Connection, windows: Sequence[GapRow]) -> list[GapRow]:
    """The gaps that overlap their guild's window (guild, from, until), ordered by guild and time."""
    guild, start, end = zip(*windows, strict=True)
    cursor = await conn.execute(
        """SELECT g.guild_id, extract(epoch FROM g.started_at)::bigint, extract(epoch FROM g.ended_at)::bigint
           FROM unnest(%(guild)s::bigint[], %(start)s::bigint[], %(end)s::bigint[]) AS given (guild_id, since, until)
           JOIN voice_gaps g USING (guild_id)
           WHERE g.ended_at > to_timestamp(given.since) AND g.started_at < to_timestamp(given.until)
           ORDER BY g.guild_id, g.started_at""",
        {"guild": numbers(guild), "start": numbers(start), "end": numbers(end)},
    )
    return await cursor.fetchall()


async def set_unheard(conn: Connection, rows: Sequence[tuple[int, int | None]]) -> None:
    """Set since when these guilds (guild, time) await a snapshot; None: it was received. The earliest time is kept."""
    guild, since = zip(*rows, strict=True)
    await conn.execute(
        """UPDATE guilds g
           SET unheard_from = CASE WHEN given.since IS NULL THEN NULL
                                   ELSE least(to_timestamp(given.since), g.unheard_from) END
           FROM unnest(%(guild)s::bigint[], %(since)s::bigint[]) AS given (guild_id, since)
           WHERE g.guild_id = given.guild_id""",
        {"guild": numbers(guild), "since": numbers(since)},
    )
