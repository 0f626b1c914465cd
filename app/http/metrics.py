"""`GET /metrics`: this web process's request counters, and gauges read from the database that all processes share."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app.http.access_log import LogFn
from core import metrics
from core.clock import Clock
from core.errors import ServiceUnavailable
from core.metrics_registry import Counter, Gauge, Histogram, Metric

if TYPE_CHECKING:
    from db.connection import Connection, Pool

SHARED: Final = (
    "Several web processes share this port, and each knows only its own numbers. Set METRICS_PORT: every process then "
    "answers on a port of its own, from that one up.\n"
)


_TROUBLE: Final = frozenset({"outside trouble", "too slow", "broken", "not delivered"})
_REFUSED: Final = frozenset({"refused", "stale"})


class RequestMetrics:
    """Derives request metrics from access log events, so that log and metrics always agree."""

    def __init__(self, note: LogFn) -> None:
        self._note = note
        self._answers = Histogram(
            "lyceum_interaction_seconds", "From a delivery to its first answer.", "route", "outcome"
        )
        self._first = Counter(
            "lyceum_first_answers",
            "First answers: good, refused by a rule, deferred as the handler was slow, or trouble of ours.",
            "outcome",
        )
        self._rest = Histogram("lyceum_interaction_rest_seconds", "What came after the first answer.", "route")
        self._events = Histogram("lyceum_webhook_event_seconds", "Webhook events.", "kind", "outcome")
        self._refused = Counter("lyceum_deliveries_refused", "Turned away at the door.", "door", "status", "reason")

    def record(self, event: str, **facts: Any) -> None:
        """Write the line to the access log, and count it."""
        self._note(event, **facts)
        if event == "interaction":
            self._answers.add(facts["duration_ms"] / 1000, facts["route"], facts["outcome"])
            if facts["outcome"] != "duplicate":
                self._first.add(_first_answer(facts["outcome"], is_late=facts.get("late", False)))
            if "rest_ms" in facts:
                self._rest.add(facts["rest_ms"] / 1000, facts["route"])
        elif event.endswith(" refused"):
            self._refused.add(event.removesuffix(" refused"), str(facts["status"]), str(facts["reason"]))
        elif event == "event":
            self._events.add(facts["duration_ms"] / 1000, facts["kind"], facts["outcome"])

    def metrics(self) -> list[Metric]:
        """All request metrics."""
        return [self._answers, self._first, self._rest, self._events, self._refused]


def _first_answer(outcome: str, *, is_late: bool) -> str:
    if outcome in _TROUBLE:
        return "trouble"
    if is_late:
        return "deferred"
    return "refused" if outcome in _REFUSED else "good"


class MetricsPage:
    """The metrics page on the web process's own port."""

    def __init__(
        self,
        *,
        ask: metrics.CollectFn,
        pool: "Callable[[], Awaitable[Pool]]",
        clock: Clock,
        processes: int,
    ) -> None:
        self._ask = ask
        self._pool = pool
        self._clock = clock
        self._processes = processes

    async def show(self, _request: Request) -> Response:
        """All metrics; 503 when several processes share the port, because any of them could answer."""
        if self._processes > 1:
            return PlainTextResponse(SHARED, status_code=503)
        kept = await collect_with_database(self._pool, self._clock)
        page = await asyncio.to_thread(metrics.render_text, lambda: [*self._ask(), *kept], process="web")
        return Response(page, headers={"content-type": metrics.CONTENT_TYPE})


async def collect_with_database(pool: "Callable[[], Awaitable[Pool]]", clock: Clock) -> list[Metric]:
    """Gauges read from the database; when it is unavailable, only the gauge that says so."""
    meaning = "Whether the database answers."
    try:
        database = await pool()
        async with database.connection() as conn:
            found = [Gauge("lyceum_database_up", meaning, 1), *await database_gauges(conn, clock.now())]
        is_writable = await database.why_no_writes() is None
    except ServiceUnavailable:
        return [Gauge("lyceum_database_up", meaning, 0)]
    return [*found, Gauge("lyceum_database_writable", "Whether the database takes writes.", is_writable)]


async def database_gauges(conn: "Connection", now: datetime) -> Iterable[Gauge]:
    """State of the app as gauges: open sessions, pending work, seconds since the last gateway event."""
    from core.enums import EffectStatus  # noqa: PLC0415 - with the queries, only when metrics are read
    from db.queries import metrics as metric_queries  # noqa: PLC0415 - likewise
    from db.queries.gateway import positions as gateway_position_queries  # noqa: PLC0415 - likewise
    from db.queries.jobs import outbox as outbox_queries  # noqa: PLC0415 - likewise

    found = [
        Gauge(
            "lyceum_open_sessions", "Stays in voice that are recorded.", await metric_queries.count_open_sessions(conn)
        )
    ]
    numbers = await outbox_queries.count_by_status(conn)
    found += [
        Gauge("lyceum_outbox", "Effects at Discord.", numbers.get(status, 0), (("status", status.value),))
        for status in EffectStatus
    ]
    due_at = await metric_queries.find_oldest_unprocessed(conn)
    oldest_s = 0.0 if due_at is None else max(0.0, (now - due_at).total_seconds())
    found.append(Gauge("lyceum_outbox_oldest_due_seconds", "How long the first of those due waits.", oldest_s))
    found += [
        Gauge(
            "lyceum_gateway_heard_age_seconds",
            "Since a listener has last committed that it hears.",
            (now - each.heartbeat_at).total_seconds(),
            (("shard", f"{each.shard}/{each.count}"),),
        )
        for each in await gateway_position_queries.list_positions(conn)
    ]
    return found
