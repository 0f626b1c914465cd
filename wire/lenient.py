"""Reads payloads that are wider than our types: a part that cannot be read costs that part and not the whole.

Discord adds values to enums, leaves out what was always there, and sends null or a time without zone where its
documentation shows something else. What we do not need to understand must not refuse what we do.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, cast

from msgspec import ValidationError
from msgspec.json import decode, encode

T = TypeVar("T")

DROPS_MAX: Final = 64  # parts left out of one payload before it counts as unreadable

_NUMBERS: Final = range(-(1 << 63), 1 << 64)  # what the encoder writes
_NUL: Final = b"\\u0000"  # how JSON writes the one character that PostgreSQL cannot keep; the byte itself is no JSON
_PLACE: Final = re.compile(r" - at (?:`key` in )?`\$(.*)`$")
_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")

Path = tuple[Any, ...]  # names and indices; `...` stands for every value of a mapping


class DataError(ValidationError):
    """Raised where the part under `data` is read by itself: its paths begin there."""


def without_nul(body: bytes) -> bytes:
    """The same JSON without NUL in its texts; costs a search where there is none.

    Raises:
        MsgspecError: it is no JSON.
    """
    return encode(_cleaned(decode(body))) if _NUL in body else body


def read(attempt: Callable[[bytes], T], shape: object, *, is_needed: Callable[[Path], bool]) -> T:
    """What `attempt` makes of a decoded payload; what it cannot read is left out, nulls first.

    Args:
        attempt: reads JSON; raises ValidationError with the place that it cannot read.
        shape: the payload; it is changed.
        is_needed: whether the payload is worth nothing without the part at a path.

    Raises:
        ValidationError: a part that is needed cannot be read.
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
    """A decoded payload without the fields that are null, which is as good as left out; written as JSON can be."""
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
    """An aware moment: Discord documents some of its times without a zone, and means UTC.

    None also for a moment that is none in UTC, at either end of the calendar.
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
    """Where a part is that cannot be read; empty: the whole."""
    found = _PLACE.search(str(error))
    if found is None:
        return ()
    steps = (name or (... if index == "..." else int(index)) for name, index in _STEP.findall(found[1]))
    return (*(("data",) if isinstance(error, DataError) else ()), *steps)


def _drop(shape: object, path: Path) -> None:
    """Leave out what is at `path`; of a mapping whose values have no names in the path, from all of them."""
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
