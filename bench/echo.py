"""Benchmark: a 2.4 kB echo command, compared with plain Starlette and hikari's RESTBot (`python -m bench.echo`)."""

import argparse
import os
import statistics
import time

from rich.console import Console
from rich.table import Table

from bench import load
from bench.deliveries import echo_requests
from bench.servers import CLIENT_CPU, Server, hikari, lyceum, pin, plain_starlette, running


def measure(server: Server, *, count: int) -> dict[str, float]:
    """One round of one server: over 16 connections responses/s, CPU µs each and p99; over one connection p50."""
    with running(server) as (port, process):
        load.run(port, echo_requests(count // 10, path=server.path), connections=16)  # warm-up
        requests = echo_requests(count, path=server.path)
        before = process.cpu_times()
        many = load.run(port, requests, connections=16)
        after = process.cpu_times()
        forged = load.run(port, echo_requests(count // 2, path=server.path, forged=True), connections=16)
        one = load.run(port, echo_requests(count // 10, path=server.path), connections=1)
    assert set(many.statuses) == {200}, many.statuses
    assert all(400 <= status < 500 for status in forged.statuses), forged.statuses
    return {
        "per_second": many.per_second,
        "cpu_us": 1e6 * (after.user + after.system - before.user - before.system) / count,
        "p99_ms": many.percentile_ms(0.99),
        "forged_per_second": forged.per_second,
        "p50_ms_alone": one.percentile_ms(0.5),
    }


def main() -> None:
    """Measure all servers in each round; print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=12_000)
    options = parser.parse_args()
    pin(os.getpid(), CLIENT_CPU)
    servers = [lyceum(), plain_starlette(), hikari(), hikari(is_tuned=False)]
    rounds: dict[str, list[dict[str, float]]] = {server.name: [] for server in servers}
    for _ in range(options.rounds):
        for server in servers:
            rounds[server.name].append(measure(server, count=options.requests))
            time.sleep(0.2)
    table = Table("server", "answers/s", "of Lyceum", "CPU µs each", "p99 ms (16)", "p50 ms (1)", "forged/s")
    medians = {
        name: {key: statistics.median(found[key] for found in results) for key in results[0]}
        for name, results in rounds.items()
    }
    ours = medians["Lyceum"]["per_second"]
    for name, figures in medians.items():
        table.add_row(
            name,
            f"{figures['per_second']:,.0f}",
            f"{ours / figures['per_second']:.2f} ×",
            f"{figures['cpu_us']:.0f}",
            f"{figures['p99_ms']:.2f}",
            f"{figures['p50_ms_alone']:.3f}",
            f"{figures['forged_per_second']:,.0f}",
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
