"""Why time counted or did not: a member's day, told from the very judgement that credits it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import pairwise

from core.enums import CloseReason, Preset
from core.ids import ChannelId, GuildId, UserId
from db.connection import Connection
from db.queries.voice import corrections as correction_queries
from db.queries.voice import gaps as gap_queries
from db.queries.voice import history as voice_history_queries
from db.queries.voice.corrections import DayAct
from services.calendar.days import Calendar, guild_calendar
from services.voice import guild_config, occupancy, session_store, shard_positions
from services.voice.accrual import overlap, united
from services.voice.channel_rules import NOWHERE
from services.voice.eligibility import NOBODY, Pause, Piece, judge
from services.voice.session import Session
from services.voice.session_tracker import unix
from services.voice.tracking_policies import SILENT_LIBRARY, Policy, Timeline, preset_of


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch of the day that went one way."""

    start: int  # whole seconds since 1970
    end: int
    channel: ChannelId
    pause: Pause | None  # None: it counted
    policy: Policy
    is_open: bool = False  # it goes on

    @property
    def seconds(self) -> int:
        """How long it is, so far."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Ending:
    """When a stay ended otherwise than by leaving."""

    at: int  # whole seconds since 1970
    reason: CloseReason


@dataclass(frozen=True, slots=True)
class Day:
    """The guild's day so far."""

    preset: Preset  # holds now
    afk: ChannelId | None  # where time never counts; None: the guild has no such channel
    ignored: tuple[ChannelId, ...]  # channels and categories that staff ignore
    is_here: bool  # in a room that counts, now
    spells: tuple[Spell, ...]  # in order
    endings: tuple[Ending, ...]  # in order
    corrections: tuple[DayAct, ...] = ()  # of staff, in the order of their making
    estimated_s: int = 0  # the part of what counted that nobody heard

    @property
    def counted_s(self) -> int:
        """What counted in all."""
        counted = sum(spell.seconds for spell in self.spells if spell.pause is None)
        return max(counted + sum(each.seconds for each in self.corrections), 0)


async def day(conn: Connection, *, guild: GuildId, user: UserId, now: datetime) -> Day:
    """What became of a member's time on the guild's day that `now` belongs to."""
    rules = await guild_config.of_guilds(conn, [guild], SILENT_LIBRARY)
    timeline, calendar = rules.timeline(guild), guild_calendar(rules.zone(guild))
    start = unix(calendar.bounds(calendar.date_of(now))[0])
    until = min(unix(now), shard_positions.last_heard(await shard_positions.list_heard(conn), guild) or unix(now))
    sessions = session_store.of_rows(await voice_history_queries.list_history(conn, [(guild, user)], since=start))
    first = min([start, *(session.started for session in sessions)])
    crowd = (
        await occupancy.between(conn, guild, sessions, start=first, end=max(until, first + 1)) if sessions else NOBODY
    )
    capped = _Capped(calendar)
    spells: list[Spell] = []
    for session in sessions:
        last = until if session.ended is None else session.ended
        judged = list(judge(session, last, timeline, crowd))
        spells += _of_session(session, judged, timeline, capped)
    place = rules.places.get(guild, NOWHERE)
    today = calendar.date_of(now)
    shown = _joined(_since(start, spells))
    unheard = united(await gap_queries.list_gaps(conn, [(guild, start, max(until, start))])).get(guild, [])
    return Day(
        preset=preset_of(timeline.at(unix(now))),
        afk=None if place.afk is None else ChannelId(place.afk),
        ignored=tuple(sorted(map(ChannelId, place.ignored))),
        is_here=bool(sessions) and sessions[-1].ended is None,
        spells=tuple(shown),
        estimated_s=sum(overlap(unheard, spell.start, spell.end) for spell in shown if spell.pause is None),
        endings=tuple(
            Ending(session.ended, session.reason)
            for session in sessions
            if session.ended is not None and session.reason is not None and session.reason is not CloseReason.LEFT
        ),
        corrections=tuple(await correction_queries.list_day(conn, guild=guild, user=user, day=today)),
    )


def _of_session(session: Session, judged: list[Piece], timeline: Timeline, capped: "_Capped") -> list[Spell]:
    minimum = timeline.first.minimum.total_seconds()
    is_short = sum(end - start for start, end, _, pause in judged if pause is None) < minimum
    spells: list[Spell] = []
    for start, end, policy, pause in judged:
        channel = next(ChannelId(each.channel) for each in reversed(session.segments) if each.start <= start)
        spell = Spell(start, end, channel, Pause.TOO_SHORT if pause is None and is_short else pause, policy)
        spells += capped.split(spell) if spell.pause is None else (spell,)
    for before, after in pairwise(session.segments):
        if before.end is not None and before.end < after.start:
            policy = timeline.at(before.end)
            spells.append(Spell(before.end, after.start, ChannelId(before.channel), Pause.AWAY, policy))
    spells.sort(key=_start)
    if session.ended is None and spells:
        spells[-1] = replace(spells[-1], is_open=True)
    return spells


@dataclass(slots=True)
class _Capped:
    """The guild's days as they fill up."""

    calendar: Calendar
    used: defaultdict[date, int] = field(default_factory=lambda: defaultdict(int))

    def split(self, spell: Spell) -> Iterator[Spell]:
        """A stretch that counts, told after all before it: what exceeds the most of its day is paused."""
        cap = int(spell.policy.daily_cap.total_seconds())
        for on, since, until in self.calendar.split(_moment(spell.start), _moment(spell.end)):
            start, end = unix(since), unix(until)
            full = min(end, start + max(cap - self.used[on], 0))
            self.used[on] += full - start
            if start < full:
                yield replace(spell, start=start, end=full)
            if full < end:
                yield replace(spell, start=full, end=end, pause=Pause.DAILY_CAP)


def _since(start: int, spells: Iterable[Spell]) -> Iterator[Spell]:
    return (replace(spell, start=max(spell.start, start)) for spell in spells if spell.end > start)


def _joined(spells: Iterable[Spell]) -> list[Spell]:
    joined: list[Spell] = []
    for spell in spells:
        last = joined[-1] if joined else None
        if last and (last.end, *_way(last)) == (spell.start, *_way(spell)):
            joined[-1] = replace(spell, start=last.start)
        else:
            joined.append(spell)
    return joined


def _way(spell: Spell) -> tuple[ChannelId, Pause | None, Policy | None]:
    return spell.channel, spell.pause, None if spell.pause is None else spell.policy


def _start(spell: Spell) -> int:
    return spell.start


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
