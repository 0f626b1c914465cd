"""Generates realistic guilds, members and voice sessions of any number: a few large guilds, active and rare members.

The output is a function of the requested numbers and `now`. Dates come from services/calendar/days.py and streaks from
services/streaks/cache.py; every second of the sessions counts under the default tracking policy, so that no other
service is needed. A test compares the totals with those of `services.voice.recalculation.rebuild`.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Final

from core.enums import LeaderboardPeriod
from core.ids import GuildId, UserId
from db.queries.streaks.streak import RunRow
from services.calendar.days import BEGINNING, Calendar, ZoneRule, first_day
from services.streaks.cache import cache_row
from services.streaks.inputs import StreakInputs
from services.voice.gateway_events import SELF_DEAF, SELF_MUTE, VIDEO

WEEKS: Final = 26
STUDY_S: Final = 15 * 60  # the default of a guild
CHANNELS: Final = 6  # voice channels per guild

_SPAN_S: Final = WEEKS * 7 * 86_400
_MEMBERS_PER_GUILD: Final = 50  # on average
_STEEPNESS: Final = 0.9  # exponent of Zipf's law: with a million members the largest guild has about 56,000
_DAILY_MOST: Final = 4  # sessions per member and day, so that the daily cap of 16 h is never reached
_GAP_S: Final = 400  # between two sessions: longer than the rejoin gap
# Ratios of members or sessions, typical of study communities.
_ELSEWHERE: Final = 0.05  # members who are also in an earlier guild
_STILL_COME: Final = 0.6
_ABROAD: Final = 0.08  # in another time zone than their guild
_HIDDEN: Final = 0.04
_LEFT: Final = 0.1  # of those who are no longer active
_HERE_NOW: Final = 0.004  # in voice now
_MUTED: Final = 0.8
_DEAFENED: Final = 0.1
_TURNED: Final = 0.25  # sessions whose flags change in the middle
_FAVOURITE: Final = 0.7  # sessions in the member's usual channel
_ZONES: Final = (
    *("Asia/Seoul",) * 5,
    *("America/New_York", "America/Los_Angeles", "Europe/Madrid", "Asia/Taipei", "UTC") * 2,
    *("America/Mexico_City", "Europe/London", "Asia/Kolkata", "Australia/Sydney", "America/Sao_Paulo", "Asia/Tokyo"),
)
_FIRST: Final = ("quiet", "early", "late", "calm", "steady", "bright", "patient", "curious", "gentle", "brave")
_SECOND: Final = ("owl", "reader", "lamp", "pencil", "tea", "page", "finch", "atlas", "river", "comet")

_GUILD_IDS: Final = 1_100_000_000_000_000_000
_USER_IDS: Final = 1_200_000_000_000_000_000
_CHANNEL_IDS: Final = 1_300_000_000_000_000_000
_STEP: Final = 1 << 22  # one millisecond of Discord's ids, so that guilds fall on all shards


@dataclass(frozen=True, slots=True)
class Guild:
    """One guild and its number of members."""

    id: int
    number: int
    zone: str
    size: int

    def channel(self, number: int) -> int:
        """The id of one of its voice channels."""
        return _CHANNEL_IDS + (self.number * CHANNELS + number) * _STEP


@dataclass(slots=True)
class Session:
    """One voice session, in seconds since 1970; its flags change at `turn`."""

    start: int
    end: int  # for an open session: credited until
    channel: int
    flags: tuple[int, int]
    turn: int  # 0: the flags do not change
    is_open: bool = False


@dataclass(slots=True)
class Member:
    """A member with their sessions and the resulting totals."""

    guild: Guild
    user: int
    is_known: bool  # also in an earlier guild
    name: str
    zone: str
    day_start: timedelta
    joined: int
    is_private: bool
    left: int | None
    stays: list[Session] = field(default_factory=list[Session])
    total: int = 0
    own_days: defaultdict[date, int] = field(default_factory=lambda: defaultdict(int))
    guild_member_days: defaultdict[date, int] = field(default_factory=lambda: defaultdict(int))
    spans: defaultdict[tuple[LeaderboardPeriod, date], int] = field(default_factory=lambda: defaultdict(int))

    @property
    def has_zone(self) -> bool:
        """Whether the member's days differ from the guild's (zone or day start)."""
        return bool(self.day_start) or self.zone != self.guild.zone

    def count(self) -> None:
        """Add the sessions to the totals."""
        own, shared = _dates(self.zone, self.day_start), _dates(self.guild.zone, timedelta(0))
        for stay in self.stays:
            self.total += stay.end - stay.start
            own.split(stay.start, stay.end, self.own_days)
            shared.split(stay.start, stay.end, self.guild_member_days)
        for day, seconds in self.guild_member_days.items():
            for period in (LeaderboardPeriod.WEEK, LeaderboardPeriod.MONTH):
                self.spans[period, first_day(period, day)] += seconds

    def run(self) -> RunRow | None:
        """The member's cached streak row: the last streak, the longest one, and the freezes."""
        active = sorted(day for day, seconds in self.own_days.items() if seconds >= STUDY_S)
        calendar = _dates(self.zone, self.day_start).calendar
        return cache_row(StreakInputs(GuildId(self.guild.id), UserId(self.user), calendar, active, {}, [], {}))


