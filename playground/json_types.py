"""Type guards for values parsed from JSON."""

from typing import Any, TypeGuard

Json = dict[str, Any]


def is_object(value: object) -> TypeGuard[Json]:
    """Whether it is a JSON object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether it is a JSON array."""
    return isinstance(value, list)


def is_whole(value: object) -> TypeGuard[int]:
    """Whether it is a whole number, and no boolean."""
    return isinstance(value, int) and not isinstance(value, bool)


def snowflake(value: object) -> int | None:
    """The id in a JSON value, None when it is none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 20 else None  # noqa: PLR2004 - 64 bits
