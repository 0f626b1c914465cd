"""Records HTTP exchanges between the local Discord and the app, grouped by the interaction that they belong to."""

import time
from collections import deque
from collections.abc import Iterable
from itertools import chain, count
from typing import Final

from playground.http_log.deliveries import PING, Deliveries, Delivery
from playground.http_log.exchange import APP, DISCORD, Body, Exchange, masked
from playground.state.changes import Changes, DeliveryChanged

Headers = Iterable[tuple[str, str]]

OF_ONE_MAX: Final = 60  # exchanges of one interaction
OUTSIDE_MAX: Final = 200  # exchanges without an interaction; the oldest are removed beyond this
KEPT_BYTES: Final = 64 * 1024 * 1024  # of all bodies; the oldest are removed beyond this
OPEN_S: Final = 30.0  # seconds after an interaction in which a call without its token is attributed to it
AFTER_S: Final = 2.0  # the same after the last activity of an interaction that is finished


class Recording:
    """Records exchanges when they start and when they end."""

    def __init__(self, deliveries: Deliveries, changes: Changes) -> None:
        self._deliveries = deliveries
        self._changes = changes
        self.outside: deque[Exchange] = deque(maxlen=OUTSIDE_MAX)  # exchanges that belong to no interaction
        self._numbers = count(1)
        self._kept: deque[Exchange] = deque()
        self._kept_bytes = 0

    def deliver(self, delivery: Delivery | None, url: str, headers: Headers, raw: bytes, *, what: str) -> "Open":
        """Record a request to the app; `delivery` None: it is not a user's interaction."""
        body = Body.keep("application/json", raw)
        exchange = Exchange(next(self._numbers), DISCORD, "POST", url, "", masked(headers), body, 0, what)
        return self._begin(exchange, delivery)

    def call(self, method: str, path: str, route: str, headers: Headers, raw: bytes, *, token: str | None) -> "Open":
        """Record a REST call of the app; `token` is the interaction token in the path, if any."""
        known = dict(headers)
        body = Body.keep(known.get("content-type", ""), raw)
        exchange = Exchange(next(self._numbers), APP, method, path, route, masked(known.items()), body, 0)
        delivery = self._deliveries.by_token(token) if token else None
        if delivery is None:
            delivery = self._likely()
            exchange.is_certain = delivery is None
        return self._begin(exchange, delivery)

    def find(self, number: int) -> Exchange | None:
        """The exchange with that number, while it is stored."""
        inside = (one for delivery in self._deliveries.everything() for one in delivery.exchanges)
        return next((one for one in chain(self.outside, inside) if one.number == number), None)

    def _begin(self, exchange: Exchange, delivery: Delivery | None) -> "Open":
        if delivery is None:
            self.outside.append(exchange)
        elif len(delivery.exchanges) < OF_ONE_MAX:
            exchange.at_ms = round(delivery.age_s * 1000, 1)
            delivery.exchanges.append(exchange)
        else:
            delivery.exchanges_left_out += 1
        return Open(self, exchange, delivery)

    def end(self, exchange: Exchange, delivery: Delivery | None) -> None:
        """Finish an exchange: update counts and publish the change."""
        self._kept.append(exchange)
        self._kept_bytes += exchange.kept_bytes
        while self._kept_bytes > KEPT_BYTES:
            oldest = self._kept.popleft()
            self._kept_bytes -= oldest.kept_bytes
            oldest.forget_bodies()
        if delivery:
            self._changes.tell(DeliveryChanged(delivery.id))

    def _likely(self) -> Delivery | None:
        """The interaction that a REST call probably belongs to: the newest one that is unfinished or just finished."""
        for delivery in self._deliveries.everything():
            if delivery.age_s > OPEN_S:
                return None
            last_s = delivery.timeline[-1]["at_ms"] / 1000 if delivery.timeline else 0.0
            is_open = not delivery.settled.is_set() or delivery.age_s - last_s < AFTER_S
            if delivery.kind != PING and is_open:
                return delivery
        return None


class Open:
    """A recorded exchange that waits for its response."""

    def __init__(self, recording: Recording, exchange: Exchange, delivery: Delivery | None) -> None:
        self._recording = recording
        self._delivery = delivery
        self._began = time.monotonic()
        self.exchange = exchange

    def answered(self, status: int, headers: Headers, raw: bytes) -> None:
        """Record the response."""
        known = dict(headers)
        self.exchange.status = status
        self.exchange.answer_headers = masked(known.items())
        self.exchange.answer = Body.keep(known.get("content-type", ""), raw)
        self._end()

    def failed(self, reason: str) -> None:
        """Record that no response will come."""
        self.exchange.remarks.append(reason)
        self._end()

    def _end(self) -> None:
        self.exchange.took_ms = round((time.monotonic() - self._began) * 1000, 1)
        self._recording.end(self.exchange, self._delivery)
