"""The clock: real time, or the simulated time of the local Discord for demonstrations."""

import asyncio
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class _TimeScale:
    """A line through time: at `real` the clock shows `shown` and runs `rate` times as fast. Seconds since 1970."""

    real: float
    simulated: float
    speed: float


_UNSCALED = _TimeScale(real=0.0, simulated=0.0, speed=1.0)


class Clock:
    """Aware UTC time; with a path, the time that the local Discord shows, so that demonstrations can run fast.

    The file holds `{"real": unix_s, "shown": unix_s, "rate": float}` and is replaced as a whole by its one writer. A
    missing or half-made file means real time. Never give a path beside a real Discord.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._stamp = -1
        self._pace = _UNSCALED

    def now(self) -> datetime:
        """The moment shown, aware UTC."""
        return datetime.fromtimestamp(self.unix(), UTC)

    def unix(self) -> float:
        """The moment shown, in seconds since 1970."""
        real = time.time()
        if self._path is None:
            return real
        pace = self._read_scale()
        return pace.simulated + (real - pace.real) * pace.speed

    async def sleep(self, seconds: float) -> None:
        """Wait until `seconds` of the time shown have passed, also when the pace changes meanwhile."""
        if self._path is None:
            await asyncio.sleep(seconds)
            return
        until = self.unix() + seconds
        while (left := until - self.unix()) > 0:  # noqa: ASYNC110 - the file has no event to wait for
            await asyncio.sleep(min(left / max(self._read_scale().speed, 1e-3), 0.25))

    def set_speed(self, *, rate: float, shown: float | None = None) -> None:
        """Make every clock on this file run `rate` times as fast from now on, from `shown` (default: no jump).

        Raises:
            RuntimeError: this clock shows real time and has no file to write.
        """
        if self._path is None:
            raise RuntimeError("Real time cannot be changed.")
        pace = {"real": time.time(), "shown": self.unix() if shown is None else shown, "rate": rate}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(pace), encoding="utf-8")
        fresh.replace(self._path)

    @property
    def is_adjustable(self) -> bool:
        """Whether the pace can be changed; never beside a real Discord."""
        return self._path is not None

    @property
    def speed(self) -> float:
        """How many seconds this clock shows per real second."""
        return self._read_scale().speed

    def _read_scale(self) -> _TimeScale:
        if self._path is None:
            return _UNSCALED
        try:
            stamp = self._path.stat().st_mtime_ns
            if stamp != self._stamp:
                self._pace = _TimeScale(**json.loads(self._path.read_text(encoding="utf-8")))
                self._stamp = stamp
        except (OSError, ValueError, TypeError):
            self._pace, self._stamp = _UNSCALED, -1
        return self._pace
