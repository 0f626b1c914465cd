"""A pool that sends reads which tolerate data a few seconds old to a streaming replica, if it keeps up."""

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final, TypeVar

import structlog

from core.errors import ServiceUnavailable
from core.metrics_registry import Counter, Metric
from db.connection import Connection, Pool

BEHIND_MAX_S: Final = 5.0  # the replica must contain everything committed longer ago than this, or the primary answers
_WAIT_S: Final = 0.25  # wait for a replica connection; then the primary answers
_LOOK_S: Final = 1.0  # how often the primary's WAL position is read
_REST_S: Final = 10.0  # how long a failed replica is not used

T = TypeVar("T")

log = structlog.get_logger()


class PoolWithReplica(Pool):
    """A pool that can also read from a replica; transactions always run on the primary.

    Replica lag is measured by WAL positions and not by clocks: once the replica has replayed a position of the primary,
    it has all commits from before the time at which that position was read.
    """

    def __init__(
        self,
        url: str,
        *,
        replica_url: str,
        application_name: str = "lyceum",
        max_size: int = 10,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`clock` counts seconds and never goes back."""
        super().__init__(url, application_name=application_name, max_size=max_size)
        self._replica = Pool(
            replica_url,
            application_name=f"{application_name} reads",
            max_size=max_size,
            wait_s=_WAIT_S,
            is_replica=True,
        )
        self._clock = clock
        self._position = ""  # the primary's WAL position, read at `_taken_at`
        self._taken_at = float("-inf")
        self._proven_at = float("-inf")  # everything committed before this time is on the replica
        self._away_until = float("-inf")
        self._has_failed = False  # the replica failed and has not answered since
        self._reads = Counter(
            "lyceum_replica_reads", "Reads that a replica may answer, and what became of it.", "answer"
        )

    async def read(self, primary: Connection, ask: Callable[[Connection], Awaitable[T]]) -> T:
        """The result of `ask` on the replica, or on `primary` if the replica is behind, unavailable or fails."""
        from psycopg import OperationalError  # noqa: PLC0415 - the pool has imported it by now

        if self._clock() >= self._away_until:
            await self._look(primary)
            try:
                async with self._replica.connection() as replica:
                    if await self._keeps_up(replica):
                        found = await ask(replica)
                        self._has_failed = False
                        self._reads.add("replica")
                        return found
            except (ServiceUnavailable, OperationalError) as error:  # the latter: the query conflicted with WAL replay
                self._away_until = self._clock() + _REST_S
                self._reads.add("replica failed")
                if not self._has_failed:
                    log.warning(
                        "The replica does not answer; the primary does its work.", why=str(error.__cause__ or error)
                    )
                self._has_failed = True
        self._reads.add("primary")
        return await ask(primary)

    def tallies(self) -> list[Metric]:
        """Metrics of the primary's pool, and how many reads each database answered."""
        return [*super().tallies(), self._reads]

    async def close(self) -> None:
        """Close all connections, the replica's too."""
        await super().close()
        await self._replica.close()

    async def _look(self, primary: Connection) -> None:
        now = self._clock()
        if self._taken_at <= self._proven_at or now - self._taken_at > BEHIND_MAX_S:
            if now - self._taken_at < _LOOK_S:
                return
            cursor = await primary.execute("SELECT pg_current_wal_lsn()::text")
            [(self._position,)] = await cursor.fetchall()
            self._taken_at = now

    async def _keeps_up(self, replica: Connection) -> bool:
        if self._proven_at < self._taken_at:
            position, taken_at = self._position, self._taken_at  # another read may replace them meanwhile
            cursor = await replica.execute("SELECT coalesce(pg_last_wal_replay_lsn() >= %s::pg_lsn, false)", [position])
            [(is_there,)] = await cursor.fetchall()
            if is_there:
                self._proven_at = max(self._proven_at, taken_at)
        return self._clock() - self._proven_at <= BEHIND_MAX_S
