"""Finding of a `lyceum doctor` check: a state, a sentence, and advice."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """State of a finding."""

    GOOD = "good"
    NOTE = "note"  # works, but the operator should know
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
    """A finding without a problem."""
    return Finding(name, State.GOOD, found)


def note(name: str, found: str, advice: str) -> Finding:
    """A warning: it works, but the operator should know."""
    return Finding(name, State.NOTE, found, advice)


def bad(name: str, found: str, advice: str) -> Finding:
    """An error that must be fixed."""
    return Finding(name, State.BAD, found, advice)
