"""Gateway sessions: event dispatch, replay on resume, and faults for tests."""

import json
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec
import structlog

from playground.config import PlaygroundConfig
from playground.gateway.identify_limits import Starts
from playground.json_types import Json
from playground.state import serializers
from playground.state.changes import Changes, FaultsChanged
from playground.state.message_content import INTENT as MESSAGE_CONTENT
from playground.state.state import Channel, Guild, World

GUILDS: Final = 1 << 0
GUILD_MEMBERS: Final = 1 << 1
GUILD_VOICE_STATES: Final = 1 << 7
GUILD_PRESENCES: Final = 1 << 8
GUILD_WEBHOOKS: Final = 1 << 5
GUILD_MESSAGES: Final = 1 << 9
GUILD_REACTIONS: Final = 1 << 10
GUILD_TYPING: Final = 1 << 11
DIRECT_MESSAGES: Final = 1 << 12
DIRECT_REACTIONS: Final = 1 << 13
DIRECT_TYPING: Final = 1 << 14
GUILD_POLLS: Final = 1 << 24
DIRECT_POLLS: Final = 1 << 25
PRIVILEGED: Final = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT
EVERYBODY: Final = (1 << 32) - 1  # for events sent to sessions regardless of their intents
KNOWN_INTENTS: Final = (1 << 17) - 1 | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25

DISPATCH: Final = 0
HEARTBEAT: Final = 1
RECONNECT: Final = 7
INVALID_SESSION: Final = 9

REMEMBERED_EVENTS: Final = 50_000  # per session, for resumes
RESUMABLE_CLOSES: Final = frozenset({4000, 4001, 4002, 4005, 4008})

log = structlog.get_logger()


class Connection(Protocol):
    """An open WebSocket, as used by a session."""

    def send(self, frame: bytes) -> None:
        """Queue a frame."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Queue a close."""
        ...

    def lose_session(self, *, resumable: bool) -> None:
        """Send INVALID_SESSION; the client may then identify or resume on the same connection."""
        ...


@dataclass(slots=True)
class Session:
    """One identified client; kept for a while after its connection breaks, so that it can be resumed."""

    id: str
    intents: int
    shard: tuple[int, int]
    seq: int = 0
    sent: deque[tuple[int, bytes]] = field(default_factory=lambda: deque(maxlen=REMEMBERED_EVENTS))
    connection: Connection | None = None
    left_at: float | None = None  # monotonic time of the disconnect; None: connected
    started_at: float = field(default_factory=time.monotonic)

    def dispatch(self, event: str, encoded: bytes) -> None:
        """Number and store an event, and send it if the client is connected."""
        self.seq += 1
        frame = b'{"t":"%s","s":%d,"op":0,"d":%s}' % (event.encode(), self.seq, encoded)
        self.sent.append((self.seq, frame))
        if self.connection:
            self.connection.send(frame)

    def hears(self, guild: int | None) -> bool:
        """Whether this session's shard receives events of a guild; None: events that only the first shard receives."""
        index, count = self.shard
        return ((guild or 0) >> 22) % count == index

    def missed(self, seq: int) -> list[bytes] | None:
        """The frames after `seq`; None when some of them are no longer stored."""
        oldest = self.sent[0][0] if self.sent else self.seq + 1
        if seq < oldest - 1:
            return None
        return [frame for number, frame in self.sent if number > seq]


