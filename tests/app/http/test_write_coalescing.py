"""Write coalescing in a real uvicorn: a raw socket checks which bytes arrive together."""

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send

from app.http.write_coalescing import CoalescingProtocol, CoalescingTransport

PATIENCE_S = 10.0


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """ASGI app that echoes the body; /pieces responds in three chunks."""
    if scope["type"] != "http":
        return
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return
        body += message["body"]
        more = message["more_body"]
    pieces: list[Message] = [{"type": "http.response.body", "body": body}]
    headers = [(b"content-length", b"%d" % len(body))]
    if scope["path"] == "/pieces":
        headers = []
        pieces = [
            {"type": "http.response.body", "body": b"%d" % number, "more_body": number < 3} for number in (1, 2, 3)
        ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for piece in pieces:
        await send(piece)
        if scope["path"] == "/pieces":
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=CoalescingProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as door:
        serving = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        serving.start()
        yield door.getsockname()[1]
        server.should_exit = True
        serving.join(PATIENCE_S)


@pytest.fixture
def caller(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        yield connection


def post(body: bytes, *headers: bytes, path: bytes = b"/") -> bytes:
    lines = [b"POST " + path + b" HTTP/1.1", b"host: here", b"content-length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body


def until(caller: socket.socket, end: bytes) -> bytes:
    """The bytes received up to and including `end`."""
    received = b""
    while not received.endswith(end):
        piece = caller.recv(65_536)
        assert piece, received
        received += piece
    return received


@pytest.fixture
def busy(port: int) -> Iterator[socket.socket]:
    """A second connection with an unfinished request: its body has not been sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as other:
        other.sendall(post(b"body", b"expect: 100-continue").removesuffix(b"body"))
        assert other.recv(65_536).startswith(b"HTTP/1.1 100 Continue")
        yield other


@pytest.fixture(params=["alone", "among others"])
def company(request: pytest.FixtureRequest) -> None:
    """Whether another connection is busy, which selects one of the two write paths."""
    if request.param == "among others":
        request.getfixturevalue("busy")


def test_head_and_body_come_together_while_others_wait(caller: socket.socket, busy: socket.socket) -> None:
    for word in (b"one", b"two", b"three"):
        caller.sendall(post(word))

        assert caller.recv(65_536) == answer(word)
    busy.sendall(b"body")
    assert until(busy, b"body") == answer(b"body")


def test_an_answer_alone_waits_for_nothing(caller: socket.socket) -> None:
    for word in (b"one", b"two", b"three"):
        caller.sendall(post(word))

        assert until(caller, word) == answer(word)


@pytest.mark.usefixtures("company")
def test_requests_that_come_together_are_answered_in_their_order(caller: socket.socket) -> None:
    caller.sendall(post(b"one") + post(b"two") + post(b"three"))

    assert until(caller, b"three") == answer(b"one") + answer(b"two") + answer(b"three")


@pytest.mark.usefixtures("company")
def test_pieces_are_not_held_back_for_the_next(caller: socket.socket) -> None:
    caller.sendall(post(b"", path=b"/pieces"))

    assert until(caller, b"1\r\n1\r\n").startswith(b"HTTP/1.1 200 OK\r\n")
    assert until(caller, b"0\r\n\r\n") == b"1\r\n2\r\n1\r\n3\r\n0\r\n\r\n"


@pytest.mark.usefixtures("company")
def test_a_large_answer_arrives_whole(caller: socket.socket) -> None:
    body = b"x" * 8_000_000
    sending = threading.Thread(target=caller.sendall, args=(post(body),))
    sending.start()

    head = answer(body)[: -len(body)]
    received = b""
    while len(received) < len(head) + len(body):
        received += caller.recv(1_048_576)
    sending.join(PATIENCE_S)

    assert received == head + body


@pytest.mark.usefixtures("company")
def test_a_head_without_a_body_is_sent(caller: socket.socket) -> None:
    caller.sendall(b"HEAD / HTTP/1.1\r\nhost: here\r\n\r\n")

    assert caller.recv(65_536) == answer(b"")


@pytest.mark.usefixtures("company")
def test_who_asks_before_sending_the_body_is_told_to_go_on(caller: socket.socket) -> None:
    request = post(b"body", b"expect: 100-continue")
    caller.sendall(request.removesuffix(b"body"))

    assert caller.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
    caller.sendall(b"body")
    assert until(caller, b"body") == answer(b"body")


@pytest.mark.usefixtures("company")
def test_a_last_answer_is_sent_before_the_connection_closes(caller: socket.socket) -> None:
    caller.sendall(post(b"last", b"connection: close"))

    received = until(caller, b"last")

    assert b"connection: close" in received
    assert caller.recv(65_536) == b""


@pytest.mark.usefixtures("company")
def test_what_is_no_http_is_refused_and_the_connection_closes(caller: socket.socket) -> None:
    caller.sendall(b"\x16\x03\x01 hello\r\n\r\n")

    assert until(caller, b"Invalid HTTP request received.").startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert caller.recv(65_536) == b""


def test_who_hangs_up_costs_nobody_anything(port: int, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(50):
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as leaving:
                leaving.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
                leaving.sendall(post(b"x" * 100))
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as staying:
            staying.sendall(post(b"here"))
            assert staying.recv(65_536) == answer(b"here")

    assert caplog.text == ""


class Gone(asyncio.Transport):
    """A transport whose connection is lost; writing to it would raise in uvloop."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes | bytearray | memoryview] = []
        self.is_closed = False

    def is_closing(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.is_closed = True

    def pause_reading(self) -> None:
        """Do nothing: no data arrives."""

    def resume_reading(self) -> None:
        """Do nothing: no data arrives."""


async def test_what_waits_for_a_connection_that_is_gone_is_dropped() -> None:
    gone = Gone()
    transport = CoalescingTransport(gone, asyncio.get_running_loop(), under_way=(1, 2))

    transport.write(b"too late")
    await asyncio.sleep(0)
    transport.close()

    assert (gone.written, gone.is_closed) == ([], True)
