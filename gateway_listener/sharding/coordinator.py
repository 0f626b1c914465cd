"""Distributes the shards among the listeners: balanced shares, handover without loss, takeover from stale listeners."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Final

import psycopg
import structlog

from core.errors import ServiceUnavailable
from db.connection import Connection, Pool
from db.queries.gateway import listeners as listener_queries
from gateway_listener.protocol.close_codes import TOO_FEW_SHARDS, GatewayRefused
from gateway_listener.protocol.gateway_url import GatewayInfoClient, GatewayUnknown
from gateway_listener.recording.recorder import ShardLocked, ShardLost
from gateway_listener.session.shard_runner import RunShard
from gateway_listener.sharding.assignment import Assignment, Peer, agreed_shard_count, plan_assignment
from gateway_listener.sharding.selection import ShardSelection

APPLICATION: Final = "lyceum listener"  # application name of our connections; with our number once we have one
POLL_S: Final = 0.5  # real time, as all times in this module
HEARTBEAT_S: Final = 3.0
STALE_S: Final = 12.0  # without a heartbeat; then a listener counts as hung and loses its shards
RETRY_S: Final = 1.0
PATIENCE_S: Final = 3.0  # after a database outage, so that all listeners can lock their own shards again

log = structlog.get_logger()


def name_of(listener: int) -> str:
    """Application name of the database connections of a listener."""
    return f"{APPLICATION} {listener}"


@dataclass(frozen=True, slots=True)
class _RunningShard:
    task: asyncio.Task[None]
    stop: asyncio.Event


class ShardCoordinator:
    """Registers this process as a listener, and starts and stops its shards."""

    def __init__(self, pool: Pool, directory: GatewayInfoClient, wish: ShardSelection, follow: RunShard) -> None:
        self._pool = pool
        self._directory = directory
        self._wish = wish
        self._follow = follow
        self._count = wish.count or 0  # 0: unknown yet
        self._wanted = 0  # shard count that Discord has required since
        self._may_grow = False
        self._number = 0  # 0: not registered yet
        self._following: dict[int, _RunningShard] = {}
        self._failed = asyncio.Event()
        self._failure: BaseException | None = None
        self._beat_at = 0.0
        self._patient_until = 0.0
        self._waits_for: int | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Run a fair share of the shards until `stop`, then release all of them.

        Raises:
            GatewayRefused: Discord refuses the connection for good.
        """
        looking = asyncio.create_task(self._poll_loop())
        waits = (looking, asyncio.create_task(stop.wait()), asyncio.create_task(self._failed.wait()))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if looking.done():
                looking.result()
        finally:
            for task in waits:
                task.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
            await self._leave_all()
            await self._unregister()
        if self._failure:
            raise self._failure

    async def _poll_loop(self) -> None:
        """Poll the other listeners twice per second; while the database is unavailable, nothing changes."""
        while True:
            wait_s = RETRY_S
            try:
                async with self._pool.connection() as conn:
                    await self._register(conn)
                    while True:
                        await self._apply(await self._poll(conn))
                        await asyncio.sleep(POLL_S)
            except (ServiceUnavailable, psycopg.OperationalError, psycopg.InterfaceError) as trouble:
                log.debug("The other listeners cannot be seen.", why=str(trouble))
            except GatewayUnknown as trouble:
                wait_s = max(RETRY_S, trouble.retry_after_s)
                log.warning(
                    "Discord does not say how many shards it recommends; asking again.", why=str(trouble), wait_s=wait_s
                )
            await asyncio.sleep(wait_s)

    async def _register(self, conn: Connection) -> None:
        """Register this listener; after a lost connection, under the same number."""
        if not self._number:
            others = await listener_queries.list_listeners(conn, patience_s=STALE_S)
            await conn.commit()
            if not self._count:
                self._count = others[0].shard_count if others else (await self._directory.look_up()).shards
            await listener_queries.remove_stale_listeners(conn)
            self._number = await listener_queries.add_listener(
                conn, shard_selection=str(self._wish), shard_count=self._count
            )
            log.info("Listening.", listener=self._number, shards=str(self._wish), shard_count=self._count)
        else:
            self._patient_until = monotonic() + PATIENCE_S
        await self._beat(conn)
        await listener_queries.lock_listener(conn, self._number, name=name_of(self._number))
        await conn.commit()

    async def _poll(self, conn: Connection) -> Assignment:
        """Compute the next assignment; also ends the connections of hung listeners, which frees their shards."""
        if monotonic() >= self._beat_at + HEARTBEAT_S:
            await self._beat(conn)
        rows = await listener_queries.list_listeners(conn, patience_s=STALE_S)
        taken = await listener_queries.list_taken_shards(conn)
        for row in rows:
            if not row.is_alive and row.listener_id != self._number:
                ended = await listener_queries.end_connections(conn, name=name_of(row.listener_id))
                log.warning("A listener hangs; its shards are free now.", listener=row.listener_id, connections=ended)
        await conn.commit()
        me = Peer(self._number, self._wish, max(self._count, self._wanted))
        others = [_peer(row) for row in rows if row.is_alive and row.listener_id != self._number]
        self._may_grow = all(one.wish.count is None for one in (me, *others))
        count = agreed_shard_count(me, (me, *others))
        if count != self._count:
            log.info("The guilds are split anew.", shard_count=count, before=self._count)
            await self._leave_all()
            self._count = count
            await self._beat(conn)
            return Assignment()
        return plan_assignment(me, others, mine=self._following.keys(), taken=taken)

    async def _beat(self, conn: Connection) -> None:
        self._beat_at = monotonic()
        await listener_queries.set_listener(
            conn, self._number, shard_selection=str(self._wish), shard_count=self._count
        )
        await conn.commit()

    async def _apply(self, step: Assignment) -> None:
        if step.waits_for not in (None, self._waits_for):
            log.warning(
                "Other listeners split the guilds into another number of shards; waiting until they have stopped.",
                theirs=step.waits_for,
                ours=self._count,
            )
        self._waits_for = step.waits_for
        for shard in step.leave:
            self._following[shard].stop.set()
        if monotonic() < self._patient_until:
            return
        for shard in step.take:
            stop = asyncio.Event()
            self._following[shard] = _RunningShard(asyncio.create_task(self._acquire((shard, self._count), stop)), stop)

    async def _acquire(self, shard: tuple[int, int], stop: asyncio.Event) -> None:
        """Run one shard until it is released or lost."""
        try:
            await self._follow(shard, stop, name_of(self._number))
            log.info("A shard is handed over.", shard=shard[0])
        except ShardLocked:
            log.debug("Another listener was faster.", shard=shard[0])
        except ShardLost:
            log.warning("Another listener has taken over.", shard=shard[0])
        except GatewayRefused as refusal:
            if not await self._can_grow(refusal, shard[1]):
                self._fail(refusal)
        except Exception as error:  # noqa: BLE001 - run() raises it
            self._fail(error)
        finally:
            del self._following[shard[0]]

    async def _can_grow(self, refusal: GatewayRefused, count: int) -> bool:
        """Whether a higher shard count solves the refusal; the next poll then applies it."""
        if refusal.code != TOO_FEW_SHARDS or not self._may_grow:
            return False
        with suppress(GatewayUnknown):
            wanted = (await self._directory.look_up()).shards
            if wanted > count:
                log.warning("Discord wants more shards.", shard_count=wanted, before=count)
                self._wanted = wanted
                return True
        return False

    def _fail(self, error: BaseException) -> None:
        self._failure = self._failure or error
        self._failed.set()

    async def _leave_all(self) -> None:
        """Stop all shards: events committed, sessions resumable, locks released."""
        followed = list(self._following.values())
        for one in followed:
            one.stop.set()
        if followed:
            await asyncio.wait([one.task for one in followed])

    async def _unregister(self) -> None:
        if self._number:
            with suppress(ServiceUnavailable, psycopg.Error):
                async with self._pool.connection() as conn:
                    await listener_queries.remove_listener(conn, self._number)


def _peer(row: listener_queries.Listener) -> Peer:
    return Peer(row.listener_id, ShardSelection.read(row.shard_selection), row.shard_count)
