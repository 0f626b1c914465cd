"""Holds the id of the current request, for log lines, calls to Discord and error reports.

An interaction's id is its request id; work deferred by an interaction runs under the same id.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

REQUEST_ID: Final[ContextVar[int | str | None]] = ContextVar("request", default=None)  # None: outside any request


@contextmanager
def request_context(request: int | str | None) -> Generator[None]:
    """Set the request id for the block: an interaction's id, or the name of a job."""
    token = REQUEST_ID.set(request)
    try:
        yield
    finally:
        REQUEST_ID.reset(token)
