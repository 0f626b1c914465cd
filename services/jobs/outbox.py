"""Outbox rules: who performs an effect at Discord, how often it is retried, and when it needs an operator.

An effect is written by the transaction that decides it, and leased to the process that wrote it. The lease holder
performs it; if the lease expires because that process is gone, another process takes over.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.enums import EffectStatus
from db.connection import Connection
from db.queries.jobs import outbox as outbox_queries
from db.queries.jobs.outbox import Entry, NewEntry

ERROR_MAX: Final = 500  # characters
KEPT: Final = timedelta(days=7)  # how long finished effects are kept; until then the same dedupe key does nothing


@dataclass(frozen=True, slots=True)
class Rules:
    """Lease and retry limits."""

    lease_s: float = 60.0  # one attempt, including retries of the REST client, takes at most three quarters of it
    attempts_max: int = 5  # attempts, including those during which the process crashed
    nonce_s: float = 180.0  # a message sent again within this time is posted once; Discord says "a few minutes"
    wait_s: float = 10.0  # delay before the second attempt; three times as long before each further one
    wait_max_s: float = 600.0


RULES: Final = Rules()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of an attempt."""

    status: EffectStatus
    error: str | None = None
    is_unsure: bool = False  # pending: Discord may have received it


def done() -> Outcome:
    """The effect is done."""
    return Outcome(EffectStatus.DONE)


def closed(reason: str) -> Outcome:
    """The effect cannot be performed any more, and nobody needs to act."""
    return Outcome(EffectStatus.FAILED, reason)


def attention(reason: str) -> Outcome:
    """The effect cannot be performed until an operator changes something."""
    return Outcome(EffectStatus.NEEDS_ATTENTION, reason)


def again(reason: str, *, is_unsure: bool) -> Outcome:
    """Retry later; `is_unsure`: Discord may have received it."""
    return Outcome(EffectStatus.PENDING, reason, is_unsure)


async def write(conn: Connection, entries: Sequence[NewEntry], *, now: datetime, rules: Rules = RULES) -> list[Entry]:
    """Write effects in the caller's transaction.

    Returns: those that are due now, leased to the caller, who performs them after the commit.
    """
    return await outbox_queries.add(conn, entries, now=now, lease_s=rules.lease_s) if entries else []


async def claim(conn: Connection, *, now: datetime, limit: int, rules: Rules = RULES) -> list[Entry]:
    """Claim effects that are due and not leased; the caller commits before performing them."""
    return await outbox_queries.claim(conn, now=now, lease_s=rules.lease_s, limit=limit)


def doubt(entry: Entry, *, is_send: bool, rules: Rules = RULES) -> Outcome | None:
    """The outcome to store instead of making this attempt; None: make the attempt."""
    if entry.attempts > rules.attempts_max and entry.unsure_s is not None:
        return attention("Cut off again and again before anybody knew how it ended.")
    if is_send and entry.unsure_s is not None and entry.unsure_s > rules.nonce_s:
        return attention(
            "It may have been posted, and is too old to be sent again safely: look, then retry or drop it."
        )
    return None


async def settle(conn: Connection, entry: Entry, outcome: Outcome, *, rules: Rules = RULES) -> Outcome:
    """Store the outcome of an attempt; after too many attempts an unfinished effect needs an operator.

    Returns: the stored outcome.
    """
    if outcome.status is EffectStatus.PENDING and entry.attempts >= rules.attempts_max:
        outcome = attention(outcome.error or "Tried too often.")
    full_s = min(rules.wait_s * 3.0 ** min(entry.attempts - 1, 16), rules.wait_max_s)
    await outbox_queries.set_outcome(
        conn,
        entry,
        status=outcome.status,
        error=None if outcome.error is None else outcome.error[:ERROR_MAX],
        wait_s=full_s * random.uniform(0.5, 1.0) if outcome.status is EffectStatus.PENDING else 0.0,  # noqa: S311 - spreads retries
        is_unsure=outcome.is_unsure or entry.unsure_s is not None,  # an unknown outcome stays unknown
    )
    return outcome


async def forget_settled(conn: Connection) -> int:
    """Delete effects that were finished long ago. Returns: how many."""
    return await outbox_queries.remove_settled(conn, older_than_s=KEPT.total_seconds())
