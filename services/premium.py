"""Entitlements: processes events in any order, and decides which entitlements are active now.

Only Discord's dates decide: cancelling and renewing send no event, and a subscription has no end date until it has
ended. Source: https://discord.com/developers/docs/resources/entitlement
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from core.enums import WebhookEventKind
from core.ids import GuildId, SkuId, UserId
from db.connection import Connection
from db.queries import premium as premium_queries
from db.queries import webhook_events as webhook_event_queries
from db.queries.premium import Entitlement


class Dated(Protocol):
    """An entitlement, either from an interaction or as stored."""

    @property
    def sku_id(self) -> SkuId: ...
    @property
    def starts_at(self) -> datetime | None: ...  # None: no start date
    @property
    def ends_at(self) -> datetime | None: ...  # None: no end date
    @property
    def is_deleted(self) -> bool: ...


def is_active(entitlement: Dated, *, now: datetime) -> bool:
    """Whether it is active: not refunded or removed, started, and not ended. `ends_at` itself is no longer active."""
    return (
        not entitlement.is_deleted
        and (entitlement.starts_at is None or entitlement.starts_at <= now)
        and (entitlement.ends_at is None or now < entitlement.ends_at)
    )


def active_skus(entitlements: Iterable[Dated], *, now: datetime) -> frozenset[SkuId]:
    """The SKUs of the active ones among `entitlements`."""
    return frozenset(each.sku_id for each in entitlements if is_active(each, now=now))


async def skus_of(conn: Connection, *, guild: GuildId | None, user: UserId, now: datetime) -> frozenset[SkuId]:
    """The active SKUs of a guild and a user, as stored; without a guild, only the user's own."""
    return active_skus(await premium_queries.list_granted(conn, guild=guild, user=user), now=now)


async def apply_event(
    conn: Connection, kind: WebhookEventKind, entitlement: Entitlement, *, at: datetime, now: datetime
) -> bool:
    """Process an entitlement event; False: the event was processed before.

    An older state never overwrites a newer one, and nothing restores a deleted entitlement.

    Args:
        conn: a transaction.
        kind: one of the three entitlement events.
        entitlement: its state at `at`.
        at: Discord's timestamp of the event.
        now: aware UTC.
    """
    if not await webhook_event_queries.add_event(conn, kind=kind, subject=entitlement.id, happened_at=at, now=now):
        return False
    is_created = kind is WebhookEventKind.ENTITLEMENT_CREATE
    await premium_queries.set_entitlement(conn, entitlement, changed_at=at, is_created=is_created, now=now)
    if kind is WebhookEventKind.ENTITLEMENT_DELETE:
        await premium_queries.set_deleted(conn, entitlement.id, now=now)
    return True
