"""Queries that load the inputs of streaks and write the cached streak rows."""

from collections.abc import Sequence
from datetime import date

from db.connection import Connection
from db.queries.arrays import dates, numbers

# guild, user, guild's zone, active dates, protected dates and their kinds, changes of the freeze setting (dates,
# values), missed dates with whether frozen, activity late, repair requested
DatesRow = tuple[
    int,
    int,
    str,
    list[date],
    list[date],
    list[str],
    list[date],
    list[bool],
    list[date],
    list[bool],
    list[bool],
    list[bool],
]
# guild, user; streak: days, first, last, longest, alive until (unix); freezes: held, next day to process (unix)
RunRow = tuple[int, int, int, date, date, int, int, int, int | None]


async def list_study_dates(conn: Connection, members: Sequence[tuple[int, int]]) -> list[DatesRow]:
    """The active dates of each member, with their protections, freeze settings and missed days, in order."""
    guild, user = zip(*members, strict=True)
    cursor = await conn.execute(
        """SELECT given.guild_id, given.user_id, g.timezone,
                  ARRAY(SELECT d.streak_date FROM daily_streaks d
                        WHERE d.guild_id = given.guild_id AND d.user_id = given.user_id AND d.kind = 'study'
                          AND d.seconds >= g.study_minutes * 60
                        ORDER BY d.streak_date),
                  guarded.days, guarded.kinds, switched.days, switched.values,
                  missed.days, missed.frozen, missed.late, missed.asked
           FROM unnest(%(guild)s::bigint[], %(user)s::bigint[]) AS given (guild_id, user_id)
           JOIN guilds g USING (guild_id)
           CROSS JOIN LATERAL (
               SELECT coalesce(array_agg(p.protected_on ORDER BY p.protected_on), '{}') AS days,
                      coalesce(array_agg(p.kind::text ORDER BY p.protected_on), '{}') AS kinds
               FROM protections p
               WHERE p.guild_id = given.guild_id AND p.user_id = given.user_id) AS guarded
           CROSS JOIN LATERAL (
               SELECT coalesce(array_agg(f.since_on ORDER BY f.since_on), '{}') AS days,
                      coalesce(array_agg(f.is_on ORDER BY f.since_on), '{}') AS values
               FROM freeze_settings_history f
               WHERE f.guild_id = given.guild_id AND f.user_id = given.user_id) AS switched
           CROSS JOIN LATERAL (
               SELECT coalesce(array_agg(m.missed_on ORDER BY m.missed_on), '{}') AS days,
                      coalesce(array_agg(m.is_frozen ORDER BY m.missed_on), '{}') AS frozen,
                      coalesce(array_agg(m.is_late ORDER BY m.missed_on), '{}') AS late,
                      coalesce(array_agg(m.requested_at IS NOT NULL ORDER BY m.missed_on), '{}') AS asked
               FROM missed_days m
               WHERE m.guild_id = given.guild_id AND m.user_id = given.user_id) AS missed""",
        {"guild": numbers(guild), "user": numbers(user)},
    )
    return await cursor.fetchall()


async def set_runs(conn: Connection, rows: Sequence[RunRow]) -> None:
    """Upsert each member's last streak, longest streak, and freezes."""
    guild, user, days, started, last, longest, alive, held, due = zip(*rows, strict=True)
    await conn.execute(
        """WITH given AS (
               SELECT * FROM unnest(%(guild)s::bigint[], %(user)s::bigint[], %(days)s::integer[], %(started)s::date[],
                                    %(last)s::date[], %(longest)s::integer[], %(alive)s::bigint[], %(held)s::smallint[],
                                    %(due)s::bigint[])
                    AS given (guild_id, user_id, current_days, started_on, last_on, longest_days, alive_until, held,
                              due_at)
           ), held AS (
               INSERT INTO freezes (guild_id, user_id, held, due_at)
               SELECT guild_id, user_id, held, to_timestamp(due_at) FROM given
               ON CONFLICT (guild_id, user_id) DO UPDATE SET held = excluded.held, due_at = excluded.due_at
           )
           INSERT INTO streaks (guild_id, user_id, kind, current_days, started_on, last_on, longest_days, alive_until)
           SELECT guild_id, user_id, 'study', current_days, started_on, last_on, longest_days, to_timestamp(alive_until)
           FROM given
           ON CONFLICT (guild_id, user_id, kind) DO UPDATE
           SET current_days = excluded.current_days, started_on = excluded.started_on, last_on = excluded.last_on,
               longest_days = excluded.longest_days, alive_until = excluded.alive_until""",
        {
            "guild": numbers(guild),
            "user": numbers(user),
            "days": numbers(days),
            "started": dates(started),
            "last": dates(last),
            "longest": numbers(longest),
            "alive": numbers(alive),
            "held": numbers(held),
            "due": numbers(due),
        },
    )


async def remove_runs(conn: Connection, members: Sequence[tuple[int, int]]) -> None:
    """Delete the cached streaks and freezes of these members: they have no active date."""
    guild, user = zip(*members, strict=True)
    await conn.execute(
        """WITH given AS (
               SELECT * FROM unnest(%(guild)s::bigint[], %(user)s::bigint[]) AS given (guild_id, user_id)
           ), held AS (
               DELETE FROM freezes f USING given
               WHERE f.guild_id = given.guild_id AND f.user_id = given.user_id
           )
           DELETE FROM streaks s USING given
           WHERE s.guild_id = given.guild_id AND s.user_id = given.user_id AND s.kind = 'study'""",
        {"guild": numbers(guild), "user": numbers(user)},
    )
