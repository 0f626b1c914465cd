"""One gateway connection from HELLO to its close: heartbeats, identify or resume, and all dispatches in order."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from core.clock import Clock
from core.tracebacks import text_of
from gateway_listener.protocol import frames
from gateway_listener.protocol.close_codes import OURS, Disconnect, NextStep, after_close
from gateway_listener.protocol.events import ReceivedAt, read
from gateway_listener.protocol.frames import UNREADABLE, Frame, FrameReader, Hello, Op, Ready, UnreadableFrame
from gateway_listener.protocol.gateway_url import USER_AGENT, address
from gateway_listener.protocol.stall_detector import PULSE_S, STALL_S
from gateway_listener.recording.recorder import Recorder
from gateway_listener.recording.records import Cursor, Gap, Record, SessionKey, SessionStart
from gateway_listener.session.identify_limiter import IdentifyLimiter

MAX_BYTES: Final = 64 * 2**20  # per message; the largest guilds need a few MiB
HELLO_WITHIN_S: Final = 20.0
CLOSE_TIMEOUT_S: Final = 0.5  # for the server to respond to our close frame
INVALID_SESSION_S: Final = (1.0, 5.0)  # random wait in this range before the reconnect
MISSED_HEARTBEATS_MAX: Final = (
    2  # heartbeat intervals without a frame; a frame after that waited while the machine was asleep
)

log = structlog.get_logger()


class Unreachable(Exception):
    """The connection to the gateway could not be opened."""


class _Stalled(Exception):
    """No frame was read for so long that the server must have dropped the connection."""


@dataclass(slots=True)
class Session:
    """State of a gateway session in this process; outlives a single connection."""

    key: SessionKey | None = None  # None: no session, so identify
    first_seq: int | None = None  # where to resume while nothing of the session is committed
    seq: int | None = None  # last received sequence number
    since: datetime | None = None  # set in a gap: events received now happened at an unknown time after this
    may_identify: bool = False  # the identify limiter has just allowed it

    def forget(self) -> None:
        """Drop the session, which cannot be resumed."""
        self.key = self.first_seq = self.seq = self.since = None


@dataclass(frozen=True, slots=True)
class ConnectionConfig:
    """Settings and services that all connections of a shard share."""

    token: str = field(repr=False)
    recorder: Recorder
    clock: Clock
    starts: IdentifyLimiter
    shard: tuple[int, int] = (0, 1)
    invalid_session_s: tuple[float, float] = INVALID_SESSION_S
    farewell_s: float = CLOSE_TIMEOUT_S
    chance: Callable[[], float] = random.random  # random number from 0 to 1


_hello: Final = msgspec.json.Decoder(Hello)
_ready: Final = msgspec.json.Decoder(Ready, strict=False)


class Connection:
    """An open connection; call `run` once."""

    def __init__(self, socket: ClientConnection, caller: ConnectionConfig, session: Session) -> None:
        self._socket = socket
        self._caller = caller
        self._recorder = caller.recorder
        self._session = session
        self._reader = FrameReader()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending: Disconnect | None = None
        self._is_established = False
        self._waits_for_ack = False
        self._unanswered = 0  # heartbeats without an ACK
        self._acks_wanted = 0  # heartbeat ACKs to receive before all frames from a pause are read; 0: no pause
        self._has_greeted = False  # HELLO was received
        self._has_waited = False  # the queue was full since the last heartbeat, so its ACK may be unread
        self._has_paused = False  # the same since the last frame: we did not read, so silence proves nothing
        self._heard_at = caller.clock.now()
        self._interval_s: float | None = None  # between heartbeats
        self._log = log.bind(shard=caller.shard[0])

    @classmethod
    async def open(
        cls, url: str, caller: ConnectionConfig, session: Session, *, compression: str | None
    ) -> "Connection":
        """Open the websocket connection to `url`.

        Raises:
            Unreachable: the connection failed, or `url` (which Discord may have sent) is not a valid URL.
        """
        try:
            is_here = urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}
            socket = await connect(
                address(url, compression=compression),
                compression=None,  # Discord compresses the whole stream itself
                ping_interval=None,  # heartbeats replace pings
                max_size=MAX_BYTES,
                close_timeout=caller.farewell_s,
                proxy=None if is_here else True,
                user_agent_header=USER_AGENT,
            )
        except Exception as error:  # DNS, proxy, TLS or handshake errors: the next try may succeed
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        return cls(socket, caller, session)

    async def run(self) -> Disconnect:
        """Read frames until the connection ends; returns how to continue. After a close by us the session is resumable.

        Raises:
            GatewayRefused: Discord refuses the connection for good.
        """
        try:
            ending = await self._listen()
        finally:
            for task in self._tasks:
                task.cancel()
            if self._is_established:
                self._recorder.on_disconnect(self._heard_at)
            self._session.since = None
            with suppress(ConnectionClosed):
                await self._socket.close(OURS)
        return replace(ending, has_greeted=self._has_greeted)

    async def _listen(self) -> Disconnect:
        ending = Disconnect(NextStep.RESUME, "no hello came")
        try:
            async with asyncio.timeout(HELLO_WITHIN_S):
                hello = await self._receive()
                while hello is None or hello.op != Op.HELLO:
                    hello = await self._receive()
            self._interval_s = _hello.decode(hello.d).heartbeat_interval / 1000
            self._has_greeted = True
            self._recorder.awake.touch()
            self._start(self._pulse())
            self._start(self._heartbeat_loop(self._interval_s))
            await self._greet()
            while self._ending is None:
                frame = await self._receive()
                if frame is not None:
                    if frame.op == Op.DISPATCH:
                        await self._dispatch(frame)
                    else:
                        await self._handle_op(frame)
        except TimeoutError:
            pass
        except (UnreadableFrame, *UNREADABLE) as error:
            ending = Disconnect(NextStep.RESUME, f"unreadable: {error}", was_established=self._is_established)
        except _Stalled:
            ending = Disconnect(NextStep.RESUME, "nothing was heard for long", was_established=self._is_established)
        except ConnectionClosed as closed:
            if self._ending is None:
                ending = self._closed(closed)
        return self._ending or ending

    def _closed(self, closed: ConnectionClosed) -> Disconnect:
        """The Disconnect for a closed or broken connection.

        Raises:
            GatewayRefused: Discord refuses the connection for good.
        """
        self._notice_pause()
        if closed.rcvd or self._caller.clock.is_adjustable:  # a close frame counts as a received frame
            self._heard_at = self._caller.clock.now()
            self._recorder.on_frame(self._heard_at)
        code, reason = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (None, "connection lost")
        return Disconnect(after_close(code), reason, code=code, was_established=self._is_established)

    async def _receive(self) -> Frame | None:
        message = await self._socket.recv()
        self._handle_frame()
        return self._reader.read(message)

    def _handle_frame(self) -> None:
        """Record that a frame of any kind was received, so the connection is alive.

        Raises:
            _Stalled: the frame waited while the machine was asleep; the connection is dead by now.
        """
        clock = self._caller.clock
        now = clock.now()
        if self._is_established and self._interval_s and not (self._has_paused or clock.is_adjustable):
            silence_s = (now - self._heard_at).total_seconds()
            if silence_s > MISSED_HEARTBEATS_MAX * self._interval_s:
                raise _Stalled
        self._notice_pause()
        self._has_paused = False
        self._heard_at = now
        self._recorder.on_frame(now)

    def _notice_pause(self) -> None:
        """Open a gap if this process was paused, so that frames that arrived meanwhile do not count as live."""
        since = self._recorder.awake.paused_since()
        if since is not None:
            self._pause(since)
            self._recorder.awake.touch()

    def _pause(self, since: datetime) -> None:
        """Open a gap: nothing was read after `since`, so frames in the socket arrived at an unknown time after it.

        All frames that have arrived are read before the ACK of a heartbeat sent now, which ends the gap.
        """
        self._has_waited = self._has_paused = True
        if not self._is_established or self._session.since is not None:
            return
        self._recorder.on_disconnect(since)
        self._session.since = self._recorder.received_until
        self._acks_wanted = self._unanswered + 1
        self._log.warning("Events were not read for a while; when they happened is not known.", since=since)
        self._start(self._send_heartbeat())

    async def _end_gap(self) -> None:
        """End the gap, whose events have all been received."""
        session, at = self._session, self._heard_at
        self._acks_wanted = 0
        mark = Cursor(session.key, session.seq, at)
        since, session.since = session.since, None
        if since is None:
            self._recorder.skip(mark)
        else:
            await self._recorder.add(Record(mark, gap=Gap(since, max(since, at))))
        self._establish()

    async def _pulse(self) -> None:
        while True:
            await asyncio.sleep(PULSE_S)
            self._notice_pause()
            self._recorder.awake.touch()

    # Sending

    async def _greet(self) -> None:
        """Resume after the last committed event, or identify."""
        session = self._session
        if session.key:
            committed = self._recorder.committed_seq(session.key)
            seq = committed if committed is not None else session.first_seq
            if seq is not None:
                session.since = self._recorder.received_until
                await self._socket.send(frames.resume(self._caller.token, session_id=session.key.id, seq=seq))
                return
        await self._identify()

    async def _identify(self) -> None:
        self._session.forget()
        if not self._session.may_identify:
            await self._caller.starts.wait(self._caller.shard[0])
        self._session.may_identify = False
        await self._socket.send(frames.identify(self._caller.token, shard=self._caller.shard))

    async def _heartbeat_loop(self, interval_s: float) -> None:
        await asyncio.sleep(interval_s * self._caller.chance())
        while True:
            self._notice_pause()
            if self._waits_for_ack and not (self._has_waited or self._recorder.is_full):
                await self._end(
                    Disconnect(NextStep.RESUME, "no answer to a heartbeat", was_established=self._is_established)
                )
                return
            self._has_waited = False
            self._waits_for_ack = True
            await self._send_heartbeat()
            await asyncio.sleep(interval_s)

    async def _send_heartbeat(self) -> None:
        self._unanswered += 1
        await self._socket.send(frames.heartbeat(self._recorder.committed_seq(self._session.key)))

    async def _end(self, ending: Disconnect) -> None:
        self._ending = ending
        await self._socket.close(OURS)

    # Receiving

    async def _handle_op(self, frame: Frame) -> None:
        """Handle all opcodes except dispatches; unknown ones are ignored."""
        match frame.op:
            case Op.HEARTBEAT_ACK:
                self._waits_for_ack = False
                self._unanswered = max(0, self._unanswered - 1)
                if self._acks_wanted:
                    self._acks_wanted -= 1
                    if not self._acks_wanted:
                        await self._end_gap()
            case Op.HEARTBEAT:
                await self._send_heartbeat()
            case Op.RECONNECT:
                await self._end(
                    Disconnect(
                        NextStep.RESUME, "asked to reconnect", was_established=self._is_established, is_prompt=True
                    )
                )
            case Op.INVALID_SESSION:
                await self._lose_session(is_resumable=msgspec.json.decode(frame.d) is True)
            case _:
                pass

    async def _lose_session(self, *, is_resumable: bool) -> None:
        self._log.info("The gateway session is not valid.", is_resumable=is_resumable)
        was_established = self._is_established
        if was_established:
            self._recorder.on_disconnect(self._heard_at)
            self._is_established = False
        if self._session.key is None:
            await self._caller.starts.sent(self._caller.shard[0])
            await self._end(Disconnect(NextStep.IDENTIFY, "identify refused"))
            return
        shortest, longest = self._caller.invalid_session_s
        await asyncio.sleep(shortest + (longest - shortest) * self._caller.chance())
        following, reason = (
            (NextStep.RESUME, "asked to resume") if is_resumable else (NextStep.IDENTIFY, "session invalid")
        )
        await self._end(Disconnect(following, reason, was_established=was_established, is_prompt=True))

    async def _dispatch(self, frame: Frame) -> None:
        session = self._session
        at = self._heard_at
        if frame.t == "READY":
            await self._begin(frame, at)
            return
        is_known = frame.s is not None and session.seq is not None and frame.s <= session.seq
        if frame.s is not None and not is_known:
            session.seq = frame.s
        if frame.t == "RESUMED":
            self._log.info("The gateway session goes on.", seq=session.seq, since=session.since)
            await self._end_gap()
            return
        if is_known:
            return  # a replay may start with events that we have already
        mark = Cursor(session.key, session.seq, at, session.since)
        try:
            event = read(frame.t or "", frame.d, ReceivedAt(at, session.since))
        except UNREADABLE as error:
            self._log.error("An event looks unlike its documentation.", event_kind=frame.t, seq=frame.s, why=str(error))
            event = None
        if event is None:
            self._recorder.skip(mark)
            return
        if self._recorder.is_full:
            self._has_waited = self._has_paused = True
        began = monotonic()
        await self._recorder.add(Record(mark, event))
        blocked_at = self._recorder.take_block()
        if blocked_at is not None and monotonic() - began > STALL_S:
            self._pause(blocked_at)

    async def _begin(self, frame: Frame, at: datetime) -> None:
        """Handle READY: a new session starts, and events since the previous one are lost."""
        ready = _ready.decode(frame.d)
        session = self._session
        session.key = SessionKey(ready.session_id, ready.resume_gateway_url or None)
        session.first_seq = session.seq = frame.s
        session.since = None
        lost_since = self._recorder.received_until
        known = [guild.id for guild in ready.guilds or () if guild]
        guilds = frozenset(known) if ready.guilds is not None and len(known) == len(ready.guilds) else None
        self._log.info("A gateway session begins.", seq=frame.s, lost_since=lost_since, guilds=len(guilds or ()))
        self._start(self._caller.starts.sent(self._caller.shard[0]))
        await self._recorder.add(
            Record(Cursor(session.key, frame.s, at), session_start=SessionStart(guilds, lost_since))
        )
        self._establish()

    def _establish(self) -> None:
        self._is_established = True
        self._recorder.on_live(needs_frames=not self._caller.clock.is_adjustable)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finish)

    def _finish(self, task: asyncio.Task[None]) -> None:
        """End the connection if a background task failed."""
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) and not isinstance(error, ConnectionClosed):
            self._log.error("A part of the connection failed.", exc_info=error)
            self._start(self._end(Disconnect(NextStep.RESUME, text_of(error))))
