"""Encodes HTTP bodies: JSON, or JSON with files as multipart/form-data.

Implemented here so that the web process can respond without importing an HTTP client.
"""

from collections.abc import Sequence
from os import urandom
from typing import Final, NamedTuple

from msgspec import Struct
from msgspec.json import Encoder

from wire.errors import LimitExceeded
from wire.limits import REQUEST_BYTES_MAX

JSON: Final = "application/json"

_encoder: Final = Encoder()


class Body(NamedTuple):
    """A request body and its content type."""

    content: bytes
    content_type: str


class File(Struct, frozen=True):
    """A file to upload. `name` may contain ASCII letters, digits and `. _ -`; Discord replaces other characters."""

    name: str
    data: bytes
    alt: str = ""  # description for screen readers


def body(payload: object, files: Sequence[File] = ()) -> Body:
    """Encode the payload as JSON, or with files as multipart fields `payload_json` and `files[n]`.

    Raises:
        LimitExceeded: more than 25 MiB in total.
    """
    encoded = _encoder.encode(payload)
    if not files:
        return Body(encoded, JSON)
    boundary = urandom(16).hex()
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="payload_json"\r\nContent-Type: {JSON}\r\n\r\n'.encode(),
        encoded,
    ]
    for index, file in enumerate(files):
        parts += (
            f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="files[{index}]"; filename="{file.name}"\r\n'
            f"Content-Type: {_media_type(file.name)}\r\n\r\n".encode(),
            file.data,
        )
    parts.append(f"\r\n--{boundary}--\r\n".encode())
    content = b"".join(parts)
    if len(content) > REQUEST_BYTES_MAX:
        raise LimitExceeded("request (bytes)", limit=REQUEST_BYTES_MAX, actual=len(content))
    return Body(content, f"multipart/form-data; boundary={boundary}")


_MEDIA_TYPES: Final = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "txt": "text/plain; charset=utf-8",
    "json": JSON,
    "csv": "text/csv; charset=utf-8",
}


def _media_type(name: str) -> str:
    return _MEDIA_TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
