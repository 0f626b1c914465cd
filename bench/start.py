"""First PING after process start, and resident memory then, beside the same peers: `python -m bench.start`."""

import argparse
import os
import statistics
import subprocess
import time

import psutil
from rich.console import Console
from rich.table import Table

from bench.deliveries import APPLICATION_ID, PUBLIC_KEY
from bench.servers import ROOT, Server, first_answer, free_port, hikari, lyceum, plain_starlette


def measure(server: Server) -> tuple[float, float]:
    """Milliseconds from process start to the first PONG, and MiB resident then."""
    port = free_port()
    environ = os.environ | {
        "DISCORD_TOKEN": "token",
        "DISCORD_PUBLIC_KEY": PUBLIC_KEY,
        "DISCORD_APPLICATION_ID": str(APPLICATION_ID),
    }
    begun = time.perf_counter()
    process = subprocess.Popen(
        [part.format(port=port) for part in server.command],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        first_answer(port, path=server.path)
        return 1000 * (time.perf_counter() - begun), psutil.Process(process.pid).memory_info().rss / 2**20
    finally:
        process.terminate()
        process.wait(10)


def main() -> None:
    """Start every server in turn, round by round, and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    servers = [lyceum(), plain_starlette(), hikari()]
    rounds: dict[str, list[tuple[float, float]]] = {server.name: [] for server in servers}
    for number in range(options.rounds + 1):
        for server in servers:
            result = measure(server)
            if number:  # the first fills the disk cache
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
