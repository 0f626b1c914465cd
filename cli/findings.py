"""What `lyceum doctor` found out about one thing, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """How a thing stands."""

    GOOD = "good"
    NOTE = "note"  # works, but somebody should know
    BAD = "bad"


SIGNS: Final[Mapping[State, str]] = {State.GOOD: "✓", State.NOTE: "!", State.BAD: "✗"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    name: str
    state: State
    found: str
    advice: str = ""  # empty: nothing to do


def good(name: str, found: str) -> Finding:
    """As it should be."""
    return Finding(name, State.GOOD, found)


def note(name: str, found: str, advice: str) -> Finding:
    """Works, but somebody should know."""
    return Finding(name, State.NOTE, found, advice)


def bad(name: str, found: str, advice: str) -> Finding:
    """Has to be mended."""
    return Finding(name, State.BAD, found, advice)
