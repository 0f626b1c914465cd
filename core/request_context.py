"""Which request is being worked on right now: log lines, calls to Discord and error reports carry its id.

An interaction's id is its request id; work that it leaves behind for later is done under the same one.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

REQUEST_ID: Final[ContextVar[int | str | None]] = ContextVar("request", default=None)  # None: nobody asked for this


@contextmanager
def request_context(request: int | str | None) -> Generator[None]:
    """Do what is inside in the name of `request`: an interaction's id, or the name of a job that nobody asked for."""
    token = REQUEST_ID.set(request)
    try:
        yield
    finally:
        REQUEST_ID.reset(token)
