"""Entitlements: processes events in any order, and decides which entitlements are active now.

Whether something holds is asked of Discord's dates alone: cancelling and renewing send nothing, and a subscription has
no end until it has really ended. Source: https://discord.com/developers/docs/resources/entitlement
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
    """An entitlement as an interaction brings it, or as it is stored."""

    @property
    def sku_id(self) -> SkuId: ...
    @property
    def starts_at(self) -> datetime | None: ...  # None: always was
    @property
    def ends_at(self) -> datetime | None: ...  # None: until further notice
    @property
    def is_deleted(self) -> bool: ...


def is_active(entitlement: Dated, *, now: datetime) -> bool:
    """Whether it holds: neither refunded nor removed, begun, and not ended. It ends at `ends_at`, not after it."""
    return (
        not entitlement.is_deleted
        and (entitlement.starts_at is None or entitlement.starts_at <= now)
        and (entitlement.ends_at is None or now < entitlement.ends_at)
    )


def active_skus(entitlements: Iterable[Dated], *, now: datetime) -> frozenset[SkuId]:
    """What of `entitlements` holds, by what was bought."""
    return frozenset(each.sku_id for each in entitlements if is_active(each, now=now))


async def skus_of(conn: Connection, *, guild: GuildId | None, user: UserId, now: datetime) -> frozenset[SkuId]:
    """What a guild and a user have now by what is stored; without a guild, what the user has alone."""
    return active_skus(await premium_queries.list_granted(conn, guild=guild, user=user), now=now)


async def apply_event(
    conn: Connection, kind: WebhookEventKind, entitlement: Entitlement, *, at: datetime, now: datetime
) -> bool:
    """Take up what Discord tells of an entitlement; False: this event was taken up before.

    An older state never overwrites a newer one, and nothing brings back what was deleted.

    Args:
        conn: a transaction.
        kind: one of the three of entitlements.
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
