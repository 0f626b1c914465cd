"""The connection pool (`Pool`) that every package uses, except migrations, models and bulk imports.

psycopg is imported when the first connection is requested, so a process that only answers pings never pays for the
import.
"""

from __future__ import annotations

import asyncio
import select
from contextlib import asynccontextmanager, suppress
from math import ceil
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import structlog

from core.errors import DatabaseTrouble, ServiceUnavailable, TroubleKind
from core.metrics_registry import Counter, Gauge, Metric
from db.error_messages import NO_WRITES, of_address, of_connecting, of_kind, of_statement

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from types import TracebackType

    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow
    from psycopg_pool import AsyncConnectionPool

    Connection = AsyncConnection[TupleRow]
else:
    Connection = object  # a placeholder, so that annotations resolve at run time without importing psycopg

T = TypeVar("T")

WAIT_S: Final = 2.0  # Discord waits 3 s for an initial response; a database that takes 2 s counts as unavailable
_RETRY_S: Final = 0.5  # how long the pool itself retries a failed connection; the next request makes it try again
_FRESH_S: Final = 30.0  # how long the reason of a failed connection is reported for later requests
_PREPARE_AFTER: Final = 5  # uses of a statement; psycopg's own default
_UTC: Final = ("UTC", "Etc/UTC")  # values of the session's TimeZone that need no change
_TRIAL_ROWS: Final = 2_000  # about 1 MB: a smaller write could fit into the last page and miss a full disk

log = structlog.get_logger()


