"""Processes app authorizations and deauthorizations by users."""

from dataclasses import dataclass
from datetime import datetime

from core.enums import WebhookEventKind
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries import installations as installation_queries
from db.queries import webhook_events as webhook_event_queries


@dataclass(frozen=True, slots=True)
class JoinedGuild:
    """A guild as Discord describes it when the app is added."""

    id: GuildId
    name: str
    owner: UserId | None
    icon_hash: str | None
    locale: str


async def authorize(conn: Connection, user: UserId, guild: JoinedGuild | None, *, at: datetime, now: datetime) -> bool:
    """Process an authorization by a user; False: the event was processed before.

    The guild gets its row, unless it has one: then the row is kept.

    Args:
        conn: a transaction.
        user: who authorized the app.
        guild: where; None: a user install, or a login on a page.
        at: Discord's timestamp of the event.
        now: aware UTC.
    """
    kind = WebhookEventKind.APPLICATION_AUTHORIZED
    if not await webhook_event_queries.add_event(conn, kind=kind, subject=user, happened_at=at, now=now):
        return False
    if guild is not None:
        await installation_queries.add_guild(
            conn,
            guild=guild.id,
            name=guild.name.replace("\0", ""),  # the one character that PostgreSQL cannot store
            owner=guild.owner,
            icon_hash=guild.icon_hash,
            locale=guild.locale,
            now=now,
        )
    await installation_queries.set_authorization(conn, user, authorized_at=at)
    return True


async def deauthorize(conn: Connection, user: UserId, *, at: datetime, now: datetime) -> bool:
    """Process a deauthorization by a user; False: the event was processed before.

    It concerns the user and no guild: the app stays in all guilds, and only the user's own tokens become invalid.
    """
    kind = WebhookEventKind.APPLICATION_DEAUTHORIZED
    if not await webhook_event_queries.add_event(conn, kind=kind, subject=user, happened_at=at, now=now):
        return False
    await installation_queries.set_authorization(conn, user, deauthorized_at=at)
    return True


async def is_authorized(conn: Connection, user: UserId) -> bool:
    """Whether a user's tokens may be used: they authorized the app and have not deauthorized it since."""
    found = await installation_queries.find_authorization(conn, user)
    authorized_at, deauthorized_at = found or (None, None)
    return authorized_at is not None and (deauthorized_at is None or deauthorized_at < authorized_at)
