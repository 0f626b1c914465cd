import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from core import log
from core.request_context import request_context


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


def test_log_writes_one_json_line_with_what_is_bound(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info", "json")

    with structlog.contextvars.bound_contextvars(request_id="ab12"):
        structlog.get_logger().info("answered", duration_ms=3)
    structlog.get_logger().debug("too quiet")

    (line,) = capsys.readouterr().err.splitlines()
    written = json.loads(line)
    assert written.pop("timestamp")
    assert written == {"event": "answered", "level": "info", "request_id": "ab12", "duration_ms": 3}


def test_every_line_names_the_request_that_is_worked_on(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info", "json")

    with request_context(1_234):
        structlog.get_logger().info("discord called")
        logging.getLogger("psycopg.pool").warning("slow")
        structlog.get_logger().info("answered", request=9)
    structlog.get_logger().info("quiet")

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line.get("request") for line in lines] == [1_234, 1_234, 9, None]


def test_log_takes_the_standard_loggers_along(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info", "json")

    logging.getLogger("httpx").info("not of interest")
    logging.getLogger("psycopg.pool").warning("no connection to %s", "db")

    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["event"] == "no connection to db"


def test_log_reads_well_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("warning", "text")

    structlog.get_logger().warning("late", lag_ms=900)

    assert "late" in capsys.readouterr().err
