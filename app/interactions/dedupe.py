"""Remembers recent interaction ids in this process, so that an interaction delivered twice is handled once."""

from collections import OrderedDict
from typing import Final

RECENT_MAX: Final = 100_000  # ids: about 17 MB at worst
RECENT_AGE_S: Final = 15 * 60  # lifetime of an interaction's token


class RecentInteractions:
    """Interaction ids claimed in this process, bounded in number and age.

    Handles the common case without the database. Duplicates across processes are detected by the claim in the
    transaction.
    """

    def __init__(self, *, limit: int = RECENT_MAX, age_s: float = RECENT_AGE_S) -> None:
        self._limit = limit
        self._age_s = age_s
        # Ordered by time, the oldest first. Finding the first key of a plain dict scans all keys deleted before it:
        # from the hundred-thousandth interaction on, that cost more than the signature check.
        self._taken: OrderedDict[int, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._taken)

    def claim(self, identity: int, now_s: float) -> bool:
        """Claim `identity`; False when it is already claimed."""
        taken = self._taken
        before = taken.get(identity)
        if before is not None:
            if now_s - before < self._age_s:
                return False
            del taken[identity]
        taken[identity] = now_s
        horizon = now_s - self._age_s
        while taken:
            oldest = next(iter(taken))
            if len(taken) <= self._limit and taken[oldest] > horizon:
                break
            del taken[oldest]
        return True

    def release(self, identity: int) -> None:
        """Remove the claim on `identity`: its work was rolled back, so a second delivery may try again."""
        self._taken.pop(identity, None)
