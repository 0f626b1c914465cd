"""Which voice time counts: the numbers of a policy, and the policy that a guild begins with."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules that turn a stay in voice into counted seconds. All lengths are whole seconds."""

    daily_cap: timedelta  # per member and day of the guild; time beyond it counts nowhere
    unattended_cap: timedelta  # of one stretch without a change of state and without a press
    minimum: timedelta  # a session with less counted time counts nothing
    rejoin_gap: timedelta  # back in the same channel within this: the session goes on, the gap does not count


SILENT_LIBRARY = Policy(
    daily_cap=timedelta(hours=16),
    unattended_cap=timedelta(hours=6),
    minimum=timedelta(seconds=60),
    rejoin_gap=timedelta(seconds=90),
)
