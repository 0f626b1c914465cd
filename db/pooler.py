"""Detects a connection pooler in front of the database, and whether it pools per transaction or per session.

Through a pooler in transaction mode (PgBouncer, Supabase's port 6543) nothing outlasts a transaction: no prepared
statement, no setting, and no session-level advisory lock. The listener and the migrations rely on such locks; through
that pooler two of them would both believe that they hold the lock.
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

ROUNDS: Final = 3  # attempts; another client may occupy the server session that the test needs
WAIT_S: Final = 2.0  # wait for a session; a pooler with a single one makes the second connection wait


class Pooler(Enum):
    """The kind of pooler in front of the database."""

    NONE = auto()
    SESSION = auto()  # each connection keeps its session: everything works
    TRANSACTION = auto()


class PoolerInTheWay(ServiceUnavailable):
    """Raised where a session of one's own is needed but the URL leads through a pooler in transaction mode."""

    def __init__(self, what: str, *, name: str) -> None:
        super().__init__(
            f"{name} leads through a pooler in transaction mode, and {what} cannot work through one: "
            "set DATABASE_DIRECT_URL to the address of the database itself."
        )


async def find_pooler(url: str, *, wait_s: float = WAIT_S) -> Pooler:
    """The kind of pooler in front of the database at `url`.

    The server tells each session the id of its process; a pooler sends an id of its own. Whether the pooler keeps
    sessions is tested with a second connection in a transaction: the first then gets its session again only if it was
    kept for it.

    Raises:
        DatabaseTrouble: the database does not answer.
    """
    from psycopg import AsyncConnection, Error, ProgrammingError  # noqa: PLC0415 - imported only when needed

    async def connect() -> AsyncConnection:
        return await AsyncConnection.connect(
            url, autocommit=True, prepare_threshold=None, application_name="lyceum look", connect_timeout=5
        )

    try:
        async with await connect() as one:
            first = await _process(one)
            with suppress(TimeoutError):  # the pooler has a single session, and keeps it for `one`
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
    """Like `find_pooler`, for synchronous callers, also on the thread of an event loop.

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
