"""Connection limits of `lyceum web` in a real uvicorn: clients that send too much, too slowly, or nothing."""

import socket
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn

from app.http.connection_limits import FRAMING_MAX, HEAD_MAX
from app.http.write_coalescing import CoalescingProtocol
from tests.app.http.test_write_coalescing import PATIENCE_S, answer, app, post, until


class Hasty(CoalescingProtocol):
    """The protocol with short timeouts."""

    head_s = 0.3
    body_s = 0.6


class Crowded(CoalescingProtocol):
    """The protocol with a low connection limit."""

    unfinished_max = 3
    connections_max = 6


@contextmanager
def serving(protocol: type[CoalescingProtocol]) -> Generator[int]:
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        date_header=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        try:
            yield door.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)


@contextmanager
def calling(port: int) -> Generator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as caller:
        yield caller


def rest(caller: socket.socket) -> bytes:
    """The bytes received until the server closes the connection."""
    received = b""
    try:
        while piece := caller.recv(65_536):
            received += piece
    except ConnectionResetError:
        pass
    return received


def send_on(caller: socket.socket, piece: bytes, count: int) -> int:
    """How many chunks could be sent before the server closed the connection."""
    for number in range(count):
        try:
            caller.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            return number
    return count


@pytest.mark.parametrize("piece", [1000, 65_536, 1_000_000])
def test_a_header_line_without_end_is_refused(piece: int) -> None:
    with serving(CoalescingProtocol) as port, calling(port) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\nhost: here\r\nx-long: ")
        taken = send_on(caller, b"x" * piece, 100_000_000 // piece)
        received = rest(caller)

    assert taken * piece < 100_000_000
    assert received in {
        b"",
        b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
    }


def test_a_long_head_is_refused_and_one_within_the_bound_is_answered() -> None:
    with serving(CoalescingProtocol) as port:
        with calling(port) as caller:
            for _ in range(3):
                caller.sendall(post(b"one", b"x-long: " + b"x" * (HEAD_MAX - 200)))
                assert until(caller, b"one") == answer(b"one")
        with calling(port) as caller:
            caller.sendall(post(b"two", b"x-long: " + b"x" * HEAD_MAX))
            received = rest(caller)
        with calling(port) as caller:
            caller.sendall(post(b"y" * 900_000))  # the limit of a body is larger than that of the head
            assert until(caller, b"y" * 900_000) == answer(b"y" * 900_000)

    assert received.startswith(b"HTTP/1.1 431 ")


def test_heads_and_bodies_that_come_in_pieces_are_answered() -> None:
    request = post(b"whole", b"x-long: " + b"x" * 3000)
    with serving(CoalescingProtocol) as port, calling(port) as caller:
        for size in (1000, 700, 3000, len(request) - 3, len(request) - 7, len(request) - 8):
            for first in range(0, len(request), size):
                caller.sendall(request[first : first + size])
            assert until(caller, b"whole") == answer(b"whole")


def test_trailers_without_end_are_cut() -> None:
    with serving(CoalescingProtocol) as port, calling(port) as caller:
        caller.sendall(b"POST / HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx-long: ")
        taken = send_on(caller, b"x" * 65_536, 10 * FRAMING_MAX // 65_536)
        received = rest(caller)

    assert taken < 10 * FRAMING_MAX // 65_536
    assert received == b""


def test_who_sends_nothing_or_half_a_head_is_not_waited_for() -> None:
    with serving(Hasty) as port:
        with calling(port) as caller:
            nothing = rest(caller)
        with calling(port) as caller:
            caller.sendall(b"GET / HTTP/1.1\r\nhost: he")
            half = rest(caller)
        with calling(port) as caller:
            caller.sendall(post(b"one"))
            assert until(caller, b"one") == answer(b"one")
            caller.sendall(b"GET /again")
            later = rest(caller)

    assert nothing == b""
    assert half.startswith(b"HTTP/1.1 408 ")
    assert later.startswith(b"HTTP/1.1 408 ")


def test_a_body_that_drips_is_cut() -> None:
    with serving(Hasty) as port, calling(port) as caller:
        caller.sendall(post(b"x" * 1000).removesuffix(b"x" * 1000))
        caller.settimeout(0.05)
        received: bytes | None = None
        for _ in range(1000):  # a byte every 50 ms, for longer than the server's timeout
            try:
                caller.sendall(b"x")
                received = caller.recv(1000)
                break
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                received = b""
                break

    assert received == b""


def test_a_connection_between_requests_is_kept_longer_than_half_a_request() -> None:
    with serving(Hasty) as port, calling(port) as idle:
        idle.sendall(post(b"one"))
        assert until(idle, b"one") == answer(b"one")
        with calling(port) as other:
            other.sendall(b"GET /")
            assert rest(other).startswith(b"HTTP/1.1 408 ")  # it reached its timeout
        idle.sendall(post(b"two"))
        assert until(idle, b"two") == answer(b"two")


def test_of_too_many_half_requests_the_oldest_goes() -> None:
    with serving(Crowded) as port, ExitStack() as stack:
        halves = [stack.enter_context(calling(port)) for _ in range(3)]
        for half in halves:
            half.sendall(b"GET / HTTP/1.1\r\n")
        whole = stack.enter_context(calling(port))
        whole.sendall(post(b"one"))

        assert until(whole, b"one") == answer(b"one")
        assert rest(halves[0]) in {
            b"",
            b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        }


def test_of_too_many_connections_an_idle_one_goes() -> None:
    with serving(Crowded) as port, ExitStack() as stack:
        for _ in range(20):  # more than the limit, each a valid connection
            caller = stack.enter_context(calling(port))
            caller.sendall(post(b"one"))
            assert until(caller, b"one") == answer(b"one")
