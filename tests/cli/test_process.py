import socket

import pytest

from cli.errors import CliError
from cli.process import listen


def test_listen_takes_a_free_port() -> None:
    with listen("127.0.0.1", 0, port_by="API_PORT") as sock:
        assert sock.getsockname()[1] > 0


def test_listen_says_that_a_port_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port: int = taken.getsockname()[1]

        with pytest.raises(CliError, match=f"Port {port} is in use by another program: .* API_PORT={port + 10}"):
            listen("127.0.0.1", port, port_by="API_PORT")


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
def test_listen_says_that_an_address_is_not_ours(host: str) -> None:
    with pytest.raises(CliError, match=f'This machine has no address "{host}": set API_HOST'):
        listen(host, 8000, port_by="API_PORT")


def test_listen_says_what_chooses_the_address() -> None:
    with pytest.raises(CliError, match=r'no address "192\.0\.2\.1": set --host to 127\.0\.0\.1 or 0\.0\.0\.0\.'):
        listen("192.0.2.1", 8000, port_by="--port", host_by="--host")


def test_listen_calls_a_port_taken_only_when_it_is() -> None:
    with pytest.raises(CliError, match=r'cannot listen on "fe80::1", port 8000 \(.+\): choose another .* API_HOST\.'):
        listen("fe80::1", 8000, port_by="API_PORT")  # a link-local address without an interface
