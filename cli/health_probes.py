"""Readiness probes of `lyceum up` for its processes: database, web, local Discord, worker and listener."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Final

from core.errors import ServiceUnavailable

OK: Final = 200


class DatabaseSign:
    """Probe whether the embedded database accepts connections; never starts it."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self.url = ""  # set after the first success

    async def answers(self) -> bool:
        """Whether it accepts connections now."""
        return await asyncio.to_thread(self._look)

    def _look(self) -> bool:
        from db import (  # noqa: PLC0415
            embedded,
            error_messages,
        )

        url = embedded.running_url(self._data_dir)
        if url is None or error_messages.find_connection_error(url) is not None:
            return False
        self.url = url
        return True


class HealthProbes:
    """Probes that ask web, the local Discord and the database."""

    def __init__(self, database_url: str, *, web_url: str, playground_url: str, is_pooled: bool = False) -> None:
        import httpx  # noqa: PLC0415 - only `lyceum up` needs it

        from db.connection import Pool  # noqa: PLC0415 - likewise

        self._pool: Pool = Pool(database_url, application_name="lyceum up", min_size=0, max_size=1)
        self._client: httpx.AsyncClient = httpx.AsyncClient(timeout=2, trust_env=False)
        self._unreachable = httpx.HTTPError
        self._is_pooled = is_pooled
        self._web_url = web_url
        self._playground_url = playground_url
        self._heard: datetime | None = None

    async def aclose(self) -> None:
        """Close the HTTP client."""
        await self._client.aclose()
        await self._pool.close()

    async def web(self) -> bool:
        """Whether web is ready."""
        return await self._gets(f"{self._web_url}/ready")

    async def playground(self) -> bool:
        """Whether the local Discord answers."""
        return await self._gets(f"{self._playground_url}/playground/state")

    async def worker(self) -> bool:
        """Whether a worker is connected to the database."""
        from db.queries.metrics import count_workers  # noqa: PLC0415 - only `lyceum up` needs it

        try:
            async with self._pool.connection() as conn:
                return await count_workers(conn, is_pooled=self._is_pooled) > 0
        except ServiceUnavailable:
            return False

    async def before_listener(self) -> None:
        """Store the listener's committed position before it starts."""
        self._heard = await self._last_heard()

    async def listener(self) -> bool:
        """Whether the listener has committed something since it was started."""
        heard = await self._last_heard()
        return heard is not None and heard != self._heard

    async def _gets(self, url: str) -> bool:
        try:
            return (await self._client.get(url)).status_code == OK
        except self._unreachable:
            return False

    async def _last_heard(self) -> datetime | None:
        try:
            async with self._pool.connection() as conn:
                row = await (
                    await conn.execute("SELECT max(heartbeat_at) FROM gateway_sessions WHERE session_id IS NOT NULL")
                ).fetchone()
                return row[0] if row else None
        except ServiceUnavailable:
            return None
