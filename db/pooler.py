"""Detects a connection pooler in front of the database, and whether it pools per transaction or per session.

Through a pooler in transaction mode (PgBouncer, Supabase's port 6543) nothing lasts longer than a transaction: no
prepared statement, no setting, and above all no advisory lock of a session, on which the listener and migrations rely:
two of them would both be told that they hold it.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from core.errors import ServiceUnavailable
from db.error_messages import of_address, of_connecting, of_statement

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow

ROUNDS: Final = 3  # another client may have taken the session that we wanted to be seen with
WAIT_S: Final = 2.0  # for a session; a pooler with a single one keeps the second of two waiting


class Pooler(Enum):
    """What stands between us and the database."""

    NONE = auto()
    SESSION = auto()  # each connection keeps its session: nothing is lost
    TRANSACTION = auto()


class PoolerInTheWay(ServiceUnavailable):
    """Raised where a session of one's own is needed and the address leads through a pooler in transaction mode."""

    def __init__(self, what: str, *, name: str) -> None:
        super().__init__(
            f"{name} leads through a pooler in transaction mode, and {what} cannot work through one: "
            "set DATABASE_DIRECT_URL to the address of the database itself."
        )


async def find_pooler(url: str, *, wait_s: float = WAIT_S) -> Pooler:
    """What stands before the database at `url`.

    The server tells each session the process that serves it; a pooler tells a number of its own. And while a second
    connection is in a transaction, the first one meets its session again only if that was kept for it.

    Raises:
        DatabaseTrouble: the database does not answer.
    """
    from psycopg import AsyncConnection, Error, ProgrammingError  # noqa: PLC0415 - when asked

    async def connect() -> AsyncConnection:
        return await AsyncConnection.connect(
            url, autocommit=True, prepare_threshold=None, application_name="lyceum look", connect_timeout=5
        )

    try:
        async with await connect() as one:
            first = await _process(one)
            with suppress(TimeoutError):  # there is one session for all, and it is kept for `one`
                async with await connect() as other:
                    for _ in range(ROUNDS):
                        if await _is_moved(one, other, first, wait_s=wait_s):
                            return Pooler.TRANSACTION
            return Pooler.NONE if first == one.info.backend_pid else Pooler.SESSION
    except ProgrammingError as error:
        raise of_address() from error
    except Error as error:
        raise (of_statement(error) if error.sqlstate else None) or of_connecting(error) from error


def find_pooler_now(url: str) -> Pooler:
    """The same for callers without an event loop, or on the thread of one.

    Raises:
        DatabaseTrouble: see `find_pooler`.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, find_pooler(url)).result()


async def _process(connection: "AsyncConnection[TupleRow]") -> int:
    cursor = await connection.execute("SELECT pg_backend_pid()")
    [(process,)] = await cursor.fetchall()
    return int(process)


async def _is_moved(
    one: "AsyncConnection[TupleRow]", other: "AsyncConnection[TupleRow]", process: int, *, wait_s: float
) -> bool:
    """Whether `one` is served by another process, or by none, while `other` is in a transaction.

    Raises:
        TimeoutError: `other` is served by none.
    """
    async with asyncio.timeout(wait_s):
        await other.execute("BEGIN")
    try:
        async with asyncio.timeout(wait_s):
            return await _process(one) != process
    except TimeoutError:
        return True
    finally:
        await other.execute("ROLLBACK")
