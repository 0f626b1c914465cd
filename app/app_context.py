"""Builds and holds the web process's shared objects (pool, REST client, routes, outbox), each created on first use."""

import asyncio
import gc
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from core import error_reporting
from core.clock import Clock
from core.config import Config
from core.metrics_registry import Metric

if TYPE_CHECKING:
    from app.jobs.outbox import Outbox
    from app.routes import Routes
    from db.connection import Pool
    from handlers.feature import Feature
    from wire.rest import Rest


WARM_UP_AFTER_S: Final = 0.5  # seconds; the first ping is answered before anything is loaded


class AppContext:
    """Shared objects of one web process; each is created on first use."""

    def __init__(
        self,
        settings: Config,
        *,
        features: "Sequence[Feature] | None",
        pool: "Pool | None",
        rest: "Rest | None",
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._outbox: Outbox | None = None
        self._routes: Routes | None = None if features is None else self._table(features)
        self._pool = pool
        self._rest = rest
        self._owns_pool = pool is None
        self._owns_rest = rest is None
        self._opening = asyncio.Lock()

    def routes(self) -> "Routes":
        """The routing table of all features.

        Raises:
            DuplicateRoute: two features claim the same route.
        """
        if self._routes is None:
            from handlers import FEATURES  # noqa: PLC0415 - loads Pillow and Babel, after the first ping

            self._routes = self._table(FEATURES)
        return self._routes

    async def pool(self) -> "Pool":
        """The shared connection pool. Without a database URL in the config, the embedded PostgreSQL is started."""
        if self._pool is None:
            async with self._opening:
                if self._pool is None:
                    self._pool = await self._open()
        return self._pool

    async def _open(self) -> "Pool":
        from db.connection import Pool  # noqa: PLC0415 - only when the database is used
        from db.replica import PoolWithReplica  # noqa: PLC0415 - likewise

        url = self._settings.database_url or await self._embedded()
        replica = self._settings.replica_url
        return Pool(url) if replica is None else PoolWithReplica(url, replica_url=replica)

    def rest(self) -> "Rest":
        """The shared client of Discord's REST API."""
        if self._rest is None:
            from wire.rest import Rest  # noqa: PLC0415 - loads httpx

            self._rest = Rest(self._settings.api_url, self._settings.token)
        return self._rest

    def outbox(self) -> "Outbox":
        """Delivers the effects that this process commits."""
        if self._outbox is None:
            from app.jobs.outbox import Outbox  # noqa: PLC0415 - only when an effect exists

            self._outbox = Outbox(pool=self.pool, rest=self.rest, clock=self._clock)
        return self._outbox

    def metrics(self) -> list[Metric]:
        """Metrics of the objects created so far."""
        pool = [] if self._pool is None else self._pool.tallies()
        return pool if self._rest is None else [*pool, self._rest.calls]

    async def warm_up(self) -> None:
        """Import and open what the first command needs, so that it does not wait for it."""
        await asyncio.sleep(WARM_UP_AFTER_S)
        await asyncio.to_thread(error_reporting.warm_up)
        routes = await asyncio.to_thread(self.routes)
        if routes.uses_database:
            self.rest()
            await (await self.pool()).is_alive()
        gc.collect()
        gc.freeze()  # everything loaded by now lives as long as the process, so garbage collection can skip it

    async def aclose(self) -> None:
        """Close connections. Objects that were passed in stay open."""
        if self._pool is not None and self._owns_pool:
            await self._pool.close()
        if self._rest is not None and self._owns_rest:
            await self._rest.close()

    @staticmethod
    def _table(features: "Sequence[Feature]") -> "Routes":
        from app.routes import Routes  # noqa: PLC0415 - loads the features' module

        return Routes(features)

    async def _embedded(self) -> str:
        from db.embedded import database_url  # noqa: PLC0415 - only where no database is set

        return await asyncio.to_thread(database_url, self._settings.data_dir)
