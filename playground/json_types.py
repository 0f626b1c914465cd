"""Type guards for values parsed from JSON."""

from typing import Any, TypeGuard

Json = dict[str, Any]


def is_object(value: object) -> TypeGuard[Json]:
    """Whether the value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether the value is a JSON array."""
    return isinstance(value, list)


def is_whole(value: object) -> TypeGuard[int]:
    """Whether the value is an integer and not a boolean."""
    return isinstance(value, int) and not isinstance(value, bool)


def snowflake(value: object) -> int | None:
    """The snowflake in a JSON value, None if it is not one."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 20 else None  # noqa: PLR2004 - 64 bits
