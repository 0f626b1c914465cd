"""XP and levels: one counted hour is one XP, rounded down on the total and not per session."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

THRESHOLDS: Final = (100, 150, 250, 400, 600, 850, 1150, 1550, 2000)  # XP at which level 2, 3, … 10 begins
SECONDS_PER_XP: Final = 3600


@dataclass(frozen=True, slots=True)
class Level:
    """A level, and the XP at which it and the next one begin."""

    number: int  # 1 to 10
    xp: int
    floor_xp: int  # XP at which this level began
    next_xp: int | None  # XP at which the next one begins; None: this is the highest


def xp_of(seconds: int) -> int:
    """The XP for a total of counted seconds."""
    return seconds // SECONDS_PER_XP


def level_of(xp: int) -> Level:
    """The level for an amount of XP."""
    passed = bisect_right(THRESHOLDS, xp)
    return Level(
        number=passed + 1,
        xp=xp,
        floor_xp=THRESHOLDS[passed - 1] if passed else 0,
        next_xp=THRESHOLDS[passed] if passed < len(THRESHOLDS) else None,
    )
