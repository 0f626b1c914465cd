"""Queries for counted seconds per day (member's and guild's calendars), week, month and in total."""

from collections.abc import Sequence
from datetime import date

from core.enums import LeaderboardPeriod
from db.connection import Connection
from db.queries.arrays import dates, numbers, texts

MemberDayRow = tuple[int, int, date, int, str, int]  # guild, user, the member's date, seconds, zone, estimated ones
GuildDayRow = tuple[int, date, int, int]  # guild, the guild's date, user, seconds
CreditRow = tuple[int, date, int, int, int]  # the same, and those of the seconds that are estimated
PeriodTotalRow = tuple[int, int, LeaderboardPeriod, date, int]  # guild, user, week or month, its first date, seconds


async def list_guild_days(conn: Connection, days: Sequence[tuple[int, date, int]]) -> list[GuildDayRow]:
    """The counted seconds of each given (guild, guild's date, user); days without time are missing."""
    guild, day, user = zip(*days, strict=True)
    cursor = await conn.execute(
        """SELECT d.guild_id, d.local_on, d.user_id, d.seconds
           FROM unnest(%(guild)s::bigint[], %(day)s::date[], %(user)s::bigint[]) AS given (guild_id, local_on, user_id)
           JOIN guild_member_days d USING (guild_id, local_on, user_id)""",
        {"guild": numbers(guild), "day": dates(day), "user": numbers(user)},
    )
    return await cursor.fetchall()


async def add_guild_days(conn: Connection, rows: Sequence[CreditRow], spans: Sequence[PeriodTotalRow]) -> None:
    """Add seconds to days of the guild's calendar, and the same seconds to its weeks and months."""
    guild, day, user, seconds, estimated = zip(*rows, strict=True)
    span_guild, span_user, period, starts_on, sums = zip(*spans, strict=True)
    await conn.execute(
        """WITH spans AS (
               INSERT INTO period_totals AS s (guild_id, user_id, period, starts_on, seconds)
               SELECT guild_id, user_id, period::leaderboard_period, starts_on, seconds
               FROM unnest(%(span_guild)s::bigint[], %(span_user)s::bigint[], %(period)s::text[],
                           %(starts_on)s::date[], %(sums)s::integer[])
                    AS given (guild_id, user_id, period, starts_on, seconds)
               ON CONFLICT (guild_id, user_id, period, starts_on) DO UPDATE SET seconds = s.seconds + excluded.seconds
           )
           INSERT INTO guild_member_days AS d (guild_id, local_on, user_id, seconds, estimated_seconds)
           SELECT * FROM unnest(%(guild)s::bigint[], %(day)s::date[], %(user)s::bigint[], %(seconds)s::integer[],
                                %(estimated)s::integer[])
           ON CONFLICT (guild_id, user_id, local_on)
           DO UPDATE SET seconds = d.seconds + excluded.seconds,
                         estimated_seconds = d.estimated_seconds + excluded.estimated_seconds""",
        {
            "guild": numbers(guild),
            "day": dates(day),
            "user": numbers(user),
            "seconds": numbers(seconds),
            "estimated": numbers(estimated),
            "span_guild": numbers(span_guild),
            "span_user": numbers(span_user),
            "period": texts(period),
            "starts_on": dates(starts_on),
            "sums": numbers(sums),
        },
    )


async def add_member_days(conn: Connection, rows: Sequence[MemberDayRow]) -> list[tuple[int, int]]:
    """Add seconds to days of the members' calendars. Returns: members (guild, user) with a newly active date."""
    guild, user, day, seconds, zone, estimated = zip(*rows, strict=True)
    cursor = await conn.execute(
        """WITH given AS (
               SELECT * FROM unnest(%(guild)s::bigint[], %(user)s::bigint[], %(day)s::date[], %(seconds)s::integer[],
                                    %(zone)s::text[], %(estimated)s::integer[])
                    AS given (guild_id, user_id, streak_date, seconds, zone, estimated)
           ), credited AS (
               INSERT INTO daily_streaks AS d (guild_id, user_id, kind, streak_date, seconds, zone, estimated_seconds)
               SELECT guild_id, user_id, 'study', streak_date, seconds, zone, estimated FROM given
               ON CONFLICT (guild_id, user_id, kind, streak_date)
               DO UPDATE SET seconds = d.seconds + excluded.seconds,
                             estimated_seconds = d.estimated_seconds + excluded.estimated_seconds
               RETURNING guild_id, user_id, streak_date, seconds
           )
           SELECT DISTINCT c.guild_id, c.user_id
           FROM credited c
           JOIN given USING (guild_id, user_id, streak_date)
           JOIN guilds g USING (guild_id)
           WHERE c.seconds >= g.study_minutes * 60 AND c.seconds - given.seconds < g.study_minutes * 60""",
        {
            "guild": numbers(guild),
            "user": numbers(user),
            "day": dates(day),
            "seconds": numbers(seconds),
            "zone": texts(zone),
            "estimated": numbers(estimated),
        },
    )
    return await cursor.fetchall()


async def add_totals(conn: Connection, rows: Sequence[tuple[int, int, int]]) -> None:
    """Add counted seconds to members' totals: guild, user, seconds."""
    guild, user, seconds = zip(*rows, strict=True)
    await conn.execute(
        """UPDATE members m SET total_seconds = m.total_seconds + given.seconds
           FROM unnest(%(guild)s::bigint[], %(user)s::bigint[], %(seconds)s::bigint[])
                AS given (guild_id, user_id, seconds)
           WHERE m.guild_id = given.guild_id AND m.user_id = given.user_id""",
        {"guild": numbers(guild), "user": numbers(user), "seconds": numbers(seconds)},
    )


async def remove_member_days(conn: Connection, guild: int, user: int) -> None:
    """Remove all time that a member's sessions have credited: days on both calendars, weeks, months and the total."""
    await conn.execute(
        """WITH own AS (
               DELETE FROM daily_streaks WHERE guild_id = %(guild)s AND user_id = %(user)s AND kind = 'study'
           ), shared AS (
               DELETE FROM guild_member_days WHERE guild_id = %(guild)s AND user_id = %(user)s
           ), sums AS (
               DELETE FROM period_totals WHERE guild_id = %(guild)s AND user_id = %(user)s
           )
           UPDATE members SET total_seconds = 0 WHERE guild_id = %(guild)s AND user_id = %(user)s""",
        {"guild": guild, "user": user},
    )


async def find_first_day(conn: Connection, *, guild: int, user: int) -> date | None:
    """The first date with counted time of a member, on their own calendar."""
    cursor = await conn.execute(
        """SELECT min(streak_date) FROM daily_streaks
           WHERE guild_id = %(guild)s AND user_id = %(user)s AND kind = 'study'""",
        {"guild": guild, "user": user},
    )
    [(day,)] = await cursor.fetchall()
    return day
