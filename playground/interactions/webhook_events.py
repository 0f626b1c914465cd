"""Sends signed webhook events to the app and retries with growing pauses until the app answers 204."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import msgspec

from core.clock import Clock
from playground.interactions.delivery import UNAUTHORIZED
from playground.interactions.signer import Signer
from playground.json_types import Json
from playground.state.ids import Snowflakes
from wire.limits import ANSWER_WITHIN_S

AUTHORIZED: Final = "APPLICATION_AUTHORIZED"
DEAUTHORIZED: Final = "APPLICATION_DEAUTHORIZED"
CREATE: Final = "ENTITLEMENT_CREATE"
UPDATE: Final = "ENTITLEMENT_UPDATE"
DELETE: Final = "ENTITLEMENT_DELETE"
KINDS: Final = (AUTHORIZED, DEAUTHORIZED, CREATE, UPDATE, DELETE)

DISABLED: Final = 1
ENABLED: Final = 2
DISABLED_BY_DISCORD: Final = 3
NO_CONTENT: Final = 204
GIVES_UP_S: Final = 600.0  # seconds after the first attempt
FAILURES_MAX: Final = 5  # events in a row that failed; then Discord disables the subscription
KEPT: Final = 500


@dataclass(slots=True)
class Subscription:
    """The app's webhook events URL, its status, and the subscribed event types."""

    url: str | None = None
    status: int = DISABLED
    kinds: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class Event:
    """One event with its delivery attempts."""

    id: int
    kind: str
    payload: Json
    started_at: float = field(default_factory=time.monotonic)
    attempts: list[Json] = field(default_factory=list[Json])
    is_delivered: bool = False
    problems: list[str] = field(default_factory=list[str])
    tried: asyncio.Event = field(default_factory=asyncio.Event)  # set after the first attempt, whatever its result
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def shape(self) -> Json:
        """The event in the JSON form of the control API."""
        return {
            "event": str(self.id),
            "type": self.kind,
            "request": self.payload,
            "delivered": self.is_delivered,
            "attempts": self.attempts,
            "problems": self.problems,
        }


class Events:
    """Sends events to the app; each undelivered event has its own task."""

    def __init__(
        self, signer: Signer, *, application: int, ids: Snowflakes, clock: Clock, backoff_s: float = 1.0
    ) -> None:
        self.subscription = Subscription()
        self._signer = signer
        self._application = application
        self._ids = ids
        self._clock = clock
        self._backoff_s = backoff_s
        self._events: OrderedDict[int, Event] = OrderedDict()
        self._under_way: set[asyncio.Task[None]] = set()
        self._failures = 0

    async def aclose(self) -> None:
        """Cancel all retries."""
        for task in self._under_way:
            task.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way)

    def everything(self) -> list[Event]:
        """The most recent events, the newest first."""
        return list(reversed(self._events.values()))

    def tell(self, kind: str, data: Json, *, at: datetime | None = None) -> Event | None:
        """Start to send an event with timestamp `at` (default: now); None: the app is not subscribed to this type."""
        wanted = self.subscription
        if wanted.url is None or wanted.status != ENABLED or kind not in wanted.kinds:
            return None
        moment = (at or self._clock.now()).astimezone(UTC).replace(tzinfo=None)  # Discord sends no zone
        timestamp = moment.isoformat(timespec="microseconds")
        payload = self._envelope(1) | {"event": {"type": kind, "timestamp": timestamp, "data": data}}
        return self.send(Event(self._ids.mint(), kind, payload), wanted.url)

    def send(self, event: Event, url: str) -> Event:
        """Start to send `event`."""
        self._events[event.id] = event
        while len(self._events) > KEPT:
            self._events.popitem(last=False)
        task = asyncio.create_task(self._insist(event, url))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return event

    async def verify(self, url: str) -> str | None:
        """Validate a URL as Discord does when it is saved; returns the problem, None if it is valid."""
        body, what = msgspec.json.encode(self._envelope(0)), "PING for webhook events"
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S * 2):
                right = await self._signer.post(url, body, what=what)
                wrong = await self._signer.post(
                    url, body, spoil=True, what="PING for webhook events with a wrong signature"
                )
        except (TimeoutError, httpx.HTTPError) as error:
            return f"it does not answer ({str(error) or type(error).__name__})"
        if right.status_code != NO_CONTENT or right.content:
            return f"PING must be answered with 204 and nothing else, not {right.status_code}"
        if not right.headers.get("content-type"):
            return "PING must be answered with a Content-Type"
        if wrong.status_code != UNAUTHORIZED:
            return f"a request with a wrong signature must be answered with 401, not {wrong.status_code}"
        return None

    async def _insist(self, event: Event, url: str) -> None:
        body = msgspec.json.encode(event.payload)
        pause_s = self._backoff_s
        while not await self._attempt(event, url, body):
            if time.monotonic() - event.started_at + pause_s > GIVES_UP_S * self._backoff_s:
                self._give_up(event)
                break
            await asyncio.sleep(pause_s)
            pause_s *= 2
        event.over.set()

    async def _attempt(self, event: Event, url: str, body: bytes) -> bool:
        at_ms = round((time.monotonic() - event.started_at) * 1000, 1)
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                answer = await self._signer.post(url, body, what="Webhook event")
        except TimeoutError:
            said: Any = f"no answer within {ANSWER_WITHIN_S} seconds"
        except httpx.HTTPError as error:
            said = str(error) or type(error).__name__
        else:
            said = answer.status_code
            if said == NO_CONTENT and answer.content:
                event.problems.append("A 204 must have an empty body.")
        event.attempts.append({"at_ms": at_ms, "answer": said})
        event.is_delivered = said == NO_CONTENT
        if event.is_delivered:
            self._failures = 0
        event.tried.set()
        return event.is_delivered

    def _give_up(self, event: Event) -> None:
        event.problems.append("The app never took this event; Discord has stopped trying.")
        self._failures += 1
        if self._failures >= FAILURES_MAX:
            self.subscription.status = DISABLED_BY_DISCORD

    def _envelope(self, kind: int) -> Json:
        return {"version": 1, "application_id": str(self._application), "type": kind}
