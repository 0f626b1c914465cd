"""One recorded HTTP request with its response: bodies limited in size, tokens masked."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from playground.http_log import multipart
from playground.validation.openapi import Finding

BODY_KEPT_BYTES: Final = 256 * 1024  # of one body; a request of an interaction is never longer
FACTS_BYTES: Final = 2048  # about what the rest of an exchange takes
SECRETS: Final = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization"})
MASK: Final = "••••"

DISCORD: Final = "Discord"
APP: Final = "app"
SPOILT: Final = "with a wrong signature"


@dataclass(frozen=True, slots=True)
class File:
    """A file that went along; its bytes are not kept."""

    field: str
    filename: str
    content_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Body:
    """A body without its files: JSON, or whatever else was text."""

    content_type: str = ""
    text: str = ""
    size_bytes: int = 0  # of everything, files included
    files: tuple[File, ...] = ()
    is_cut: bool = False  # longer than what is kept

    @classmethod
    def keep(cls, content_type: str, raw: bytes) -> "Body":
        """What is kept of a body."""
        kind = content_type.partition(";")[0].strip().lower()
        files: tuple[File, ...] = ()
        shown = raw
        if kind == "multipart/form-data":
            shown, files = _without_files(content_type, raw)
        elif shown and not (kind.startswith("text/") or kind.endswith(("json", "x-www-form-urlencoded"))):
            shown, files = b"", (File("", "", kind or "unknown", len(raw)),)
        text = shown[:BODY_KEPT_BYTES].decode(errors="replace")
        return cls(content_type, text, len(raw), files, is_cut=len(shown) > BODY_KEPT_BYTES)

    @property
    def json(self) -> Any:
        """The value; None: there is none, or it is no JSON."""
        try:
            return msgspec.json.decode(self.text)
        except msgspec.DecodeError:
            return None


@dataclass(slots=True)
class Exchange:
    """A request with its answer; `at_ms` counts from the interaction that it belongs to."""

    number: int  # of all that were recorded
    sender: str  # Discord or app
    method: str
    path: str  # with its query
    route: str  # the path as Discord documents it; empty: to the app, or no such route
    headers: dict[str, str]
    body: Body
    at_ms: float
    what: str = ""  # in words, where the path does not say it: a PING, a second delivery
    is_certain: bool = True  # False: no token tells which interaction it belongs to
    took_ms: float | None = None  # None: not answered yet
    status: int | None = None
    answer_headers: dict[str, str] = field(default_factory=dict[str, str])
    answer: Body = field(default_factory=Body)
    remarks: list[str] = field(default_factory=list[str])  # why it went differently from usual
    findings: list[Finding] | None = None  # of Discord's file about what the app sent; None: not asked yet

    @property
    def is_spoilt(self) -> bool:
        """Whether its signature was wrong on purpose."""
        return self.what.endswith(SPOILT)

    @property
    def from_app(self) -> Body:
        """What the app sent: its request, or its answer to Discord's."""
        return self.body if self.sender == APP else self.answer

    @property
    def kept_bytes(self) -> int:
        """About how much memory it takes."""
        return FACTS_BYTES + len(self.body.text) + len(self.answer.text)

    def forget_bodies(self) -> None:
        """Keep the facts alone."""
        self.body, self.answer = _emptied(self.body), _emptied(self.answer)


def masked(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers as they are usually written, secrets reduced to their scheme."""
    return {name.title(): _masked(value) if name.lower() in SECRETS else value for name, value in headers}


def _masked(value: str) -> str:
    scheme, _, rest = value.partition(" ")
    return f"{scheme} {MASK}" if rest else MASK


def _emptied(body: Body) -> Body:
    return Body(body.content_type, size_bytes=body.size_bytes, files=body.files, is_cut=bool(body.text))


def _without_files(content_type: str, raw: bytes) -> tuple[bytes, tuple[File, ...]]:
    """The JSON part of a multipart body, and what the other parts are."""
    try:
        parts = multipart.parse(content_type, raw)
    except ValueError:
        return b"", ()
    shown = next((part.content for part in parts if part.name == "payload_json"), b"")
    files = [
        File(part.name, part.filename, part.content_type or "application/octet-stream", len(part.content))
        for part in parts
        if part.filename is not None
    ]
    return shown, tuple(files)
