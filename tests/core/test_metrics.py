import socket
import urllib.request
from contextlib import ExitStack
from http import HTTPStatus

from structlog.testing import capture_logs

from core.metrics import render_text, serve
from core.metrics_registry import Counter, Gauge, Histogram, Metric


def tallies() -> list[Metric]:
    refused = Counter("lyceum_refused", "Refused.", "reason")
    refused.add("too large")
    refused.add("too old", by=2)
    answers = Histogram("lyceum_answer_seconds", "Answers.", "route", "outcome")
    answers.add(0.0004, "slash help", "answered")
    answers.add(0.002, "slash help", "answered")
    answers.add(60, "slash help", "answered")
    waiting = [
        Gauge("lyceum_waiting", "Waiting.", number, (("state", state),)) for state, number in (("a", 1), ("b", 2))
    ]
    return [refused, answers, *waiting, Gauge("lyceum_open", "Open.", 7)]


def test_what_was_counted_reads_as_prometheus_wants_it() -> None:
    lines = render_text(tallies, process="web").decode().splitlines()

    assert [line for line in lines if line.startswith("lyceum_refused")] == [
        'lyceum_refused_total{reason="too large"} 1.0',
        'lyceum_refused_total{reason="too old"} 2.0',
    ]
    assert 'lyceum_answer_seconds_bucket{le="0.0005",outcome="answered",route="slash help"} 1.0' in lines
    assert 'lyceum_answer_seconds_bucket{le="0.0025",outcome="answered",route="slash help"} 2.0' in lines
    assert 'lyceum_answer_seconds_bucket{le="10.0",outcome="answered",route="slash help"} 2.0' in lines
    assert 'lyceum_answer_seconds_bucket{le="+Inf",outcome="answered",route="slash help"} 3.0' in lines
    assert 'lyceum_answer_seconds_sum{outcome="answered",route="slash help"} 60.0024' in lines
    assert lines.count("# TYPE lyceum_waiting gauge") == 1
    assert 'lyceum_waiting{state="b"} 2.0' in lines
    assert "lyceum_open 7.0" in lines
    assert 'lyceum_process{name="web"} 1.0' in lines
    assert any(line.startswith("process_resident_memory_bytes") for line in lines)


def test_each_process_finds_a_port_of_its_own() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        first: int = probe.getsockname()[1]
    with ExitStack() as processes:
        ports = [
            processes.enter_context(serve(tallies, process=name, host="127.0.0.1", port=first))
            for name in ("web", "worker")
        ]
        told = [ask(port) for port in ports]

    assert ports == [first, first + 1]
    assert [name in page for name, page in zip(("web", "worker"), told, strict=True)] == [True, True]


def test_trouble_with_the_port_is_said_and_stops_nothing() -> None:
    with (
        capture_logs() as lines,
        serve(tallies, process="web", host="192.0.2.1", port=9) as refused,
        serve(tallies, process="web", host="127.0.0.1", port=None) as unwanted,
    ):
        assert (refused, unwanted) == (None, None)

    assert [(line["event"], line["log_level"]) for line in lines] == [("metrics are not served", "error")]


def ask(port: int | None) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        assert answer.status == HTTPStatus.OK
        return answer.read().decode()
