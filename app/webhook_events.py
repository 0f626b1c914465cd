"""`POST /events`: stores Discord's webhook events and answers 204 after the commit.

Discord retries every event that is not answered with 204 in time, at growing intervals for ten minutes: an event that
cannot be stored now is refused with 503 and is delivered again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING, Final

import structlog
from starlette.types import Receive, Scope, Send

from app.http.access_log import LogFn, structlog_writer
from app.http.initial_response import respond
from app.http.signed_request import SignedRequestReader
from core import error_reporting
from core.clock import Clock
from core.errors import ServiceUnavailable
from core.tracebacks import traceback_of
from db.queries import premium as premium_queries
from wire.errors import BadPayload
from wire.signature import Verifier
from wire.webhook_events import (
    Authorized,
    AuthorizedGuild,
    Deauthorized,
    EntitlementEvent,
    EventPing,
    OtherEvent,
    WebhookEvent,
    parse,
)

if TYPE_CHECKING:
    from db.connection import Connection, Pool
    from services.installations import JoinedGuild

PATIENCE_S: Final = 2.5  # Discord's own timeout is 3

log = structlog.get_logger()


class WebhookEventEndpoint:
    """Endpoint of Discord's webhook events. Checks size, age, signature, then shape."""

    def __init__(
        self,
        *,
        verifier: Verifier,
        pool: "Callable[[], Awaitable[Pool]]",
        clock: Clock,
        note: LogFn = structlog_writer,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._signed = SignedRequestReader("event refused", verifier=verifier, clock=clock, note=note)
        self._pool = pool
        self._clock = clock
        self._note = note
        self._patience_s = patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        body = await self._signed.read(scope, receive, send)
        if body is None:
            return
        try:
            event = parse(body, now=self._clock.now())
        except BadPayload as error:
            self._note("event refused", status=400, reason="unreadable", why=str(error))
            await respond(send, 400, b"")
            return
        outcome = await self._take(event)
        await respond(send, 503 if outcome == "put off" else 204, b"")
        duration_ms = round((perf_counter() - started) * 1000, 2)
        self._note("event", kind=_name(event), outcome=outcome, duration_ms=duration_ms)

    async def _take(self, event: WebhookEvent) -> str:
        """Store `event` unless it needs no storing; returns the outcome for the log."""
        if isinstance(event, EventPing | OtherEvent):
            return "answered"
        try:
            async with asyncio.timeout(self._patience_s), (await self._pool()).connection() as conn:
                is_new = await _keep(conn, event, self._clock.now())
        except Exception as error:  # noqa: BLE001 - boundary: on any error, Discord must retry the event
            _report(event, error)
            return "put off"
        return "kept" if is_new else "duplicate"


def _report(event: WebhookEvent, error: Exception) -> None:
    if isinstance(error, ServiceUnavailable | TimeoutError):
        log.warning("event put off", kind=_name(event), reason=str(error) or "too slow")
    else:
        log.error("event broke", kind=_name(event), exception=traceback_of(error))
        error_reporting.send(error, route=f"event {_name(event)}")


async def _keep(conn: "Connection", event: Authorized | Deauthorized | EntitlementEvent, now: datetime) -> bool:
    from services import (  # noqa: PLC0415
        installations,
        premium,
    )

    match event:
        case Authorized():
            return await installations.authorize(conn, event.user, _joined(event.guild), at=event.at, now=now)
        case Deauthorized():
            return await installations.deauthorize(conn, event.user, at=event.at, now=now)
        case EntitlementEvent():
            state = premium_queries.Entitlement(
                event.id,
                event.sku_id,
                event.type,
                event.guild_id,
                event.user_id,
                event.starts_at,
                event.ends_at,
                event.is_deleted,
                event.is_consumed,
            )
            return await premium.apply_event(conn, event.kind, state, at=event.at, now=now)


def _joined(guild: AuthorizedGuild | None) -> "JoinedGuild | None":
    from services.installations import JoinedGuild  # noqa: PLC0415 - as above

    if guild is None:
        return None
    return JoinedGuild(guild.id, guild.name, guild.owner_id, guild.icon, guild.locale)


def _name(event: WebhookEvent) -> str:
    match event:
        case EventPing():
            return "ping"
        case OtherEvent():
            return event.name
        case Authorized():
            return "APPLICATION_AUTHORIZED"
        case Deauthorized():
            return "APPLICATION_DEAUTHORIZED"
        case EntitlementEvent():
            return event.kind.value.upper()
