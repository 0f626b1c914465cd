"""Outbox queries: add, claim, retry and list the Discord API calls that must follow a commit.

Leases and retry delays use the database's own clock, so that neither a wrong machine clock nor simulated time affects
them; only `due_at` is in application time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from core.enums import EffectStatus
from db.connection import Connection
from db.queries.arrays import numbers, texts
from db.rows import dataclass_row


class Key(TypedDict):
    """The unique key of an effect."""

    guild: int  # 0: none
    kind: str
    dedupe_key: str


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An effect to add."""

    guild: int  # 0: none
    kind: str
    dedupe_key: str
    payload: str  # JSON
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A claimed effect, which this process owns until the lease ends."""

    guild: int  # 0: none
    id: int
    kind: str
    dedupe_key: str
    payload: str  # JSON
    attempts: int  # including this one
    unsure_s: float | None  # seconds since the first attempt with an unknown outcome; None: there was none
    age_s: float  # seconds since it was added


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """An effect as shown to operators, without its payload."""

    guild: int
    id: int
    kind: str
    dedupe_key: str
    status: EffectStatus
    attempts: int
    last_error: str | None
    due_at: datetime
    settled_at: datetime | None


async def add(conn: Connection, entries: Sequence[NewEntry], *, now: datetime, lease_s: float) -> list[Entry]:
    """Add effects; an existing key stays unchanged. Returns: those to run now, leased to the caller."""
    cursor = conn.cursor(row_factory=dataclass_row(Entry))
    await cursor.execute(
        """INSERT INTO outbox (guild_id, kind, dedupe_key, payload, due_at, held_until, attempts, unsure_from)
           SELECT given.guild_id, given.kind, given.dedupe_key, given.payload::jsonb, given.due_at,
                  clock_timestamp() + make_interval(secs => CASE WHEN given.due_at <= %(now)s
                                                            THEN %(lease_s)s::float8 ELSE 0 END),
                  (given.due_at <= %(now)s)::int,
                  CASE WHEN given.due_at <= %(now)s THEN clock_timestamp() END
           FROM unnest(%(guild)s::bigint[], %(kind)s::text[], %(dedupe_key)s::text[], %(payload)s::text[],
                       %(due_at)s::timestamptz[]) AS given (guild_id, kind, dedupe_key, payload, due_at)
           ON CONFLICT ON CONSTRAINT uq_outbox_dedupe_key DO NOTHING
           RETURNING guild_id AS guild, outbox_id AS id, kind, dedupe_key, payload::text, attempts,
                     NULL::float8 AS unsure_s, 0::float8 AS age_s""",
        {
            "guild": numbers([each.guild for each in entries]),
            "kind": texts([each.kind for each in entries]),
            "dedupe_key": texts([each.dedupe_key for each in entries]),
            "payload": texts([each.payload for each in entries]),
            "due_at": texts([each.due_at.isoformat() for each in entries]),
            "now": now,
            "lease_s": lease_s,
        },
    )
    return [entry for entry in await cursor.fetchall() if entry.attempts]


async def claim(conn: Connection, *, now: datetime, lease_s: float, limit: int) -> list[Entry]:
    """Claim effects that are due and not leased, earliest `due_at` first, until the lease ends."""
    cursor = conn.cursor(row_factory=dataclass_row(Entry))
    await cursor.execute(
        """UPDATE outbox o
           SET attempts = o.attempts + 1, unsure_from = coalesce(o.unsure_from, now()),
               held_until = now() + make_interval(secs => %(lease_s)s::float8)
           FROM (SELECT guild_id, outbox_id, unsure_from FROM outbox
                 WHERE status = 'pending' AND due_at <= %(now)s AND held_until <= now()
                 ORDER BY due_at LIMIT %(limit)s
                 FOR UPDATE SKIP LOCKED) AS due
           WHERE o.guild_id = due.guild_id AND o.outbox_id = due.outbox_id
           RETURNING o.guild_id AS guild, o.outbox_id AS id, o.kind, o.dedupe_key, o.payload::text, o.attempts,
                     extract(epoch FROM now() - due.unsure_from)::float8 AS unsure_s,
                     extract(epoch FROM now() - o.created_at)::float8 AS age_s""",
        {"now": now, "lease_s": lease_s, "limit": limit},
    )
    return await cursor.fetchall()


async def set_outcome(
    conn: Connection, entry: Entry, *, status: EffectStatus, error: str | None, wait_s: float, is_unsure: bool
) -> bool:
    """Store the outcome of an attempt; False: the lease had expired and another process claimed the effect.

    Args:
        conn: the caller commits.
        entry: as it was claimed.
        status: pending means that it is retried after `wait_s`.
        error: a short sentence.
        wait_s: see `status`.
        is_unsure: Discord may have received it.
    """
    cursor = await conn.execute(
        """UPDATE outbox
           SET status = %(status)s::effect_status, last_error = %(error)s,
               held_until = clock_timestamp() + make_interval(secs => %(wait_s)s::float8),
               unsure_from = CASE WHEN %(is_unsure)s THEN unsure_from END,
               settled_at = CASE WHEN %(status)s::effect_status <> 'pending' THEN clock_timestamp() END,
               payload = CASE WHEN %(status)s::effect_status = 'done' THEN '{}' ELSE payload END
           WHERE guild_id = %(guild)s AND outbox_id = %(id)s AND attempts = %(attempts)s AND status = 'pending'""",
        {
            "status": status.value,
            "error": error,
            "wait_s": wait_s,
            "is_unsure": is_unsure,
            "guild": entry.guild,
            "id": entry.id,
            "attempts": entry.attempts,
        },
    )
    return cursor.rowcount > 0


async def set_held(conn: Connection, *, guild: int, kind: str, dedupe_key: str, lease_s: float) -> bool:
    """Extend the lease of a pending effect to `lease_s` from now; False: there is none."""
    cursor = await conn.execute(
        """UPDATE outbox SET held_until = clock_timestamp() + make_interval(secs => %(lease_s)s::float8)
           WHERE guild_id = %(guild)s AND kind = %(kind)s AND dedupe_key = %(dedupe_key)s AND status = 'pending'""",
        {"guild": guild, "kind": kind, "dedupe_key": dedupe_key, "lease_s": lease_s},
    )
    return cursor.rowcount > 0


async def pending_payload(conn: Connection, *, guild: int, kind: str, dedupe_key: str) -> str | None:
    """The payload (JSON) of an effect that is still pending; None: it is finished, or was never added."""
    cursor = await conn.execute(
        """SELECT payload::text FROM outbox
           WHERE guild_id = %(guild)s AND kind = %(kind)s AND dedupe_key = %(dedupe_key)s AND status = 'pending'""",
        {"guild": guild, "kind": kind, "dedupe_key": dedupe_key},
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def remove(conn: Connection, *, guild: int, kind: str, dedupe_key: str) -> bool:
    """Delete an effect, pending or finished; False: there is no such effect."""
    cursor = await conn.execute(
        "DELETE FROM outbox WHERE guild_id = %(guild)s AND kind = %(kind)s AND dedupe_key = %(dedupe_key)s",
        {"guild": guild, "kind": kind, "dedupe_key": dedupe_key},
    )
    return cursor.rowcount > 0


async def remove_settled(conn: Connection, *, older_than_s: float) -> int:
    """Delete effects finished that long ago; those that need attention are kept until an operator handles them."""
    cursor = await conn.execute(
        """DELETE FROM outbox
           WHERE settled_at < now() - make_interval(secs => %(older_than_s)s::float8)
             AND status IN ('done', 'failed')""",
        {"older_than_s": older_than_s},
    )
    return cursor.rowcount


async def count_by_status(conn: Connection) -> Mapping[EffectStatus, int]:
    """The number of effects per status; statuses without effects are missing."""
    cursor = await conn.execute("SELECT status, count(*) FROM outbox GROUP BY status")
    return {EffectStatus(status): count for status, count in await cursor.fetchall()}


async def list_by_status(conn: Connection, status: EffectStatus, *, limit: int) -> list[ListedEntry]:
    """Effects of one status, earliest `due_at` first."""
    cursor = conn.cursor(row_factory=dataclass_row(ListedEntry))
    await cursor.execute(
        """SELECT guild_id AS guild, outbox_id AS id, kind, dedupe_key, status, attempts, last_error, due_at, settled_at
           FROM outbox WHERE status = %(status)s::effect_status ORDER BY due_at LIMIT %(limit)s""",
        {"status": status.value, "limit": limit},
    )
    return await cursor.fetchall()


async def set_pending_again(conn: Connection, *, ids: Sequence[int] | None) -> int:
    """Retry effects that need attention, these or all of them. Returns: how many."""
    cursor = await conn.execute(
        """UPDATE outbox
           SET status = 'pending', attempts = 0, unsure_from = NULL, held_until = now(), settled_at = NULL
           WHERE status = 'needs_attention' AND (%(ids)s::bigint[] IS NULL OR outbox_id = ANY (%(ids)s::bigint[]))""",
        {"ids": None if ids is None else numbers(ids)},
    )
    return cursor.rowcount


async def set_dropped(conn: Connection, *, ids: Sequence[int]) -> int:
    """Drop effects that need attention or are pending. Returns: how many."""
    cursor = await conn.execute(
        """UPDATE outbox SET status = 'failed', settled_at = now()
           WHERE status IN ('needs_attention', 'pending') AND outbox_id = ANY (%(ids)s::bigint[])""",
        {"ids": numbers(ids)},
    )
    return cursor.rowcount
