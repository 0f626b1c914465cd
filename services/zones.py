"""The zone and the day start that a member lives by, and the rules for changing them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from core.enums import ProtectionKind
from core.errors import DomainError
from core.ids import GuildId, UserId
from core.words import at
from db.connection import Connection
from db.queries import heard, members, protections, voice
from db.queries import zones as stored
from db.queries.zones import StoredZone
from services import streaks
from services.days import DAY_START_MAX, ZoneRule, calendar_of, zone_days
from services.sessions import unix
from services.voice_events import Person
from services.zone_search import ZoneChoice, canonical, describe, meant, search_zones

__all__ = [
    "DayStartChangedRecently",
    "DayStartOutOfRange",
    "NothingChanged",
    "ZoneChange",
    "ZoneChangedRecently",
    "ZoneChoice",
    "ZoneUnknown",
    "canonical",
    "change_day_start",
    "change_zone",
    "describe",
    "search_zones",
    "zone_meant",
]

CHANGE_EVERY: Final = timedelta(days=7)
TRAVEL_EVERY: Final = timedelta(days=30)
NAMED_MAX: Final = 40  # characters of an unknown zone that are repeated; an option may hold 6,000

_ONE_DAY: Final = timedelta(days=1)
_INSTANT: Final = timedelta(microseconds=1)


class ZoneUnknown(DomainError):
    """Raised by change_zone(); no such zone."""

    def __init__(self, zone: str) -> None:
        super().__init__(
            'I know no time zone "{zone}". Start typing a city or the time on your clock, and choose.',
            zone=zone[:NAMED_MAX],
        )
        self.zone = zone


class ZoneChangedRecently(DomainError):
    """Raised by change_zone(); the last change is less than seven days ago."""

    def __init__(self, possible_at: datetime) -> None:
        super().__init__(
            "Your time zone can change once in seven days, so that days stay fair. You can change it again {when}.",
            when=at(possible_at, "R"),
        )
        self.possible_at = possible_at


class DayStartChangedRecently(DomainError):
    """Raised by change_day_start(); the last change is less than seven days ago."""

    def __init__(self, possible_at: datetime) -> None:
        super().__init__(
            "Your day start can change once in seven days, so that days stay fair. You can change it again {when}.",
            when=at(possible_at, "R"),
        )
        self.possible_at = possible_at


class DayStartOutOfRange(DomainError):
    """Raised by change_day_start()."""

    def __init__(self) -> None:
        super().__init__("A day can start between 00:00 and 06:00, on a whole minute. Choose a time in between.")


class NothingChanged(DomainError):
    """Raised by both; the member lives by just that already."""

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
    """What a member lives by from `valid_from` on."""

    zone: str
    day_start: timedelta
    valid_from: datetime  # aware UTC, always later than the wish
    protected_on: date | None  # a date that is skipped and breaks no streak; None: none is, or again too soon


def zone_meant(text: str, *, now: datetime) -> str:
    """The zone that a person has chosen, or typed clearly enough.

    Raises:
        ZoneUnknown: there is none, or there are several.
    """
    zone = meant(text, now=now)
    if zone is None:
        raise ZoneUnknown(text)
    return zone


async def change_zone(
    conn: Connection, *, guild: GuildId, user: UserId, zone: str, now: datetime, person: Person | None = None
) -> ZoneChange:
    """Let a member's days be those of `zone`, from the first boundary on that lies in the future in both zones.

    `zone` is read as by `zone_meant`. Past dates keep the zone they were told by. `person` is needed only where the
    member may be unknown.

    Raises:
        ZoneUnknown, ZoneChangedRecently, NothingChanged: nothing was written.
    """
    name = zone_meant(zone, now=now)
    history, guild_zone = await _history(conn, guild, user, person, now=now)
    changed_at = _last_change([(rule.zone, rule.created_at) for rule in history], guild_zone)
    day_start_min = history[-1].day_start_min if history else 0
    if history and history[-1].zone == name:
        raise NothingChanged(name, timedelta(minutes=day_start_min))
    if changed_at is not None and now < changed_at + CHANGE_EVERY:
        raise ZoneChangedRecently(changed_at + CHANGE_EVERY)
    rule = ZoneRule(now, name, timedelta(minutes=day_start_min))
    return await _change(conn, guild, user, history=history, guild_zone=guild_zone, wanted=rule, now=now)


async def change_day_start(
    conn: Connection, *, guild: GuildId, user: UserId, day_start: timedelta, now: datetime, person: Person | None = None
) -> ZoneChange:
    """Let a member's days begin `day_start` after midnight, from the first boundary on that is one either way.

    Raises:
        DayStartOutOfRange, DayStartChangedRecently, NothingChanged: nothing was written.
    """
    if not timedelta(0) <= day_start <= DAY_START_MAX or day_start % timedelta(minutes=1):
        raise DayStartOutOfRange
    history, guild_zone = await _history(conn, guild, user, person, now=now)
    changed_at = _last_change([(rule.day_start_min, rule.created_at) for rule in history], 0)
    zone = history[-1].zone if history else guild_zone
    if day_start == timedelta(minutes=history[-1].day_start_min if history else 0):
        raise NothingChanged(zone, day_start)
    if changed_at is not None and now < changed_at + CHANGE_EVERY:
        raise DayStartChangedRecently(changed_at + CHANGE_EVERY)
    rule = ZoneRule(now, zone, day_start)
    return await _change(conn, guild, user, history=history, guild_zone=guild_zone, wanted=rule, now=now)


def clock(day_start: timedelta) -> str:
    """A day start as the clock shows it, such as 04:30."""
    hours, minutes = divmod(day_start // timedelta(minutes=1), 60)
    return f"{hours:02}:{minutes:02}"


async def _history(
    conn: Connection, guild: GuildId, user: UserId, person: Person | None, *, now: datetime
) -> tuple[list[StoredZone], str]:
    """The member's own rules and the guild's zone, under a lock on the member."""
    if person is not None:
        account = (user, person.username, person.global_name, person.avatar_hash, person.is_bot)
        await heard.add_guilds(conn, [guild], at=unix(now))
        await heard.set_users(conn, [account], at=unix(now))
        await heard.set_members(conn, [(guild, user, person.nick, person.member_avatar_hash)], at=unix(now))
    await voice.lock_members(conn, [(guild, user)], [])
    facts = await members.find_guild(conn, guild=guild)
    return await stored.list_rules(conn, guild=guild, user=user), "UTC" if facts is None else facts.timezone


def _last_change(values: Sequence[tuple[object, datetime]], first: object) -> datetime | None:
    """When the newest value that differs from the one before it was asked for; `first` comes before all."""
    changed_at: datetime | None = None
    before = first
    for value, asked_at in values:
        if value != before:
            changed_at = asked_at
        before = value
    return changed_at


async def _change(
    conn: Connection,
    guild: GuildId,
    user: UserId,
    *,
    history: Sequence[StoredZone],
    guild_zone: str,
    wanted: ZoneRule,
    now: datetime,
) -> ZoneChange:
    """Add a rule where both calendars have begun a new day; one that is waiting to begin gives way to it."""
    rules = [
        ZoneRule(rule.valid_from, rule.zone, timedelta(minutes=rule.day_start_min))
        for rule in history
        if rule.valid_from <= now
    ]
    days = zone_days(wanted.zone, wanted.day_start)
    valid_from = max(
        calendar_of(guild_zone, rules).day_end(now),
        days.start(days.date_of(now) + _ONE_DAY),
    )
    after = calendar_of(guild_zone, [*rules, ZoneRule(valid_from, wanted.zone, wanted.day_start)])
    await stored.remove_rules(conn, guild=guild, user=user, after=now)
    await stored.set_rule(
        conn,
        guild=guild,
        user=user,
        valid_from=valid_from,
        zone=wanted.zone,
        day_start_min=wanted.day_start // timedelta(minutes=1),
        now=now,
    )
    skipped = after.date_of(valid_from - _INSTANT) + _ONE_DAY
    protected_on: date | None = None
    if skipped < after.date_of(valid_from):
        kind = ProtectionKind.TRAVEL
        last = await protections.find_last(conn, guild=guild, user=user, kind=kind)
        if last is None or skipped - last >= TRAVEL_EVERY:
            await protections.add(conn, [(guild, user, skipped)], kind=kind, now=now)
            protected_on = skipped
    await streaks.refresh(conn, [(guild, user)])
    return ZoneChange(wanted.zone, wanted.day_start, valid_from, protected_on)
