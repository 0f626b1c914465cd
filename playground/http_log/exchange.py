"""One recorded HTTP request with its response: bodies limited in size, tokens masked."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from playground.http_log import multipart
from playground.validation.openapi import Finding

BODY_KEPT_BYTES: Final = 256 * 1024  # of one body; an interaction request is never longer
FACTS_BYTES: Final = 2048  # approximate size of the other fields of an exchange
SECRETS: Final = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization"})
MASK: Final = "••••"

DISCORD: Final = "Discord"
APP: Final = "app"
SPOILT: Final = "with a wrong signature"


@dataclass(frozen=True, slots=True)
class File:
    """Name and size of an uploaded file; its content is not stored."""

    field: str
    filename: str
    content_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Body:
    """A body without its files: JSON or other text."""

    content_type: str = ""
    text: str = ""
    size_bytes: int = 0  # size of the whole body, files included
    files: tuple[File, ...] = ()
    is_cut: bool = False  # longer than the stored part

    @classmethod
    def keep(cls, content_type: str, raw: bytes) -> "Body":
        """The part of a body that is stored."""
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
        """The parsed value; None: no body, or not JSON."""
        try:
            return msgspec.json.decode(self.text)
        except msgspec.DecodeError:
            return None


@dataclass(slots=True)
class Exchange:
    """A request with its response; `at_ms` counts from the start of the interaction that it belongs to."""

    number: int  # sequence number over all recorded exchanges
    sender: str  # Discord or app
    method: str
    path: str  # with its query string
    route: str  # path template as in Discord's documentation; empty: request to the app, or unknown route
    headers: dict[str, str]
    body: Body
    at_ms: float
    what: str = ""  # description where the path is not enough: a PING, a second delivery
    is_certain: bool = True  # False: attributed to the interaction by time, not by token
    took_ms: float | None = None  # None: no response yet
    status: int | None = None
    answer_headers: dict[str, str] = field(default_factory=dict[str, str])
    answer: Body = field(default_factory=Body)
    remarks: list[str] = field(default_factory=list[str])  # explanations of unusual results
    findings: list[Finding] | None = None  # OpenAPI validation of what the app sent; None: not validated yet

    @property
    def is_spoilt(self) -> bool:
        """Whether the request was sent with a wrong signature on purpose."""
        return self.what.endswith(SPOILT)

    @property
    def from_app(self) -> Body:
        """The body that the app sent: its request, or its response to Discord."""
        return self.body if self.sender == APP else self.answer

    @property
    def kept_bytes(self) -> int:
        """The approximate memory use in bytes."""
        return FACTS_BYTES + len(self.body.text) + len(self.answer.text)

    def forget_bodies(self) -> None:
        """Drop both bodies and keep the other fields."""
        self.body, self.answer = _emptied(self.body), _emptied(self.answer)


def masked(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers with secrets reduced to their scheme."""
    return {name.title(): _masked(value) if name.lower() in SECRETS else value for name, value in headers}


def _masked(value: str) -> str:
    scheme, _, rest = value.partition(" ")
    return f"{scheme} {MASK}" if rest else MASK


def _emptied(body: Body) -> Body:
    return Body(body.content_type, size_bytes=body.size_bytes, files=body.files, is_cut=bool(body.text))


def _without_files(content_type: str, raw: bytes) -> tuple[bytes, tuple[File, ...]]:
    """The JSON part of a multipart body, and names and sizes of the files."""
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
