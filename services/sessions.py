"""Folds voice events into sessions and segments, in memory and without a clock.

All moments in here are whole seconds since 1970: events are stamped on receipt, so that fractions mean nothing, and the
seconds of neighbouring segments add up exactly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from msgspec import Struct

from core.enums import CloseReason
from services.policies import Policy
from services.voice_events import (
    ChannelChange,
    ChannelGone,
    Event,
    GuildChange,
    GuildGone,
    GuildOutage,
    GuildSnapshot,
    VoiceChannel,
    VoiceState,
)

Key = tuple[int, int]  # guild, user


class Segment(Struct, gc=False):
    """A stretch in one channel with the same flags."""

    channel: int
    flags: int
    start: int
    end: int | None = None  # None: it goes on
    is_new: bool = True  # not stored yet
    is_changed: bool = False
    is_rewritten: bool = False  # stored, and then within the same second the channel or the flags became others


class Session(Struct, gc=False):
    """One stay, with the segments that are not credited yet and always the last one."""

    guild: int
    user: int
    started: int
    settled: int  # credited up to here; equal to `started`: the minimum is not reached
    voice_session: str | None
    segments: list[Segment]
    ended: int | None = None  # None: still there
    counted: int = 0
    reason: CloseReason | None = None
    is_estimated: bool = False
    is_corrected: bool = False  # by staff: it is never reopened
    id: int = 0  # 0: not stored yet
    is_changed: bool = False  # apart from its segments, which know by themselves
    seen_until: int | None = None  # when camera or stream were last on before `segments`; None: never

    @property
    def is_due(self) -> bool:
        """Whether there is anything to store."""
        return self.is_changed or any(segment.is_new or segment.is_changed for segment in self.segments)

    def press(self, moments: Sequence[int], until: int) -> None:
        """Activity at these moments, in order: each ends the open segment and begins a like one, with a new cap."""
        for at in moments:
            last = self.segments[-1]
            if last.start < at < until:
                self._next(at, last.channel, last.flags)

    def move(self, at: int, channel: int, flags: int) -> None:
        """Another channel or other flags from `at` on."""
        self._next(max(at, self.settled), channel, flags)

    def close(self, at: int, reason: CloseReason, *, is_estimated: bool) -> None:
        """End the stay; what is credited stays credited."""
        last = self.segments[-1]
        last.end = self.ended = max(at, last.start, self.settled)
        last.is_changed = self.is_changed = True
        self.reason = reason
        self.is_estimated |= is_estimated

    def reopen(self, at: int, state: VoiceState, channel: int) -> None:
        """Go on after a short absence, which is not counted."""
        self.ended = self.reason = None
        self.voice_session = state.voice_session
        self.is_estimated |= state.is_late
        self.is_changed = True
        self._add(at, channel, state.flags)

    def cut(self, until: int) -> None:
        """Count nothing unheard: what spans `until` ends there, and so does the stay unless it was heard of since."""
        if self.started > until:
            return
        until = max(until, self.settled)
        for segment in self.segments:
            if segment.start <= until and (segment.end is None or segment.end > until):
                if segment.end is None:
                    self.ended, self.reason = until, CloseReason.LOST
                segment.end = until
                segment.is_changed = self.is_changed = self.is_estimated = True

    def _next(self, at: int, channel: int, flags: int) -> None:
        last = self.segments[-1]
        if at > last.start:
            last.end = at
            last.is_changed = True
        self._add(max(at, last.start), channel, flags)

    def _add(self, at: int, channel: int, flags: int) -> None:
        last = self.segments[-1]
        if last.start == at:  # within one second the last word counts
            last.channel, last.flags, last.end = channel, flags, None
            last.is_changed = last.is_rewritten = True
        else:
            self.segments.append(Segment(channel, flags, at))


@dataclass(slots=True)
class Place:
    """What decides in a guild whether a channel counts."""

    afk: int | None
    ignored: frozenset[int]  # channels and categories
    covered: frozenset[int] = frozenset()  # channels in ignored categories
    unseen: frozenset[int] = frozenset()  # hidden channels that the app has never viewed, and staff said nothing about

    def counts(self, channel: int | None) -> bool:
        """Whether time in `channel` is time in tracked voice."""
        return not (
            channel is None
            or channel == self.afk
            or channel in self.ignored
            or channel in self.covered
            or channel in self.unseen
        )

    def with_channels(self, channels: Iterable[VoiceChannel]) -> "Place":
        """The same after these channels came, or moved to other categories; of a hidden one that is not known."""
        if not self.ignored and not self.covered and not self.unseen:
            return self
        covered = set(self.covered)
        visible = [channel for channel in channels if not channel.is_hidden]
        for channel in visible:
            (covered.add if channel.parent in self.ignored else covered.discard)(channel.channel)
        unseen = self.unseen.difference(channel.channel for channel in visible)
        return replace(self, covered=frozenset(covered), unseen=unseen)


NOWHERE = Place(None, frozenset())


@dataclass(slots=True)
class Roll:
    """Who sits where, as far as a batch of events needs to know it; `hear` brings it up to date."""

    policy: Policy
    places: dict[int, Place]
    latest: dict[int, dict[int, Session]]  # by guild and user: the open session, or the one that ended last
    presses: dict[Key, list[int]]  # when members used the app, in order; earlier moments may be gone
    bots: set[int]
    finished: list[Session] = field(default_factory=list[Session])  # changed, then followed by another one
    _gap: int = field(init=False)

    def __post_init__(self) -> None:
        self._gap = int(self.policy.rejoin_gap.total_seconds())

    def hear(self, event: Event) -> None:
        """Apply one event."""
        match event:
            case VoiceState():
                self._state(event)
            case GuildSnapshot():
                self._snapshot(event)
            case GuildChange():
                self._change(event)
            case GuildGone():
                for session in self._open_in(event.guild):
                    self._close(session, unix(event.at), CloseReason.GUILD_GONE)
            case GuildOutage():
                for session in self._open_in(event.guild):
                    session.is_estimated = session.is_changed = True
            case ChannelChange():
                self._move_channels(event.guild, (event.channel,))
            case ChannelGone():  # Discord tells apart where its people went
                pass

    def changed(self) -> list[Session]:
        """All sessions that differ from what is stored, in the order in which they must be written."""
        last = (session for members in self.latest.values() for session in members.values())
        return [*self.finished, *(session for session in last if session.is_due)]

    def _change(self, change: GuildChange) -> None:
        self._move_afk(change.guild, change.afk_channel)
        for session in self._open_in(change.guild):
            if session.segments[-1].channel == change.afk_channel:
                self._close(session, unix(change.at), CloseReason.IGNORED_CHANNEL)

    def _state(self, state: VoiceState) -> None:
        channel = state.channel
        members = self.latest.get(state.guild)
        if members is None:
            members = self.latest[state.guild] = {}
        session = members.get(state.user)
        person = state.person
        is_bot = person.is_bot if person is not None else state.user in self.bots
        tracked = None if is_bot or not self.places.get(state.guild, NOWHERE).counts(channel) else channel
        if session is None or session.ended is not None:
            if tracked is not None:
                self._join(members, session, state, tracked)
        elif tracked is None:
            reason = CloseReason.LEFT if channel is None else CloseReason.IGNORED_CHANNEL
            self._close(session, unix(state.at), reason, is_estimated=state.is_late)
        else:
            last = session.segments[-1]
            if last.channel != tracked or last.flags != state.flags:
                at = unix(state.at)
                session.press(self.presses.get((state.guild, state.user), ()), at)
                session.move(at, tracked, state.flags)
                if state.is_late and not session.is_estimated:
                    session.is_estimated = session.is_changed = True

    def _join(self, members: dict[int, Session], session: Session | None, state: VoiceState, channel: int) -> None:
        at = unix(state.at)
        if state.is_late and state.since is not None:
            at = min(at, unix(state.since))
        if session is not None and session.ended is not None:
            at = max(at, session.ended)
            is_back = at - session.ended <= self._gap and session.segments[-1].channel == channel
            if (
                is_back and not session.is_corrected
            ) or session.started == at:  # no two sessions of a member begin in the same second
                session.reopen(at, state, channel)
                return
            if session.is_due:
                self.finished.append(session)
        members[state.user] = Session(
            guild=state.guild,
            user=state.user,
            started=at,
            settled=at,
            voice_session=state.voice_session,
            segments=[Segment(channel, state.flags, at)],
            is_estimated=state.is_late,
            is_changed=True,
        )

    def _close(self, session: Session, at: int, reason: CloseReason, *, is_estimated: bool = False) -> None:
        session.press(self.presses.get((session.guild, session.user), ()), at)
        session.close(at, reason, is_estimated=is_estimated)

    def _snapshot(self, snapshot: GuildSnapshot) -> None:
        self._move_afk(snapshot.guild, snapshot.afk_channel)
        self._move_channels(snapshot.guild, snapshot.channels)
        present = {state.user for state in snapshot.states if state.channel is not None}
        for session in self._open_in(snapshot.guild):
            if snapshot.heard_until is not None:
                until = unix(snapshot.heard_until)
                session.press(self.presses.get((session.guild, session.user), ()), until)
                session.cut(until)
            if session.ended is None and session.user not in present:
                self._close(session, unix(snapshot.at), CloseReason.LOST, is_estimated=True)
        for state in snapshot.states:
            if state.channel is not None:
                self._state(state)

    def _open_in(self, guild: int) -> Iterable[Session]:
        return [session for session in self.latest.get(guild, {}).values() if session.ended is None]

    def _move_afk(self, guild: int, afk: int | None) -> None:
        self.places[guild] = replace(self.places.get(guild, NOWHERE), afk=afk)

    def _move_channels(self, guild: int, channels: Iterable[VoiceChannel]) -> None:
        place = self.places.get(guild)
        if place is not None:
            self.places[guild] = place.with_channels(channels)


def unix(moment: datetime) -> int:
    """A moment as whole seconds since 1970, floored."""
    return int(moment.timestamp() // 1)
