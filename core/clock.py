"""The clock: real time, or the simulated time of the local Discord for demonstrations."""

import asyncio
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class _TimeScale:
    """A linear time scale: at `real`, simulated time is `simulated` and runs `speed` times as fast. Unix seconds."""

    real: float
    simulated: float
    speed: float


_UNSCALED = _TimeScale(real=0.0, simulated=0.0, speed=1.0)


class Clock:
    """Aware UTC time; with a path, the simulated time of the local Discord, so that demonstrations can run fast.

    The file holds `{"real": unix_s, "shown": unix_s, "rate": float}` and is replaced atomically by its one writer. A
    missing or incomplete file means real time. Never pass a path with the real Discord.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._stamp = -1
        self._pace = _UNSCALED

    def now(self) -> datetime:
        """The current time of this clock, aware UTC."""
        return datetime.fromtimestamp(self.unix(), UTC)

    def unix(self) -> float:
        """The current time of this clock, in Unix seconds."""
        real = time.time()
        if self._path is None:
            return real
        pace = self._read_scale()
        return pace.simulated + (real - pace.real) * pace.speed

    async def sleep(self, seconds: float) -> None:
        """Wait until `seconds` of this clock's time have passed, also when its speed changes meanwhile."""
        if self._path is None:
            await asyncio.sleep(seconds)
            return
        until = self.unix() + seconds
        while (left := until - self.unix()) > 0:  # noqa: ASYNC110 - a file has no event to wait for
            await asyncio.sleep(min(left / max(self._read_scale().speed, 1e-3), 0.25))

    def set_speed(self, *, rate: float, shown: float | None = None) -> None:
        """Set the speed of all clocks on this file to `rate` from now on, and their time to `shown` (None: unchanged).

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
        """Whether the speed can be changed; never with the real Discord."""
        return self._path is not None

    @property
    def speed(self) -> float:
        """Seconds of this clock per real second."""
        return self._read_scale().speed

    def _read_scale(self) -> _TimeScale:
        if self._path is None:
            return _UNSCALED
        try:
            stamp = self._path.stat().st_mtime_ns
            if stamp != self._stamp:
                stored = json.loads(self._path.read_text(encoding="utf-8"))
                self._pace = _TimeScale(real=stored["real"], simulated=stored["shown"], speed=stored["rate"])
                self._stamp = stamp
        except (OSError, ValueError, TypeError, KeyError):
            self._pace, self._stamp = _UNSCALED, -1
        return self._pace
