"""Formats tracebacks and errors for logs, without the row values that PostgreSQL quotes in its messages.

PostgreSQL explains an error with a DETAIL such as "Key (user_id, name)=(…) already exists." or "Failing row contains
(…)", and psycopg makes it part of the exception's text: names of members would reach every log. Only the SQLSTATE, the
constraint and the primary message are kept.
"""

import re
import sys
from collections.abc import Iterator
from traceback import format_exception_only, format_tb
from typing import Any, Final, cast

_CAUSE: Final = "\nThe above exception was the direct cause of the following exception:\n\n"
_CONTEXT: Final = "\nDuring handling of the above exception, another exception occurred:\n\n"
_QUOTED: Final = re.compile(r'"[^"]*"')
_QUOTES_VALUES: Final = "22"  # SQLSTATE class of data exceptions, whose primary message contains the wrong value


def traceback_of(error: BaseException) -> str:
    """The traceback as text, without values of variables or rows, which may hold user content."""
    return "".join(_lines(error, set())).rstrip()


def text_of(error: BaseException) -> str:
    """The error as text: `str()`, except for database errors, whose row values are removed."""
    database = _database_error(error)
    return str(error) if database is None else _database_text(database)


def _lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    if error.__cause__ is not None:
        if id(error.__cause__) not in seen:
            yield from _lines(error.__cause__, seen)
            yield _CAUSE
    elif error.__context__ is not None and not error.__suppress_context__ and id(error.__context__) not in seen:
        yield from _lines(error.__context__, seen)
        yield _CONTEXT
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):\n"
        yield from format_tb(error.__traceback__)
    if _database_error(error) is None:
        yield from format_exception_only(error)
    else:
        kind = type(error)
        yield f"{kind.__module__}.{kind.__qualname__}: {text_of(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        parts = cast("BaseExceptionGroup[BaseException]", error).exceptions
        for number, part in enumerate(parts, start=1):
            yield f"  --- part {number} ---\n"
            for lines in _lines(part, seen):
                yield from (f"  {line}" for line in lines.splitlines(keepends=True))


def _database_error(error: BaseException) -> Any | None:
    """The psycopg error that `error` is or, from SQLAlchemy, wraps; None for others. Imports neither library."""
    psycopg = sys.modules.get("psycopg")
    if psycopg is None:
        return None
    for candidate in (error, getattr(error, "orig", None)):
        if isinstance(candidate, psycopg.Error):
            return candidate
    return None


def _database_text(error: Any) -> str:
    if error.sqlstate is None:  # psycopg's own error: it did not come from the server, so it contains no row
        return str(error).partition("\nDETAIL:")[0]
    message = error.diag.message_primary or ""
    if error.sqlstate.startswith(_QUOTES_VALUES):
        message = _QUOTED.sub('"…"', message)
    constraint = f", constraint {error.diag.constraint_name}" if error.diag.constraint_name else ""
    return f"SQLSTATE {error.sqlstate}{constraint}: {message}"