class Pool:
    """A connection pool for one database, opened on first use; each `connection()` is one transaction.

    A restart of the database costs at most the transactions that were open: a connection that the server has closed is
    detected before it is handed out, and replaced.

    The pool also works through a pooler in transaction mode, where each transaction may get another session: then
    nothing is prepared, and no setting lasts longer than a transaction (see docs/decisions/0029).
    """

    def __init__(
        self,
        url: str,
        *,
        application_name: str = "lyceum",
        min_size: int = 1,
        max_size: int = 10,
        wait_s: float = WAIT_S,
        is_replica: bool = False,
    ) -> None:
        """`is_replica`: the database is read-only by design, so a refused write is a bug and no `DatabaseTrouble`."""
        self._url = url
        self._application_name = application_name
        self._sizes = (min_size, max_size)
        self._wait_s = wait_s
        self._is_replica = is_replica
        self._opening = asyncio.Lock()
        self._pool: AsyncConnectionPool[Connection] | None = None
        self._in_use = 0
        self._is_pooled = False  # a pooler stands between this process and the database
        self._connecting: tuple[DatabaseTrouble, float] | None = None  # why the last connection failed, and when
        self._cannot_write: DatabaseTrouble | None = None  # the reason; None again once a write succeeds
        self._refusals = Counter("lyceum_database_refusals", "What the database could not do, by the reason.", "reason")

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        """A connection in its own transaction: committed at the end of the block, rolled back if it raises.

        Raises:
            DatabaseTrouble: no connection became free in time, or the database cannot execute a statement.
        """
        pool = self._pool or await self._open()
        from psycopg import Error  # noqa: PLC0415 - imported by _open already; this only binds the names
        from psycopg.errors import DuplicatePreparedStatement, InvalidSqlStatementName  # noqa: PLC0415 - likewise
        from psycopg_pool import PoolTimeout  # noqa: PLC0415 - likewise

        try:
            connection = await self._take(pool)
            self._in_use += 1
            try:
                if self._is_pooled:
                    connection.prepare_threshold = None
                async with connection:
                    if self._is_pooled and connection.info.parameter_status("TimeZone") not in _UTC:
                        await connection.execute("SET LOCAL TIME ZONE 'UTC'")
                    yield connection
            finally:
                self._in_use -= 1
                await pool.putconn(connection)
        except PoolTimeout as error:
            raise self._noted(self._why_none_came()) from error
        except (DuplicatePreparedStatement, InvalidSqlStatementName):  # a pooler that was not detected before
            self._is_pooled = True
            raise
        except Error as error:
            trouble = of_statement(error)
            if trouble is None or (self._is_replica and trouble.kind is TroubleKind.READ_ONLY):
                raise
            raise self._noted(trouble) from error

    async def read(self, primary: Connection, ask: Callable[[Connection], Awaitable[T]]) -> T:
        """The result of `ask`, which must only read and tolerate data a few seconds old (see db/replica.py)."""
        return await ask(primary)

    async def is_alive(self) -> bool:
        """Whether the database answers a query now."""
        try:
            async with self.connection() as connection:
                await connection.execute("SELECT 1")
        except ServiceUnavailable:
            return False
        return True

    @property
    def is_pooled(self) -> bool:
        """Whether a pooler stands between this process and the database, as detected on its connections so far."""
        return self._is_pooled

    async def why_no_writes(self) -> DatabaseTrouble | None:
        """Why the database refuses writes; None: it accepts them, or has refused none since the last success.

        After a refusal, each call tries a temporary write, so that recovery is detected without an operator.
        """
        if self._cannot_write is not None:
            try:
                await self.try_write()
            except DatabaseTrouble as trouble:
                return trouble
            self._cannot_write = None
        return None

    async def try_write(self) -> None:
        """Write about 1 MB to a temporary table that is dropped at the end of the transaction.

        Does nothing if the database user may not create temporary tables.

        Raises:
            DatabaseTrouble: the write failed.
        """
        await self._open()
        from psycopg.errors import InsufficientPrivilege  # noqa: PLC0415 - imported by _open already

        with suppress(InsufficientPrivilege):
            await self._try_write()

    async def _try_write(self) -> None:
        async with self.connection() as connection:
            await connection.execute(
                """CREATE TEMPORARY TABLE lyceum_trial ON COMMIT DROP
                   AS SELECT repeat('.', 500) FROM generate_series(1, %(rows)s)""",
                {"rows": _TRIAL_ROWS},
            )

    def tallies(self) -> list[Metric]:
        """Metrics of the pool: connections in use, and how long requests wait; empty before its first use."""
        if self._pool is None:
            return []
        refusals = [self._refusals] if self._refusals.rows() else []
        stats = self._pool.get_stats()
        asked = Counter("lyceum_pool_requests", "Connections asked of the pool, and what became of it.", "outcome")
        asked.add("at once", by=stats.get("requests_num", 0) - stats.get("requests_queued", 0))
        asked.add("after waiting", by=stats.get("requests_queued", 0) - stats.get("requests_errors", 0))
        asked.add("in vain", by=stats.get("requests_errors", 0))
        waited = Counter("lyceum_pool_wait_milliseconds", "Time spent waiting for a connection.")
        waited.add(by=stats.get("requests_wait_ms", 0))
        size, free = stats.get("pool_size", 0), stats.get("pool_available", 0)
        meaning = "Connections to the database, in use or being opened, and free."
        return [
            asked,
            waited,
            *refusals,
            Gauge("lyceum_pool_connections", meaning, size - free, (("state", "in use"),)),
            Gauge("lyceum_pool_connections", meaning, free, (("state", "free"),)),
            Gauge("lyceum_pool_connections_max", "As many may be opened.", self._sizes[1]),
            Gauge("lyceum_pool_waiting", "Who waits for a connection now.", stats.get("requests_waiting", 0)),
        ]

    async def close(self) -> None:
        """Close all connections; the next use opens the pool again."""
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
        """A live connection from the pool; connections that the server has closed are discarded on the way.

        The pool's own `check` waits longer after each dead connection, and would run out of time after the second.
        """
        deadline = monotonic() + self._wait_s
        while True:
            connection = await pool.getconn(timeout=deadline - monotonic())
            is_live = False
            try:
                is_live = await _is_alive(connection)
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
                    connection_class=self._remembering(AsyncConnection),
                    kwargs={
                        "application_name": self._application_name,
                        "connect_timeout": ceil(self._wait_s),
                        "prepare_threshold": None,  # until `_configure` finds that no pooler shares the session
                    },
                    min_size=smallest,
                    max_size=largest,
                    timeout=self._wait_s,
                    reconnect_timeout=_RETRY_S,
                    configure=self._configure,
                    open=False,
                )
                await pool.open()
                self._pool = pool
            return self._pool

    def _remembering(self, plain: type[AsyncConnection[TupleRow]]) -> type[Connection]:
        """A connection class that records why connecting failed: the pool itself only reports a timeout."""
        from psycopg import Error, ProgrammingError  # noqa: PLC0415 - see the top

        pool = self

        class Remembering(plain):  # pyright: ignore[reportGeneralTypeIssues, reportUntypedBaseClass] - known at run time
            @classmethod
            async def connect(cls, conninfo: str = "", **options: Any) -> Any:
                try:
                    connection = await super().connect(conninfo, **options)
                except Error as error:
                    trouble = of_address() if isinstance(error, ProgrammingError) else of_connecting(error)
                    pool._connecting = (trouble, monotonic())
                    raise
                pool._connecting = None
                return connection

        return Remembering

    async def _configure(self, connection: Connection) -> None:
        """Set the session to UTC, and detect whether a pooler shares it.

        The server tells each session the id of its process when it begins. A pooler sends an id of its own, and a
        setting made through it would leak into other clients' sessions.
        """
        told = connection.info.backend_pid
        await connection.set_autocommit(True)
        cursor = await connection.execute(
            """SELECT pg_backend_pid() = %(told)s,
                      CASE WHEN pg_backend_pid() = %(told)s THEN set_config('TimeZone', 'UTC', false) END""",
            {"told": told},
        )
        [(is_ours, _)] = await cursor.fetchall()
        await connection.set_autocommit(False)
        if is_ours and not self._is_pooled:
            connection.prepare_threshold = _PREPARE_AFTER
            return
        connection.prepare_threshold = None
        if not self._is_pooled:
            self._is_pooled = True
            log.info("a pooler stands before the database; statements are not prepared")

    def _why_none_came(self) -> DatabaseTrouble:
        """Why no connection came: the last connection error if it is recent, otherwise busy or unreachable."""
        if self._connecting is not None and monotonic() - self._connecting[1] < _FRESH_S:
            return self._connecting[0]
        return of_kind(TroubleKind.BUSY if self._in_use >= self._sizes[1] else TroubleKind.UNREACHABLE)

    def _noted(self, trouble: DatabaseTrouble) -> DatabaseTrouble:
        self._refusals.add(trouble.kind.value)
        if trouble.kind in NO_WRITES:
            self._cannot_write = trouble
        return trouble


async def _is_alive(connection: Connection) -> bool:
    """Whether the server has not closed this connection.

    A server sends nothing on an idle connection unless it closes it, so a readable socket means a dead connection (or a
    pending notice, which a query clears). Polling costs microseconds; a query each time would cost a round trip.
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
