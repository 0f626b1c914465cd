import json
import re

import httpx
import pytest

from tests.cli.conftest import House, free_port, wait_until

READY = "Ctrl-C stops everything."
NAMED = re.compile(r'^lyceum_process\{name="(\w+)"\} 1.0$', re.MULTILINE)


@pytest.mark.slow
def test_every_process_shows_its_own_numbers(house: House) -> None:
    first = free_port()
    with house.start("up", METRICS_PORT=str(first), WEB_CONCURRENCY="2", LOG_FORMAT="json") as up:
        up.wait_for(READY)
        house.run("voice", "join", "mina", "Deep Work")
        for _ in range(8):
            house.run("try", "/help")

        def pages() -> dict[str, list[str]]:
            found: dict[str, list[str]] = {}
            for port in range(first, first + 4):
                page = ask(f"http://127.0.0.1:{port}/metrics")
                found.setdefault(NAMED.findall(page)[0], []).append(page)
            return found

        wait_until(lambda: total(pages()["listener"], "lyceum_voice_events_committed_total") > 0, what="events")
        told = pages()
        shared = httpx.get(f"http://127.0.0.1:{house.api_port}/metrics", trust_env=False)
        interactions = [line for line in up.said().splitlines() if '"event":"interaction"' in line]
        request = json.loads(interactions[-1].partition("│")[2])["request"]
        lines = [line for line in up.said().splitlines() if str(request) in line]

    assert {name: len(each) for name, each in told.items()} == {"web": 2, "listener": 1, "worker": 1}
    assert total(told["web"], "lyceum_interaction_seconds_count") == 8
    assert total(told["web"], "lyceum_pool_requests_total") > 0
    assert total(told["worker"], "lyceum_job_seconds_count") > 0
    assert total(told["worker"], "lyceum_open_sessions") >= 0
    assert total(told["worker"], "lyceum_database_up") == 1
    assert total(told["worker"], "lyceum_streak_drift") == 0
    assert total(told["listener"], 'lyceum_reconciled_states_total{found="session alone"}') == 0
    assert "lyceum_shard_heard_age_seconds" in told["listener"][0]
    assert shared.status_code == 503
    assert lines


def ask(url: str) -> str:
    return httpx.get(url, trust_env=False, timeout=10).raise_for_status().text


def total(pages: list[str], series: str) -> float:
    """The sum of all samples whose name starts with the prefix, over all labels and processes."""
    lines = [line for page in pages for line in page.splitlines() if line.startswith(series)]
    return sum(float(line.rpartition(" ")[2]) for line in lines)
