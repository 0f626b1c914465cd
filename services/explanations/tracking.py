"""Explains a member's tracked time on one day, with the same evaluation that credits it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import pairwise

from core.enums import SessionEndReason, TrackingPreset
from core.ids import ChannelId, GuildId, UserId
from db.connection import Connection
from db.queries.voice import corrections as correction_queries
from db.queries.voice import gaps as gap_queries
from db.queries.voice import history as voice_history_queries
from db.queries.voice.corrections import DayAct
from services.calendar.days import Calendar, guild_calendar
from services.voice import guild_config, occupancy, session_store, shard_positions
from services.voice.accrual import overlap, united
from services.voice.channel_rules import NO_RULES
from services.voice.eligibility import NO_OCCUPANCY, EvaluatedInterval, ExclusionReason, evaluate
from services.voice.session import Session
from services.voice.session_tracker import unix_seconds
from services.voice.tracking_policies import SILENT_LIBRARY, PolicyTimeline, TrackingPolicy, preset_of


@dataclass(frozen=True, slots=True)
class ExplainedInterval:
    """An interval of the day with one result: counted, or excluded for one reason."""

    start: int  # whole seconds since 1970
    end: int
    channel: ChannelId
    excluded_for: ExclusionReason | None  # None: it counted
    policy: TrackingPolicy
    is_open: bool = False  # it has not ended

    @property
    def seconds(self) -> int:
        """Its length so far."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """When a session ended for another reason than leaving."""

    at: int  # whole seconds since 1970
    reason: SessionEndReason


@dataclass(frozen=True, slots=True)
class DayExplanation:
    """A member's tracked time on the guild's current day so far."""

    preset: TrackingPreset  # in effect now
    afk: ChannelId | None  # the AFK channel, where time never counts; None: the guild has none
    ignored: tuple[ChannelId, ...]  # channels and categories that staff excluded
    is_here: bool  # in a tracked channel now
    intervals: tuple[ExplainedInterval, ...]  # in order
    endings: tuple[SessionEnd, ...]  # in order
    corrections: tuple[DayAct, ...] = ()  # by staff, oldest first
    estimated_seconds: int = 0  # counted seconds that lie in gaps

    @property
    def counted_seconds(self) -> int:
        """All counted seconds."""
        counted = sum(spell.seconds for spell in self.intervals if spell.excluded_for is None)
        return max(counted + sum(each.seconds for each in self.corrections), 0)


async def explain_day(conn: Connection, *, guild: GuildId, user: UserId, now: datetime) -> DayExplanation:
    """Explain a member's time on the guild's day that contains `now`."""
    rules = await guild_config.of_guilds(conn, [guild], SILENT_LIBRARY)
    timeline, calendar = rules.timeline(guild), guild_calendar(rules.zone(guild))
    start = unix_seconds(calendar.day_bounds(calendar.date_of(now))[0])
    until = min(
        unix_seconds(now),
        shard_positions.last_received(await shard_positions.list_received(conn), guild) or unix_seconds(now),
    )
    sessions = session_store.from_rows(await voice_history_queries.list_history(conn, [(guild, user)], since=start))
    first = min([start, *(session.started for session in sessions)])
    crowd = (
        await occupancy.for_span(conn, guild, sessions, start=first, end=max(until, first + 1))
        if sessions
        else NO_OCCUPANCY
    )
    capped = _Capped(calendar)
    spells: list[ExplainedInterval] = []
    for session in sessions:
        last = until if session.ended is None else session.ended
        judged = list(evaluate(session, last, timeline, crowd))
        spells += _of_session(session, judged, timeline, capped)
    place = rules.channel_rules.get(guild, NO_RULES)
    today = calendar.date_of(now)
    shown = _merged(_since(start, spells))
    unheard = united(await gap_queries.list_gaps(conn, [(guild, start, max(until, start))])).get(guild, [])
    return DayExplanation(
        preset=preset_of(timeline.at(unix_seconds(now))),
        afk=None if place.afk is None else ChannelId(place.afk),
        ignored=tuple(sorted(map(ChannelId, place.ignored))),
        is_here=bool(sessions) and sessions[-1].ended is None,
        intervals=tuple(shown),
        estimated_seconds=sum(
            overlap(unheard, spell.start, spell.end) for spell in shown if spell.excluded_for is None
        ),
        endings=tuple(
            SessionEnd(session.ended, session.reason)
            for session in sessions
            if session.ended is not None and session.reason is not None and session.reason is not SessionEndReason.LEFT
        ),
        corrections=tuple(await correction_queries.list_day(conn, guild=guild, user=user, day=today)),
    )


def _of_session(
    session: Session, judged: list[EvaluatedInterval], timeline: PolicyTimeline, capped: "_Capped"
) -> list[ExplainedInterval]:
    minimum = timeline.first.minimum.total_seconds()
    is_short = sum(end - start for start, end, _, pause in judged if pause is None) < minimum
    spells: list[ExplainedInterval] = []
    for start, end, policy, pause in judged:
        channel = next(ChannelId(each.channel) for each in reversed(session.segments) if each.start <= start)
        spell = ExplainedInterval(
            start, end, channel, ExclusionReason.TOO_SHORT if pause is None and is_short else pause, policy
        )
        spells += capped.split(spell) if spell.excluded_for is None else (spell,)
    for before, after in pairwise(session.segments):
        if before.end is not None and before.end < after.start:
            policy = timeline.at(before.end)
            spells.append(
                ExplainedInterval(before.end, after.start, ChannelId(before.channel), ExclusionReason.AWAY, policy)
            )
    spells.sort(key=_start)
    if session.ended is None and spells:
        spells[-1] = replace(spells[-1], is_open=True)
    return spells


@dataclass(slots=True)
class _Capped:
    """Applies the daily cap to the guild's days."""

    calendar: Calendar
    used: defaultdict[date, int] = field(default_factory=lambda: defaultdict(int))

    def split(self, spell: ExplainedInterval) -> Iterator[ExplainedInterval]:
        """Split a counted interval at the daily cap; call it in order of time. The part over the cap is excluded."""
        cap = int(spell.policy.daily_cap.total_seconds())
        for on, since, until in self.calendar.split(_moment(spell.start), _moment(spell.end)):
            start, end = unix_seconds(since), unix_seconds(until)
            full = min(end, start + max(cap - self.used[on], 0))
            self.used[on] += full - start
            if start < full:
                yield replace(spell, start=start, end=full)
            if full < end:
                yield replace(spell, start=full, end=end, excluded_for=ExclusionReason.DAILY_CAP)


def _since(start: int, spells: Iterable[ExplainedInterval]) -> Iterator[ExplainedInterval]:
    return (replace(spell, start=max(spell.start, start)) for spell in spells if spell.end > start)


def _merged(spells: Iterable[ExplainedInterval]) -> list[ExplainedInterval]:
    joined: list[ExplainedInterval] = []
    for spell in spells:
        last = joined[-1] if joined else None
        if last and (last.end, *_sort_key(last)) == (spell.start, *_sort_key(spell)):
            joined[-1] = replace(spell, start=last.start)
        else:
            joined.append(spell)
    return joined


def _sort_key(spell: ExplainedInterval) -> tuple[ChannelId, ExclusionReason | None, TrackingPolicy | None]:
    return spell.channel, spell.excluded_for, None if spell.excluded_for is None else spell.policy


def _start(spell: ExplainedInterval) -> int:
    return spell.start


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
