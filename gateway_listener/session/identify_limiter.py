"""Limits IDENTIFY to Discord's rate limit and daily quota, counted for all listeners together in the database."""

import asyncio
import random
from typing import Final

import structlog

from core.errors import ServiceUnavailable
from db.connection import Pool
from db.queries.gateway import listeners as listener_queries
from gateway_listener.protocol.gateway_url import GatewayBot, GatewayInfoClient, SessionStartLimit

WINDOW_S: Final = 5.0  # per bucket and identify; discord.com/developers/docs/events/gateway#rate-limiting
RETRY_S: Final = 1.0  # while the database is unavailable
JITTER_S: Final = 0.05

log = structlog.get_logger()


class IdentifyLimiter:
    """Allows one identify at a time per bucket, across all processes."""

    def __init__(self, pool: Pool, directory: GatewayInfoClient, *, window_s: float = WINDOW_S) -> None:
        self._pool = pool
        self._directory = directory
        self._window_s = window_s
        self._limit: SessionStartLimit | None = None  # None: not loaded yet

    async def wait(self, shard: int) -> GatewayBot:
        """Wait until a shard may identify; returns where. Its bucket is blocked for two windows, or until `sent`.

        Discord counts an identify on arrival, so as many starts stay in reserve as identifies may be in flight.

        Raises:
            GatewayUnknown: the lookup of the gateway URL failed.
            GatewayRefused: the token is wrong.
        """
        limit = self._limit or (await self._directory.look_up()).session_start_limit
        while True:
            bucket = _bucket(shard, limit)
            await self._take(bucket)
            found = await self._directory.look_up()
            limit = self._limit = found.session_start_limit
            if limit.remaining < max(limit.max_concurrency, 1):
                wait_s = max(limit.reset_after / 1000, 1.0)
                log.error("No session may be started before the daily limit is reset.", wait_s=wait_s, shard=shard)
                await asyncio.sleep(wait_s)
            elif _bucket(shard, limit) == bucket:
                return found

    async def sent(self, shard: int) -> None:
        """Record that Discord processed an identify: the next one of its bucket is allowed after one window."""
        if self._limit is None:
            return
        try:
            async with self._pool.connection() as conn:
                await listener_queries.set_identify_slot(conn, bucket=_bucket(shard, self._limit), gap_s=self._window_s)
        except ServiceUnavailable:
            log.debug("The bucket opens by itself.", shard=shard)

    async def _take(self, bucket: int) -> None:
        while True:
            wait_s = RETRY_S
            try:
                async with self._pool.connection() as conn:
                    if await listener_queries.take_identify_slot(conn, bucket=bucket, hold_s=2 * self._window_s):
                        return
                    wait_s = await listener_queries.get_identify_wait(conn, bucket=bucket)
            except ServiceUnavailable as trouble:
                log.warning("The database is away; no session is started.", why=str(trouble))
            await asyncio.sleep(max(wait_s, 0) + JITTER_S * random.random())  # noqa: S311 - no secret


def _bucket(shard: int, limit: SessionStartLimit) -> int:
    return shard % max(limit.max_concurrency, 1)
