"""The `travel` protection: covers days that a time zone or day start change skips or shortens.

A date that a change skips, or leaves shorter than twelve hours, is protected: at most two in any thirty dates. A
skipped date breaks nothing even without a protection, since the calendar does not have it
(`services/streaks/streak.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from core.enums import ProtectionKind
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries import guilds as guild_queries
from db.queries import timezones as timezone_queries
from db.queries.streaks import protections as protection_queries
from db.queries.timezones import StoredZone
from services.calendar.days import Calendar, ZoneRule, calendar_of

SHORTEST: Final = timedelta(hours=12)  # a shorter date is treated like a skipped one
ALLOWED: Final = 2  # protected dates
WITHIN: Final = 30  # consecutive dates

_ONE_DAY: Final = timedelta(days=1)
_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Cut:
    """A date that a change skips or leaves shorter than twelve hours."""

    day: date
    left: timedelta  # the remaining length; 0: the date is skipped
    is_protected: bool = False

    @property
    def is_skipped(self) -> bool:
        """Whether the calendar skips the date."""
        return not self.left


def rules_of(history: Sequence[StoredZone]) -> list[ZoneRule]:
    """A stored zone history as ZoneRules."""
    return [ZoneRule(each.valid_from, each.zone, timedelta(minutes=each.day_start_min)) for each in history]


def cuts(before: Calendar, after: Calendar, valid_from: datetime) -> list[Cut]:
    """The dates that the rule of `after` starting at `valid_from` skips or shortens, in order."""
    day, last = after.date_of(valid_from - _INSTANT), after.date_of(valid_from)
    found: list[Cut] = []
    while day <= last:
        left = _length(after, day)
        if left < min(SHORTEST, _length(before, day)):
            found.append(Cut(day, left))
        day += _ONE_DAY
    return found


async def protect(conn: Connection, found: Sequence[Cut], *, guild: GuildId, user: UserId, now: datetime) -> list[Cut]:
    """Protect the dates that a change cuts, within the limit. Returns: the same dates, with `is_protected` set.

    If not all may be protected, shortened dates come first: a skipped one breaks nothing anyway.
    """
    if not found:
        return []
    around = WITHIN * _ONE_DAY
    kinds = await protection_queries.list_between(
        conn, guild=guild, user=user, first=found[0].day - around, last=found[-1].day + around
    )
    added: list[protection_queries.DateRow] = []
    for cut in sorted(found, key=_need):
        near = [
            day for day, kind in kinds.items() if kind == ProtectionKind.TRAVEL and abs((day - cut.day).days) < WITHIN
        ]
        if cut.day not in kinds and len(near) < ALLOWED:
            kinds[cut.day] = ProtectionKind.TRAVEL
            added.append((guild, user, cut.day))
    if added:
        await protection_queries.add(conn, added, kind=ProtectionKind.TRAVEL, now=now)
    return [replace(cut, is_protected=cut.day in kinds) for cut in found]


async def forget(conn: Connection, found: Sequence[Cut], *, guild: GuildId, user: UserId) -> None:
    """Remove the travel protection of dates that a withdrawn change would have cut."""
    if found:
        await protection_queries.remove(conn, [(guild, user, cut.day) for cut in found], kind=ProtectionKind.TRAVEL)


async def renew(conn: Connection, *, guild: GuildId, user: UserId, now: datetime) -> None:
    """Protect the dates that the pending change cuts, after another protection was removed."""
    history = await timezone_queries.list_rules(conn, guild=guild, user=user)
    facts = await guild_queries.find_guild(conn, guild=guild)
    found = cuts_to_come(history, "UTC" if facts is None else facts.timezone, now=now)
    await protect(conn, found, guild=guild, user=user, now=now)


def cuts_to_come(history: Sequence[StoredZone], guild_zone: str, *, now: datetime) -> list[Cut]:
    """The dates that the pending change cuts; empty if none is pending."""
    begun = [rule for rule in rules_of(history) if rule.valid_from <= now]
    before = calendar_of(guild_zone, begun)
    found: list[Cut] = []
    for rule in rules_of(history)[len(begun) :]:
        found += cuts(before, calendar_of(guild_zone, [*begun, rule]), rule.valid_from)
    return found


def _length(calendar: Calendar, day: date) -> timedelta:
    start, end = calendar.day_bounds(day)
    return end - start


def _need(cut: Cut) -> tuple[bool, date]:
    return cut.is_skipped, cut.day
