"""Remembers recent interaction ids in this process, so that an interaction delivered twice is handled once."""

from collections import OrderedDict
from typing import Final

RECENT_MAX: Final = 100_000  # ids: about 17 MB at worst
RECENT_AGE_S: Final = 15 * 60  # the life of an interaction's token


class RecentInteractions:
    """Ids taken up in this process, bounded in number and age.

    It spares the database the common case. What must hold over several processes is claimed in the transaction.
    """

    def __init__(self, *, limit: int = RECENT_MAX, age_s: float = RECENT_AGE_S) -> None:
        self._limit = limit
        self._age_s = age_s
        # In the order of their moments, the oldest first. A plain dict looks for its first entry past all those that
        # were taken away before: from the hundred-thousandth interaction on, that cost more than the signature.
        self._taken: OrderedDict[int, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._taken)

    def claim(self, identity: int, now_s: float) -> bool:
        """Take `identity` up; False when somebody already did."""
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
        """Forget `identity`: its work was undone, so a second delivery may try again."""
        self._taken.pop(identity, None)
