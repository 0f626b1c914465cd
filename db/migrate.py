"""Runs schema migrations with Alembic: upgrade, downgrade, current revision, and comparison with the models.

`python -m db.migrate "Add timers"` writes the next migration: the difference between the models and the database at
DATABASE_URL.
"""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, cast

import alembic_postgresql_enum
import psycopg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, column, create_engine, func, make_url, select, table, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

import db.migrations
from core.errors import DatabaseTrouble, ServiceUnavailable
from db.error_messages import of_connecting
from db.models import METADATA
from db.pooler import Pooler, PoolerInTheWay, find_pooler_now

HISTORY: Final = Path(db.migrations.__path__[0])
_LOCK: Final = 0x4C_79_63_65_75_6D  # "Lyceum": the advisory lock that lets only one process at a time change the schema

alembic_postgresql_enum.set_configuration(alembic_postgresql_enum.Config())  # lets Alembic detect changes of enum types


def upgrade(url: str, revision: str = "head", *, history: Path = HISTORY) -> None:
    """Upgrade the database to `revision`, atomically; safe when several processes start at once."""
    with _locked(url) as connection:
        command.upgrade(_config(history, connection), revision)


def downgrade(url: str, revision: str = "-1", *, history: Path = HISTORY) -> None:
    """Downgrade the database to `revision`: a name, `-1` for one step, or `base` for an empty schema."""
    with _locked(url) as connection:
        command.downgrade(_config(history, connection), revision)


def losses(url: str, revision: str = "-1", *, history: Path = HISTORY) -> list[str]:
    """What `downgrade` would delete: one line for each table or column that holds data now.

    Runs the downgrade in a transaction that is rolled back; waits a few seconds at most for locks on the tables.
    """
    with _locked(url) as connection:
        transaction = connection.begin()  # so that Alembic leaves BEGIN and COMMIT to this function
        try:
            connection.execute(text("SELECT set_config('lock_timeout', '5s', true)"))
            before = _columns(connection)
            held = {name: _count(connection, name, None) for name, _ in before}
            command.downgrade(_config(history, connection), revision)
            after = _columns(connection)
        finally:
            transaction.rollback()
        lost = sorted(before - after)
        gone = sorted({name for name, _ in lost} - {name for name, _ in after})
        lines = [f"{name}: the whole table, {held[name]} rows" for name in gone if held[name]]
        values = {place: _count(connection, *place) for place in lost if place[0] not in gone}
        return lines + [f"{name}.{part}: {number} values" for (name, part), number in values.items() if number]


def current(url: str) -> str | None:
    """The revision of the database; None: it was never upgraded."""
    with _connected(url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head(history: Path = HISTORY) -> str | None:
    """The newest revision in the history.

    Raises:
        alembic.util.CommandError: the history has two heads; it must be linear.
    """
    return ScriptDirectory.from_config(_config(history)).get_current_head()


def check(url: str) -> list[str]:
    """The differences between the models and the database, one line each; empty: they match."""
    with _connected(url) as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "target_metadata": METADATA}
        )
        return [str(difference) for difference in compare_metadata(context, METADATA)]


def revise(url: str, message: str, *, history: Path = HISTORY) -> None:
    """Write the next migration from the difference between the models and an up-to-date database."""
    with _locked(url) as connection:
        names = [each.revision for each in ScriptDirectory.from_config(_config(history)).walk_revisions()]
        number = max((int(name) for name in names if name.isdecimal()), default=0) + 1
        command.revision(_config(history, connection), message, autogenerate=True, rev_id=f"{number:04}")


def _columns(connection: Connection) -> set[tuple[str, str]]:
    """All (table, column) pairs of the application's schema."""
    rows = connection.execute(
        text(
            """SELECT table_name::text, column_name::text FROM information_schema.columns
               JOIN information_schema.tables USING (table_schema, table_name)
               WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'
                 AND table_name <> 'alembic_version'"""
        )
    )
    return {(where, name) for where, name in rows}


def _count(connection: Connection, table_name: str, column_name: str | None) -> int:
    """The number of rows in a table, or of non-null values in one of its columns."""
    what = func.count() if column_name is None else func.count(column(column_name))
    return connection.execute(select(what).select_from(table(table_name))).scalar_one()


def _config(history: Path, connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(history).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _connected(url: str) -> Generator[Connection]:
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        connect_args={"prepare_threshold": None},  # the connection may go through a pooler
    )
    try:
        connection = engine.connect()
    except OperationalError as error:
        trouble = of_connecting(cast("psycopg.Error", error.orig))
        raise ServiceUnavailable(f"{trouble} {trouble.advice}") from error
    with connection:
        yield connection


@contextmanager
def _locked(url: str) -> Generator[Connection]:
    try:
        pooler = find_pooler_now(url)
    except DatabaseTrouble as trouble:
        raise ServiceUnavailable(f"{trouble} {trouble.advice}") from trouble
    if pooler is Pooler.TRANSACTION:
        raise PoolerInTheWay("a migration", name="The address of the database")
    with _connected(url) as connection:
        connection.execute(select(func.pg_advisory_lock(_LOCK)))
        connection.commit()  # the lock belongs to the session, so the migration begins its own transaction
        yield connection  # closing the connection releases the lock in every case


if __name__ == "__main__":  # only calls revise
    revise(os.environ["DATABASE_URL"], sys.argv[1])
