import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from structlog.testing import capture_logs

from core import error_reporting
from core.request_context import request_context


class Sentry:
    """HTTP server that receives events like Sentry."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                bodies.append(gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body)
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.dsn = f"http://key@127.0.0.1:{self.server.server_port}/1"

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body.splitlines()[2]) for body in self.bodies]


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    fake = Sentry()
    thread = threading.Thread(target=fake.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield fake
    error_reporting.configure(None, process="")
    fake.server.shutdown()
    fake.server.server_close()
    thread.join()


def break_something(message: str) -> None:
    raise KeyError(f"mina wrote {message}")


def test_a_report_says_where_it_broke_and_for_which_request(sentry: Sentry) -> None:
    error_reporting.configure(sentry.dsn, process="web")

    with request_context(1_234):
        try:
            break_something("secret words")
        except KeyError as error:
            error_reporting.send(error, ref="3fa9c1", route="slash my timezone")
    error_reporting.flush()

    [event] = sentry.events()
    assert event["tags"] == {"process": "web", "request": "1234", "ref": "3fa9c1", "route": "slash my timezone"}
    [raised] = event["exception"]["values"]
    assert raised["type"] == "KeyError"
    assert raised["stacktrace"]["frames"][-1]["function"] == "break_something"


def test_a_report_holds_nothing_that_anybody_said_or_is_called(sentry: Sentry) -> None:
    error_reporting.configure(sentry.dsn, process="web")

    try:
        break_something("secret words")
    except KeyError as error:
        error_reporting.send(error)
    error_reporting.flush()

    [body] = sentry.bodies
    assert b"break_something" in body
    assert [word for word in (b"mina wrote secret", b'secret words"}', b"vars", b"server_name") if word in body] == []
    assert set(sentry.events()[0]) <= {
        *("event_id", "timestamp", "level", "platform", "tags", "sdk", "environment", "exception"),
    }


def test_without_a_dsn_nothing_is_sent_and_trouble_with_it_is_only_logged(sentry: Sentry) -> None:
    error_reporting.configure(None, process="web")
    error_reporting.send(ZeroDivisionError())
    error_reporting.configure("no address", process="web")

    with capture_logs() as lines:
        error_reporting.send(ZeroDivisionError())

    assert [line["event"] for line in lines] == ["error not reported"]
    assert sentry.bodies == []
