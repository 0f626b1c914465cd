import json
import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import httpx
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from tests.cli.conftest import House, free_port

HELLO: dict[str, Any] = {"name": "hello", "description": "Say hello.", "type": 1}


class ForeignApp(BaseHTTPRequestHandler):
    """A minimal app written with the standard library; like hikari, it answers a wrong signature with 400."""

    key: ClassVar[VerifyKey]
    verifies: ClassVar[bool]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            if self.verifies:
                signed = self.headers["X-Signature-Timestamp"].encode() + body
                self.key.verify(signed, bytes.fromhex(self.headers["X-Signature-Ed25519"]))
        except BadSignatureError:
            self.send_response(400)
            self.end_headers()
            return
        is_ping = json.loads(body)["type"] == 1
        answer = json.dumps({"type": 1} if is_ping else {"type": 4, "data": {"content": "Hello from elsewhere."}})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it overrides
        """Log nothing."""


@contextmanager
def foreign_app(port: int, public_key: str, *, verifies: bool = True) -> Generator[None]:
    handler = type("Handler", (ForeignApp,), {"key": VerifyKey(bytes.fromhex(public_key)), "verifies": verifies})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_an_app_that_somebody_else_wrote_is_waited_for_and_tried(house: House) -> None:
    port = free_port()
    with house.start("playground", "--endpoint", f"http://127.0.0.1:{port}/") as local:
        local.wait_for("could not be verified: it does not answer")
        found = re.search(r"Public key +([0-9a-f]{64})\n", local.said())
        assert found
        with foreign_app(port, found[1], verifies=False):
            local.wait_for("a request with a wrong signature must be answered with 401, not 200")
        with foreign_app(port, found[1]):
            local.wait_for(f"The app at http://127.0.0.1:{port}/ answers a PING and refuses a wrong signature.")
            rest = httpx.put(
                f"http://127.0.0.1:{house.playground_port}/api/v10/applications/1000000000000000001/commands",
                json=[HELLO],
                headers={"Authorization": "Bot playground", "User-Agent": "DiscordBot (https://example.org, 1)"},
            )
            tried = house.run("try", "/hello")

    assert rest.status_code == 200
    assert (tried.returncode, "Hello from elsewhere." in tried.stdout) == (0, True), tried


def test_the_local_discord_tells_what_an_app_needs_to_know(house: House) -> None:
    with house.start("playground", "--port", str(port := free_port()), "--message-content") as local:
        local.wait_for("Ctrl-C stops it.")
        state = httpx.get(f"http://127.0.0.1:{port}/playground/state").json()

    assert state["message_content"] is True
    said = local.said()
    assert f"Page            http://127.0.0.1:{port}\n" in said
    assert "Token           playground\n" in said
    assert "start with --endpoint URL" in said


def test_a_local_discord_on_another_address_is_asked_there(house: House) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/"
    with house.start("playground", "--host", "127.0.0.2", "--endpoint", nobody) as local:
        local.wait_for("could not be verified: it does not answer")

    assert f"Page            http://127.0.0.2:{house.playground_port}\n" in local.said()


def test_a_local_discord_for_everybody_names_an_address_that_can_be_opened(house: House) -> None:
    with house.start("playground", "--host", "0.0.0.0") as local:  # noqa: S104 - that is what is asked
        local.wait_for("Ctrl-C stops it.")

    assert f"Page            http://127.0.0.1:{house.playground_port}\n" in local.said()
    assert f"Gateway         ws://127.0.0.1:{house.playground_port}/gateway\n" in local.said()


def test_it_never_stands_beside_a_real_token(house: House) -> None:
    real = {"DISCORD_TOKEN": "t", "DISCORD_PUBLIC_KEY": "a" * 64, "DISCORD_APPLICATION_ID": "1000000000000000001"}

    refused = house.run("playground", "--endpoint", "http://127.0.0.1:1/", **real)

    assert refused.returncode == 2
    assert "stands in only where no token is set" in refused.stderr
