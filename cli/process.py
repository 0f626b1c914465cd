"""Shared by all processes: opens the listening socket, runs the event loop, reports errors, stops with the parent."""

import asyncio
import errno
import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any, Final

from cli.errors import USAGE, CliError

BACKLOG: Final = 2048
KILL_AFTER_S: Final = 10.0


def listen(host: str, port: int, *, port_by: str, host_by: str = "API_HOST") -> socket.socket:
    """A listening socket for this address.

    Args:
        host: a name or an address of this machine.
        port: 0: any that is free.
        port_by: the variable or option that sets the port.
        host_by: the variable or option that sets the host.

    Raises:
        CliError: the port is in use, this account may not use it, or this machine has no such address.
    """
    try:
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
            sock.listen(BACKLOG)
        except BaseException:
            sock.close()
            raise
    except PermissionError:
        raise CliError(f"This account may not listen on port {port}: set {port_by} to one from 1024 up.") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            told = f"Port {port} is in use by another program: stop that one, or choose another with"
            raise CliError(f"{told} {port_by}={port + 10}.") from None
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            told = f'This machine has no address "{host}": set {host_by} to 127.0.0.1 or 0.0.0.0.'
            raise CliError(told, code=USAGE) from None
        told = f'This machine cannot listen on "{host}", port {port} ({error.strerror}): choose another address with'
        raise CliError(f"{told} {host_by}.") from None
    sock.set_inheritable(True)
    return sock


def stop_with_parent() -> None:
    """Stop this process when its standard input closes, which means that the supervising process is gone."""

    def wait() -> None:
        try:
            while os.read(0, 4096):
                pass
        except OSError:
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(KILL_AFTER_S)
        os._exit(1)

    threading.Thread(target=wait, name="parent", daemon=True).start()


def run_until_done(name: str, work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end, on uvloop where it is available."""
    with reported(name):
        if sys.platform == "win32":
            asyncio.run(work)
        else:
            import uvloop  # noqa: PLC0415 - not on every platform

            uvloop.run(work)


@contextmanager
def reported(name: str) -> Generator[None]:
    """Log an unexpected error with a reference in the process's own log."""
    try:
        yield
    except (CliError, KeyboardInterrupt):
        raise
    except Exception as error:
        import structlog  # noqa: PLC0415 - only when an error is reported

        reference = secrets.token_hex(3)
        from core import error_reporting  # noqa: PLC0415 - only when an error is reported

        structlog.get_logger().exception("the process failed", process=name, ref=reference)
        error_reporting.send(error, ref=reference)
        error_reporting.flush()
        raise CliError(f"The {name} ended by an error of ours; look in its log for ref {reference}.") from error
