"""In-process counters, histograms and gauges without prometheus-client's per-label cost.

A label of prometheus-client costs a lock and a microsecond; one of these a tenth of it. `core.metrics` exports them.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

Labels = tuple[str, ...]

BUCKETS_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 10.0)


class Counter:
    """Counts events by label values."""

    __slots__ = ("_found", "labels", "meaning", "name")

    def __init__(self, name: str, meaning: str, *labels: str) -> None:
        self.name = name
        self.meaning = meaning
        self.labels = labels
        self._found: dict[Labels, int] = {}

    def add(self, *values: str, by: int = 1) -> None:
        """Add `by`; pass one value per label."""
        self._found[values] = self._found.get(values, 0) + by

    def rows(self) -> list[tuple[Labels, int]]:
        """The counts so far, by label values."""
        return list(self._found.items())


class Histogram:
    """Counts durations in histogram buckets, by label values."""

    __slots__ = ("_found", "labels", "meaning", "name")

    def __init__(self, name: str, meaning: str, *labels: str) -> None:
        self.name = name
        self.meaning = meaning
        self.labels = labels
        self._found: dict[Labels, list[float]] = {}

    def add(self, seconds: float, *values: str) -> None:
        """Add one duration of `seconds`; pass one value per label."""
        row = self._found.get(values)
        if row is None:
            row = self._found[values] = [0.0] * (len(BUCKETS_S) + 2)
        row[bisect_left(BUCKETS_S, seconds)] += 1
        row[-1] += seconds

    def rows(self) -> Iterator[tuple[Labels, list[int], float]]:
        """Per label values: the count within each bound and above the last, and the sum of seconds."""
        for values, row in list(self._found.items()):
            yield values, [int(each) for each in row[:-1]], row[-1]


@dataclass(frozen=True, slots=True)
class Gauge:
    """A current value."""

    name: str
    meaning: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


Metric = Counter | Histogram | Gauge
