"""Imported by every Python process under libfaketime: makes `time.sleep` work there.

Python sleeps until a moment of the monotonic clock, which libfaketime takes for one of the clock that it moved, and
refuses with EINVAL. `select` waits for a duration, which it leaves alone.
"""

import select
import time


def sleep(seconds: float, /) -> None:
    """Like `time.sleep`."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], seconds)


time.sleep = sleep
