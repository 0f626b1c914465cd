"""Credits counted time: turns session segments into seconds per day, week and month, and stores them.

The counted time of a session depends only on its segments, the policy and the occupancy. It is credited in parts, and
their sum is the same whatever the times at which they were credited.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Final

from core.enums import LeaderboardPeriod
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries.voice import daily_totals as daily_total_queries
from db.queries.voice import gaps as gap_queries
from services.calendar import member_calendars
from services.calendar.days import Calendar, calendar_of, first_day, guild_calendar
from services.streaks import cache
from services.voice import occupancy
from services.voice.adjustments import Adjustment, Cell, corrected
from services.voice.eligibility import NO_OCCUPANCY, Interval, Occupancy, decided_until, evaluate
from services.voice.guild_config import TrackingConfig
from services.voice.session import Key, Session
from services.voice.tracking_policies import PolicyTimeline

NO_ADJUSTMENTS: Final[Mapping[Key, Sequence[Adjustment]]] = MappingProxyType({})
CountedInterval = tuple[int, int, int]  # from, until in whole seconds since 1970; and the daily cap in effect


async def accrue(
    conn: Connection,
    due: Sequence[tuple[Session, int]],
    *,
    rules: TrackingConfig,
    adjustments: Mapping[Key, Sequence[Adjustment]] = NO_ADJUSTMENTS,
) -> None:
    """Credit each session up to the time paired with it; the sessions are updated in memory but not stored.

    Args:
        conn: holds the locks of the members. Where occupancy matters, the sessions' segments are stored already.
        due: sessions and times; those of one member in order of time.
        rules: the tracking config of their guilds.
        adjustments: those of corrected sessions, by guild and session; these sessions end before their paired time.
    """
    crowd = await occupancy.of_sessions(conn, due, rules=rules)
    work: list[tuple[Session, list[CountedInterval]]] = []
    for session, end in due:
        timeline = rules.timeline(session.guild)
        until = decided_until(session, end, timeline)
        stretches = uncredited_intervals(session, until, timeline, crowd)
        if stretches or (session.guild, session.id) in adjustments:
            work.append((session, stretches))
        if until > session.credited_until and (stretches or session.credited_until > session.started):
            session.credited_until = until
            session.is_changed = True
    if not work:
        return
    unheard = await _gaps(conn, work, rules)
    members = sorted({(session.guild, session.user) for session, _ in work})
    zones = await member_calendars.load_calendars(conn, members)
    touched = {
        (session.guild, day, session.user)
        for session, stretches in work
        for start, until, _ in stretches
        for day, _, _ in guild_calendar(rules.zone(session.guild)).split(_moment(start), _moment(until))
    }
    used = await daily_total_queries.list_guild_days(conn, sorted(touched)) if touched else []
    ledger = DailyTotals({row[:3]: row[3] for row in used})
    for session, stretches in work:
        zone = rules.zone(session.guild)
        own = calendar_of(zone, zones.get((session.guild, session.user), ()))
        key = (session.guild, session.id)
        ledger.add(
            session,
            stretches,
            own,
            guild_calendar(zone),
            unheard=unheard.get(session.guild, ()),
            adjustments=adjustments.get(key, ()),
        )
    await ledger.write(conn)


@dataclass(slots=True)
class DailyTotals:
    """The seconds that a batch adds, per member and day on both calendars."""

    used: dict[tuple[int, date, int], int]  # (guild, guild's day, user): seconds counted before this batch
    by_guild_day: defaultdict[tuple[int, date, int], int] = field(default_factory=lambda: defaultdict(int))
    by_member_day: defaultdict[tuple[int, int, date], int] = field(default_factory=lambda: defaultdict(int))
    zones: dict[tuple[int, int, date], str] = field(default_factory=dict[tuple[int, int, date], str])
    totals: defaultdict[Key, int] = field(default_factory=lambda: defaultdict(int))
    estimated: defaultdict[tuple[int, date, int], int] = field(default_factory=lambda: defaultdict(int))
    own_estimated: defaultdict[tuple[int, int, date], int] = field(default_factory=lambda: defaultdict(int))

    def add(
        self,
        session: Session,
        stretches: Sequence[CountedInterval],
        own: Calendar,
        shared: Calendar,
        *,
        unheard: Sequence[Interval] = (),
        adjustments: Sequence[Adjustment] = (),
    ) -> None:
        """Add counted intervals of a session, in order of time; time over the cap of the guild's day is dropped.

        Seconds within `unheard` (gaps) are also summed up as estimated. Staff adjustments are applied last; they need a
        whole session that has ended.
        """
        guild, user = session.guild, session.user
        cells: defaultdict[Cell, int] = defaultdict(int)
        doubts: defaultdict[Cell, int] = defaultdict(int)
        for start, until, cap_s in stretches:
            for day, since, end in shared.split(_moment(start), _moment(until)):
                key = (guild, day, user)
                left = cap_s - self.used.get(key, 0) - self.by_guild_day[key]
                first = int(since.timestamp())
                seconds = min(int(end.timestamp()) - first, left)
                if seconds <= 0:
                    continue
                self.by_guild_day[key] += seconds
                self.totals[guild, user] += seconds
                session.counted += seconds
                doubtful = overlap(unheard, first, first + seconds)
                if doubtful:
                    session.estimated += doubtful
                    session.is_estimated = session.is_changed = True
                    self.estimated[key] += doubtful
                for own_day, part, stop in own.split(since, _moment(first + seconds)):
                    self.by_member_day[guild, user, own_day] += int((stop - part).total_seconds())
                    if doubtful:
                        doubt = overlap(unheard, int(part.timestamp()), int(stop.timestamp()))
                        self.own_estimated[guild, user, own_day] += doubt
                        doubts[day, own_day] += doubt
                    self.zones.setdefault((guild, user, own_day), own.zone_at(part))
                    cells[day, own_day] += int((stop - part).total_seconds())
        if adjustments and session.ended is not None and session.ended > session.started:
            self._correct(session, cells, doubts, own, shared, adjustments)

    def _correct(
        self,
        session: Session,
        counted: Mapping[Cell, int],
        doubts: Mapping[Cell, int],
        own: Calendar,
        shared: Calendar,
        adjustments: Sequence[Adjustment],
    ) -> None:
        guild, user = session.guild, session.user
        lengths: defaultdict[Cell, int] = defaultdict(int)
        for day, since, end in shared.split(_moment(session.started), _moment(session.ended or session.started)):
            for own_day, part, stop in own.split(since, end):
                lengths[day, own_day] += int((stop - part).total_seconds())
                self.zones.setdefault((guild, user, own_day), own.zone_at(part))
        for cell, seconds in corrected(counted, lengths, adjustments).items():
            change = seconds - counted.get(cell, 0)
            self.by_guild_day[guild, cell[0], user] += change
            self.by_member_day[guild, user, cell[1]] += change
            self.totals[guild, user] += change
            session.counted += change
            if (surplus := doubts.get(cell, 0) - seconds) > 0:  # no more than the remaining seconds can be estimated
                self.estimated[guild, cell[0], user] -= surplus
                self.own_estimated[guild, user, cell[1]] -= surplus
                session.estimated -= surplus

    async def write(self, conn: Connection) -> None:
        """Add all sums to the stored totals, and recompute the streaks of members with a newly active date."""
        shared = [(*key, seconds) for key, seconds in sorted(self.by_guild_day.items()) if seconds]
        if not shared:
            return
        own = [
            (*key, seconds, self.zones[key], self.own_estimated[key])
            for key, seconds in sorted(self.by_member_day.items())
            if seconds
        ]
        days = [(guild, day, user, seconds, self.estimated[guild, day, user]) for guild, day, user, seconds in shared]
        await daily_total_queries.add_guild_days(conn, days, period_totals_of(shared))
        active = await daily_total_queries.add_member_days(conn, own)
        await daily_total_queries.add_totals(conn, [(*key, seconds) for key, seconds in sorted(self.totals.items())])
        await cache.recompute(conn, [(GuildId(guild), UserId(user)) for guild, user in active])


async def _gaps(
    conn: Connection, work: Sequence[tuple[Session, list[CountedInterval]]], rules: TrackingConfig
) -> dict[int, list[Interval]]:
    """The gaps of each guild that may overlap `work`."""
    windows: dict[int, Interval] = {}
    for session, stretches in work:
        if not stretches:  # a corrected session without counted intervals
            continue
        start, end = stretches[0][0], stretches[-1][1]
        place = rules.channel_rules.get(session.guild)
        if place is None or place.gap_until is None or place.gap_until <= start:
            continue
        before = windows.get(session.guild, (start, end))
        windows[session.guild] = min(start, before[0]), max(end, before[1])
    if not windows:
        return {}
    return united(await gap_queries.list_gaps(conn, [(guild, *window) for guild, window in windows.items()]))


def united(rows: Sequence[gap_queries.GapRow]) -> dict[int, list[Interval]]:
    """The gaps of each guild, merged where they overlap; `rows` are ordered by guild and time."""
    found: dict[int, list[Interval]] = {}
    for guild, start, end in rows:
        mine = found.setdefault(guild, [])
        if mine and start <= mine[-1][1]:
            mine[-1] = mine[-1][0], max(end, mine[-1][1])
        else:
            mine.append((start, end))
    return found


def overlap(unheard: Sequence[Interval], start: int, end: int) -> int:
    """The seconds between two times that lie in gaps."""
    return sum(max(0, min(end, until) - max(start, since)) for since, until in unheard)


def period_totals_of(shared: Sequence[daily_total_queries.GuildDayRow]) -> list[daily_total_queries.PeriodTotalRow]:
    """The same seconds, summed by week and month of the guild's calendar."""
    sums: defaultdict[tuple[int, int, LeaderboardPeriod, date], int] = defaultdict(int)
    for guild, day, user, seconds in shared:
        for period in (LeaderboardPeriod.WEEK, LeaderboardPeriod.MONTH):
            sums[guild, user, period, first_day(period, day)] += seconds
    return [(*key, seconds) for key, seconds in sorted(sums.items())]


def uncredited_intervals(
    session: Session, until: int, timeline: PolicyTimeline, crowd: Occupancy = NO_OCCUPANCY
) -> list[CountedInterval]:
    """The counted intervals of a session from `credited_until` to `until`; none while it is below the minimum."""
    settled = session.credited_until
    has_reached_minimum = settled > session.started
    stretches: list[CountedInterval] = []
    total = 0
    for start, end, policy, pause in evaluate(session, until, timeline, crowd):
        if pause is None and end > settled:
            start = max(start, settled)  # noqa: PLW2901 - the part not credited yet
            stretches.append((start, end, int(policy.daily_cap.total_seconds())))
            total += end - start
    if not has_reached_minimum and total < timeline.first.minimum.total_seconds():
        return []
    return stretches


def _moment(unix: int) -> datetime:
    return datetime.fromtimestamp(unix, UTC)
