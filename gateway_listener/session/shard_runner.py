"""Runs one shard: locks it in the database, records its events, and leaves it resumable on stop."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from core.clock import Clock
from core.config import Config
from db.connection import Pool
from gateway_listener.protocol.gateway_url import GatewayInfoClient
from gateway_listener.recording.metrics import ListenerMetrics
from gateway_listener.recording.recorder import Recorder
from gateway_listener.session.connection import ConnectionConfig
from gateway_listener.session.identify_limiter import IdentifyLimiter
from gateway_listener.session.shard import Shard

DRAIN_S: Final = 1.2  # to write received events before a planned stop; Discord replays the rest to the next process

RunShard = Callable[[tuple[int, int], asyncio.Event, str], Awaitable[None]]  # shard, stop, connection name


@dataclass(frozen=True, slots=True)
class ShardRunner:
    """Runs shards with the settings and services that all shards of a process share."""

    settings: Config
    database_url: str
    clock: Clock
    directory: GatewayInfoClient
    starts: IdentifyLimiter
    meter: ListenerMetrics = field(default_factory=ListenerMetrics)

    async def run(self, shard: tuple[int, int], stop: asyncio.Event, name: str) -> None:
        """Run a shard, given as (id, count), until `stop`; at the end it is committed, resumable and unlocked.

        It has its own database connection, so the lock is released however this ends.

        Raises:
            ShardLocked: another listener owns the shard.
            ShardLost: another listener has taken over.
            GatewayRefused: Discord refuses the connection for good.
        """
        async with Pool(self.database_url, application_name=name, min_size=1, max_size=1) as pool:
            recorder = Recorder(pool, self.clock, shard=shard, meter=self.meter)
            caller = ConnectionConfig(self.settings.token, recorder, self.clock, self.starts, shard)
            try:
                await _follow(Shard(caller, self.directory), recorder, stop)
            finally:
                self.meter.forget(shard)


async def _follow(shard: Shard, recorder: Recorder, stop: asyncio.Event) -> None:
    """Run the shard until `stop`, then write the received events and leave the session resumable."""
    following = asyncio.create_task(_start(shard, recorder))
    writing = asyncio.create_task(recorder.run())
    stopping = asyncio.create_task(stop.wait())
    tasks = (following, writing, stopping)
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if writing not in done:
            recorder.finish()
            await asyncio.wait([writing], timeout=DRAIN_S)
        for task in done:
            task.result()  # raises the error that ended the task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _start(shard: Shard, recorder: Recorder) -> None:
    await shard.run(await recorder.start())
