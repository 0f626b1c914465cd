"""Which database a command works on, whether its schema is up to date, and the words when it is not."""

import contextlib
import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from cli.problems import AWAY, USAGE, Problem
from core.errors import DatabaseTrouble, OutsideTrouble
from core.settings import Settings, unusable
from db import revisions

if TYPE_CHECKING:
    from db.connection import Connection


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


def direct_url(settings: Settings) -> str:
    """The same past any pooler: for migrations and bulk loads, which need a session of their own."""
    return settings.direct_url or embedded_url(settings)


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the schema up to `revision`.

    Raises:
        Problem: the database does not answer, or there is no such revision.
    """
    from db import migrate  # noqa: PLC0415 - loads SQLAlchemy

    with _told_apart():
        _refuse_unknown(migrate.current(url), migrate.head())
        migrate.upgrade(url, revision)


def downgrade(url: str, revision: str) -> None:
    """Take the schema back to `revision`.

    Raises:
        Problem: the database does not answer, or there is no such revision.
    """
    from db import migrate  # noqa: PLC0415 - loads SQLAlchemy

    with _told_apart():
        migrate.downgrade(url, revision)


def losses(url: str, revision: str) -> list[str]:
    """What `downgrade` would lose, one line each; see `db.migrate.losses`.

    Raises:
        Problem: the database does not answer or is in use, or there is no such revision.
    """
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415 - loads SQLAlchemy

    from db import migrate  # noqa: PLC0415 - loads SQLAlchemy

    with _told_apart():
        stands = migrate.current(url)
        if stands is None:
            raise Problem("The database is empty: there is nothing to take back.")
        _refuse_unknown(stands, migrate.head())
        try:
            return migrate.losses(url, revision)
        except OperationalError as error:  # a lock that did not come
            raise Problem("The tables are in use: stop web, listener and worker, then try again.") from error


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


async def check_prepared(conn: "Connection") -> None:
    """Refuse a database whose schema our statements would not fit, before the first of them.

    Raises:
        Problem: it is empty or behind.
    """
    from db.queries.revisions import find_revision  # noqa: PLC0415 - with the driver

    check(await find_revision(conn))


def problem_of(trouble: OutsideTrouble, advice: str) -> Problem:
    """The trouble with its own next step, or with `advice` where it knows none."""
    return Problem(f"{trouble} {trouble.advice if isinstance(trouble, DatabaseTrouble) else advice}", code=AWAY)


def _refuse_unknown(stands: str | None, newest: str | None) -> None:
    if stands is not None and newest is not None and stands > newest:  # revisions are numbered
        raise Problem(
            f"The database stands at revision {stands}, which a newer version has made and this one does not know "
            f"(it ends at {newest}): move the schema with the newer version."
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
def _told_apart() -> Generator[None]:
    """Translate what can be wrong with moving the schema."""
    from alembic.util import CommandError  # noqa: PLC0415 - loads SQLAlchemy

    from db.pooler import PoolerInTheWay  # noqa: PLC0415 - with migrations

    try:
        yield
    except PoolerInTheWay as trouble:
        raise Problem(str(trouble), code=USAGE) from trouble
    except OutsideTrouble as trouble:
        raise Problem(str(trouble), code=AWAY) from trouble
    except CommandError as error:
        raise Problem(f"The schema cannot be moved: {error}. Look at `lyceum db current`.") from error


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
