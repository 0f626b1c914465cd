"""The frames of the gateway: inflated, decoded as far as we need them, and the few that we send.

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
LARGE_THRESHOLD: Final = 50  # members; guilds above it list only those who are online or in voice

UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)  # what decoding may end in

_ZLIB_SUFFIX: Final = b"\x00\x00\xff\xff"
_ZLIB_MAGIC: Final = b"\x78"
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"


class Op(IntEnum):
    """The operations that we send or act on; others are passed over."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    RESUME = 6
    RECONNECT = 7
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class Frame(msgspec.Struct, gc=False):
    """One frame; the payload stays as it came until somebody wants it."""

    op: int
    s: int | None = None
    t: str | None = None
    d: msgspec.Raw = msgspec.Raw(b"null")


class Hello(msgspec.Struct):
    """The first frame."""

    heartbeat_interval: float  # milliseconds


class KnownGuild(msgspec.Struct):
    """A guild that the app is in."""

    id: GuildId


class Ready(msgspec.Struct):
    """A session has begun."""

    session_id: str
    resume_gateway_url: str | None = None
    guilds: list[KnownGuild | None] | None = None  # all of the shard, also those in an outage; None: not told


class UnreadableFrame(Exception):
    """Bytes that are no frame: the connection is out of step."""


class _Inflater(Protocol):
    def decompress(self, data: bytes, /) -> bytes: ...


_frame: Final = msgspec.json.Decoder(Frame)
_encode: Final = msgspec.json.encode


class FrameReader:
    """Frames of one connection out of its messages.

    Whether and how the server compresses is seen from its first bytes, so that one that does not do what was asked for
    is understood all the same.
    """

    def __init__(self) -> None:
        self._is_plain: bool | None = None  # None: nothing binary came yet
        self._inflater: _Inflater | None = None
        self._waiting = bytearray()  # zlib only: a message may come in parts
        self._ends_with = b""

    def read(self, message: bytes | str) -> Frame | None:
        """The frame in a message; None: it is not complete yet.

        Raises:
            UnreadableFrame: see there.
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
    except msgspec.DecodeError:  # half a character in somebody's name must not end a session: it becomes a "?"
        return _frame.decode(json.dumps(json.loads(content), ensure_ascii=False).encode(errors="replace"))


def best_compression() -> str:
    """The query value for the best transport compression that this machine can undo."""
    return "zstd-stream" if find_spec("zstandard") else "zlib-stream"


def heartbeat(seq: int | None) -> str:
    """We are alive, and everything up to `seq` is safe.

    That is what is committed, not what was received last: Discord may forget what we say we have, and a process that
    takes over after a crash resumes from what was committed.
    """
    return _encode({"op": Op.HEARTBEAT, "d": seq}).decode()


def identify(token: str, *, shard: tuple[int, int]) -> str:
    """Start a session."""
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
    """Go on with a session after `seq`."""
    return _encode({"op": Op.RESUME, "d": {"token": token, "session_id": session_id, "seq": seq}}).decode()


def _zstd_errors() -> tuple[type[Exception], ...]:
    """Zstandard's error, where zstandard was needed."""
    module = sys.modules.get("zstandard")
    return (module.ZstdError,) if module else ()
