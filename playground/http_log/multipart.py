"""Parser for multipart/form-data bodies of REST calls and of interaction responses."""

import re
from dataclasses import dataclass
from typing import Final

_PARAMETER: Final = re.compile(rb';\s*([\w*-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))')


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a body."""

    name: str
    filename: str | None
    content_type: str | None
    content: bytes


def parse(content_type: str, body: bytes) -> list[Part]:
    """Parse a multipart body; parts are in their order.

    Raises:
        ValueError: the boundary is missing, or the body does not match it.
    """
    parameters = {key.lower(): quoted or plain for key, quoted, plain in _PARAMETER.findall(content_type.encode())}
    boundary = parameters.get(b"boundary")
    if not boundary:
        raise ValueError("no boundary")
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):  # noqa: PLR2004 - the opening and the closing boundary
        raise ValueError("no closing boundary")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    head, separator, content = piece.lstrip(b" \t").removeprefix(b"\r\n").partition(b"\r\n\r\n")
    if not separator:
        raise ValueError("a part without headers")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in head.split(b"\r\n"))
    }
    disposition = headers.get(b"content-disposition", b"")
    fields = {key.lower(): quoted or plain for key, quoted, plain in _PARAMETER.findall(disposition)}
    if b"name" not in fields:
        raise ValueError("a part without a name")
    filename = fields.get(b"filename")
    kind = headers.get(b"content-type")
    return Part(
        fields[b"name"].decode(),
        None if filename is None else filename.replace(b'\\"', b'"').replace(b"%22", b'"').decode(),
        None if kind is None else kind.decode(),
        content,
    )
