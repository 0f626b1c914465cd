"""The database of a command: its URL, the embedded server, migrations, and the check of its schema."""

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cli.errors import AWAY, USAGE, CliError
from core.config import Config, data_dir_error
from core.errors import DatabaseTrouble, ServiceUnavailable
from db import schema_revision

if TYPE_CHECKING:
    from db.connection import Connection

LOOK_S: Final = 0.2  # interval of the check whether the embedded database runs
ROTATE_S: Final = 60.0  # interval of the check of its log size
OTHERS_S: Final = 12.0  # a little longer than the time that processes get to stop when their supervisor is gone


def embedded_url(settings: Config) -> str:
    """The URL of the embedded database, which is started if it is not running.

    Raises:
        CliError: it did not start.
        ConfigError: its folder cannot be made.
    """
    from db.embedded import database_url  # noqa: PLC0415 - loads the embedded server's package

    folder = settings.data_dir / "postgres"
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise data_dir_error(settings.data_dir, error) from error
    remove_stale_socket(folder)
    try:
        return database_url(settings.data_dir)
    except ServiceUnavailable as trouble:
        raise CliError(str(trouble), code=AWAY) from trouble


class KeptDatabase:
    """Runs the embedded database until this process is asked to stop."""

    def __init__(self, settings: Config) -> None:
        self._settings = settings
        self._folder = settings.data_dir / "postgres"
        self._stop = threading.Event()
        self._is_orphaned = False

    def run(self, *, supervised: bool) -> None:
        """Start the server, monitor it, and stop it at the end unless another process uses it.

        Raises:
            CliError: it did not start, or it ended by itself.
        """
        from db import embedded  # noqa: PLC0415 - loads the embedded server's package

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._asked)
        if supervised:
            threading.Thread(target=self._watch_parent, name="parent", daemon=True).start()
        url = embedded_url(self._settings)
        rotated = time.monotonic()
        while not self._stop.wait(LOOK_S):
            if embedded.running_process(self._folder) is None:
                raise CliError(f"PostgreSQL ended without being asked to; {self._folder / 'log'} says why.")
            if time.monotonic() - rotated > ROTATE_S:
                rotated = time.monotonic()
                embedded.rotate_log(self._folder)
        if self._is_orphaned:
            self._wait_for_others(url)
        if embedded.running_process(self._folder) is not None:
            embedded.start(self._folder).cleanup()

    def _asked(self, _number: int, _frame: object) -> None:
        self._stop.set()

    def _watch_parent(self) -> None:
        """Stop when standard input closes, which means that the supervising process is gone."""
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        self._is_orphaned = True
        self._stop.set()

    @staticmethod
    def _wait_for_others(url: str) -> None:
        """Wait until the other processes of a killed supervisor have written their last data."""
        import psycopg  # noqa: PLC0415 - only needed here

        until = time.monotonic() + OTHERS_S
        with contextlib.suppress(psycopg.Error), psycopg.connect(url, autocommit=True) as conn:
            while time.monotonic() < until:
                row = conn.execute(
                    """SELECT count(*) FROM pg_stat_activity
                       WHERE application_name LIKE 'lyceum%' AND pid <> pg_backend_pid()"""
                ).fetchone()
                if row == (0,):
                    return
                time.sleep(LOOK_S)


def database_url(settings: Config) -> str:
    """The database URL of these settings; without one, that of the embedded database."""
    return settings.database_url or embedded_url(settings)


