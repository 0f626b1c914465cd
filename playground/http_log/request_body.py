"""Parses request bodies: JSON, multipart with files, and URL-encoded forms."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from playground.errors import Refusal
from playground.http_log import multipart
from playground.json_types import Json, is_list, is_object
from playground.validation.upload import Upload
from wire.limits import ATTACHMENTS_MAX, REQUEST_BYTES_MAX


async def read(content_type: str, raw: bytes, *, takes_forms: bool = False) -> tuple[Any, dict[int, Upload]]:
    """Parse a body to its JSON value and its files; with `takes_forms`, URL-encoded and multipart form fields too.

    Raises:
        Refusal: wrong content type, malformed JSON or parts, too many files, too large.
    """
    if len(raw) > REQUEST_BYTES_MAX:
        raise Refusal(413, 40005, "Request entity too large")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return _decode(raw), {}
    if kind == "multipart/form-data":
        return _take_parts(content_type, raw)
    if kind == "application/x-www-form-urlencoded" and takes_forms:
        return _written(parse_qsl(raw.decode(errors="replace"), keep_blank_values=True)), {}
    expected = "'application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'"
    raise Refusal(400, 50035, f'Expected "Content-Type" header to be one of {{{expected}}}.')


def _take_parts(content_type: str, raw: bytes) -> tuple[Any, dict[int, Upload]]:
    try:
        parts = multipart.parse(content_type, raw)
    except ValueError:
        raise Refusal(400, 50035, "Invalid Form Body") from None
    body: Any = None
    files: dict[int, Upload] = {}
    loose: list[tuple[str, str]] = []  # form fields outside payload_json
    for part in parts:
        number = part.name.removeprefix("files[").removesuffix("]")
        if part.name == "payload_json":
            body = _decode(part.content)
        elif part.filename is not None:
            index = int(number) if number.isdecimal() else len(files)
            files[index] = Upload(part.filename, part.content_type or "application/octet-stream", part.content)
        else:
            loose.append((part.name, part.content.decode(errors="replace")))
    if len(files) > ATTACHMENTS_MAX:
        raise Refusal(400, 30015, f"Maximum number of attachments in a message reached ({ATTACHMENTS_MAX})")
    return _written(loose) if body is None and loose else body, files


def _written(fields: Iterable[tuple[str, str]]) -> Json:
    """Convert form fields, which are all strings, to a JSON object."""
    told = dict(fields)
    if "payload_json" in told:
        return _decode(told["payload_json"].encode())
    return {name: FORM_VALUES.get(name, str)(value) for name, value in told.items()}


def _is_yes(value: str) -> bool:
    return value.lower() in ("1", "true")


def _number(value: str) -> Any:
    return int(value) if value.isascii() and value.isdecimal() else value


FORM_VALUES: Final[Mapping[str, Callable[[str], Any]]] = {
    "tts": _is_yes,
    "flags": _number,
}  # form fields that are not strings


def _decode(raw: bytes) -> Any:
    try:
        return _with_whole_numbers(msgspec.json.decode(raw))
    except (msgspec.DecodeError, RecursionError):
        raise Refusal(400, 50109, "The request body contains invalid JSON.") from None


def _with_whole_numbers(value: Any) -> Any:
    """The same value with floats such as 1.0 converted to 1, as some languages write integers with a decimal point."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if is_list(value):
        return [_with_whole_numbers(entry) for entry in value]
    if is_object(value):
        return {name: _with_whole_numbers(entry) for name, entry in value.items()}
    return value
