"""Which database a command works on, whether its schema is up to date, and the words when it is not."""

import contextlib
import json
import os
from collections.abc import Generator
from pathlib import Path

from cli.problems import AWAY, USAGE, Problem
from core.errors import OutsideTrouble
from core.settings import Settings, unusable
from db import revisions


def embedded_url(settings: Settings) -> str:
    """The address of the embedded database, started if it is not running.

    Raises:
        Problem: it did not start.
        SettingsError: its folder cannot be made.
    """
    from db.embedded import database_url  # noqa: PLC0415 - loads the embedded server's package

    folder = settings.data_dir / "postgres"
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unusable(settings.data_dir, error) from error
    forget_the_dead(folder)
    try:
        return database_url(settings.data_dir)
    except OutsideTrouble as trouble:
        raise Problem(str(trouble), code=AWAY) from trouble


def leave_embedded(settings: Settings) -> None:
    """Stop using the embedded database now and not only when this process ends; it stops when nobody else uses it."""
    from db.embedded import start  # noqa: PLC0415 - loads the embedded server's package

    folder = settings.data_dir / "postgres"
    if (folder / "postmaster.pid").exists():
        forget_the_dead(folder)
        start(folder).cleanup()


def database_url(settings: Settings) -> str:
    """The address of the database of these settings; the embedded one when none is given."""
    return settings.database_url or embedded_url(settings)


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the schema up to `revision`.

    Raises:
        Problem: the database does not answer, or there is no such revision.
    """
    from db import migrate  # noqa: PLC0415 - loads SQLAlchemy

    with _told_apart(revision):
        migrate.upgrade(url, revision)


def downgrade(url: str, revision: str) -> None:
    """Take the schema back to `revision`.

    Raises:
        Problem: the database does not answer, or there is no such revision.
    """
    from db import migrate  # noqa: PLC0415 - loads SQLAlchemy

    with _told_apart(revision):
        migrate.downgrade(url, revision)


def current(url: str) -> tuple[str | None, str | None]:
    """Where the schema stands and the newest revision that we know.

    Raises:
        Problem: the database does not answer.
    """
    from db import migrate  # noqa: PLC0415 - loads SQLAlchemy

    try:
        return migrate.current(url), migrate.head()
    except OutsideTrouble as trouble:
        raise Problem(str(trouble), code=AWAY) from trouble


def check(stands: str | None) -> None:
    """Refuse a schema that our statements would not fit; one that a newer version has moved on still fits.

    Raises:
        Problem: the database is empty or behind.
    """
    if stands is None:
        raise Problem("The database is empty: prepare it with `lyceum db upgrade`.")
    if not revisions.fits(stands):
        raise Problem(
            f"The database stands at revision {stands} and this version needs {revisions.NEEDED}: "
            "bring it up to date with `lyceum db upgrade`."
        )


def forget_the_dead(folder: Path) -> None:
    """Strike processes that were killed off the list of those who use the embedded server.

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
    """Translate what can be wrong with moving the schema."""
    from alembic.util import CommandError  # noqa: PLC0415 - loads SQLAlchemy

    try:
        yield
    except OutsideTrouble as trouble:
        raise Problem(str(trouble), code=AWAY) from trouble
    except CommandError as error:
        if "Can't locate revision" in str(error):
            told = f'There is no revision "{revision}": the files in db/migrations/versions name them all.'
            raise Problem(told, code=USAGE) from error
        raise Problem(f"The schema cannot be moved: {error}. Look at `lyceum db current`.") from error


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
