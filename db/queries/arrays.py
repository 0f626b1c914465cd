"""Encodes columns of values as PostgreSQL array literals, so that one parameter can carry thousands of rows."""

from collections.abc import Sequence
from datetime import date


def numbers(values: Sequence[int | None]) -> str:
    """Integers or booleans as an array literal; None becomes NULL."""
    return "{" + repr(list(values))[1:-1].replace("None", "NULL") + "}"


def dates(values: Sequence[date]) -> str:
    """Dates as an array literal."""
    return "{" + ",".join(map(str, values)) + "}"


def texts(values: Sequence[str | None]) -> str:
    """Texts as an array literal; None becomes NULL. Characters that PostgreSQL cannot store are removed."""
    literal = ",".join("NULL" if value is None else f'"{_escaped(value)}"' for value in values)
    return "{" + literal.encode("utf-8", "ignore").decode("utf-8") + "}"


def _escaped(value: str) -> str:
    if "\\" in value or '"' in value or "\x00" in value:
        return value.replace("\x00", "").replace("\\", "\\\\").replace('"', '\\"')
    return value
