"""Changes a member's time zone and day start, and enforces the rules for such changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.enums import Language
from core.errors import DomainError
from core.i18n import discord_timestamp
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries import guilds as guild_queries
from db.queries import timezones as timezone_queries
from db.queries.members import directory as directory_queries
from db.queries.members import lock as member_lock_queries
from db.queries.timezones import StoredZone
from services.calendar.days import DAY_START_MAX, ZoneRule, calendar_of, zone_days
from services.members.person import Person
from services.streaks import cache, travel
from services.streaks.travel import Cut
from services.timezones.search import ZoneChoice, resolve, search_zones
from services.voice.session_tracker import unix_seconds

CHANGE_EVERY: Final = timedelta(days=7)
WAIT_MAX: Final = timedelta(days=2)  # the longest delay of a change; a chain of replaced changes counts from no earlier
CHOICES_NAMED: Final = 5  # matching zones that an error message names
NAMED_MAX: Final = 40  # characters of an unknown zone that are repeated; an option may hold 6,000

_ONE_DAY: Final = timedelta(days=1)


class ZoneUnknown(DomainError):
    """Raised by change_zone(): no such zone."""

    def __init__(self, zone: str) -> None:
        super().__init__(
            'I know no time zone "{zone}". Start typing a city or the time on your clock, and choose.',
            zone=zone[:NAMED_MAX],
        )
        self.zone = zone


class ZoneUnclear(DomainError):
    """Raised by resolve_timezone(): several zones match, or one that was not named in full."""

    def __init__(self, text: str, choices: tuple[ZoneChoice, ...]) -> None:
        super().__init__(
            '"{zone}" can be one of several time zones: {choices}. Type it again and choose one from the list.',
            zone=text[:NAMED_MAX],
            choices=", ".join(each.label for each in choices[:CHOICES_NAMED]),
        )
        self.choices = choices


class ZoneChangedRecently(DomainError):
    """Raised by change_zone(): the last change is less than seven days ago."""

    def __init__(self, possible_at: datetime) -> None:
        super().__init__(
            "Your time zone can change once in seven days, so that days stay fair. You can change it again {when}.",
            when=discord_timestamp(possible_at, "R"),
        )
        self.possible_at = possible_at


class DayStartChangedRecently(DomainError):
    """Raised by change_day_start(): the last change is less than seven days ago."""

    def __init__(self, possible_at: datetime) -> None:
        super().__init__(
            "Your day start can change once in seven days, so that days stay fair. You can change it again {when}.",
            when=discord_timestamp(possible_at, "R"),
        )
        self.possible_at = possible_at


class DayStartOutOfRange(DomainError):
    """Raised by change_day_start()."""

    def __init__(self) -> None:
        super().__init__("A day can start between 00:00 and 06:00, on a whole minute. Choose a time in between.")


class NothingChanged(DomainError):
    """Raised by change_zone() and change_day_start(): the value is in effect already."""

    def __init__(self, zone: str, day_start: timedelta) -> None:
        super().__init__(
            "That is how it is already: your time zone is {zone} and your day starts at {start}. Nothing else to do.",
            zone=zone,
            start=clock(day_start),
        )
        self.zone = zone
        self.day_start = day_start


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """A member's zone and day start from `valid_from` on."""

    zone: str
    day_start: timedelta
    valid_from: datetime  # aware UTC; later than the request, unless a change was withdrawn
    cuts: tuple[Cut, ...] = ()  # dates that it skips or leaves shorter than twelve hours
    is_withdrawn: bool = False  # a pending change was withdrawn, and nothing changes


def resolve_timezone(text: str, *, now: datetime, language: Language = Language.EN) -> str:
    """The zone that a user selected, or named in full.

    Raises:
        ZoneUnknown: no zone matches.
        ZoneUnclear: several match, or one matches only in part; each with its name in `language`.
    """
    zone = resolve(text, now=now)
    if zone is not None:
        return zone
    choices = search_zones(text, now=now, language=language) if text.strip() else ()
    if not choices:
        raise ZoneUnknown(text)
    raise ZoneUnclear(text, choices)


async def change_zone(
    conn: Connection, *, guild: GuildId, user: UserId, zone: str, now: datetime, person: Person | None = None
) -> ZoneChange:
    """Change a member's zone to `zone`, from the next day start that lies in the future in both zones.

    A pending change is replaced, or withdrawn by requesting the current value; neither has to wait seven days.

    `zone` is parsed as by `resolve_timezone`. Past dates keep the zone in which they were counted. `person` is only
    needed if the member may have no row yet.

    Raises:
        ZoneUnknown, ZoneUnclear, ZoneChangedRecently, NothingChanged: nothing was written.
    """
    name = resolve_timezone(zone, now=now)
    history = await _history(conn, guild, user, person, now=now)
    if history.rules and history.latest[0] == name:
        raise NothingChanged(*history.latest)
    zones_asked = [(rule.zone, rule.zone_asked_at or rule.created_at) for rule in history.begun]
    changed_at = _last_change(zones_asked, history.guild_zone)
    if name != history.lived[0] and changed_at is not None and now < changed_at + CHANGE_EVERY:
        raise ZoneChangedRecently(changed_at + CHANGE_EVERY)
    return await _change(conn, guild, user, history=history, wanted=(name, history.latest[1]), now=now)


