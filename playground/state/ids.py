"""Generates snowflake ids in ascending order from the clock's time."""

from core.clock import Clock
from core.ids import snowflake_at


class Snowflakes:
    """Generates snowflakes from the clock's time; always ascending, even if the clock stops or goes back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def mint(self) -> int:
        """Generate the next id."""
        self._last = max(self._last + 1, snowflake_at(self._clock.now()))
        return self._last
