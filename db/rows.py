"""A psycopg row factory that builds frozen dataclasses and converts enum columns."""

from __future__ import annotations

from dataclasses import fields
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, TypeVar, get_args, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from psycopg import AsyncCursor

Row = TypeVar("Row")


def dataclass_row(row: type[Row]) -> Callable[[AsyncCursor[Any]], Callable[[Sequence[Any]], Row]]:
    """A psycopg row factory that builds `row` by column name; fields with an enum type become enum members.

    psycopg's own `class_row` leaves enum labels as plain strings.
    """
    enums = _enum_fields(row)

    def factory(cursor: AsyncCursor[Any]) -> Callable[[Sequence[Any]], Row]:
        names = [column.name for column in cursor.description or ()]

        def build(values: Sequence[Any]) -> Row:
            facts = dict(zip(names, values, strict=True))
            for name, enum in enums:
                if facts[name] is not None:
                    facts[name] = enum(facts[name])
            return row(**facts)

        return build

    return factory


@cache
def _enum_fields(row: type[Any]) -> tuple[tuple[str, type[Enum]], ...]:
    hints = get_type_hints(row)
    return tuple(
        (field.name, kind)
        for field in fields(row)
        for kind in (hints[field.name], *get_args(hints[field.name]))
        if isinstance(kind, type) and issubclass(kind, Enum)
    )
