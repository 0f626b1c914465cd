import json
import re

import pytest
import structlog
from structlog.testing import capture_logs

from app.http.access_log import fast_writer, structlog_writer

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
FACTS = {"request": 123, "route": "slash my timezone", "outcome": "answered", "guild": None, "duration_ms": 0.06}


def test_json_lines_are_those_of_structlog(capfd: pytest.CaptureFixture[str]) -> None:
    fast_writer("info", "json")("interaction", **FACTS)

    line = json.loads(capfd.readouterr().err)
    stamped = structlog.processors.TimeStamper(fmt="iso", utc=True)(None, "info", {})["timestamp"]
    assert re.fullmatch(STAMP, line.pop("timestamp"))
    assert re.fullmatch(STAMP, str(stamped))
    assert line == FACTS | {"event": "interaction", "level": "info"}


def test_text_lines_are_those_of_structlog(capfd: pytest.CaptureFixture[str]) -> None:
    fast_writer("debug", "text")("interaction", **FACTS)
    said = capfd.readouterr().err

    render = structlog.dev.ConsoleRenderer(colors=False, sort_keys=False)
    stamp = said.split()[0]
    event = {"timestamp": stamp, "level": "info", "event": "interaction"} | FACTS
    assert said == f"{render(None, 'info', event)}\n"


@pytest.mark.parametrize("level", ["warning", "error"])
def test_nothing_is_said_where_only_trouble_is_wanted(level: str, capfd: pytest.CaptureFixture[str]) -> None:
    fast_writer(level, "json")("interaction", **FACTS)

    assert capfd.readouterr().err == ""


def test_without_a_choice_structlog_is_used() -> None:
    with capture_logs() as lines:
        structlog_writer("interaction", **FACTS)

    assert lines == [FACTS | {"event": "interaction", "log_level": "info"}]
