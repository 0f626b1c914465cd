"""Gateway frames: decompresses and decodes the received ones, and encodes the few that we send.

Source: https://discord.com/developers/docs/events/gateway
"""

import json
import sys
import zlib
from enum import IntEnum
from importlib.util import find_spec
from typing import Final, Protocol

import msgspec

from core.ids import GuildId

INTENTS: Final = 1 << 0 | 1 << 7  # GUILDS and GUILD_VOICE_STATES; nothing privileged
LARGE_THRESHOLD: Final = 50  # members; larger guilds list only members who are online or in voice

UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)  # errors that decoding can raise

_ZLIB_SUFFIX: Final = b"\x00\x00\xff\xff"
_ZLIB_MAGIC: Final = b"\x78"
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"


class Op(IntEnum):
    """Gateway opcodes that we send or handle; others are ignored."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    RESUME = 6
    RECONNECT = 7
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class Frame(msgspec.Struct, gc=False):
    """One frame; the payload `d` stays undecoded until it is needed."""

    op: int
    s: int | None = None
    t: str | None = None
    d: msgspec.Raw = msgspec.Raw(b"null")


class Hello(msgspec.Struct):
    """Payload of HELLO, the first frame of a connection."""

    heartbeat_interval: float  # milliseconds


class KnownGuild(msgspec.Struct):
    """A guild in READY, of which only the id is read."""

    id: GuildId


class Ready(msgspec.Struct):
    """Payload of READY: a new gateway session has started."""

    session_id: str
    resume_gateway_url: str | None = None
    guilds: list[KnownGuild | None] | None = None  # all guilds of the shard, also those in an outage; None: not sent


class UnreadableFrame(Exception):
    """The bytes are not a valid frame, so the connection cannot continue."""


class _Inflater(Protocol):
    def decompress(self, data: bytes, /) -> bytes: ...


_frame: Final = msgspec.json.Decoder(Frame)
_encode: Final = msgspec.json.encode


class FrameReader:
    """Decodes the frames of one connection from its websocket messages.

    Detects the compression from the first bytes, so a server that ignores the requested compression works too.
    """

    def __init__(self) -> None:
        self._is_plain: bool | None = None  # None: no binary message received yet
        self._inflater: _Inflater | None = None
        self._waiting = bytearray()  # zlib only: a frame may be split over several messages
        self._ends_with = b""

    def read(self, message: bytes | str) -> Frame | None:
        """Decode the frame in a message; None: the frame is not complete yet.

        Raises:
            UnreadableFrame: the bytes are not a valid frame.
        """
        try:
            if isinstance(message, str) or self._is_plain:
                return _decoded(message)
            if self._is_plain is None:
                self._look_at(message)
                return self.read(message)
            if self._ends_with and (self._waiting or not message.endswith(self._ends_with)):
                self._waiting += message
                if not self._waiting.endswith(self._ends_with):
                    return None
                message = bytes(self._waiting)
                self._waiting.clear()
            assert self._inflater is not None  # noqa: S101 - _look_at made it
            return _decoded(self._inflater.decompress(message))
        except (*UNREADABLE, json.JSONDecodeError, zlib.error, *_zstd_errors()) as error:
            raise UnreadableFrame(str(error)) from error

    def _look_at(self, message: bytes) -> None:
        self._is_plain = False
        if message.startswith(_ZSTD_MAGIC):
            import zstandard  # noqa: PLC0415 - only where the server uses it

            self._inflater = zstandard.ZstdDecompressor().decompressobj(read_across_frames=True)
        elif message.startswith(_ZLIB_MAGIC):
            self._inflater, self._ends_with = zlib.decompressobj(), _ZLIB_SUFFIX
        else:
            self._is_plain = True


def _decoded(content: str | bytes) -> Frame:
    try:
        return _frame.decode(content)
    except msgspec.DecodeError:  # a name with invalid UTF-8 must not end the session: replace it by "?"
        return _frame.decode(json.dumps(json.loads(content), ensure_ascii=False).encode(errors="replace"))


def best_compression() -> str:
    """The `compress` query value of the best transport compression that is installed here."""
    return "zstd-stream" if find_spec("zstandard") else "zlib-stream"


def heartbeat(seq: int | None) -> str:
    """Encode a heartbeat that acknowledges all events up to `seq`.

    `seq` is the last committed event, not the last received one: Discord may drop acknowledged events, and a process
    that takes over after a crash resumes from the last commit.
    """
    return _encode({"op": Op.HEARTBEAT, "d": seq}).decode()


def identify(token: str, *, shard: tuple[int, int]) -> str:
    """Encode IDENTIFY, which starts a session; `shard` is (id, count)."""
    return _encode(
        {
            "op": Op.IDENTIFY,
            "d": {
                "token": token,
                "intents": INTENTS,
                "properties": {"os": sys.platform, "browser": "lyceum", "device": "lyceum"},
                "shard": shard,
                "large_threshold": LARGE_THRESHOLD,
            },
        }
    ).decode()


def resume(token: str, *, session_id: str, seq: int) -> str:
    """Encode RESUME, which continues a session after event `seq`."""
    return _encode({"op": Op.RESUME, "d": {"token": token, "session_id": session_id, "seq": seq}}).decode()


def _zstd_errors() -> tuple[type[Exception], ...]:
    """The error class of zstandard, if zstandard is loaded; else empty."""
    module = sys.modules.get("zstandard")
    return (module.ZstdError,) if module else ()
