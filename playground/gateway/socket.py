"""One gateway WebSocket connection: frames, compression, heartbeats, and Discord's documented close codes."""

import asyncio
import contextlib
import time
import zlib
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import msgspec
import zstandard
from starlette.websockets import WebSocket, WebSocketDisconnect

from playground.config import PlaygroundConfig
from playground.gateway import sessions
from playground.gateway.sessions import Gateway, Session
from playground.gateway.voice import Voice
from playground.json_types import Json, is_list, is_object, snowflake
from playground.state import message_content, serializers
from playground.state.state import World
from playground.state.tokens import opens

PAYLOAD_MAX_BYTES: Final = 4096  # discord.com/developers/docs/events/gateway#sending-events
SENDS_MAX: Final = 120  # in
SENDS_WINDOW_S: Final = 60
PATIENCE: Final = 1.5  # heartbeat intervals without a heartbeat until the connection is closed
QUEUE_MAX: Final = 200_000  # frames queued for a slow client until it is disconnected

Compress = Callable[[bytes], bytes]


class Closed(Exception):
    """Ends the connection with this close code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Socket:
    """One client connection from HELLO to close."""

    def __init__(
        self, websocket: WebSocket, config: PlaygroundConfig, gateway: Gateway, world: World, voice: Voice
    ) -> None:
        self._websocket = websocket
        self._config = config
        self._gateway = gateway
        self._world = world
        self._voice = voice
        self._outbox: asyncio.Queue[bytes | Closed] = asyncio.Queue()
        self._compress: Compress | None = None
        self._compresses_payloads = False
        self._session: Session | None = None
        self._received: deque[float] = deque(maxlen=SENDS_MAX)
        self._ended_by: Closed | None = None
        self._handlers: dict[int, Callable[[Any], None]] = {
            1: self._beat,
            2: self._identify,
            3: self._ignore,
            4: self._move_app,
            6: self._resume,
            8: self._list_members,
            31: self._ignore,
            43: self._tell_channels,
        }

    def send(self, frame: bytes) -> None:
        """Queue a frame; a client that is too far behind is disconnected."""
        if self._outbox.qsize() > QUEUE_MAX:
            self.close(4000, "Too far behind")
        else:
            self._outbox.put_nowait(frame)

    def close(self, code: int, reason: str) -> None:
        """Close after the queued frames are sent."""
        self._outbox.put_nowait(Closed(code, reason))

    def lose_session(self, *, resumable: bool) -> None:
        """Send INVALID_SESSION and wait for another identify or resume."""
        self._queue({"op": sessions.INVALID_SESSION, "d": resumable})
        if self._session:
            self._gateway.leave(self._session, self, resumable=resumable)
            self._session = None

    async def serve(self) -> None:
        """Process frames until either side closes, then keep or drop the session as Discord would."""
        await self._websocket.accept()
        writer = asyncio.create_task(self._write())
        self._gateway.connections.add(self)
        resumable = True
        try:
            self._agree(dict(self._websocket.query_params))
            self._queue({"op": 10, "d": {"heartbeat_interval": self._config.heartbeat_ms, "_trace": ["playground"]}})
            await self._listen()
        except Closed as closed:
            resumable = closed.code in sessions.RESUMABLE_CLOSES
            self.close(closed.code, closed.reason)
        except WebSocketDisconnect as left:
            ended = self._ended_by
            resumable = ended.code in sessions.RESUMABLE_CLOSES if ended else left.code not in (1000, 1001)
        finally:
            self._gateway.connections.discard(self)
            if self._session:
                self._gateway.leave(self._session, self, resumable=resumable)
            if self._ended_by is None:
                self._outbox.put_nowait(Closed(1000, ""))
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(writer, 5)

    async def _write(self) -> None:
        while True:
            item = await self._outbox.get()
            try:
                if isinstance(item, Closed):
                    self._ended_by = item
                    await self._websocket.close(item.code, item.reason)
                    return
                if self._compress:
                    await self._websocket.send_bytes(self._compress(item))
                elif self._compresses_payloads:
                    await self._websocket.send_bytes(zlib.compress(item))
                else:
                    await self._websocket.send_text(item.decode())
            except (RuntimeError, WebSocketDisconnect):
                return  # the client is gone; the reader detects this as well

    async def _listen(self) -> None:
        patience_s = self._config.heartbeat_ms / 1000 * PATIENCE + 1
        self._heard_at = time.monotonic()
        while True:
            left = self._heard_at + patience_s - time.monotonic()
            try:
                async with asyncio.timeout(max(left, 0)):
                    message = await self._websocket.receive()
            except TimeoutError:
                raise Closed(4009, "Session timed out.") from None
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code") or 1006)
            self._answer(message.get("bytes") or (message.get("text") or "").encode())

    def _answer(self, raw: bytes) -> None:
        now = time.monotonic()
        if len(self._received) == SENDS_MAX and now - self._received[0] < SENDS_WINDOW_S:
            raise Closed(4008, "Rate limited.")
        self._received.append(now)
        if len(raw) > PAYLOAD_MAX_BYTES:
            raise Closed(4002, "Payload too large.")
        try:
            frame: Any = msgspec.json.decode(raw)
        except msgspec.DecodeError:
            raise Closed(4002, "Error while decoding payload.") from None
        payload = _dictionary(frame)
        operation: Any = payload.get("op")
        handler = self._handlers.get(operation) if isinstance(operation, int) else None
        if handler is None:
            raise Closed(4001, "Unknown opcode.")
        if self._session is None and operation not in (1, 2, 6):
            raise Closed(4003, "Not authenticated.")
        handler(payload.get("d"))

    def _agree(self, query: dict[str, str]) -> None:
        if query.get("v", "10") not in ("9", "10"):
            raise Closed(4012, "Invalid API version.")
        if query.get("encoding", "json") != "json":
            raise Closed(4002, "This stand-in speaks json only.")
        match query.get("compress"):
            case "zlib-stream":
                deflate = zlib.compressobj()
                self._compress = lambda frame: deflate.compress(frame) + deflate.flush(zlib.Z_SYNC_FLUSH)
            case "zstd-stream":
                stream = zstandard.ZstdCompressor().compressobj()
                self._compress = lambda frame: stream.compress(frame) + stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
            case None:
                pass
            case _:
                raise Closed(4002, "Unknown compression.")

    def _queue(self, frame: Json) -> None:
        self.send(msgspec.json.encode({"t": None, "s": None} | frame))

    def _ignore(self, payload: Any) -> None:
        """Ignore presence and soundboard requests, which have no effect here."""

    def _beat(self, _payload: Any) -> None:
        self._heard_at = time.monotonic()
        if self._gateway.acknowledges:
            self._queue({"op": 11, "d": None})

    def _identify(self, payload: Any) -> None:
        wanted = _dictionary(payload)
        if self._session:
            raise Closed(4005, "Already authenticated.")
        self._check_token(wanted)
        properties = wanted.get("properties")
        if not isinstance(properties, dict):
            raise Closed(4002, "Error while decoding payload.")
        shard = _shard(wanted.get("shard", [0, 1]))
        intents = wanted.get("intents")
        if not isinstance(intents, int) or intents & ~sessions.KNOWN_INTENTS or intents < 0:
            raise Closed(4013, "Invalid intent(s).")
        if intents & sessions.PRIVILEGED & ~(message_content.INTENT if self._world.message_content else 0):
            raise Closed(4014, "Disallowed intent(s).")
        if self._gateway.is_too_big(shard):
            raise Closed(4011, "Sharding required.")
        if wanted.get("compress") and not self._compress:
            self._compresses_payloads = True
        if not self._gateway.may_start(shard):
            self._queue({"op": sessions.INVALID_SESSION, "d": False})
            return
        self._gateway.acknowledges = True
        self._session = self._gateway.start(intents, shard, self)

    def _resume(self, payload: Any) -> None:
        wanted = _dictionary(payload)
        if self._session:
            raise Closed(4005, "Already authenticated.")
        self._check_token(wanted)
        session_id, seq = wanted.get("session_id"), wanted.get("seq")
        if not isinstance(session_id, str) or not isinstance(seq, int):
            raise Closed(4002, "Error while decoding payload.")
        known = self._gateway.sessions.get(session_id)
        if known and (seq > known.seq or seq < 0):
            raise Closed(4007, "Invalid seq.")
        self._gateway.acknowledges = True
        self._session = self._gateway.resume(session_id, seq, self)
        if self._session is None:
            self._queue({"op": sessions.INVALID_SESSION, "d": False})

    def _check_token(self, wanted: Json) -> None:
        is_known = opens(self._config, str(wanted.get("token", "")).removeprefix("Bot "))
        if not is_known or self._gateway.starts.is_token_reset:
            raise Closed(4004, "Authentication failed.")

    def _move_app(self, payload: Any) -> None:
        wanted = _dictionary(payload)
        guild = self._world.guilds.get(snowflake(wanted.get("guild_id")) or 0)
        if guild is None:
            return  # Discord does not answer either
        app = guild.members[self._world.application]
        channel = guild.channels.get(snowflake(wanted.get("channel_id")) or 0)
        if channel and channel.is_voice:
            self._voice.connect(guild, app, channel)
            self._voice.change(
                guild, app, self_mute=bool(wanted.get("self_mute")), self_deaf=bool(wanted.get("self_deaf"))
            )
        else:
            self._voice.disconnect(guild, app)

    def _list_members(self, payload: Any) -> None:
        wanted = _dictionary(payload)
        guild = self._world.guilds.get(snowflake(wanted.get("guild_id")) or 0)
        if guild is None or self._session is None:
            return
        ids: Any = wanted.get("user_ids") or []
        asked = [snowflake(one) or 0 for one in (ids if is_list(ids) else [ids])][:100]
        found = [guild.members[one] for one in asked if one in guild.members]
        chunk: Json = {
            "guild_id": str(guild.id),
            "members": [serializers.member(person) for person in found],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [str(one) for one in asked if one not in guild.members],
        }
        if "nonce" in wanted:
            chunk["nonce"] = wanted["nonce"]
        self._session.dispatch("GUILD_MEMBERS_CHUNK", msgspec.json.encode(chunk))

    def _tell_channels(self, payload: Any) -> None:
        wanted = _dictionary(payload)
        guild = self._world.guilds.get(snowflake(wanted.get("guild_id")) or 0)
        if guild and self._session:
            fields: Any = wanted.get("fields")
            facts = self._gateway.channel_facts(guild, [str(name) for name in fields] if is_list(fields) else [])
            self._session.dispatch("CHANNEL_INFO", msgspec.json.encode(facts))


def _dictionary(payload: Any) -> Json:
    if not is_object(payload):
        raise Closed(4002, "Error while decoding payload.")
    return payload


def _shard(shard: Any) -> tuple[int, int]:
    pair = shard if is_list(shard) else []
    if [type(part) for part in pair] != [int, int] or not 0 <= pair[0] < pair[1]:
        raise Closed(4010, "Invalid shard.")
    return pair[0], pair[1]
