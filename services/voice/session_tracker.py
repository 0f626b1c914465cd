"""Folds voice events into sessions and segments, in memory and without a clock.

All moments in here are whole seconds since 1970: events are stamped on receipt, so that fractions mean nothing, and the
seconds of neighbouring segments add up exactly.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from msgspec import Struct

from core.enums import CloseReason
from services.voice.gateway_events import (
    DEAF,
    SELF_DEAF,
    STREAM,
    VIDEO,
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
from services.voice.tracking_policies import Policy

Key = tuple[int, int]  # guild, user

DOUBT_MAX: Final = 60  # seconds of a gap that are credited for a change whose moment in it is unknown
BRIDGE_MAX: Final = 900  # seconds of a gap without a resume over which a session goes on
_DEAFENED: Final = SELF_DEAF | DEAF
_SEEN: Final = STREAM | VIDEO


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
    estimated: int = 0  # those of the counted seconds that lie in gaps

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

    def change_in_gap(self, since: int, at: int, flags: int) -> int:
        """The moment to assume for a change of state between `since` and `at`: little of the doubt is credited.

        What counts less begins soon after the gap did, what counts more begins shortly before its end.
        """
        last = self.segments[-1]
        if not _counts_more(flags, last.flags):
            return self.end_in_gap(since, at)
        return _begin_in_gap(since, max(since, last.start), at)

    def end_in_gap(self, since: int, at: int) -> int:
        """The same for its end."""
        return min(at, max(since, self.started) + DOUBT_MAX)

    def bridge(self, at: int, state: VoiceState) -> None:
        """Go on after a gap, at the end of which `at` the member is in the same channel."""
        last = self.segments[-1]
        since = last.start if self.ended is None else self.ended
        self.ended = self.reason = last.end = None
        self.voice_session = state.voice_session
        last.is_changed = self.is_changed = self.is_estimated = True
        if last.flags != state.flags:
            self.move(self.change_in_gap(since, at, state.flags), last.channel, state.flags)

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
    unheard_since: int | None = None  # sessions were cut here, and no snapshot has come since; None: it is heard
    gap_until: int | None = None  # end of the last span in which nobody heard the guild; None: it was always heard

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
    gaps: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])  # guild, from: until
    unheard: dict[int, int | None] = field(default_factory=dict[int, int | None])  # changes of `Place.unheard_since`
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
                    self._end(session, event, CloseReason.GUILD_GONE)
            case GuildOutage():
                self._lose(event.guild, unix(event.since or event.at))
                for session in self._open_in(event.guild):  # those who joined in a gap before the outage
                    session.cut(unix(event.at))
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
                self._end(session, change, CloseReason.IGNORED_CHANNEL)

    def _state(self, state: VoiceState) -> None:
        channel = state.channel
        members = self.latest.get(state.guild)
        if members is None:
            members = self.latest[state.guild] = {}
        session = members.get(state.user)
        person = state.person
        is_bot = person.is_bot if person is not None else state.user in self.bots
        self._note_gap(state)
        tracked = None if is_bot or not self.places.get(state.guild, NOWHERE).counts(channel) else channel
        if session is None or session.ended is not None:
            if tracked is not None:
                self._join(members, session, state, tracked)
        elif tracked is None:
            self._end(session, state, CloseReason.LEFT if channel is None else CloseReason.IGNORED_CHANNEL)
        else:
            last = session.segments[-1]
            if last.channel != tracked or last.flags != state.flags:
                at = unix(state.at)
                if state.since is not None:
                    at = session.change_in_gap(unix(state.since), at, state.flags)
                session.press(self.presses.get((state.guild, state.user), ()), at)
                session.move(at, tracked, state.flags)
                if state.is_late and not session.is_estimated:
                    session.is_estimated = session.is_changed = True

    def _join(self, members: dict[int, Session], session: Session | None, state: VoiceState, channel: int) -> None:
        at = unix(state.at)
        ended = None if session is None else session.ended
        if session is not None and ended is not None and self._goes_on(session, ended, at, channel):
            self.gaps[state.guild, ended] = max(at, self.gaps.get((state.guild, ended), at))
            session.bridge(at, state)
            return
        if state.since is not None:
            since = unix(state.since)
            at = _begin_in_gap(since, since if ended is None else max(since, ended), at)
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

    def _goes_on(self, session: Session, ended: int, at: int, channel: int) -> bool:
        """Whether a session that was cut by a gap goes on, as the first word after it shows the same channel."""
        place = self.places.get(session.guild, NOWHERE)
        return (
            place.unheard_since is not None
            and session.reason is CloseReason.LOST
            and not session.is_corrected
            and ended >= place.unheard_since
            and at - ended <= BRIDGE_MAX
            and session.segments[-1].channel == channel
        )

    def _lose(self, guild: int, until: int) -> None:
        """A gap without a resume begins: open sessions are cut, until the next snapshot says who is still there."""
        for session in self._open_in(guild):
            session.press(self.presses.get((session.guild, session.user), ()), until)
            session.cut(until)
        place = self.places.get(guild, NOWHERE)
        since = until if place.unheard_since is None else min(until, place.unheard_since)
        self.places[guild] = replace(place, unheard_since=since)
        self.unheard[guild] = since

    def _note_gap(self, event: GuildSnapshot | GuildChange | GuildGone | VoiceState) -> None:
        if event.since is not None:
            key, end = (event.guild, unix(event.since)), math.ceil(event.at.timestamp())
            self.gaps[key] = max(end, self.gaps.get(key, end))

    def _end(
        self, session: Session, event: GuildSnapshot | GuildChange | GuildGone | VoiceState, reason: CloseReason
    ) -> None:
        """A session has ended when an event happened; of a replayed one that moment is unknown."""
        self._note_gap(event)
        at = unix(event.at)
        if event.since is not None:
            at = session.end_in_gap(unix(event.since), at)
        self._close(session, at, reason, is_estimated=event.since is not None or reason is CloseReason.LOST)

    def _close(self, session: Session, at: int, reason: CloseReason, *, is_estimated: bool = False) -> None:
        session.press(self.presses.get((session.guild, session.user), ()), at)
        session.close(at, reason, is_estimated=is_estimated)

    def _snapshot(self, snapshot: GuildSnapshot) -> None:
        self._move_afk(snapshot.guild, snapshot.afk_channel)
        self._move_channels(snapshot.guild, snapshot.channels)
        if snapshot.heard_until is not None:
            self._lose(snapshot.guild, unix(snapshot.heard_until))
        present = {state.user for state in snapshot.states if state.channel is not None}
        for session in self._open_in(snapshot.guild):
            if snapshot.is_whole and session.user not in present:
                self._end(session, snapshot, CloseReason.LOST)
        for state in snapshot.states:
            if state.channel is not None:
                self._state(state)
        place = self.places[snapshot.guild]
        if place.unheard_since is not None:
            self.places[snapshot.guild] = replace(place, unheard_since=None)
            self.unheard[snapshot.guild] = None

    def _open_in(self, guild: int) -> Iterable[Session]:
        return [session for session in self.latest.get(guild, {}).values() if session.ended is None]

    def _move_afk(self, guild: int, afk: int | None) -> None:
        self.places[guild] = replace(self.places.get(guild, NOWHERE), afk=afk)

    def _move_channels(self, guild: int, channels: Iterable[VoiceChannel]) -> None:
        place = self.places.get(guild)
        if place is not None:
            self.places[guild] = place.with_channels(channels)


def _counts_more(flags: int, before: int) -> bool:
    """Whether a state counts under rules under which the one before it does not; sound decides before camera."""
    if bool(flags & _DEAFENED) != bool(before & _DEAFENED):
        return not flags & _DEAFENED
    return bool(flags & _SEEN) and not before & _SEEN


def _begin_in_gap(since: int, earliest: int, at: int) -> int:
    """The moment to assume for a beginning between `earliest` and `at`, in a gap from `since` on.

    What lies between `since` and `earliest` may be credited already and has used its part of the doubt.
    """
    return max(earliest, at - max(0, DOUBT_MAX - (earliest - since)))


def unix(moment: datetime) -> int:
    """A moment as whole seconds since 1970, floored."""
    return int(moment.timestamp() // 1)
