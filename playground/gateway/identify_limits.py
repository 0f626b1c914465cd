"""Limits on gateway identifies: one per shard key and time window, and a maximum number per day."""

import time
from collections import deque
from typing import Final

from playground.config import PlaygroundConfig
from playground.json_types import Json

REMEMBERED: Final = 1000  # identifies kept in `log`, for tests of the distance between them
_DAY_S: Final = 86_400


class Starts:
    """Limits identifies; source: discord.com/developers/docs/events/gateway#session-start-limit-object."""

    def __init__(self, config: PlaygroundConfig) -> None:
        self._config = config
        self.left = config.starts_per_day
        self.is_token_reset = False  # identifies fail from now on, as after too many starts on Discord
        self.log: deque[Json] = deque(maxlen=REMEMBERED)  # every identify, refused ones included
        self._last: dict[int, float] = {}  # monotonic time of the last identify, by key
        self._day_ends = time.monotonic() + _DAY_S

    def take(self, shard: tuple[int, int]) -> bool:
        """Whether an identify is allowed now; each of `max_concurrency` keys may identify once per `identify_gap_s`.

        One beyond the daily limit resets the token; the caller must then end all sessions.
        """
        now = time.monotonic()
        if now >= self._day_ends:
            self.left, self._day_ends = self._config.starts_per_day, now + _DAY_S
        key = shard[0] % self._config.max_concurrency
        is_free = now - self._last.get(key, -1e9) >= self._config.identify_gap_s
        if is_free and self.left <= 0:
            self.is_token_reset = True
        allowed = is_free and self.left > 0
        self.log.append({"shard": list(shard), "at": time.time(), "allowed": allowed})
        if allowed:
            self._last[key] = now
            self.left -= 1
        return allowed

    def limit(self) -> Json:
        """The session start limit object of GET /gateway/bot."""
        return {
            "total": self._config.starts_per_day,
            "remaining": self.left,
            "reset_after": max(0, int((self._day_ends - time.monotonic()) * 1000)),
            "max_concurrency": self._config.max_concurrency,
        }
