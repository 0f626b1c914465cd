"""Lets staff protect a member's day and revoke that, with a reason and an audit record."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from core.enums import ProtectionKind
from core.errors import DomainError
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries.streaks import grants as grant_queries
from db.queries.streaks import protections as protection_queries
from db.queries.streaks.grants import StaffAct
from services.calendar.days import DISCORD_BEGAN
from services.members.lock import lock_member
from services.streaks import cache, inputs

REASON_MAX: Final = 200
AUDIT_LAST: Final = 15


class DateToCome(DomainError):
    """Raised by grant(): the date is in the member's future, or before Discord existed."""

    def __init__(self, today: date) -> None:
        super().__init__(
            "Staff can protect days up to {date}, today for this member. For days to come they can plan a vacation.",
            date=today.isoformat(),
        )
        self.today = today


class DateIsActive(DomainError):
    """Raised by grant(): the date is active."""

    def __init__(self) -> None:
        super().__init__("That day is active already and counts by itself. Nothing else to do.")


class DateIsProtected(DomainError):
    """Raised by grant(): the date is protected already."""

    def __init__(self) -> None:
        super().__init__("That day is protected already. Nothing else to do; /streak-admin audit shows what staff did.")


class NothingGranted(DomainError):
    """Raised by revoke(): there is no staff grant for the date."""

    def __init__(self) -> None:
        super().__init__("Staff did not protect that day. /streak-admin audit shows the days that staff did protect.")


class ReasonMissing(DomainError):
    """Raised by grant() and revoke()."""

    def __init__(self) -> None:
        super().__init__("A reason is missing. Give one, so that others understand it later.")


async def grant(
    conn: Connection, *, guild: GuildId, user: UserId, day: date, reason: str, by: UserId, now: datetime
) -> None:
    """Protect a date of a member's calendar, today at the latest.

    Raises:
        MemberNotFound, ReasonMissing, DateToCome, DateIsActive, DateIsProtected: nothing was written.
    """
    why = said(reason)
    await lock_member(conn, guild, user)
    standing = await inputs.load_streak_inputs(conn, guild, user)
    today = standing.calendar.date_of(now)
    if not DISCORD_BEGAN <= day <= today:
        raise DateToCome(today)
    if day in set(standing.active):
        raise DateIsActive
    kind = ProtectionKind.GRANT
    if not await protection_queries.add(conn, [(guild, user, day)], kind=kind, now=now):
        raise DateIsProtected
    await grant_queries.add_act(conn, guild=guild, user=user, by=by, is_grant=True, day=day, reason=why, now=now)
    await cache.recompute(conn, [(guild, user)])


async def revoke(
    conn: Connection, *, guild: GuildId, user: UserId, day: date, reason: str, by: UserId, now: datetime
) -> None:
    """Revoke a staff grant; if the member holds a freeze, it is used for the date instead.

    Raises:
        MemberNotFound, ReasonMissing, NothingGranted: nothing was written.
    """
    why = said(reason)
    await lock_member(conn, guild, user)
    if not await protection_queries.remove(conn, [(guild, user, day)], kind=ProtectionKind.GRANT):
        raise NothingGranted
    await grant_queries.add_act(conn, guild=guild, user=user, by=by, is_grant=False, day=day, reason=why, now=now)
    await cache.recompute(conn, [(guild, user)])


async def audit(conn: Connection, *, guild: GuildId, user: UserId | None = None) -> Sequence[StaffAct]:
    """The last 15 staff changes in a guild, newest first; with `user`, those on that member's dates."""
    return await grant_queries.list_acts(conn, guild=guild, user=user, limit=AUDIT_LAST)


def said(reason: str) -> str:
    """A reason as it is stored, trimmed.

    Raises:
        ReasonMissing: it is empty.
    """
    why = " ".join(reason.replace("\0", "").split())[:REASON_MAX]
    if not why:
        raise ReasonMissing
    return why