def direct_url(settings: Config) -> str:
    """The database URL that bypasses a pooler: for migrations and bulk loads, which need a session of their own."""
    return settings.direct_url or embedded_url(settings)


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate the schema up to `revision`.

    Raises:
        CliError: the database does not answer, or there is no such revision.
    """
    from db import migrate  # noqa: PLC0415 - loads SQLAlchemy

    with _told_apart(revision):
        _refuse_unknown(migrate.current(url), migrate.head())
        migrate.upgrade(url, revision)


def downgrade(url: str, revision: str) -> None:
    """Migrate the schema down to `revision`.

    Raises:
        CliError: the database does not answer, or there is no such revision.
    """
    from db import migrate  # noqa: PLC0415 - loads SQLAlchemy

    with _told_apart(revision):
        migrate.downgrade(url, revision)


def losses(url: str, revision: str) -> list[str]:
    """The data that `downgrade` would lose, one line each; see `db.migrate.losses`.

    Raises:
        CliError: the database does not answer or is in use, or there is no such revision.
    """
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415 - loads SQLAlchemy

    from db import migrate  # noqa: PLC0415 - loads SQLAlchemy

    with _told_apart(revision):
        stands = migrate.current(url)
        if stands is None:
            raise CliError("The database is empty: there is nothing to take back.")
        _refuse_unknown(stands, migrate.head())
        try:
            return migrate.losses(url, revision)
        except OperationalError as error:  # a lock was not granted in time
            raise CliError("The tables are in use: stop web, listener and worker, then try again.") from error


def current(url: str) -> tuple[str | None, str | None]:
    """The schema's current revision and the newest one of this version.

    Raises:
        CliError: the database does not answer.
    """
    from db import migrate  # noqa: PLC0415 - loads SQLAlchemy

    try:
        return migrate.current(url), migrate.head()
    except ServiceUnavailable as trouble:
        raise CliError(str(trouble), code=AWAY) from trouble


def check(stands: str | None) -> None:
    """Raise if the schema is older than this version needs; a newer schema is accepted.

    Raises:
        CliError: the database is empty or behind.
    """
    if stands is None:
        raise CliError("The database is empty: prepare it with `lyceum db upgrade`.")
    if not schema_revision.fits(stands):
        raise CliError(
            f"The database stands at revision {stands} and this version needs {schema_revision.NEEDED}: "
            "bring it up to date with `lyceum db upgrade`."
        )


async def check_prepared(conn: "Connection") -> None:
    """Connect to the database and raise if its schema is older than this version needs.

    Raises:
        CliError: it is empty or behind.
    """
    from db.queries.schema_revision import find_revision  # noqa: PLC0415 - with the driver

    check(await find_revision(conn))


def problem_of(trouble: ServiceUnavailable, advice: str) -> CliError:
    """A CliError with the error's own advice, or `advice` if it has none."""
    return CliError(f"{trouble} {trouble.advice if isinstance(trouble, DatabaseTrouble) else advice}", code=AWAY)


def _refuse_unknown(stands: str | None, newest: str | None) -> None:
    if stands is not None and newest is not None and stands > newest:  # revisions are numbers
        raise CliError(
            f"The database stands at revision {stands}, which a newer version has made and this one does not know "
            f"(it ends at {newest}): move the schema with the newer version."
        )


def remove_stale_socket(folder: Path) -> None:
    """Remove killed processes from the embedded server's list of users.

    The last process on the list stops the server; a killed one would keep it running for ever.
    """
    users = folder / ".handle_pids.json"
    with contextlib.suppress(OSError, ValueError):
        pids: list[int] = json.loads(users.read_text(encoding="utf-8"))
        alive = [pid for pid in pids if _is_alive(pid)]
        if alive != pids:
            users.write_text(json.dumps(alive), encoding="utf-8")


@contextlib.contextmanager
def _told_apart(revision: str) -> Generator[None]:
    """Translate migration errors into CliError."""
    from alembic.util import CommandError  # noqa: PLC0415 - loads SQLAlchemy

    from db.pooler import PoolerInTheWay  # noqa: PLC0415 - with migrations

    try:
        yield
    except PoolerInTheWay as trouble:
        raise CliError(str(trouble), code=USAGE) from trouble
    except ServiceUnavailable as trouble:
        raise CliError(str(trouble), code=AWAY) from trouble
    except CommandError as error:
        if "Can't locate revision" in str(error):
            told = f'There is no revision "{revision}": the files in db/migrations/versions name them all.'
            raise CliError(told, code=USAGE) from error
        raise CliError(f"The schema cannot be moved: {error}. Look at `lyceum db current`.") from error


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
