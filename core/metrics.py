"""Exports the metrics registry in Prometheus's format; prometheus-client is imported only when metrics are read."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from errno import EADDRINUSE
from itertools import accumulate
from typing import TYPE_CHECKING, Final

import structlog

from core.metrics_registry import BUCKETS_S, Counter, Gauge, Histogram, Metric

if TYPE_CHECKING:
    from collections.abc import Generator

    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric as MetricFamily

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
PORT_MAX: Final = 65_535
PORTS: Final = 100  # number of ports from METRICS_PORT on that processes may use

log = structlog.get_logger()

CollectFn = Callable[[], Iterable[Metric]]


def render_text(ask: CollectFn, *, process: str) -> bytes:
    """Prometheus text of the metrics that `ask` returns, and of this process's memory and CPU time."""
    from prometheus_client import generate_latest  # noqa: PLC0415 - see the top

    return generate_latest(_registry(ask, process))


@contextmanager
def serve(ask: CollectFn, *, process: str, host: str, port: int | None) -> "Generator[int | None]":
    """Serve metrics from a thread on the first free port from `port` up, for the duration of the block.

    All processes of one machine get the same `port` and each takes the next free one; `ask` is called on that thread.
    An error is logged and does not stop the process. Yields the port; None: metrics are not served.
    """
    if port is None:
        yield None
        return
    from prometheus_client import start_http_server  # noqa: PLC0415 - see the top

    registry = _registry(ask, process)
    last = min(port + PORTS - 1, PORT_MAX)
    for number in range(port, last + 1):
        try:
            server, thread = start_http_server(number, host or "0.0.0.0", registry)  # noqa: S104 - as web does
        except OSError as error:
            if error.errno == EADDRINUSE:
                continue
            log.error("metrics are not served", port=number, reason=str(error))  # noqa: TRY400 - one clear sentence
            break
        log.info("metrics are served", process=process, port=number)
        try:
            yield number
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
        return
    else:
        log.error("metrics are not served", port=port, reason=f"all ports up to {last} are in use")
    yield None


def _registry(ask: CollectFn, process: str) -> "CollectorRegistry":
    from prometheus_client import CollectorRegistry, ProcessCollector  # noqa: PLC0415 - see the top
    from prometheus_client.registry import Collector  # noqa: PLC0415 - see the top

    class Told(Collector):
        def collect(self) -> "Iterator[MetricFamily]":
            yield from _families([*ask(), Gauge("lyceum_process", "Which process this is.", 1, (("name", process),))])

    registry = CollectorRegistry()
    registry.register(Told())
    ProcessCollector(registry=registry)
    return registry


def _families(tallies: Iterable[Metric]) -> "Iterator[MetricFamily]":
    from prometheus_client.core import (  # noqa: PLC0415 - see the top
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
    )

    readings: dict[str, GaugeMetricFamily] = {}
    for tally in tallies:
        match tally:
            case Counter():
                counter = CounterMetricFamily(tally.name, tally.meaning, labels=tally.labels)
                for values, number in tally.rows():
                    counter.add_metric(values, number)
                yield counter
            case Histogram():
                histogram = HistogramMetricFamily(tally.name, tally.meaning, labels=tally.labels)
                for values, numbers, seconds in tally.rows():
                    bounds = [*(str(bound) for bound in BUCKETS_S), "+Inf"]
                    histogram.add_metric(values, list(zip(bounds, accumulate(numbers), strict=True)), seconds)
                yield histogram
            case Gauge():
                names = [name for name, _ in tally.labels]
                gauge = readings.setdefault(tally.name, GaugeMetricFamily(tally.name, tally.meaning, labels=names))
                gauge.add_metric([value for _, value in tally.labels], tally.value)
    yield from readings.values()
