"""Queries for days on which a member's streak is protected, by any kind of protection."""

from collections.abc import Sequence
from datetime import date, datetime

from core.enums import ProtectionKind
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries.arrays import dates, numbers

DateRow = tuple[int, int, date]  # guild, user, date


async def add(conn: Connection, rows: Sequence[DateRow], *, kind: ProtectionKind, now: datetime | None) -> int:
    """Protect dates on the members' calendars; protected dates stay unchanged. Returns: how many are new.

    `now` is the creation time of new rows; None: the server's clock.
    """
    guild, user, day = zip(*rows, strict=True)
    cursor = await conn.execute(
        """INSERT INTO protections (guild_id, user_id, protected_on, kind, created_at)
           SELECT guild_id, user_id, protected_on, %(kind)s::protection_kind, coalesce(%(now)s::timestamptz, now())
           FROM unnest(%(guild)s::bigint[], %(user)s::bigint[], %(day)s::date[])
                AS given (guild_id, user_id, protected_on)
           ON CONFLICT ON CONSTRAINT pk_protections DO NOTHING""",
        {"guild": numbers(guild), "user": numbers(user), "day": dates(day), "kind": kind, "now": now},
    )
    return cursor.rowcount


async def remove(conn: Connection, rows: Sequence[DateRow], *, kind: ProtectionKind) -> int:
    """Delete protections of one kind. Returns: how many."""
    guild, user, day = zip(*rows, strict=True)
    cursor = await conn.execute(
        """DELETE FROM protections p
           USING unnest(%(guild)s::bigint[], %(user)s::bigint[], %(day)s::date[]) AS given (guild_id, user_id, day)
           WHERE p.guild_id = given.guild_id AND p.user_id = given.user_id AND p.protected_on = given.day
             AND p.kind = %(kind)s""",
        {"guild": numbers(guild), "user": numbers(user), "day": dates(day), "kind": kind},
    )
    return cursor.rowcount


async def list_between(conn: Connection, *, guild: GuildId, user: UserId, first: date, last: date) -> dict[date, str]:
    """A member's protected dates from `first` to `last`, both included, and the kind of each protection."""
    cursor = await conn.execute(
        """SELECT protected_on, kind::text FROM protections
           WHERE guild_id = %(guild)s AND user_id = %(user)s AND protected_on BETWEEN %(first)s AND %(last)s""",
        {"guild": guild, "user": user, "first": first, "last": last},
    )
    return dict(await cursor.fetchall())
