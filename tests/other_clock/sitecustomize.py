"""Imported by every Python process under libfaketime: makes `time.sleep` work there.

Python sleeps until a time of the monotonic clock; libfaketime mistakes it for a time of the shifted clock and
fails with EINVAL. `select` waits for a duration, which libfaketime does not change.
"""

import select
import time


def sleep(seconds: float, /) -> None:
    """Replacement for `time.sleep` that uses `select`."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], seconds)


time.sleep = sleep
