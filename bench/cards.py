"""Benchmark: milliseconds and kilobytes of each rendered card, warm, on one core (`python -m bench.cards`)."""

import argparse
import os
import statistics
import time

from rich.console import Console
from rich.table import Table

from bench.servers import SERVER_CPU, pin
from render.samples.cards import samples


def main() -> None:
    """Render every sample card many times; print the median, the 90th percentile and the size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    pin(os.getpid(), SERVER_CPU)
    table = Table("card", "median ms", "p90 ms", "kB")
    for sample in samples():
        picture = sample.draw()
        times: list[float] = []
        for _ in range(options.rounds):
            begun = time.perf_counter()
            sample.draw()
            times.append(1000 * (time.perf_counter() - begun))
        p90 = sorted(times)[int(0.9 * len(times))]
        table.add_row(sample.name, f"{statistics.median(times):.1f}", f"{p90:.1f}", f"{len(picture) / 1000:.0f}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