class _Dates:
    """The dates of a calendar from shortly before the first session, found by bisection."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self._days: list[date] = []
        self._starts: list[int] = []

    def split(self, start: int, end: int, into: defaultdict[date, int]) -> None:
        """Add the seconds of an interval to its dates."""
        if not self._starts or self._starts[0] > start or self._starts[-1] <= end:
            self._cover(start, end)
        at = bisect_right(self._starts, start)
        while start < end:
            until = min(end, self._starts[at])
            into[self._days[at - 1]] += until - start
            start, at = until, at + 1

    def _cover(self, start: int, end: int) -> None:
        """Compute the dates of an interval, with a margin before and after it."""
        first, last = (datetime.fromtimestamp(at, UTC) for at in (start - _SPAN_S, end + _SPAN_S))
        day, until = self.calendar.date_of(first), self.calendar.date_of(last)
        self._days = [day + timedelta(days=number) for number in range((until - day).days + 1)]
        self._starts = [int(self.calendar.day_bounds(day)[0].timestamp()) for day in self._days]


@lru_cache(maxsize=256)
def _dates(zone: str, day_start: timedelta) -> _Dates:
    return _Dates(Calendar((ZoneRule(BEGINNING, zone, day_start),)))


class FakeData:
    """Yields all guilds and members one by one; never more than one member in memory."""

    def __init__(self, *, members: int, sessions: int, now: datetime) -> None:
        """`sessions` is reached except for those that do not fit into the days of members who joined late."""
        self.now = int(now.timestamp())
        self._chance = Random(f"{members} {sessions} {self.now}")  # noqa: S311 - demonstration data, not a secret
        self._each = sessions / members
        self._users = 0
        self.guilds = list(self._guilds(members))

    def members(self) -> Iterator[Member]:
        """All members, guild by guild."""
        due = 0.0
        earlier: Iterator[int] = iter(())
        for guild in self.guilds:
            users: list[int] = []
            for _ in range(guild.size):
                known = next(earlier, None) if self._chance.random() < _ELSEWHERE else None
                if known is None:
                    self._users += 1
                user = known or _USER_IDS + self._users * _STEP
                users.append(user)
                due += self._each * self._chance.lognormvariate(-0.605, 1.1)  # its mean is 1
                member = self._member(guild, user, int(due), is_known=known is not None)
                due -= len(member.stays)
                yield member
            earlier = iter(users)

    def _guilds(self, members: int) -> Iterator[Guild]:
        count = max(1, members // _MEMBERS_PER_GUILD)
        shares = [1 / number**_STEEPNESS for number in range(1, count + 1)]
        scale, given, wanted = members / sum(shares), 0, 0.0
        for number, share in enumerate(shares):
            wanted += share * scale
            size = (members if number == count - 1 else round(wanted)) - given
            given += size
            yield Guild(_GUILD_IDS + number * _STEP, number, self._chance.choice(_ZONES), size)

    def _member(self, guild: Guild, user: int, stays: int, *, is_known: bool) -> Member:
        chance = self._chance
        joined = self.now - int(_SPAN_S * max(0.05, chance.random() ** 0.5))
        until = self.now if chance.random() < _STILL_COME else joined + int((self.now - joined) * chance.random())
        travels = chance.random() < _ABROAD
        number = user // _STEP % 1000
        member = Member(
            guild,
            user,
            is_known,
            name=f"{_FIRST[number % 10]}_{_SECOND[number // 10 % 10]}_{user // _STEP % 10_000_000}",
            zone=chance.choice(_ZONES) if travels else guild.zone,
            day_start=timedelta(hours=chance.choice((0, 0, 3, 4))) if travels else timedelta(0),
            joined=joined,
            is_private=chance.random() < _HIDDEN,
            left=until if until < self.now and chance.random() < _LEFT else None,
        )
        self._come(member, stays, until)
        member.count()
        return member

    def _come(self, member: Member, wanted: int, until: int) -> None:
        """Spread sessions over the member's time, mostly at their usual hour of the day."""
        chance, begin = self._chance, member.joined
        days = max(1, (until - begin) // 86_400)
        count = min(wanted, days * _DAILY_MOST)
        hour, usual = chance.randrange(86_400), chance.randrange(CHANNELS)
        free, typical = begin, chance.choice((900, 1500, 2400, 3600, 5400))
        pace = days / count if count else 0.0
        for number in range(count):
            day = int((number + chance.random() * 0.9) * pace)
            start = max(begin + day * 86_400 + (hour + chance.randrange(5400)) % 86_400, free)
            end = start + min(10_800, max(480, int(typical * (0.4 + 1.4 * chance.random()))))
            if end > until - 60:
                break
            drawn = chance.random()
            flags = SELF_MUTE if drawn < _MUTED else 0
            turned = flags ^ (SELF_MUTE | SELF_DEAF if drawn < _DEAFENED else VIDEO)
            turn = (start + end) // 2 if drawn < _TURNED else 0
            channel = usual if drawn < _FAVOURITE else number % CHANNELS
            member.stays.append(Session(start, end, member.guild.channel(channel), (flags, turned), turn))
            free = end + _GAP_S
        if until == self.now and free < self.now - 7200 and chance.random() < _HERE_NOW:
            start = self.now - chance.randrange(120, 7200)
            channel = member.guild.channel(usual)
            member.stays.append(Session(start, self.now, channel, (SELF_MUTE, 0), 0, is_open=True))
