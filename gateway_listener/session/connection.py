"""One gateway connection, from hello to its end: heartbeats, identify or resume, and every dispatch in order."""

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

MAX_BYTES: Final = 64 * 2**20  # of one message; the biggest guilds take a few
HELLO_WITHIN_S: Final = 20.0
CLOSE_TIMEOUT_S: Final = 0.5  # for the other side to answer our close
INVALID_SESSION_S: Final = (1.0, 5.0)  # wait this long, by chance, before coming back
MISSED_HEARTBEATS_MAX: Final = (
    2  # heartbeat intervals without a frame: what comes then lay there while the machine was asleep
)

log = structlog.get_logger()


class Unreachable(Exception):
    """Nobody answers there."""


class _Stalled(Exception):
    """Nothing was read for so long that the other side must have given up."""


@dataclass(slots=True)
class Session:
    """What this process knows of its gateway session; lives longer than a connection."""

    key: SessionKey | None = None  # None: identify
    first_seq: int | None = None  # where it can be resumed while nothing of it is committed
    seq: int | None = None  # the last one received
    since: datetime | None = None  # set in a gap: what is told now happened after this, nobody knows when
    may_identify: bool = False  # Discord's limits have been asked just now

    def forget(self) -> None:
        """It cannot be resumed."""
        self.key = self.first_seq = self.seq = self.since = None


@dataclass(frozen=True, slots=True)
class ConnectionConfig:
    """What every connection of a shard has in common."""

    token: str = field(repr=False)
    recorder: Recorder
    clock: Clock
    starts: IdentifyLimiter
    shard: tuple[int, int] = (0, 1)
    invalid_session_s: tuple[float, float] = INVALID_SESSION_S
    farewell_s: float = CLOSE_TIMEOUT_S
    chance: Callable[[], float] = random.random  # from 0 to 1


_hello: Final = msgspec.json.Decoder(Hello)
_ready: Final = msgspec.json.Decoder(Ready, strict=False)


class Connection:
    """A connection that is open; `talk` once."""

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
        self._unanswered = 0  # heartbeats
        self._acks_wanted = 0  # until all is read that lay in the socket during a pause of ours; 0: there was none
        self._has_greeted = False  # HELLO has come
        self._has_waited = False  # the queue was full since the last heartbeat, so that answers lie unread
        self._has_paused = False  # the same since the last frame: the silence is ours
        self._heard_at = caller.clock.now()
        self._interval_s: float | None = None  # of heartbeats
        self._log = log.bind(shard=caller.shard[0])

    @classmethod
    async def open(
        cls, url: str, caller: ConnectionConfig, session: Session, *, compression: str | None
    ) -> "Connection":
        """Connect.

        Raises:
            Unreachable: see there; also where `url`, which the other side may have named, is none.
        """
        try:
            is_here = urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}
            socket = await connect(
                address(url, compression=compression),
                compression=None,  # Discord compresses by itself, over the whole stream
                ping_interval=None,  # heartbeats do this
                max_size=MAX_BYTES,
                close_timeout=caller.farewell_s,
                proxy=None if is_here else True,
                user_agent_header=USER_AGENT,
            )
        except Exception as error:  # whatever a name, a proxy, TLS or a handshake may end in: the next try may succeed
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        return cls(socket, caller, session)

    async def run(self) -> Disconnect:
        """Listen until the connection ends, and say how to go on; closed by us, the session stays resumable.

        Raises:
            GatewayRefused: the other side will never let us in.
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
        """The other side has closed, or the connection broke.

        Raises:
            GatewayRefused: it will never let us in.
        """
        self._notice_pause()
        if closed.rcvd or self._caller.clock.is_adjustable:  # a close frame is a frame like others
            self._heard_at = self._caller.clock.now()
            self._recorder.on_frame(self._heard_at)
        code, reason = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (None, "connection lost")
        return Disconnect(after_close(code), reason, code=code, was_established=self._is_established)

    async def _receive(self) -> Frame | None:
        message = await self._socket.recv()
        self._handle_frame()
        return self._reader.read(message)

    def _handle_frame(self) -> None:
        """A frame came, whatever it says: somebody is there.

        Raises:
            _Overslept: or was there, before the machine fell asleep.
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
        """See to it that nothing is taken for live that came while this process stood still."""
        since = self._recorder.awake.paused_since()
        if since is not None:
            self._pause(since)
            self._recorder.awake.touch()

    def _pause(self, since: datetime) -> None:
        """Nothing was read after `since`, so that what lies in the socket came at some moment after it.

        Whatever arrived by now is read before the answer to a heartbeat that is sent now.
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
        """All of the gap has been told."""
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

    # What we send

    async def _greet(self) -> None:
        """Resume where the committed events end, or identify."""
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

    # What we are told

    async def _handle_op(self, frame: Frame) -> None:
        """Everything but dispatches; unknown operations mean nothing to us."""
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
            return  # a replay may begin a little early
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
        """READY: a new session. What happened since the last one was heard is lost."""
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
        """A side task has ended; when it failed, so does the connection."""
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) and not isinstance(error, ConnectionClosed):
            self._log.error("A part of the connection failed.", exc_info=error)
            self._start(self._end(Disconnect(NextStep.RESUME, text_of(error))))
