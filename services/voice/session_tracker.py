"""The session state machine: applies voice events to sessions and segments in memory, without a clock.

All times in here are whole seconds since 1970: events are stamped on receipt, so that fractions mean nothing, and the
seconds of adjacent segments add up exactly.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from core.enums import SessionEndReason
from services.voice.channel_rules import NO_RULES, ChannelRules
from services.voice.gateway_events import (
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
from services.voice.session import Key, Segment, Session, begin_in_gap
from services.voice.tracking_policies import TrackingPolicy

BRIDGE_MAX: Final = 900  # seconds of a gap without a resume over which a session continues


@dataclass(slots=True)
class SessionTracker:
    """The sessions and channel rules that a batch of events needs; `apply` updates them."""

    policy: TrackingPolicy
    channel_rules: dict[int, ChannelRules]
    latest: dict[int, dict[int, Session]]  # by guild and user: the open session, or the one that ended last
    last_interactions: dict[Key, list[int]]  # when members used the app, in order; earlier times may be missing
    bots: set[int]
    finished: list[Session] = field(default_factory=list[Session])  # changed, then followed by another session
    gaps: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])  # guild, from: until
    awaiting_snapshot_since: dict[int, int | None] = field(
        default_factory=dict[int, int | None]
    )  # changes of `ChannelRules.awaiting_snapshot_since`
    _gap: int = field(init=False)

    def __post_init__(self) -> None:
        self._gap = int(self.policy.rejoin_gap.total_seconds())

    def apply(self, event: Event) -> None:
        """Apply one event."""
        match event:
            case VoiceState():
                self._on_voice_state(event)
            case GuildSnapshot():
                self._on_snapshot(event)
            case GuildChange():
                self._change(event)
            case GuildGone():
                for session in self._open_in(event.guild):
                    self._end(session, event, SessionEndReason.GUILD_GONE)
            case GuildOutage():
                self._on_continuity_lost(event.guild, unix_seconds(event.since or event.at))
                for session in self._open_in(event.guild):  # those who joined in a gap before the outage
                    session.truncate(unix_seconds(event.at))
            case ChannelChange():
                self._move_channels(event.guild, (event.channel,))
            case ChannelGone():  # Discord sends the voice states of its members separately
                pass

    def changed(self) -> list[Session]:
        """All sessions that differ from the stored ones, in the order in which they must be written."""
        last = (session for members in self.latest.values() for session in members.values())
        return [*self.finished, *(session for session in last if session.is_due)]

    def _change(self, change: GuildChange) -> None:
        self._move_afk(change.guild, change.afk_channel)
        for session in self._open_in(change.guild):
            if session.segments[-1].channel == change.afk_channel:
                self._end(session, change, SessionEndReason.IGNORED_CHANNEL)

    def _on_voice_state(self, state: VoiceState) -> None:
        channel = state.channel
        members = self.latest.get(state.guild)
        if members is None:
            members = self.latest[state.guild] = {}
        session = members.get(state.user)
        person = state.person
        is_bot = person.is_bot if person is not None else state.user in self.bots
        self._note_gap(state)
        tracked = None if is_bot or not self.channel_rules.get(state.guild, NO_RULES).is_tracked(channel) else channel
        if session is None or session.ended is not None:
            if tracked is not None:
                self._join(members, session, state, tracked)
        elif tracked is None:
            self._end(session, state, SessionEndReason.LEFT if channel is None else SessionEndReason.IGNORED_CHANNEL)
        else:
            last = session.segments[-1]
            if last.channel != tracked or last.flags != state.flags:
                at = unix_seconds(state.at)
                if state.since is not None:
                    at = session.change_in_gap(unix_seconds(state.since), at, state.flags)
                session.mark_active(self.last_interactions.get((state.guild, state.user), ()), at)
                session.move(at, tracked, state.flags)
                if state.is_delayed and not session.is_estimated:
                    session.is_estimated = session.is_changed = True

    def _join(self, members: dict[int, Session], session: Session | None, state: VoiceState, channel: int) -> None:
        at = unix_seconds(state.at)
        ended = None if session is None else session.ended
        if session is not None and ended is not None and self._goes_on(session, ended, at, channel):
            self.gaps[state.guild, ended] = max(at, self.gaps.get((state.guild, ended), at))
            session.bridge(at, state)
            return
        if state.since is not None:
            since = unix_seconds(state.since)
            at = begin_in_gap(since, since if ended is None else max(since, ended), at)
        if session is not None and session.ended is not None:
            at = max(at, session.ended)
            is_back = at - session.ended <= self._gap and session.segments[-1].channel == channel
            if (
                is_back and not session.is_corrected
            ) or session.started == at:  # a member has at most one session per start second
                session.reopen(at, state, channel)
                return
            if session.is_due:
                self.finished.append(session)
        members[state.user] = Session(
            guild=state.guild,
            user=state.user,
            started=at,
            credited_until=at,
            voice_session=state.voice_session,
            segments=[Segment(channel, state.flags, at)],
            is_estimated=state.is_delayed,
            is_changed=True,
        )

    def _goes_on(self, session: Session, ended: int, at: int, channel: int) -> bool:
        """Whether a session truncated by a gap continues, because the first event after it shows the same channel."""
        place = self.channel_rules.get(session.guild, NO_RULES)
        return (
            place.awaiting_snapshot_since is not None
            and session.reason is SessionEndReason.LOST
            and not session.is_corrected
            and ended >= place.awaiting_snapshot_since
            and at - ended <= BRIDGE_MAX
            and session.segments[-1].channel == channel
        )

    def _on_continuity_lost(self, guild: int, until: int) -> None:
        """Apply a gap without a resume: truncate open sessions until the next snapshot shows who is still present."""
        for session in self._open_in(guild):
            session.mark_active(self.last_interactions.get((session.guild, session.user), ()), until)
            session.truncate(until)
        place = self.channel_rules.get(guild, NO_RULES)
        since = until if place.awaiting_snapshot_since is None else min(until, place.awaiting_snapshot_since)
        self.channel_rules[guild] = replace(place, awaiting_snapshot_since=since)
        self.awaiting_snapshot_since[guild] = since

    def _note_gap(self, event: GuildSnapshot | GuildChange | GuildGone | VoiceState) -> None:
        if event.since is not None:
            key, end = (event.guild, unix_seconds(event.since)), math.ceil(event.at.timestamp())
            self.gaps[key] = max(end, self.gaps.get(key, end))

    def _end(
        self, session: Session, event: GuildSnapshot | GuildChange | GuildGone | VoiceState, reason: SessionEndReason
    ) -> None:
        """End a session at an event's time; for a replayed event that time is estimated."""
        self._note_gap(event)
        at = unix_seconds(event.at)
        if event.since is not None:
            at = session.end_in_gap(unix_seconds(event.since), at)
        self._close(session, at, reason, is_estimated=event.since is not None or reason is SessionEndReason.LOST)

    def _close(self, session: Session, at: int, reason: SessionEndReason, *, is_estimated: bool = False) -> None:
        session.mark_active(self.last_interactions.get((session.guild, session.user), ()), at)
        session.close(at, reason, is_estimated=is_estimated)

    def _on_snapshot(self, snapshot: GuildSnapshot) -> None:
        self._move_afk(snapshot.guild, snapshot.afk_channel)
        self._move_channels(snapshot.guild, snapshot.channels)
        if snapshot.received_until is not None:
            self._on_continuity_lost(snapshot.guild, unix_seconds(snapshot.received_until))
        present = {state.user for state in snapshot.states if state.channel is not None}
        for session in self._open_in(snapshot.guild):
            if snapshot.is_whole and session.user not in present:
                self._end(session, snapshot, SessionEndReason.LOST)
        for state in snapshot.states:
            if state.channel is not None:
                self._on_voice_state(state)
        place = self.channel_rules[snapshot.guild]
        if place.awaiting_snapshot_since is not None:
            self.channel_rules[snapshot.guild] = replace(place, awaiting_snapshot_since=None)
            self.awaiting_snapshot_since[snapshot.guild] = None

    def _open_in(self, guild: int) -> Iterable[Session]:
        return [session for session in self.latest.get(guild, {}).values() if session.ended is None]

    def _move_afk(self, guild: int, afk: int | None) -> None:
        self.channel_rules[guild] = replace(self.channel_rules.get(guild, NO_RULES), afk=afk)

    def _move_channels(self, guild: int, channels: Iterable[VoiceChannel]) -> None:
        place = self.channel_rules.get(guild)
        if place is not None:
            self.channel_rules[guild] = place.with_channels(channels)


def unix_seconds(moment: datetime) -> int:
    """A moment as whole seconds since 1970, floored."""
    return int(moment.timestamp() // 1)
