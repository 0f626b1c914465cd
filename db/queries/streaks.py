"""Active dates, protected dates and the cached runs made from them."""

from collections.abc import Sequence
from datetime import date

from db.connection import Connection
from db.queries.arrays import dates, numbers

DatesRow = tuple[int, int, str, list[date], list[date]]  # guild, user, guild's zone, active dates, protected dates
RunRow = tuple[int, int, int, date, date, int, int]  # guild, user, days, first, last, longest, alive until (unix)


async def list_study_dates(conn: Connection, members: Sequence[tuple[int, int]]) -> list[DatesRow]:
    """Of each member the dates with enough study and the protected ones, both in order."""
    guild, user = zip(*members, strict=True)
    cursor = await conn.execute(
        """SELECT given.guild_id, given.user_id, g.timezone,
                  ARRAY(SELECT d.streak_date FROM daily_streaks d
                        WHERE d.guild_id = given.guild_id AND d.user_id = given.user_id AND d.kind = 'study'
                          AND d.seconds >= g.study_minutes * 60
                        ORDER BY d.streak_date),
                  ARRAY(SELECT p.protected_on FROM protections p
                        WHERE p.guild_id = given.guild_id AND p.user_id = given.user_id
                        ORDER BY p.protected_on)
           FROM unnest(%(guild)s::bigint[], %(user)s::bigint[]) AS given (guild_id, user_id)
           JOIN guilds g USING (guild_id)""",
        {"guild": numbers(guild), "user": numbers(user)},
    )
    return await cursor.fetchall()


async def set_runs(conn: Connection, rows: Sequence[RunRow]) -> None:
    """The last run of each member and the length of the longest one."""
    guild, user, days, started, last, longest, alive = zip(*rows, strict=True)
    await conn.execute(
        """INSERT INTO streaks (guild_id, user_id, kind, run_days, started_on, last_on, longest_days, alive_until)
           SELECT guild_id, user_id, 'study', run_days, started_on, last_on, longest_days, to_timestamp(alive_until)
           FROM unnest(%(guild)s::bigint[], %(user)s::bigint[], %(days)s::integer[], %(started)s::date[],
                       %(last)s::date[], %(longest)s::integer[], %(alive)s::bigint[])
                AS given (guild_id, user_id, run_days, started_on, last_on, longest_days, alive_until)
           ON CONFLICT (guild_id, user_id, kind) DO UPDATE
           SET run_days = excluded.run_days, started_on = excluded.started_on, last_on = excluded.last_on,
               longest_days = excluded.longest_days, alive_until = excluded.alive_until""",
        {
            "guild": numbers(guild),
            "user": numbers(user),
            "days": numbers(days),
            "started": dates(started),
            "last": dates(last),
            "longest": numbers(longest),
            "alive": numbers(alive),
        },
    )


async def remove_runs(conn: Connection, members: Sequence[tuple[int, int]]) -> None:
    """Forget the study runs of these members: they have no active date."""
    guild, user = zip(*members, strict=True)
    await conn.execute(
        """DELETE FROM streaks s USING unnest(%(guild)s::bigint[], %(user)s::bigint[]) AS given (guild_id, user_id)
           WHERE s.guild_id = given.guild_id AND s.user_id = given.user_id AND s.kind = 'study'""",
        {"guild": numbers(guild), "user": numbers(user)},
    )
