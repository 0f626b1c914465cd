"""Tracking policies: the three presets as numbers, and the timeline of a guild's policies."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from core.enums import TrackingPreset


@dataclass(frozen=True, slots=True)
class TrackingPolicy:
    """The settings that turn voice time into counted seconds. All durations are whole seconds."""

    daily_cap: timedelta  # per member and day of the guild; time beyond it does not count
    unattended_cap: timedelta  # of an interval without a state change or an interaction
    minimum: timedelta = timedelta(seconds=60)  # a session with less counted time counts nothing
    rejoin_gap: timedelta = timedelta(seconds=90)  # a return within it continues the session, without the absence
    counts_deafened: bool = True
    counts_alone: bool = True  # False: time counts only while another member is in the channel; bots are ignored
    camera_grace: timedelta | None = None  # time without camera or stream before one is on; None: not required


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
    """The preset with this policy."""
    return next((preset for preset, each in PRESETS.items() if each == policy), TrackingPreset.SILENT_LIBRARY)


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A guild's choice of a preset for a time span, in seconds since 1970; later changes override earlier ones."""

    preset: TrackingPreset
    valid_from: int
    valid_until: int | None = None  # None: until the next change


Span = tuple[int, int, TrackingPolicy, int]  # from, until, policy in effect, since when it is in effect

_EVER: Final = -(1 << 40)  # before any event


@dataclass(frozen=True, slots=True)
class PolicyTimeline:
    """A guild's policies over time; adjacent ones differ."""

    first: TrackingPolicy  # in effect before the first change
    changes: tuple[tuple[int, TrackingPolicy], ...] = ()  # start times and policies, in order

    @classmethod
    def of(cls, rules: Sequence[PolicyChange], base: TrackingPolicy = SILENT_LIBRARY) -> "PolicyTimeline":
        """The timeline of these changes, given oldest first; `base` applies wherever none of them does."""
        edges = sorted({edge for rule in rules for edge in (rule.valid_from, rule.valid_until) if edge is not None})
        changes: list[tuple[int, TrackingPolicy]] = []
        for edge in edges:
            policy = _policy_at(rules, edge, base)
            if policy != (changes[-1][1] if changes else base):
                changes.append((edge, policy))
        return cls(base, tuple(changes))

    def at(self, moment: int) -> TrackingPolicy:
        """The policy in effect at a time."""
        return next((policy for since, policy in reversed(self.changes) if since <= moment), self.first)

    def spans(self, start: int, end: int) -> Iterable[Span]:
        """The parts of an interval under one policy each, in order; none if it is empty."""
        if start >= end:
            return ()
        if not self.changes:
            return ((start, end, self.first, _EVER),)
        return self._spans(start, end)

    def policies(self) -> Iterator[TrackingPolicy]:
        """All policies that are ever in effect."""
        yield self.first
        yield from (policy for _, policy in self.changes)

    @property
    def depends_on_occupancy(self) -> bool:
        """Whether any policy ever depends on occupancy."""
        return not all(policy.counts_alone for policy in self.policies())

    @property
    def depends_on_camera(self) -> bool:
        """Whether any policy ever depends on camera or stream."""
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
            # guilds cannot choose `minimum` and `rejoin_gap`, and tests may change the base alone
            return replace(PRESETS[rule.preset], minimum=base.minimum, rejoin_gap=base.rejoin_gap)
    return base
