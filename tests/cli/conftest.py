"""Fixtures: real `lyceum` processes on free ports, each with its own data folder."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.on_other_days import environ_of_child
from tests.paths import ROOT

OUR_VARIABLES = (
    "DISCORD_",
    "DATABASE_URL",
    "API_",
    "PLAYGROUND_",
    "LYCEUM_DATA",
    "LOG_",
    "WEB_CONCURRENCY",
    "METRICS_",
    "SENTRY_",
    "XDG_",
)

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def wait_until(is_so: Callable[[], bool], *, what: str, patience_s: float = 120) -> None:
    until = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < until, f"waited in vain: {what}"
        time.sleep(0.05)


class House:
    """One data folder with its ports and the processes started for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.api_port, self.playground_port = free_port(), free_port()
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(OUR_VARIABLES)},
            **environ_of_child(ROOT),
            "LYCEUM_DATA_DIR": str(folder),
            "API_PORT": str(self.api_port),
            "PLAYGROUND_PORT": str(self.playground_port),
            "COLUMNS": "100",
        }

    def run(self, *arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-P", "-m", "cli", *arguments],
            env={**self.environ, **environ},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=180,  # generous, for busy machines
            check=False,
        )

    @contextmanager
    def start(self, *arguments: str, **environ: str) -> Generator["Running"]:
        log = self.folder / f"{arguments[0]}.{time.monotonic_ns()}.out"
        with (
            log.open("wb") as file,
            subprocess.Popen(
                [sys.executable, "-P", "-m", "cli", *arguments],
                env={**self.environ, **environ},
                cwd=self.folder,
                stdout=file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            ) as process,
        ):
            running = Running(process, log)
            try:
                yield running
            finally:
                if process.poll() is None:
                    process.terminate()
                    try:
                        process.wait(30)
                    except subprocess.TimeoutExpired:
                        process.kill()

    def processes(self) -> dict[int, str]:
        """Processes still running for this folder: ours found by environment, PostgreSQL by arguments."""
        mark = f"LYCEUM_DATA_DIR={self.folder}".encode()
        found: dict[int, str] = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal() or int(entry.name) == os.getpid():
                continue
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                is_ours = mark in (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if words != [b""] and (is_ours or str(self.folder / "postgres").encode() in words):
                found[int(entry.name)] = b" ".join(words).decode(errors="replace")
        return found

    def pid_of(self, command: str) -> int:
        return next((pid for pid, words in self.processes().items() if f" cli {command} " in f" {words} "), 0)


class Running:
    """A started process and what it has printed."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self._log = log

    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def wait_for(self, text: str, *, times: int = 1) -> None:
        def is_said() -> bool:
            assert self.process.poll() is None or self.said().count(text) >= times, self.said()
            return self.said().count(text) >= times

        wait_until(is_said, what=text)

    def stop(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(120)


@contextmanager
def temporary_house() -> Generator[House]:
    """A House outside pytest's folder: for root, PostgreSQL runs as another user, who cannot read that folder."""
    with tempfile.TemporaryDirectory(prefix="lyceum-cli-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        here = House(Path(folder))
        yield here
        for pid in here.processes():
            kill_now(pid)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def house() -> Iterator[House]:
    with temporary_house() as here:
        yield here


def kill_now(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
