"""Whether this process has run without a pause: frozen, starved or asleep, it reads late what came in time."""

from datetime import datetime
from time import monotonic
from typing import Final

from core.clock import Clock

PULSE_S: Final = 1.0  # how often somebody touches it
STALL_S: Final = 5.0  # so long without a touch: what is read next may have lain in the socket


class StallDetector:
    """Remembers when the event loop was last seen to run."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.touch()

    def touch(self) -> None:
        """The loop runs now."""
        self._real = monotonic()
        self._shown = self._clock.now()

    def paused_since(self) -> datetime | None:
        """The last moment at which the loop ran, if it has stood still since; None: it runs.

        The monotonic clock may stand still while the machine sleeps, so that the other one is asked too, unless it
        shows demonstration time, which jumps.
        """
        shown_s = 0.0 if self._clock.is_adjustable else (self._clock.now() - self._shown).total_seconds()
        return self._shown if max(monotonic() - self._real, shown_s) > STALL_S else None
