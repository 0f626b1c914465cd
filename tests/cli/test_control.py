import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from cli.control import Control
from cli.errors import AWAY, FAILED, USAGE, CliError
from tests.cli.conftest import free_port


class Stranger(BaseHTTPRequestHandler):
    """HTTP handler that returns the status in an attachment's path, with the body set on the class."""

    body = b""

    def do_GET(self) -> None:
        status = int(self.path.rpartition("/")[2])
        if not status:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Log nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Stranger)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()
    Stranger.body = b""


def refusal(port: int, status: int) -> tuple[str, int]:
    with Control(port) as control, pytest.raises(CliError) as problem:
        control.attachment(str(status))
    return str(problem.value), problem.value.code


@pytest.mark.parametrize(("status", "code"), [(400, USAGE), (404, USAGE), (409, USAGE), (403, FAILED), (502, FAILED)])
def test_control_repeats_what_it_was_told(port: int, status: int, code: int) -> None:
    Stranger.body = json.dumps({"error": "Try mina."}).encode()

    assert refusal(port, status) == ("Try mina.", code)


def test_control_explains_answers_of_strangers(port: int) -> None:
    assert refusal(port, 404)[0] == (
        f"What answers on port {port} is not the local Discord: set PLAYGROUND_PORT to its port."
    )
    assert refusal(port, 500)[0] == "The local Discord failed (500): look at the terminal of `make up`."


def test_control_explains_silence(port: int) -> None:
    told, code = refusal(port, 0)
    assert told.startswith(f"The local Discord on port {port} does not answer (RemoteProtocolError): ")
    assert code == AWAY
    nobody = free_port()
    told, code = refusal(nobody, 200)
    assert told.startswith(f"The local Discord is not running on port {nobody}: ")
    assert code == AWAY
