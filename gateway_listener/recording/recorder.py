"""Writes received events to the database in batches, each in one transaction with the gateway position it reaches."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Final

import psycopg
import structlog

from core import error_reporting
from core.clock import Clock
from core.errors import ServiceUnavailable
from db.connection import Connection, Pool
from db.queries.gateway import positions as gateway_position_queries
from db.queries.gateway.positions import Position
from gateway_listener.protocol.stall_detector import StallDetector
from gateway_listener.recording.metrics import ListenerMetrics
from gateway_listener.recording.records import Cursor, Record, SessionKey, SessionStart
from services.voice import open_sessions, recording

BATCH_ROWS: Final = 2_000  # per transaction; larger batches only delay the first event
QUEUE_ROWS: Final = 20_000  # when the queue is this long, reading from the socket stops
TURN_ROWS: Final = 50  # records added before the event loop yields, so that database work can continue
TICK_S: Final = 12.0  # simulated time; a crash may lose 15 s, and a commit takes some of it
SETTLE_S: Final = 60.0  # simulated time
RETRY_S: Final = (0.1, 0.2, 0.5, 1.0)  # the last delay repeats until the database is back

_UNFIT: Final = (psycopg.DataError, psycopg.IntegrityError)  # errors that a retry of the same event cannot fix

log = structlog.get_logger()


class ShardLocked(Exception):
    """Another listener owns the shard."""


class ShardLost(Exception):
    """Another listener took over the shard and committed since; Discord replays our queued events to it."""


@dataclass(slots=True)
class _Batch:
    heard: list[Record]
    position: Position
    settles: bool = False


class Recorder:
    """A bounded queue with a single writer; holds the lock of its shard as long as its database connection is open."""

    def __init__(
        self,
        pool: Pool,
        clock: Clock,
        *,
        shard: tuple[int, int] = (0, 1),
        batch_rows: int = BATCH_ROWS,
        queue_rows: int = QUEUE_ROWS,
        meter: ListenerMetrics | None = None,
    ) -> None:
        self._meter = meter or ListenerMetrics(clock)
        self._pool = pool
        self._clock = clock
        self._shard = shard
        self._batch_rows = batch_rows
        self._queue_rows = queue_rows
        self._queue: deque[Record] = deque()
        self._rows = 0
        self._pending_rows = 0
        self._tail: Cursor | None = None  # position of the last received event, also if it is not written yet
        self._pending: deque[_Batch] = deque()  # taken from the queue, not committed; more than one only after a split
        self._committed: Position | None = None
        self._is_live = False
        self._alive_at: datetime | None = None  # time of the last received frame
        self._needs_frames = False  # while live: only time up to the last frame is verified
        self._blocked_at: datetime | None = None  # since when reading is stopped, so that frames wait in the socket
        self.awake = StallDetector(clock)
        self._heard_until: datetime | None = None  # while disconnected or replaying: voice time is verified up to here
        self._is_due = self._is_settling_due = self._is_asked = self._is_closing = False
        self._refusals = 0  # refusals of the first pending batch by a reachable database
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._owned = asyncio.Event()
        self._written = asyncio.Event()
        self._log = log.bind(shard=shard[0])

    # Called by the gateway connection

    @property
    def is_full(self) -> bool:
        """Whether the queue is full or closing, so that reading from the socket has to wait."""
        return self._rows >= self._queue_rows or self._is_closing

    async def add(self, heard: Record) -> None:
        """Queue a record; waits while the queue is full."""
        while self.is_full:
            self._blocked_at = self._blocked_at or self._clock.now()
            self._room.clear()
            await self._room.wait()
        self._queue.append(heard)
        self._rows += heard.rows
        self._tail = heard.cursor
        self._wake.set()
        if len(self._queue) % TURN_ROWS == 0:
            await asyncio.sleep(0)  # otherwise a socket that is never empty would block the writer

    def skip(self, mark: Cursor) -> None:
        """Move the position past an event that needs no record."""
        if not self._is_closing:
            self._tail = mark
            self._is_due = True
            self._wake.set()

    def on_live(self, *, needs_frames: bool = False) -> None:
        """Events arrive live from now on (connected, replay finished).

        Args:
            needs_frames: voice time is verified only up to the last received frame, because the connection may be dead
                since then. False: it is verified until on_disconnect().
        """
        self._is_live, self._heard_until, self._blocked_at = True, None, None
        self._needs_frames = needs_frames
        self.awake.touch()
        self._is_due = True
        self._wake.set()

    def on_frame(self, at: datetime) -> None:
        """Record that a frame was received at `at`."""
        self._alive_at = at

    def on_disconnect(self, heard_until: datetime) -> None:
        """Events stop at `heard_until`: no later time counts as verified until `on_live`."""
        if self._is_live:
            self._is_live, self._heard_until = False, min(heard_until, self._verified_until())

    def take_block(self) -> datetime | None:
        """Return and clear the time since when reading waited for the full queue; None: it did not wait."""
        since, self._blocked_at = self._blocked_at, None
        return since

    @property
    def received_until(self) -> datetime | None:
        """While disconnected or replaying, the end of the verified time; None: live, or never connected."""
        return self._heard_until

    def committed_seq(self, session: SessionKey | None) -> int | None:
        """The last committed sequence number of `session`; None: nothing of it is committed."""
        done = self._committed
        return done.seq if done and session and done.session_id == session.id else None

    # Lifecycle and writing

    async def start(self) -> Position | None:
        """Wait for the lock of the shard; returns the last committed position, None for a new shard."""
        await self._owned.wait()
        return self._committed

    async def run(self) -> None:
        """Lock the shard and write until `finish`; the lock is released when the pool closes the connection.

        Raises:
            ShardLocked: another listener holds the shard.
            ShardLost: another listener took over the shard.
        """
        timers = [asyncio.create_task(self._tick()), asyncio.create_task(self._settle())]
        tries = 0
        try:
            while True:
                try:
                    async with self._pool.connection() as conn:
                        await self._own(conn)
                        tries = 0
                        await self._write(conn)
                        return
                except (ServiceUnavailable, psycopg.OperationalError, psycopg.InterfaceError) as trouble:
                    if tries == 0:
                        self._log.warning(
                            "The database is away; what is heard waits.", why=str(trouble.__cause__ or trouble)
                        )
                    await asyncio.sleep(_retry_s(tries))
                    tries += 1
        finally:
            for timer in timers:
                timer.cancel()

    def finish(self) -> None:
        """Accept no more records; `run` returns when all queued ones are written."""
        self._is_closing = self._is_asked = True
        self._wake.set()

    async def confirm(self, *, patience_s: float) -> None:
        """Wait for a commit, which proves that we still own the shard; at most `patience_s` seconds."""
        self._written.clear()
        self._is_asked = True
        self._wake.set()
        try:
            async with asyncio.timeout(patience_s):
                await self._written.wait()
        except TimeoutError:
            pass

    async def _tick(self) -> None:
        while True:
            await self._clock.sleep(TICK_S)
            self._is_due = True
            self._wake.set()

    async def _settle(self) -> None:
        while True:
            await self._clock.sleep(SETTLE_S)
            self._is_settling_due = True
            self._wake.set()

    async def _own(self, conn: Connection) -> None:
        """Lock the shard; after a reconnect also check that no other listener has committed meanwhile."""
        await gateway_position_queries.set_keepalives(conn)
        if not await gateway_position_queries.try_lock_shard(conn, shard=self._shard[0]):
            raise ShardLost if self._owned.is_set() else ShardLocked
        stored = await gateway_position_queries.find_position(conn, shard=self._shard)
        await conn.commit()
        if not self._owned.is_set():
            self._committed = stored
            self._heard_until = stored.heartbeat_at if stored else None
            self._meter.watch(self._shard, self._waiting)
            self._owned.set()
        elif _same(stored, self._committed):
            return
        elif self._pending and _same(stored, self._pending[0].position):
            self._done(self._pending[0])  # the connection broke after the commit
        else:
            raise ShardLost

    async def _write(self, conn: Connection) -> None:
        while True:
            if not self._pending and not self._take():
                if self._is_closing and not self._is_asked:
                    return
                await self._wake.wait()
                self._wake.clear()
                continue
            await self._commit(conn, self._pending[0])

    def _take(self) -> bool:
        """Move queued records into a batch, up to the limit; False: nothing to write.

        A session start gets its own batch, because open sessions are truncated before it.
        """
        taken: list[Record] = []
        rows = 0
        while self._queue and rows < self._batch_rows:
            if taken and (self._queue[0].session_start or taken[-1].session_start):
                break
            heard = self._queue.popleft()
            taken.append(heard)
            rows += heard.rows
        self._rows -= rows
        self._pending_rows += rows
        position = self._position(taken)
        is_wanted = bool(taken) or self._is_asked or (self._is_live and (self._is_due or self._is_settling_due))
        settles = self._is_settling_due and self._is_live and not self._queue
        if not self._queue:
            self._is_due = self._is_asked = self._is_settling_due = False
        if position is None or not is_wanted:
            return False
        self._pending.append(_Batch(taken, position, settles=settles))
        return True

    def _position(self, taken: Sequence[Record]) -> Position | None:
        """The position of the shard once `taken` is written; None: nothing was ever received."""
        if self._queue:
            mark, heartbeat_at = taken[-1].cursor, taken[-1].cursor.known_until
        elif self._tail:
            mark = self._tail
            heartbeat_at = self._verified_until() if self._is_live else self._heard_until or mark.known_until
        else:
            return self._committed
        if self._heard_until is not None:
            heartbeat_at = min(heartbeat_at, self._heard_until)
        session = mark.session
        return Position(
            session_id=session.id if session else None,
            resume_url=session.resume_url if session else None,
            seq=mark.seq,
            heartbeat_at=heartbeat_at,
        )

    def _verified_until(self) -> datetime:
        """The time up to which events are complete: the last frame that was read without delay."""
        paused_at = self.awake.paused_since()
        if paused_at is None:
            self.awake.touch()
        limits = [self._clock.now(), paused_at, self._blocked_at]
        if self._needs_frames:
            limits.append(self._last_heard())
        return min(limit for limit in limits if limit is not None)

    def _last_heard(self) -> datetime | None:
        """Time of the last event or frame; None with simulated time, which may jump."""
        if self._clock.is_adjustable:
            return None
        return max((at for at in (self._tail and self._tail.at, self._alive_at) if at is not None), default=None)

    async def _commit(self, conn: Connection, batch: _Batch) -> None:
        """Write a batch; it stays pending after a temporary error, and is split after a permanent one."""
        began = monotonic()
        try:
            async with conn.transaction(), conn.pipeline():
                await self._record(conn, batch)
        except psycopg.OperationalError:
            if conn.broken or conn.closed:
                raise
            if self._refusals == 0:
                self._log.warning("The database refuses a batch for now; trying again and again.", exc_info=True)
            await asyncio.sleep(_retry_s(self._refusals))
            self._refusals += 1
            return
        except psycopg.Error as error:
            if not isinstance(error, _UNFIT):
                raise  # the schema does not match: no batch can be written
            self._split(batch, error)
            return
        except Exception as error:  # noqa: BLE001 - an event that the services fail on must not stop the others
            self._split(batch, error)
            return
        self._done(batch)
        await self._compare(conn, batch)
        if batch.settles:
            await self._settle_now(conn, batch.position.heartbeat_at)
        if batch.heard:
            self._log.debug(
                "committed",
                events=len(batch.heard),
                seq=batch.position.seq,
                waiting=len(self._queue),
                duration_ms=round((monotonic() - began) * 1000, 1),
                lag_ms=round((self._clock.now() - batch.heard[0].cursor.at).total_seconds() * 1000, 1),
            )

    async def _record(self, conn: Connection, batch: _Batch) -> None:
        for heard in batch.heard:
            if heard.session_start:
                await self._begin(conn, heard.session_start, heard.cursor.at)
            if heard.gap:
                await open_sessions.bridge(conn, since=heard.gap.since, until=heard.gap.until, shard=self._shard)
        events = [heard.event for heard in batch.heard if heard.event is not None]
        if events:
            await recording.record(conn, events)
        await gateway_position_queries.set_position(conn, batch.position, shard=self._shard)

    async def _compare(self, conn: Connection, batch: _Batch) -> None:
        """Update the comparison metrics; errors here never delay or lose events."""
        try:
            await self._meter.compare(conn, batch.heard)
        except Exception as error:
            if conn.broken or conn.closed:
                raise
            self._log.exception("Open sessions could not be compared with a snapshot.")
            error_reporting.send(error, route="compare")

    async def _begin(self, conn: Connection, beginning: SessionStart, at: datetime) -> None:
        """Apply a session start: truncate open sessions at the lost time, and mark unlisted guilds as left."""
        await open_sessions.truncate_open_sessions(conn, heard_until=beginning.lost_since, shard=self._shard)
        if beginning.guilds is not None:
            gone = await open_sessions.mark_missing_guilds_left(conn, beginning.guilds, at=at, shard=self._shard)
            if gone:
                self._log.info("Servers have removed the app meanwhile.", guilds=gone)
        await gateway_position_queries.end_sessions_of_other_counts(conn, shard_count=self._shard[1])

    def _split(self, batch: _Batch, error: Exception) -> None:
        """Split a batch in halves until the event that cannot be written stands alone, and drop it."""
        if not batch.heard:
            raise error  # the position itself cannot be written, so no batch can
        self._pending.popleft()
        if len(batch.heard) > 1:
            middle = len(batch.heard) // 2
            mark = batch.heard[middle - 1].cursor
            between = replace(
                batch.position, seq=mark.seq, heartbeat_at=min(mark.known_until, batch.position.heartbeat_at)
            )
            first, second = _Batch(batch.heard[:middle], between), replace(batch, heard=batch.heard[middle:])
            self._pending.extendleft((second, first))
            return
        for heard in batch.heard:
            self._log.error(
                "An event could not be written and is left out.",
                event_kind=type(heard.event).__name__,
                guild=heard.event.guild if heard.event else None,
                seq=heard.cursor.seq,
                exc_info=error,
            )
            error_reporting.send(error, route=f"event {type(heard.event).__name__}")
        self._pending.appendleft(replace(batch, heard=[]))

    async def _settle_now(self, conn: Connection, now: datetime) -> None:
        try:
            async with conn.transaction():
                await open_sessions.accrue_open_sessions(conn, now=now, shard=self._shard)
                await gateway_position_queries.remove_other_counts(conn, shard_count=self._shard[1])
        except Exception as error:  # late crediting is better than a stopped listener
            if conn.broken or conn.closed:
                raise
            self._log.exception("Open sessions could not be credited; trying again in a minute.")
            error_reporting.send(error, route="settle")

    def _waiting(self) -> int:
        return self._rows + self._pending_rows

    def _done(self, batch: _Batch) -> None:
        self._pending.popleft()
        self._refusals = 0
        self._pending_rows = sum(heard.rows for left in self._pending for heard in left.heard)
        self._committed = batch.position
        self._meter.committed(self._shard, batch.heard, heartbeat_at=batch.position.heartbeat_at)
        self._written.set()
        if not self.is_full:
            self._room.set()


def _retry_s(tries: int) -> float:
    return RETRY_S[min(tries, len(RETRY_S) - 1)]


def _same(stored: Position | None, ours: Position | None) -> bool:
    """Whether two positions have the same session and sequence number; heartbeat times may differ."""
    return (stored and (stored.session_id, stored.seq)) == (ours and (ours.session_id, ours.seq))
