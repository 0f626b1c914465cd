"""Loads members' time zone histories for building calendars."""

from collections.abc import Sequence
from datetime import timedelta

from db.connection import Connection
from db.queries import timezones as timezone_queries
from services.calendar.days import ZoneRule


async def load_calendars(conn: Connection, members: Sequence[tuple[int, int]]) -> dict[tuple[int, int], list[ZoneRule]]:
    """The zone rules of these members (guild, user), oldest first; members without own rules are missing."""
    found: dict[tuple[int, int], list[ZoneRule]] = {}
    for guild, user, valid_from, zone, day_start_min in await timezone_queries.list_zone_rules(conn, members):
        rule = ZoneRule(valid_from, zone, timedelta(minutes=day_start_min))
        found.setdefault((guild, user), []).append(rule)
    return found
