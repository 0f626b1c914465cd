"""Lenient decoding: drops the parts of a payload that do not match our types instead of rejecting all of it.

Discord adds enum values, omits fields that were always present, and sends null or a time without zone where its
documentation shows something else. A field that we do not need must not make the whole payload fail.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, cast

from msgspec import ValidationError
from msgspec.json import decode, encode

T = TypeVar("T")

DROPS_MAX: Final = 64  # parts dropped from one payload before it counts as unreadable

_NUMBERS: Final = range(-(1 << 63), 1 << 64)  # integers that the encoder supports
_NUL: Final = b"\\u0000"  # JSON escape of NUL, which PostgreSQL cannot store; the raw byte is invalid JSON
_PLACE: Final = re.compile(r" - at (?:`key` in )?`\$(.*)`$")
_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")

Path = tuple[Any, ...]  # names and indices; `...` stands for all values of a mapping


class DataError(ValidationError):
    """A ValidationError from decoding the part under `data` separately; its paths are relative to `data`."""


def without_nul(body: bytes) -> bytes:
    """Return the JSON without NUL characters in its strings; without NUL this costs one search.

    Raises:
        MsgspecError: the body is not JSON.
    """
    return encode(_cleaned(decode(body))) if _NUL in body else body


def read(attempt: Callable[[bytes], T], shape: object, *, is_needed: Callable[[Path], bool]) -> T:
    """Decode a payload with `attempt`; parts that it cannot decode are dropped, nulls first.

    Args:
        attempt: decodes JSON; raises ValidationError with the path of the invalid part.
        shape: the payload as plain objects; it is modified.
        is_needed: whether the payload is useless without the part at a path.

    Raises:
        ValidationError: a needed part is invalid.
    """
    shape = without_nulls(shape)
    for _ in range(DROPS_MAX):
        try:
            return attempt(encode(shape))
        except ValidationError as error:
            path = _path_of(error)
            if not path or is_needed(path):
                raise
            _drop(shape, path)
    return attempt(encode(shape))


def without_nulls(value: object) -> object:
    """Return a decoded payload without null fields, which mean the same as absent; the result is encodable as JSON."""
    match value:
        case int() if value not in _NUMBERS:
            return str(value)
        case dict():
            fields = cast("dict[str, object]", value)
            return {name: without_nulls(each) for name, each in fields.items() if each is not None}
        case list():
            return [without_nulls(each) for each in cast("list[object]", value)]
        case _:
            return value


def in_utc(moment: datetime | None) -> datetime | None:
    """Return an aware datetime; a time without zone counts as UTC, as in some of Discord's fields.

    None for None, and for times that are outside the calendar in UTC.
    """
    if moment is None:
        return None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return None


def _cleaned(value: object) -> object:
    match value:
        case int() if value not in _NUMBERS:
            return str(value)
        case str():
            return value.replace("\0", "")
        case dict():
            fields = cast("dict[str, object]", value)
            return {name.replace("\0", ""): _cleaned(each) for name, each in fields.items()}
        case list():
            return [_cleaned(each) for each in cast("list[object]", value)]
        case _:
            return value


def _path_of(error: ValidationError) -> Path:
    """Path of the invalid part; empty: the whole payload."""
    found = _PLACE.search(str(error))
    if found is None:
        return ()
    steps = (name or (... if index == "..." else int(index)) for name, index in _STEP.findall(found[1]))
    return (*(("data",) if isinstance(error, DataError) else ()), *steps)


def _drop(shape: object, path: Path) -> None:
    """Remove the part at `path`; where the path does not name the key of a mapping, remove it from all its values."""
    *above, last = path
    places = [shape]
    for step in above:
        places = [inner for place in places for inner in _inside(place, step)]
    for place in places:
        if last is ...:
            cast("dict[str, object]", place).clear()
        else:
            with suppress(KeyError, IndexError, TypeError):
                del cast("Any", place)[last]


def _inside(place: object, step: Any) -> list[object]:
    if step is ...:
        return list(cast("dict[str, object]", place).values())
    with suppress(KeyError, IndexError, TypeError):
        return [cast("Any", place)[step]]
    return []
