"""Starts the servers under test, each pinned to its own processor, and creates the peers' virtual environments."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.deliveries import APPLICATION_ID, PUBLIC_KEY, ping, request

ROOT = Path(__file__).parents[1]
ENVIRONMENTS = ROOT / ".venv" / "peers"
SERVER_CPU, CLIENT_CPU = {0}, {1}
UVICORN = (
    "-m",
    "uvicorn",
    "--loop",
    "uvloop",
    "--http",
    "httptools",
    "--no-access-log",
    "--log-level",
    "warning",
    "--no-server-header",
    "--no-proxy-headers",
)
COALESCED = ("--http", "app.http.write_coalescing:CoalescingProtocol")  # overrides the earlier --http


@dataclass(frozen=True, slots=True)
class Server:
    """How to start one HTTP server; `{port}` in the command is replaced by the port."""

    name: str
    command: tuple[str, ...]
    path: str = "/interactions"


def lyceum() -> Server:
    """Lyceum with one echo feature, with the uvicorn settings of `lyceum web`."""
    return Server(
        "Lyceum",
        (sys.executable, *UVICORN, *COALESCED, "--factory", "bench.lyceum_echo:create", "--port", "{port}"),
    )


def plain_starlette() -> Server:
    """A minimal Starlette app that verifies signatures."""
    return Server("plain Starlette", (sys.executable, *UVICORN, "bench.peers.plain_starlette:app", "--port", "{port}"))


def hikari(*, is_tuned: bool = True) -> Server:
    """Hikari's RESTBot with its own HTTP server, in a separate virtual environment.

    Args:
        is_tuned: True: all speed-ups of hikari and optimised bytecode; False: installed as in its documentation.
    """
    bot = str(ROOT / "bench" / "peers" / "hikari_echo.py")
    if is_tuned:
        python = environment("hikari", "hikari[server,speedups]")
        return Server("hikari RESTBot, tuned", (str(python), "-O", bot, "{port}"), path="/")
    python = environment("hikari-plain", "hikari[server]")
    return Server("hikari RESTBot, plain", (str(python), bot, "{port}"), path="/")


def environment(name: str, *packages: str) -> Path:
    """Path of the Python in a virtual environment with `packages`, created on first use."""
    home = ENVIRONMENTS / name
    python = home / "bin" / "python"
    mark = home / "packages"
    if not mark.exists() or mark.read_text() != " ".join(packages):
        print(f"Preparing an environment with {', '.join(packages)} …", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], check=True
        )
        mark.write_text(" ".join(packages))
    return python


@contextlib.contextmanager
def running(server: Server) -> Generator[tuple[int, psutil.Process]]:
    """Run the server on a free port and its own processor; yields once it responds. Its output is discarded."""
    port = free_port()
    environ = os.environ | {
        "DISCORD_TOKEN": "token",
        "DISCORD_PUBLIC_KEY": PUBLIC_KEY,
        "DISCORD_APPLICATION_ID": str(APPLICATION_ID),
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "warning",
    }
    process = subprocess.Popen(
        [part.format(port=port) for part in server.command],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        pin(process.pid, SERVER_CPU)
        first_answer(port, path=server.path)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(10)


def first_answer(port: int, *, path: str, patience_s: float = 20.0) -> None:
    """Wait until the server responds to a PING.

    Raises:
        TimeoutError: no response within `patience_s` seconds.
    """
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(request(ping(), path=path))
            if connection.recv(65536).startswith(b"HTTP/1.1 200"):
                return
        time.sleep(0.002)
    raise TimeoutError("The server did not answer a PING.")


def free_port() -> int:
    """A TCP port that is free now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def pin(pid: int, cpus: set[int]) -> None:
    """Pin a process to `cpus`, if the machine has them."""
    if (os.cpu_count() or 1) > max(cpus):
        os.sched_setaffinity(pid, cpus)
