"""Tracking policies: the three presets as numbers, and the timeline of a guild's policies."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from core.enums import TrackingPreset


@dataclass(frozen=True, slots=True)
class TrackingPolicy:
    """The rules that turn a stay in voice into counted seconds. All lengths are whole seconds."""

    daily_cap: timedelta  # per member and day of the guild; time beyond it counts nowhere
    unattended_cap: timedelta  # of one stretch without a change of state and without a press
    minimum: timedelta = timedelta(seconds=60)  # a session with less counted time counts nothing
    rejoin_gap: timedelta = timedelta(seconds=90)  # back in the channel within this: the session goes on, without it
    counts_deafened: bool = True
    counts_alone: bool = True  # False: time counts while another person is in the channel; bots are nobody
    camera_grace: timedelta | None = None  # without camera and stream it counts if they come within; None: always


SILENT_LIBRARY: Final = TrackingPolicy(daily_cap=timedelta(hours=16), unattended_cap=timedelta(hours=6))
SOCIAL: Final = TrackingPolicy(
    daily_cap=timedelta(hours=12), unattended_cap=timedelta(hours=4), counts_deafened=False, counts_alone=False
)
STRICT: Final = TrackingPolicy(
    daily_cap=timedelta(hours=12),
    unattended_cap=timedelta(hours=2),
    counts_deafened=False,
    camera_grace=timedelta(seconds=60),
)
PRESETS: Final[Mapping[TrackingPreset, TrackingPolicy]] = MappingProxyType(
    {TrackingPreset.SILENT_LIBRARY: SILENT_LIBRARY, TrackingPreset.SOCIAL: SOCIAL, TrackingPreset.STRICT: STRICT}
)


def preset_of(policy: TrackingPolicy) -> TrackingPreset:
    """What a guild would have to choose for this policy."""
    return next((preset for preset, each in PRESETS.items() if each == policy), TrackingPreset.SILENT_LIBRARY)


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A guild's choice of a preset for a span of time, in seconds since 1970; later rules paint over earlier ones."""

    preset: TrackingPreset
    valid_from: int
    valid_until: int | None = None  # None: until another rule holds


Span = tuple[int, int, TrackingPolicy, int]  # from, until, what holds in between, since when it has held

_EVER: Final = -(1 << 40)  # before anything that can be heard


@dataclass(frozen=True, slots=True)
class PolicyTimeline:
    """Which policy holds when; neighbours differ."""

    first: TrackingPolicy  # holds before the first change
    changes: tuple[tuple[int, TrackingPolicy], ...] = ()  # from when, in order

    @classmethod
    def of(cls, rules: Sequence[PolicyChange], base: TrackingPolicy = SILENT_LIBRARY) -> "PolicyTimeline":
        """What `rules` come to, the oldest first; `base` holds wherever none of them does."""
        edges = sorted({edge for rule in rules for edge in (rule.valid_from, rule.valid_until) if edge is not None})
        changes: list[tuple[int, TrackingPolicy]] = []
        for edge in edges:
            policy = _policy_at(rules, edge, base)
            if policy != (changes[-1][1] if changes else base):
                changes.append((edge, policy))
        return cls(base, tuple(changes))

    def at(self, moment: int) -> TrackingPolicy:
        """What holds at a moment."""
        return next((policy for since, policy in reversed(self.changes) if since <= moment), self.first)

    def spans(self, start: int, end: int) -> Iterable[Span]:
        """The parts of an interval under one policy each, in order; none when it is empty."""
        if start >= end:
            return ()
        if not self.changes:
            return ((start, end, self.first, _EVER),)
        return self._spans(start, end)

    def policies(self) -> Iterator[TrackingPolicy]:
        """All that ever hold."""
        yield self.first
        yield from (policy for _, policy in self.changes)

    @property
    def depends_on_occupancy(self) -> bool:
        """Whether anything ever depends on who else is there."""
        return not all(policy.counts_alone for policy in self.policies())

    @property
    def depends_on_camera(self) -> bool:
        """Whether anything ever depends on a camera or a stream."""
        return any(policy.camera_grace is not None for policy in self.policies())

    def _spans(self, start: int, end: int) -> Iterator[Span]:
        eras = [(_EVER, self.first), *self.changes]
        for (since, policy), until in zip(eras, [*(since for since, _ in self.changes), None], strict=True):
            first, last = max(start, since), end if until is None else min(end, until)
            if first < last:
                yield first, last, policy, since


def _policy_at(rules: Sequence[PolicyChange], moment: int, base: TrackingPolicy) -> TrackingPolicy:
    for rule in reversed(rules):
        if rule.valid_from <= moment and (rule.valid_until is None or moment < rule.valid_until):
            # the length of a session's minimum and gap is nobody's choice, and tests may bend the base alone
            return replace(PRESETS[rule.preset], minimum=base.minimum, rejoin_gap=base.rejoin_gap)
    return base
