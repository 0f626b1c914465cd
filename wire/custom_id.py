"""Typed, versioned custom ids (`v1:feature:action:args`) that identify the action of a button, select or modal.

Clients can read them, and every user who sees the message can send them: check authorisation on every click.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Final, Generic, TypeVar, TypeVarTuple, cast, overload

from wire.errors import CustomIdTooLong, StaleCustomId
from wire.limits import CUSTOM_ID_MAX

VERSION: Final = "v1"

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_ROUTE: Final = re.compile(rf"{VERSION}:([a-z][a-z0-9_]*:[a-z][a-z0-9_]*)(?::|$)", re.ASCII)
_INTEGER: Final = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_INTEGERS: Final = range(-(2**63), 2**63)  # range of PostgreSQL's bigint; other values cannot be ours

Args = TypeVarTuple("Args")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")


Kind = type[A] | Callable[[int], A]  # a class, or a NewType over int


class Action(Generic[*Args]):
    """One action of a component, with the types of its arguments.

    Argument types: int and the NewTypes over it, str, bool, date, and StrEnum classes.
    """

    @overload
    def __init__(self: "Action[()]", feature: str, action: str, /) -> None: ...
    @overload
    def __init__(self: "Action[A]", feature: str, action: str, a: Kind[A], /) -> None: ...
    @overload
    def __init__(self: "Action[A, B]", feature: str, action: str, a: Kind[A], b: Kind[B], /) -> None: ...
    @overload
    def __init__(self: "Action[A, B, C]", feature: str, action: str, a: Kind[A], b: Kind[B], c: Kind[C], /) -> None: ...
    @overload
    def __init__(
        self: "Action[A, B, C, D]", feature: str, action: str, a: Kind[A], b: Kind[B], c: Kind[C], d: Kind[D], /
    ) -> None: ...
    @overload
    def __init__(
        self: "Action[A, B, C, D, E]",
        feature: str,
        action: str,
        a: Kind[A],
        b: Kind[B],
        c: Kind[C],
        d: Kind[D],
        e: Kind[E],
        /,
    ) -> None: ...
    def __init__(self, feature: str, action: str, /, *types: Kind[object]) -> None:
        for name in (feature, action):
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name for a custom id: lower-case letters, digits and _ only")
        self.route: Final = f"{feature}:{action}"
        self._prefix: Final = f"{VERSION}:{self.route}"
        self._readers: Final = tuple(_reader(each) for each in types)

    def __repr__(self) -> str:
        return f"Action({self.route})"

    def pack(self, *args: *Args) -> str:
        """Encode the arguments as a custom id.

        Raises:
            CustomIdTooLong: more than 100 characters.
        """
        packed = ":".join((self._prefix, *map(_write, cast("tuple[object, ...]", args))))
        if len(packed) > CUSTOM_ID_MAX:
            raise CustomIdTooLong(self.route, limit=CUSTOM_ID_MAX, actual=len(packed))
        return packed

    def unpack(self, custom_id: str) -> tuple[*Args]:
        """Decode a custom id into its arguments.

        Raises:
            StaleCustomId: different route or version, wrong number of arguments, or an invalid value.
        """
        head, *parts = custom_id.removeprefix(self._prefix).split(":")
        if head or not custom_id.startswith(self._prefix) or len(parts) != len(self._readers):
            raise StaleCustomId(self.route)
        try:
            values = tuple(read(part) for read, part in zip(self._readers, parts, strict=True))
        except ValueError as error:
            raise StaleCustomId(self.route) from error
        return cast("tuple[*Args]", values)


def route_of(custom_id: str) -> str:
    """The `feature:action` that a custom id belongs to.

    Raises:
        StaleCustomId: a different version or an unknown format.
    """
    match = _ROUTE.match(custom_id)
    if match is None:
        raise StaleCustomId("unknown")
    return match[1]


def _write(value: object) -> str:
    match value:
        case bool():
            return "1" if value else "0"
        case int():
            return str(value)
        case date():
            return value.isoformat()
        case str():
            return value.replace("%", "%25").replace(":", "%3A")
        case _:
            raise TypeError(f"{type(value).__name__} does not fit into a custom id")


def _read_str(text: str) -> str:
    return text.replace("%3A", ":").replace("%25", "%")


def _read_int(text: str) -> int:
    if not _INTEGER.fullmatch(text) or int(text) not in _INTEGERS:
        raise ValueError(text)
    return int(text)


def _read_bool(text: str) -> bool:
    if text not in {"0", "1"}:
        raise ValueError(text)
    return text == "1"


_READERS: Final[Mapping[object, Callable[[str], object]]] = {
    int: _read_int,
    str: _read_str,
    bool: _read_bool,
    date: date.fromisoformat,
}


def _reader(kind: object) -> Callable[[str], object]:
    base = getattr(kind, "__supertype__", kind)
    if isinstance(base, type) and issubclass(base, StrEnum):
        return base
    if base not in _READERS:
        raise TypeError(f"{kind!r} does not fit into a custom id")
    return _READERS[base]
