"""The pool and the type names `Pool` and `Connection`: how every room but migrations, models and bulk imports connects.

psycopg is imported when the first connection is asked for: a process that only answers pings never pays for it.
"""

from __future__ import annotations

import asyncio
import select
from contextlib import asynccontextmanager
from math import ceil
from time import monotonic
from typing import TYPE_CHECKING, Final, Self, TypeVar

from core.errors import OutsideTrouble
from core.tallies import Counts, Reading, Tally

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from types import TracebackType

    from psycopg import AsyncConnection, Error
    from psycopg.rows import TupleRow
    from psycopg_pool import AsyncConnectionPool

    Connection = AsyncConnection[TupleRow]
else:
    Connection = object  # a name for annotations, which are read at run time here and there

T = TypeVar("T")

WAIT_S: Final = 2.0  # Discord waits three seconds for a first answer; a database that needs two is away
_RETRY_S: Final = 0.5  # how long the pool itself keeps trying; the next question makes it try again
_GONE: Final = ("08", "53", "57P")  # SQLSTATE classes: connection lost, out of resources, the server goes down


class Pool:
    """Connections to one database, opened on first use; each `connection()` is one transaction.

    A restart of the database costs at most the transactions that were open: a connection that the server has closed is
    noticed before it is handed out, and replaced.
    """

    def __init__(
        self,
        url: str,
        *,
        application_name: str = "lyceum",
        min_size: int = 1,
        max_size: int = 10,
        wait_s: float = WAIT_S,
    ) -> None:
        self._url = url
        self._application_name = application_name
        self._sizes = (min_size, max_size)
        self._wait_s = wait_s
        self._opening = asyncio.Lock()
        self._pool: AsyncConnectionPool[Connection] | None = None

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        """A connection in a transaction of its own: committed at the end of the block, rolled back if it raises.

        Raises:
            OutsideTrouble: none came free in time, or the database went away in the middle.
        """
        pool = self._pool or await self._open()
        from psycopg import OperationalError  # noqa: PLC0415 - imported by _open already; this only finds the name

        try:
            connection = await self._take(pool)
            try:
                async with connection:
                    yield connection
            finally:
                await pool.putconn(connection)
        except OperationalError as error:  # psycopg_pool.PoolTimeout is one too
            if _is_outside(error):
                raise OutsideTrouble("The database does not answer.") from error
            raise

    async def read(self, primary: Connection, ask: Callable[[Connection], Awaitable[T]]) -> T:
        """What `ask` finds; it only reads, and bears what was true a few seconds ago (see db/replica.py)."""
        return await ask(primary)

    async def is_alive(self) -> bool:
        """Whether the database answers a question right now."""
        try:
            async with self.connection() as connection:
                await connection.execute("SELECT 1")
        except OutsideTrouble:
            return False
        return True

    def tallies(self) -> list[Tally]:
        """How much of the pool is in use, and how long its users wait; empty before its first use."""
        if self._pool is None:
            return []
        stats = self._pool.get_stats()
        asked = Counts("lyceum_pool_requests", "Connections asked of the pool, and what became of it.", "outcome")
        asked.add("at once", by=stats.get("requests_num", 0) - stats.get("requests_queued", 0))
        asked.add("after waiting", by=stats.get("requests_queued", 0) - stats.get("requests_errors", 0))
        asked.add("in vain", by=stats.get("requests_errors", 0))
        waited = Counts("lyceum_pool_wait_milliseconds", "Time spent waiting for a connection.")
        waited.add(by=stats.get("requests_wait_ms", 0))
        size, free = stats.get("pool_size", 0), stats.get("pool_available", 0)
        meaning = "Connections to the database, in use or being opened, and free."
        return [
            asked,
            waited,
            Reading("lyceum_pool_connections", meaning, size - free, (("state", "in use"),)),
            Reading("lyceum_pool_connections", meaning, free, (("state", "free"),)),
            Reading("lyceum_pool_connections_max", "As many may be opened.", self._sizes[1]),
            Reading("lyceum_pool_waiting", "Who waits for a connection now.", stats.get("requests_waiting", 0)),
        ]

    async def close(self) -> None:
        """Give all connections back; the next use opens the pool again."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _take(self, pool: AsyncConnectionPool[Connection]) -> Connection:
        """A connection that hears its server; those of a server that went away are thrown out on the way.

        The pool's own `check` pauses longer after each dead connection, and would be out of time after the second.
        """
        deadline = monotonic() + self._wait_s
        while True:
            connection = await pool.getconn(timeout=deadline - monotonic())
            is_live = False
            try:
                is_live = await _hears_its_server(connection)
            finally:
                if not is_live:
                    await pool.putconn(connection)
            if is_live:
                return connection

    async def _open(self) -> AsyncConnectionPool[Connection]:
        async with self._opening:
            if self._pool is None:
                from psycopg import AsyncConnection  # noqa: PLC0415 - see the top
                from psycopg_pool import AsyncConnectionPool  # noqa: PLC0415 - see the top

                smallest, largest = self._sizes
                pool = AsyncConnectionPool(
                    self._url,
                    connection_class=AsyncConnection[TupleRow] if TYPE_CHECKING else AsyncConnection,
                    kwargs={"application_name": self._application_name, "connect_timeout": ceil(self._wait_s)},
                    min_size=smallest,
                    max_size=largest,
                    timeout=self._wait_s,
                    reconnect_timeout=_RETRY_S,
                    configure=_speak_utc,
                    open=False,
                )
                await pool.open()
                self._pool = pool
            return self._pool


async def _speak_utc(connection: Connection) -> None:
    await connection.set_autocommit(True)
    await connection.execute("SET TIME ZONE 'UTC'")
    await connection.set_autocommit(False)


async def _hears_its_server(connection: Connection) -> bool:
    """Whether the server has not said goodbye.

    A server says nothing on an idle connection unless it closes it, so a readable socket is a dead one (or holds a
    notice, which a question clears). Looking costs microseconds; asking each time would cost a trip to the database.
    """
    from psycopg import OperationalError  # noqa: PLC0415 - see the top

    ear = select.poll()
    try:
        ear.register(connection.fileno(), select.POLLIN)
        if ear.poll(0):
            await connection.set_autocommit(True)
            await connection.execute("")
            await connection.set_autocommit(False)
    except OperationalError:
        return False
    return True


def _is_outside(error: Error) -> bool:
    """Whether the database was away, as opposed to busy with a lock or refusing what we asked."""
    return error.sqlstate is None or error.sqlstate.startswith(_GONE)
