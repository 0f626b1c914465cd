"""Queries for pages of a guild's leaderboards, each with the viewer's own row.

Bots, members who have left and members with private stats are on no leaderboard. Rows are ordered by value, highest
first, then by user id, so ranks are unique and no row appears on two pages. `-value` and the user id both ascend, so
one index range scan can start at any row of a leaderboard.

No count starts at the top of a long leaderboard: each starts at the nearest checkpoint (`leaderboard_checkpoints`, see
db/queries/leaderboards/checkpoints.py) written since `marked_since`, and reads a few hundred rows at most. A
leaderboard without checkpoints is counted exactly. One SQL template serves all leaderboards; they differ in the rows
that it ranks. Guilds vary so much in size that no join plan suits all of them, so visibility is checked row by row: a
join would read whole guilds.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, LiteralString

from core.enums import DayKind, LeaderboardPeriod
from core.ids import GuildId, UserId
from db.connection import Connection

if TYPE_CHECKING:
    from psycopg import AsyncCursor
    from psycopg.rows import TupleRow


@dataclass(frozen=True, slots=True)
class LeaderboardRow:
    """One row of a leaderboard."""

    rank: int  # from 1
    value: int  # seconds, or days for the streak leaderboard
    user_id: UserId
    username: str
    global_name: str | None
    avatar_hash: str | None
    nick: str | None
    member_avatar_hash: str | None


@dataclass(frozen=True, slots=True)
class LeaderboardPage:
    """A page of a leaderboard; `standings` includes the viewer's row even if it is on another page."""

    total: int  # rows on all pages
    best: int  # the value of the first row; 0: there is none
    page: int  # from 0; the last page if the requested one is beyond it
    standings: tuple[LeaderboardRow, ...]  # ordered by rank


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The page to read, and for which viewer."""

    guild: GuildId
    page: int  # from 0
    size: int
    viewer: UserId
    at_least: int  # rows with a smaller value are left out
    marked_since: datetime  # older checkpoints are ignored


_SEEN: Final = """(SELECT m.visibility = 'public' AND m.left_at IS NULL FROM members AS m
                WHERE m.guild_id = d.guild_id AND m.user_id = d.user_id)"""


def _page_sql(*, marks: LiteralString, rows: LiteralString, seen: LiteralString = _SEEN) -> LiteralString:
    """The SQL statement of one leaderboard.

    Args:
        marks: the condition that selects its checkpoints.
        rows: the ranked rows, aliased `d`.
        seen: the condition for a visible row; bots are excluded separately.
    """
    return f"""WITH mark AS MATERIALIZED (
               SELECT -value AS place, user_id, visible_before FROM leaderboard_checkpoints
               WHERE guild_id = %(guild)s AND {marks} AND counted_at >= %(marked_since)s
               UNION ALL
               SELECT -9223372036854775807, 0, 0
           ), visible AS NOT MATERIALIZED (
               {rows}
                 AND {seen}
                 AND (SELECT bot.is_bot FROM users AS bot WHERE bot.user_id = d.user_id AND bot.is_bot) IS NULL
           ), asked AS MATERIALIZED (
               SELECT total, least(%(page)s::bigint, greatest(total - 1, 0) / %(size)s::bigint) AS page
               FROM (
                   SELECT mark.visible_before + (
                       SELECT count(*) FROM visible AS v
                       WHERE (v.place, v.user_id) >= (mark.place, mark.user_id) AND v.place <= -%(at_least)s::bigint
                   ) AS total
                   FROM mark WHERE mark.place <= -%(at_least)s::bigint
                   ORDER BY mark.place DESC, mark.user_id DESC LIMIT 1
               ) AS counted
           ), start AS MATERIALIZED (
               SELECT mark.place, mark.user_id, mark.visible_before, asked.page * %(size)s::bigint AS shown_before_page
               FROM mark, asked WHERE mark.visible_before <= asked.page * %(size)s::bigint
               ORDER BY mark.place DESC, mark.user_id DESC LIMIT 1
           ), shown AS MATERIALIZED (
               SELECT start.shown_before_page + row_number() OVER (ORDER BY v.place, v.user_id) AS rank,
                      -v.place AS value, v.user_id
               FROM start CROSS JOIN LATERAL (
                   SELECT * FROM visible AS each
                   WHERE (each.place, each.user_id) >= (start.place, start.user_id)
                     AND each.place <= -%(at_least)s::bigint
                   ORDER BY each.place, each.user_id
                   LIMIT %(size)s::bigint OFFSET start.shown_before_page - start.visible_before
               ) AS v
           ), viewer AS (
               SELECT CASE WHEN EXISTS (SELECT FROM shown WHERE (-value, user_id) < (me.place, me.user_id))
                           THEN greatest(counted.rank, (SELECT max(rank) + 1 FROM shown))
                           ELSE least(counted.rank, (SELECT min(rank) - 1 FROM shown)) END AS rank,
                      -me.place AS value, me.user_id
               FROM visible AS me CROSS JOIN LATERAL (
                   SELECT 1 + mark.visible_before + (
                       SELECT count(*) FROM visible AS v
                       WHERE (v.place, v.user_id) >= (mark.place, mark.user_id)
                         AND (v.place, v.user_id) < (me.place, me.user_id)
                   ) AS rank
                   FROM mark WHERE (mark.place, mark.user_id) <= (me.place, me.user_id)
                   ORDER BY mark.place DESC, mark.user_id DESC LIMIT 1
               ) AS counted
               WHERE me.user_id = %(viewer)s AND me.place <= -%(at_least)s::bigint
                 AND NOT EXISTS (SELECT FROM shown WHERE user_id = %(viewer)s)
           )
           SELECT asked.total,
                  coalesce((SELECT -place FROM visible WHERE place <= -%(at_least)s::bigint
                            ORDER BY place, user_id LIMIT 1), 0),
                  asked.page, s.rank, s.value, s.user_id,
                  u.username, u.global_name, u.avatar_hash, m.nick, m.avatar_hash
           FROM asked
           LEFT JOIN (SELECT * FROM shown UNION ALL SELECT * FROM viewer) AS s ON true
           LEFT JOIN LATERAL (
               SELECT nick, avatar_hash FROM members WHERE guild_id = %(guild)s AND user_id = s.user_id OFFSET 0
           ) AS m ON true
           LEFT JOIN users AS u ON u.user_id = s.user_id
           ORDER BY s.rank"""  # noqa: S608 - two literals of this file


_TOTAL: Final = _page_sql(
    marks="board = 'focus' AND period = 'all'",
    rows="""SELECT -d.total_seconds AS place, d.user_id FROM members AS d
            WHERE d.guild_id = %(guild)s""",
    seen="d.visibility = 'public' AND d.left_at IS NULL",
)
_DAY: Final = _page_sql(
    marks="board = 'focus' AND period = 'today' AND starts_on = %(day)s",
    rows="""SELECT -d.seconds AS place, d.user_id FROM guild_member_days AS d
            WHERE d.guild_id = %(guild)s AND d.local_on = %(day)s""",
)
_SPAN: Final = _page_sql(
    marks="board = 'focus' AND period = %(period)s AND starts_on = %(starts_on)s",
    rows="""SELECT -d.seconds AS place, d.user_id FROM period_totals AS d
            WHERE d.guild_id = %(guild)s AND d.period = %(period)s AND d.starts_on = %(starts_on)s""",
)
_STREAK: Final = _page_sql(
    marks="board = 'streak' AND period = 'all'",
    rows="""SELECT -d.current_days AS place, d.user_id FROM streaks AS d
            WHERE d.guild_id = %(guild)s AND d.kind = %(kind)s AND d.alive_until > %(now)s""",
)


async def get_by_total(conn: Connection, wanted: PageRequest) -> LeaderboardPage:
    """The leaderboard of all counted seconds."""
    return await _read(await conn.execute(_TOTAL, asdict(wanted)))


async def get_by_day(conn: Connection, wanted: PageRequest, *, day: date) -> LeaderboardPage:
    """The leaderboard of seconds counted on one of the guild's dates."""
    return await _read(await conn.execute(_DAY, asdict(wanted) | {"day": day}))


async def get_by_span(
    conn: Connection, wanted: PageRequest, *, period: LeaderboardPeriod, starts_on: date
) -> LeaderboardPage:
    """The leaderboard of seconds counted in one of the guild's weeks or months, identified by its first date."""
    return await _read(await conn.execute(_SPAN, asdict(wanted) | {"period": period, "starts_on": starts_on}))


async def get_by_streak(conn: Connection, wanted: PageRequest, *, kind: DayKind, now: datetime) -> LeaderboardPage:
    """The leaderboard of streaks that are alive at `now`, in days."""
    return await _read(await conn.execute(_STREAK, asdict(wanted) | {"kind": kind, "now": now}))


async def _read(cursor: "AsyncCursor[TupleRow]") -> LeaderboardPage:
    """The rows of one leaderboard; an empty leaderboard is a single row without a rank."""
    rows = await cursor.fetchall()
    total, best, page = rows[0][:3]
    return LeaderboardPage(total, best, page, tuple(LeaderboardRow(*row[3:]) for row in rows if row[3] is not None))