async def change_day_start(
    conn: Connection, *, guild: GuildId, user: UserId, day_start: timedelta, now: datetime, person: Person | None = None
) -> ZoneChange:
    """Change a member's day start to `day_start` after midnight, from the next instant that is a day start both ways.

    Raises:
        DayStartOutOfRange, DayStartChangedRecently, NothingChanged: nothing was written.
    """
    if not timedelta(0) <= day_start <= DAY_START_MAX or day_start % timedelta(minutes=1):
        raise DayStartOutOfRange
    history = await _history(conn, guild, user, person, now=now)
    if day_start == history.latest[1]:
        raise NothingChanged(*history.latest)
    starts_asked = [(rule.day_start_min, rule.day_start_asked_at or rule.created_at) for rule in history.begun]
    changed_at = _last_change(starts_asked, 0)
    if day_start != history.lived[1] and changed_at is not None and now < changed_at + CHANGE_EVERY:
        raise DayStartChangedRecently(changed_at + CHANGE_EVERY)
    return await _change(conn, guild, user, history=history, wanted=(history.latest[0], day_start), now=now)


def clock(day_start: timedelta) -> str:
    """A day start as a 24-hour time, such as 04:30."""
    hours, minutes = divmod(day_start // timedelta(minutes=1), 60)
    return f"{hours:02}:{minutes:02}"


@dataclass(frozen=True, slots=True)
class _History:
    """A member's zone rules at one time."""

    guild_zone: str
    begun: tuple[StoredZone, ...]  # oldest first
    waiting: tuple[StoredZone, ...]  # pending rules; one at most

    @property
    def rules(self) -> tuple[StoredZone, ...]:
        """All rules."""
        return (*self.begun, *self.waiting)

    @property
    def lived(self) -> tuple[str, timedelta]:
        """The zone and day start in effect now."""
        return self._last(self.begun)

    @property
    def latest(self) -> tuple[str, timedelta]:
        """The zone and day start requested last."""
        return self._last(self.rules)

    def _last(self, rules: Sequence[StoredZone]) -> tuple[str, timedelta]:
        if not rules:
            return self.guild_zone, timedelta(0)
        return rules[-1].zone, timedelta(minutes=rules[-1].day_start_min)


async def _history(conn: Connection, guild: GuildId, user: UserId, person: Person | None, *, now: datetime) -> _History:
    """The member's zone rules and the guild's zone, under a lock on the member."""
    if person is not None:
        account = (user, person.username, person.global_name, person.avatar_hash, person.is_bot)
        await guild_queries.add_guilds(conn, [guild], at=unix_seconds(now))
        await directory_queries.set_users(conn, [account], at=unix_seconds(now))
        await directory_queries.set_members(
            conn, [(guild, user, person.nick, person.member_avatar_hash)], at=unix_seconds(now)
        )
    await member_lock_queries.lock_members(conn, [(guild, user)], [])
    facts = await guild_queries.find_guild(conn, guild=guild)
    rules = await timezone_queries.list_rules(conn, guild=guild, user=user)
    return _History(
        "UTC" if facts is None else facts.timezone,
        tuple(rule for rule in rules if rule.valid_from <= now),
        tuple(rule for rule in rules if rule.valid_from > now),
    )


def _last_change(values: Sequence[tuple[object, datetime]], first: object) -> datetime | None:
    """When the newest value that differs from its predecessor was requested; `first` precedes all."""
    changed_at: datetime | None = None
    before = first
    for value, requested_at in values:
        if value != before:
            changed_at = requested_at
        before = value
    return changed_at


async def _change(
    conn: Connection, guild: GuildId, user: UserId, *, history: _History, wanted: tuple[str, timedelta], now: datetime
) -> ZoneChange:
    """Add a rule from the next day start of both calendars; it replaces a pending rule.

    A request for the current value withdraws the pending rule.
    """
    await travel.forget(conn, travel.cuts_to_come(history.rules, history.guild_zone, now=now), guild=guild, user=user)
    await timezone_queries.remove_rules(conn, guild=guild, user=user, after=now)
    is_withdrawn = bool(history.waiting) and wanted == history.lived
    valid_from = now
    found: list[Cut] = []
    if not is_withdrawn:
        zone, day_start = wanted
        days = zone_days(zone, day_start)
        begun = travel.rules_of(history.begun)
        before = calendar_of(history.guild_zone, begun)
        valid_from = max(before.day_end(now), days.start(days.date_of(now) + _ONE_DAY))
        await timezone_queries.set_rule(
            conn,
            guild=guild,
            user=user,
            valid_from=valid_from,
            zone=zone,
            day_start_min=day_start // timedelta(minutes=1),
            now=now,
            requested_at=_asked_at(history, wanted, now=now),
        )
        after = calendar_of(history.guild_zone, [*begun, ZoneRule(valid_from, zone, day_start)])
        found = await travel.protect(conn, travel.cuts(before, after, valid_from), guild=guild, user=user, now=now)
    await cache.recompute(conn, [(guild, user)])
    return ZoneChange(*wanted, valid_from, tuple(found), is_withdrawn)


def _asked_at(
    history: _History, wanted: tuple[str, timedelta], *, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """When the zone and the day start of a new rule were requested; None: not changed by it.

    A change that replaces a pending one counts from that one's request, so that the seven days do not restart.
    """
    found: list[datetime | None] = []
    for place, waited in enumerate(_waited(history)):
        if wanted[place] == history.lived[place]:
            found.append(None)
        elif waited is None:
            found.append(now)
        else:
            found.append(waited if wanted[place] == history.latest[place] else max(waited, now - WAIT_MAX))
    return found[0], found[1]


def _waited(history: _History) -> tuple[datetime | None, datetime | None]:
    """When the pending zone and day start were requested; None: not changed."""
    if not history.waiting:
        return None, None
    rule = history.waiting[-1]
    zone_changes, day_start_changes = (new != old for new, old in zip(history.latest, history.lived, strict=True))
    return (
        (rule.zone_asked_at or rule.created_at) if zone_changes else None,
        (rule.day_start_asked_at or rule.created_at) if day_start_changes else None,
    )
