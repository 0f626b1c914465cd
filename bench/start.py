"""Benchmark: time to the first PONG and resident memory, compared with the peers (`python -m bench.start`)."""

import argparse
import os
import statistics
import time

from rich.console import Console
from rich.table import Table

from bench.servers import CLIENT_CPU, Server, hikari, lyceum, pin, plain_starlette, running


def measure(server: Server) -> tuple[float, float]:
    """Milliseconds from process start to the first PONG, and resident MiB at that time."""
    begun = time.perf_counter()
    with running(server) as (_, process):
        return 1000 * (time.perf_counter() - begun), process.memory_info().rss / 2**20


def main() -> None:
    """Start all servers in each round; print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    pin(os.getpid(), CLIENT_CPU)
    servers = [lyceum(), plain_starlette(), hikari()]
    rounds: dict[str, list[tuple[float, float]]] = {server.name: [] for server in servers}
    for number in range(options.rounds + 1):
        for server in servers:
            result = measure(server)
            if number:  # skip the first round, which fills the disk cache
                rounds[server.name].append(result)
    medians = {
        name: [statistics.median(values) for values in zip(*results, strict=True)] for name, results in rounds.items()
    }
    of_hikari = medians["hikari RESTBot, tuned"][0]
    table = Table("server", "first PING ms", "of hikari", "resident MiB")
    for name, (first_ms, resident) in medians.items():
        table.add_row(name, f"{first_ms:.0f}", f"{first_ms / of_hikari:.2f} ×", f"{resident:.1f}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