class Gateway:
    """All gateway sessions, event dispatch, and faults."""

    def __init__(self, config: PlaygroundConfig, world: World, changes: Changes) -> None:
        self._config = config
        self._world = world
        self._changes = changes
        self.sessions: dict[str, Session] = {}
        self.connections: set[Connection] = set()
        self.starts = Starts(config)
        self.acknowledges = True  # False: heartbeats are not acknowledged, as behind a broken proxy
        self.refuses_resumes = False
        self.unavailable: set[int] = set()  # ids of guilds in an outage
        self.removed: set[int] = set()  # ids of guilds that have removed the app

    # Client operations

    def may_start(self, shard: tuple[int, int]) -> bool:
        """Whether an identify is allowed now; exceeding the daily limit ends all sessions, as on Discord."""
        allowed = self.starts.take(shard)
        if self.starts.is_token_reset:
            self.sessions.clear()
            self._close_all(4004, "Authentication failed.")
        return allowed

    def is_too_big(self, shard: tuple[int, int]) -> bool:
        """Whether a shard would have more guilds than Discord allows."""
        most = self._config.guilds_per_shard
        guilds = sum((guild >> 22) % shard[1] == shard[0] for guild in self._world.guilds.keys() - self.removed)
        return guilds > most or (shard[1] == 1 and guilds >= most)

    def start(self, intents: int, shard: tuple[int, int], connection: Connection) -> Session:
        """Start a session: send READY, then one GUILD_CREATE per guild of its shard."""
        session = Session(secrets.token_hex(16), intents, shard, connection=connection)
        self.sessions[session.id] = session
        known = self._world.guilds.values()
        guilds = [guild for guild in known if session.hears(guild.id) and guild.id not in self.removed]
        self._tell(session, "READY", self._ready(session, guilds))
        if intents & GUILDS:
            for guild in guilds:
                self._tell(session, *self._guild_event(guild))
        self._changes.tell(FaultsChanged())
        log.info("gateway session starts", session=session.id, intents=intents, shard=list(shard))
        return session

    def resume(self, session_id: str, seq: int, connection: Connection) -> Session | None:
        """Resume a session and send all events after `seq` again; None: it cannot be resumed."""
        session = self.sessions.get(session_id)
        if session is None or self.refuses_resumes or self._is_over(session):
            self.refuses_resumes = False
            self.sessions.pop(session_id, None)
            return None
        frames = session.missed(seq)
        if frames is None:
            del self.sessions[session_id]
            return None
        if session.connection:
            session.connection.close(4000, "Resumed elsewhere")
        session.connection, session.left_at = connection, None
        for frame in frames:
            connection.send(frame)
        self._tell(session, "RESUMED", {"_trace": ["playground"]})
        self._changes.tell(FaultsChanged())
        log.info("gateway session resumes", session=session.id, replayed=len(frames))
        return session

    def leave(self, session: Session, connection: Connection, *, resumable: bool) -> None:
        """Handle the end of a connection: the session stays resumable for `resumable_s`, or is removed at once."""
        if session.connection is not connection:
            return  # another connection has resumed it
        session.connection, session.left_at = None, time.monotonic()
        if not resumable:
            self.sessions.pop(session.id, None)
        self._changes.tell(FaultsChanged())

    # Dispatched events

    def dispatch(self, event: str, payload: Json, *, intent: int, guild: int | None, whole: Json | None = None) -> None:
        """Send an event to every session with `intent`; the payload is encoded once for all sessions.

        Args:
            event: the event's name.
            payload: the event's data.
            intent: intent bits, of which a session needs at least one.
            guild: the guild of the event; None: a direct message.
            whole: the payload for sessions with the message content intent; None: the same payload for all.
        """
        encoded: bytes | None = None
        encoded_whole: bytes | None = None
        silent = self.unavailable | self.removed
        for session in list(self.sessions.values()):
            if self._is_over(session):
                del self.sessions[session.id]
            elif (session.intents & intent or intent == EVERYBODY) and session.hears(guild) and guild not in silent:
                if whole is not None and session.intents & MESSAGE_CONTENT:
                    encoded_whole = encoded_whole or msgspec.json.encode(whole)
                    session.dispatch(event, encoded_whole)
                else:
                    encoded = encoded or msgspec.json.encode(payload)
                    session.dispatch(event, encoded)

    def announce_channel(self, event: str, channel: Channel) -> None:
        """Dispatch CHANNEL_CREATE, CHANNEL_UPDATE or CHANNEL_DELETE."""
        self.dispatch(event, serializers.channel_for_app(channel), intent=GUILDS, guild=channel.guild)

    def announce_guild(self, guild: Guild) -> None:
        """Dispatch GUILD_UPDATE."""
        self.dispatch("GUILD_UPDATE", serializers.guild(guild), intent=GUILDS, guild=guild.id)

    def channel_facts(self, guild: Guild, fields: list[str]) -> Json:
        """The response to opcode 43: the start times of voice calls in a guild's channels."""
        facts: list[Json] = []
        for channel in guild.channels.values():
            if channel.voice_started:
                known: Json = {"status": None, "voice_start_time": int(channel.voice_started.timestamp())}
                facts.append({"id": str(channel.id)} | {name: known[name] for name in fields if name in known})
        return {"guild_id": str(guild.id), "channels": facts}

    # Faults

    def fault(self, action: str, *, code: int | None, guild: Guild) -> str:
        """Apply a fault to all clients; returns a description of what was done.

        Raises:
            KeyError: unknown fault.
        """
        faults = {
            "drop": lambda: self._close_all(code or 4000, "Connection dropped on request"),
            "close": lambda: self._close_all(code or 4000, "Closed on request"),
            "reconnect": lambda: self._send_all({"op": RECONNECT, "d": None, "s": None, "t": None}),
            "invalidate": lambda: self._invalidate(resumable=False),
            "invalid_resumable": lambda: self._invalidate(resumable=True),
            "heartbeat": lambda: self._send_all({"op": HEARTBEAT, "d": None, "s": None, "t": None}),
            "silence": lambda: self._acknowledge(on=False),
            "answer": lambda: self._acknowledge(on=True),
            "forget": self._forget,
            "refuse_resume": self._refuse_next_resume,
            "outage": lambda: self._outage(guild),
            "recover": lambda: self._recover(guild),
            "remove": lambda: self._remove(guild),
        }
        done = faults[action]()
        self._changes.tell(FaultsChanged())
        return done

    def _close_all(self, code: int, reason: str) -> str:
        for connection in list(self.connections):
            connection.close(code, reason)
        return f"Closed {len(self.connections)} connections with {code}."

    def _send_all(self, frame: Json) -> str:
        for connection in list(self.connections):
            connection.send(json.dumps(frame).encode())
        return f"Sent opcode {frame['op']} to {len(self.connections)} connections."

    def _invalidate(self, *, resumable: bool) -> str:
        for connection in list(self.connections):
            connection.lose_session(resumable=resumable)
        if not resumable:
            self.sessions.clear()
        return f"Told {len(self.connections)} connections that their session is invalid."

    def _acknowledge(self, *, on: bool) -> str:
        self.acknowledges = on
        return "Heartbeats are answered." if on else "Heartbeats go unanswered until somebody reconnects."

    def _forget(self) -> str:
        kept = [session for session in self.sessions.values() if session.connection]
        for session in kept:
            session.id = secrets.token_hex(16)  # an open connection continues, but the session can no longer be resumed
        count = len(self.sessions)
        self.sessions = {session.id: session for session in kept}
        return f"Forgot {count} sessions; none of them can be resumed."

    def _refuse_next_resume(self) -> str:
        self.refuses_resumes = True
        return "The next resume will be refused."

    def _outage(self, guild: Guild) -> str:
        shape: Json = {"id": str(guild.id), "unavailable": True}
        self.dispatch("GUILD_DELETE", shape, intent=GUILDS, guild=guild.id)
        self.unavailable.add(guild.id)
        return f"{guild.name} is in an outage."

    def _recover(self, guild: Guild) -> str:
        self.unavailable.discard(guild.id)
        self.removed.discard(guild.id)
        self.dispatch(
            "GUILD_CREATE", serializers.guild_create(guild, self._world.application), intent=GUILDS, guild=guild.id
        )
        return f"{guild.name} is back."

    def _remove(self, guild: Guild) -> str:
        self.dispatch("GUILD_DELETE", {"id": str(guild.id)}, intent=GUILDS, guild=guild.id)
        self.removed.add(guild.id)
        return f"The app was told that it is no longer in {guild.name}; recover lets it back in."

    # Internals

    def _is_over(self, session: Session) -> bool:
        return session.left_at is not None and time.monotonic() - session.left_at > self._config.resumable_s

    def _tell(self, session: Session, event: str, payload: Json) -> None:
        session.dispatch(event, msgspec.json.encode(payload))

    def _guild_event(self, guild: Guild) -> tuple[str, Json]:
        if guild.id in self.unavailable:
            return "GUILD_DELETE", {"id": str(guild.id), "unavailable": True}
        return "GUILD_CREATE", serializers.guild_create(guild, self._world.application)

    def _ready(self, session: Session, guilds: list[Guild]) -> Json:
        return {
            "v": 10,
            "user_settings": {},
            "user": serializers.user(self._world.bot)
            | {"verified": True, "mfa_enabled": True, "email": None, "bot": True},
            "session_type": "normal",
            "session_id": session.id,
            "resume_gateway_url": self._config.resume_url,
            "relationships": [],
            "private_channels": [],
            "presences": [],
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "guild_join_requests": [],
            "geo_ordered_rtc_regions": [],
            "auth": {},
            "application": {"id": str(self._world.application), "flags": serializers.application_flags(self._world)},
            "shard": list(session.shard),
            "_trace": ["playground"],
        }
