"""Lets staff adjust or void the counted time of a session, with a reason and an audit record."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.errors import DomainError
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries.voice import corrections as correction_queries
from db.queries.voice.corrections import Act, SessionRow
from services.members.lock import lock_member
from services.streaks import grants
from services.voice import recalculation
from services.voice.adjustments import Adjustment

SESSIONS_LISTED: Final = 10
MINUTES_MAX: Final = 24 * 60  # of one adjustment


class NoSuchSession(DomainError):
    """Raised by adjust() and void(): the guild has no session with that id."""

    def __init__(self) -> None:
        super().__init__("There is no session with that number here. /session list shows the numbers of a member.")


class SessionIsOpen(DomainError):
    """Raised by adjust() and void(): the session has not ended."""

    def __init__(self) -> None:
        super().__init__("That session is still going on. Correct it when it has ended.")


class NothingToAdjust(DomainError):
    """Raised by adjust(): the adjustment is zero."""

    def __init__(self) -> None:
        super().__init__("No minutes were given. Say how many to add, or a number below zero to take off.")


class NothingToVoid(DomainError):
    """Raised by void(): the session is void already, or has no length."""

    def __init__(self) -> None:
        super().__init__("That session counts nothing already. Nothing else to do.")


class TooMuchTaken(DomainError):
    """Raised by adjust(): the session has counted less than would be removed."""

    def __init__(self, counted_seconds: int) -> None:
        super().__init__(
            "That session has counted {minutes} min, and no more can be taken. /session void takes all of it.",
            minutes=str(counted_seconds // 60),
        )


class TooMuchAdded(DomainError):
    """Raised by adjust(): the session would count more than its length."""

    def __init__(self, counted_seconds: int, duration_s: int) -> None:
        super().__init__(
            "That session took {length} min and has counted {minutes} of them. It cannot count longer than it took.",
            length=str(duration_s // 60),
            minutes=str(counted_seconds // 60),
        )


@dataclass(frozen=True, slots=True)
class Correction:
    """The result of a correction."""

    user: UserId
    previous_s: int
    counted_seconds: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A session and its last correction."""

    session: SessionRow
    last_act: Act | None


async def list_sessions(conn: Connection, *, guild: GuildId, user: UserId) -> list[Listed]:
    """A member's last ten sessions, newest first."""
    sessions = await correction_queries.list_sessions(conn, guild=guild, user=user, limit=SESSIONS_LISTED)
    acts = await correction_queries.list_acts(conn, guild=guild, sessions=[each.session_id for each in sessions])
    by_session = {act.session_id: act for act in acts}
    return [Listed(each, by_session.get(each.session_id)) for each in sessions]


async def adjust(
    conn: Connection, *, guild: GuildId, session: int, seconds: int, reason: str, by: UserId, now: datetime
) -> Correction:
    """Add `seconds` to the counted time of an ended session (negative: remove); the result stays within its length.

    Raises:
        ReasonMissing, NothingToAdjust, NoSuchSession, SessionIsOpen, TooMuchTaken, TooMuchAdded: nothing was written.
    """
    why = grants.said(reason)
    if not seconds:
        raise NothingToAdjust
    async with conn.transaction():
        row = await _ended(conn, guild, session)
        adjustment = Adjustment(seconds=seconds)
        await _apply(conn, guild, row, adjustment)
        if sum((adjustment.days or {}).values()) != seconds:
            if seconds < 0:
                raise TooMuchTaken(adjustment.previous_s)
            raise TooMuchAdded(adjustment.previous_s, row.duration_s or 0)
        return await _write(conn, guild, row, adjustment, reason=why, by=by, now=now)


async def void(conn: Connection, *, guild: GuildId, session: int, reason: str, by: UserId, now: datetime) -> Correction:
    """Set the counted time of an ended session to zero, also for later recalculations.

    Raises:
        ReasonMissing, NoSuchSession, SessionIsOpen, NothingToVoid: nothing was written.
    """
    why = grants.said(reason)
    async with conn.transaction():
        row = await _ended(conn, guild, session)
        last = await correction_queries.list_acts(conn, guild=guild, sessions=[session])
        if not row.duration_s or (last and last[0].is_void):
            raise NothingToVoid
        adjustment = Adjustment(is_void=True)
        await _apply(conn, guild, row, adjustment)
        return await _write(conn, guild, row, adjustment, reason=why, by=by, now=now)


async def _ended(conn: Connection, guild: GuildId, session: int) -> SessionRow:
    """The ended session, with its member locked until the transaction ends."""
    row = await correction_queries.find_session(conn, guild=guild, session=session)
    if row is None:
        raise NoSuchSession
    await lock_member(conn, guild, row.user_id)
    row = await correction_queries.find_session(conn, guild=guild, session=session)
    if row is None:
        raise NoSuchSession
    if row.ended_at is None:
        raise SessionIsOpen
    return row


async def _apply(conn: Connection, guild: GuildId, row: SessionRow, adjustment: Adjustment) -> None:
    await correction_queries.set_corrected(conn, guild=guild, session=row.session_id)
    await recalculation.rebuild(conn, guild, row.user_id, more={(guild, row.session_id): adjustment})


async def _write(
    conn: Connection, guild: GuildId, row: SessionRow, adjustment: Adjustment, *, reason: str, by: UserId, now: datetime
) -> Correction:
    days = adjustment.days or {}
    added = sum(days.values())
    act = Act(row.session_id, by, adjustment.is_void, adjustment.previous_s, added, reason, now)
    number = await correction_queries.add_act(conn, act, guild=guild, user=row.user_id)
    if days:
        parts = [(*cell, seconds) for cell, seconds in days.items()]
        await correction_queries.add_days(conn, guild=guild, adjustment=number, days=parts)
    return Correction(row.user_id, adjustment.previous_s, adjustment.previous_s + added)
