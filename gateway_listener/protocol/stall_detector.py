"""Detects when this process was paused (frozen, starved or asleep), because it then reads frames late."""

from datetime import datetime
from time import monotonic
from typing import Final

from core.clock import Clock

PULSE_S: Final = 1.0  # seconds between calls of touch()
STALL_S: Final = 5.0  # seconds without touch(): frames read next may have waited in the socket


class StallDetector:
    """Stores when the event loop last ran, and reports pauses."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.touch()

    def touch(self) -> None:
        """Record that the event loop runs now."""
        self._real = monotonic()
        self._shown = self._clock.now()

    def paused_since(self) -> datetime | None:
        """When the event loop last ran before a pause that lasts until now; None: no pause.

        The monotonic clock may stop while the machine sleeps, so the wall clock is checked too, unless it shows
        simulated time, which can jump.
        """
        shown_s = 0.0 if self._clock.is_adjustable else (self._clock.now() - self._shown).total_seconds()
        return self._shown if max(monotonic() - self._real, shown_s) > STALL_S else None
