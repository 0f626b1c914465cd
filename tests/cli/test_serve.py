import json
import os
import socket
from pathlib import Path

import pytest

from cli.database import forget_the_dead
from cli.problems import Problem
from cli.serve import listen


def test_listen_takes_a_free_port() -> None:
    with listen("127.0.0.1", 0, variable="API_PORT") as sock:
        assert sock.getsockname()[1] > 0


def test_listen_says_that_a_port_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port: int = taken.getsockname()[1]

        with pytest.raises(Problem, match=f"Port {port} is in use by another program: .* API_PORT={port + 10}"):
            listen("127.0.0.1", port, variable="API_PORT")


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
def test_listen_says_that_an_address_is_not_ours(host: str) -> None:
    with pytest.raises(Problem, match=f'This machine has no address "{host}": set API_HOST'):
        listen(host, 8000, variable="API_PORT")


def test_the_dead_no_longer_use_the_embedded_database(tmp_path: Path) -> None:
    users = tmp_path / ".handle_pids.json"
    users.write_text(json.dumps([1, os.getpid(), 2**22 + 1]), encoding="utf-8")

    forget_the_dead(tmp_path)
    forget_the_dead(tmp_path / "missing")

    assert json.loads(users.read_text(encoding="utf-8")) == [1, os.getpid()]
