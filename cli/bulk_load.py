"""Loads generated data by COPY and rebuilds keys and indexes after it: millions of sessions in minutes."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, LiteralString

import psycopg
from psycopg import sql

from cli.fake_data import CHANNELS, FakeData, Guild, Member, Session
from cli.seed import Written

TABLES: Final[dict[str, LiteralString]] = {
    "guilds": "guild_id, name, timezone, created_at, updated_at",
    "channels": "guild_id, channel_id, name, created_at, updated_at",
    "users": "user_id, username, is_bot",
    "members": "guild_id, user_id, visibility, total_seconds, left_at, created_at, updated_at",
    "member_zones": "guild_id, user_id, valid_from, zone, day_start_min",
    "voice_sessions": (
        "guild_id, session_id, user_id, started_at, ended_at, credited_until, counted_seconds, close_reason"
    ),
    "voice_segments": "guild_id, session_id, started_at, user_id, channel_id, flags, ended_at",
    "daily_streaks": "guild_id, user_id, kind, streak_date, seconds, zone",
    "guild_member_days": "guild_id, user_id, local_on, seconds",
    "period_totals": "guild_id, user_id, period, starts_on, seconds",
    "streaks": "guild_id, user_id, kind, current_days, started_on, last_on, longest_days, alive_until",
    "freezes": "guild_id, user_id, held, due_at",
}
_CHUNK: Final = 20_000  # sessions per COPY batch
_NULL: Final = "\\N"

Tell = Callable[[str, int], None]  # the current step, and the number of sessions just written


def fill(url: str, *, members: int, sessions: int, now: datetime, tell: Tell) -> Written | None:
    """Load generated data in one transaction, next to existing rows; None if generated data exists already.

    The tables are locked meanwhile: their keys and indexes are dropped first and created again at the end.
    """
    crowd = FakeData(members=members, sessions=sessions, now=now)
    with psycopg.connect(url, application_name="lyceum seed") as conn:
        if conn.execute("SELECT FROM guilds WHERE guild_id = %s", [crowd.guilds[0].id]).fetchone() is not None:
            return None
        for setting in ("synchronous_commit TO off", "maintenance_work_mem TO '512MB'", "timezone TO 'UTC'"):
            conn.execute(sql.SQL("SET LOCAL ") + sql.SQL(setting))
        later = _take_away(conn)
        [(first,)] = conn.execute("SELECT coalesce(max(session_id), 0) + 1 FROM voice_sessions").fetchall()
        pages = _Pages(first)
        _send(conn, pages.open(crowd.guilds))
        people, written = 0, 0
        with ThreadPoolExecutor(1) as sender:
            sending: Future[None] | None = None
            for chunk, heads, stays in pages.chunks(crowd.members()):
                if sending is not None:
                    sending.result()
                sending = sender.submit(_send, conn, chunk)
                people, written = people + heads, written + stays
                tell("writing", stays)
            if sending is not None:
                sending.result()
        for name, definition in later:
            tell(f"making {name}", 0)
            conn.execute(definition)
        conn.execute(
            "SELECT setval(pg_get_serial_sequence('voice_sessions', 'session_id')::regclass, %s)",
            [pages.next_session],
        )
    tell("tidying up", 0)
    with psycopg.connect(url, application_name="lyceum seed", autocommit=True) as conn:
        conn.execute("VACUUM (ANALYZE)")  # leaderboards use index-only scans, which need a vacuum
    return Written(people, written)


@dataclass(slots=True)
class _Pages:
    """Converts members into lines for COPY."""

    next_session: int

    def open(self, guilds: Iterable[Guild]) -> dict[str, str]:
        """Lines of guilds and their channels, by table."""
        lines: dict[str, list[str]] = {"guilds": [], "channels": []}
        for guild in guilds:
            lines["guilds"].append(f"{guild.id}\tCommunity {guild.number + 1}\t{guild.zone}\tnow\tnow\n")
            lines["channels"] += (
                f"{guild.id}\t{guild.channel(number)}\tRoom {number + 1}\tnow\tnow\n" for number in range(CHANNELS)
            )
        return {table: "".join(texts) for table, texts in lines.items()}

    def chunks(self, members: Iterable[Member]) -> Iterator[tuple[dict[str, str], int, int]]:
        """Batches of lines by table, each with its number of members and of sessions."""
        lines: dict[str, list[str]] = {table: [] for table in TABLES}
        people = stays = 0
        for member in members:
            self._member(member, lines)
            people, stays = people + 1, stays + len(member.stays)
            if stays >= _CHUNK:
                yield {table: "".join(texts) for table, texts in lines.items()}, people, stays
                lines = {table: [] for table in TABLES}
                people = stays = 0
        yield {table: "".join(texts) for table, texts in lines.items()}, people, stays

    def _member(self, member: Member, lines: dict[str, list[str]]) -> None:
        guild, user = member.guild.id, member.user
        joined = _moment(member.joined)
        visibility = "private" if member.is_private else "public"
        left = _NULL if member.left is None else _moment(member.left)
        if not member.is_known:
            lines["users"].append(f"{user}\t{member.name}\tf\n")
        lines["members"].append(f"{guild}\t{user}\t{visibility}\t{member.total}\t{left}\t{joined}\t{joined}\n")
        if member.has_zone:
            valid_from, minutes = _moment(member.joined - 7 * 86_400), int(member.day_start.total_seconds()) // 60
            lines["member_zones"].append(f"{guild}\t{user}\t{valid_from}\t{member.zone}\t{minutes}\n")
        for stay in member.stays:
            self._stay(guild, user, stay, lines)
        own, zone = lines["daily_streaks"], member.zone
        for day, seconds in member.own_days.items():
            own.append(f"{guild}\t{user}\tstudy\t{day}\t{seconds}\t{zone}\n")
        lines["guild_member_days"] += (
            f"{guild}\t{user}\t{day}\t{seconds}\n" for day, seconds in member.guild_member_days.items()
        )
        lines["period_totals"] += (
            f"{guild}\t{user}\t{period}\t{day}\t{seconds}\n" for (period, day), seconds in member.spans.items()
        )
        run = member.run()
        if run is not None:
            *_, days, first, last, longest, alive_until, held, due_at = run
            until, due = _moment(alive_until), _NULL if due_at is None else _moment(due_at)
            lines["streaks"].append(f"{guild}\t{user}\tstudy\t{days}\t{first}\t{last}\t{longest}\t{until}\n")
            lines["freezes"].append(f"{guild}\t{user}\t{held}\t{due}\n")

    def _stay(self, guild: int, user: int, stay: Session, lines: dict[str, list[str]]) -> None:
        session, self.next_session = self.next_session, self.next_session + 1
        start, settled = _moment(stay.start), _moment(stay.end)
        end, reason = (_NULL, _NULL) if stay.is_open else (settled, "left")
        counted = stay.end - stay.start
        lines["voice_sessions"].append(f"{guild}\t{session}\t{user}\t{start}\t{end}\t{settled}\t{counted}\t{reason}\n")
        segment, before, after = lines["voice_segments"], *stay.flags
        if stay.turn:
            turn = _moment(stay.turn)
            segment.append(f"{guild}\t{session}\t{start}\t{user}\t{stay.channel}\t{before}\t{turn}\n")
            start, before = turn, after
        segment.append(f"{guild}\t{session}\t{start}\t{user}\t{stay.channel}\t{before}\t{end}\n")


def _moment(unix: int) -> str:
    return datetime.fromtimestamp(unix, UTC).isoformat(" ")


def _send(conn: "psycopg.Connection", pages: dict[str, str]) -> None:
    with conn.cursor() as cursor:
        for table, text in pages.items():
            if text:
                statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), sql.SQL(TABLES[table]))
                with cursor.copy(statement) as copy:
                    copy.write(text)


def _take_away(conn: "psycopg.Connection") -> list[tuple[str, sql.SQL]]:
    """Drop foreign keys, primary keys and indexes; returns their names and the SQL that creates them, in order."""
    later: list[tuple[str, sql.SQL]] = []
    tables = list(TABLES)
    indexes = conn.execute(
        """SELECT i.relname, pg_get_indexdef(x.indexrelid) FROM pg_index AS x
           JOIN pg_class AS i ON i.oid = x.indexrelid
           WHERE x.indrelid::regclass::text = ANY (%s)
             AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = x.indexrelid)
           ORDER BY i.relname""",
        [tables],
    ).fetchall()
    keys = conn.execute(
        """SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid), c.contype FROM pg_constraint AS c
           WHERE c.contype IN ('p', 'f')
             AND (c.conrelid::regclass::text = ANY (%s) OR c.confrelid::regclass::text = ANY (%s))
           ORDER BY c.contype DESC, c.conname""",
        [tables, tables],
    ).fetchall()
    for table, name, definition, _ in sorted(keys, key=lambda key: key[3] == "p"):
        conn.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(table), sql.Identifier(name)))
        made = f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"
        later.append((name, sql.SQL(made)))  # pyright: ignore[reportArgumentType] - SQL that the database returned
    for name, definition in indexes:
        conn.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
        later.append((name, sql.SQL(definition)))  # pyright: ignore[reportArgumentType] - likewise
    return sorted(later, key=lambda each: (not each[0].startswith("pk_"), each[0].startswith("fk_")))
