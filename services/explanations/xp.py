"""Explains a member's XP: the sessions that earned the latest points, and when each level was reached."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries import explanations as explanation_queries
from db.queries.explanations import CountedSession
from services.members.lock import MemberNotFound
from services.xp import SECONDS_PER_XP, THRESHOLDS, Level, level_of, xp_of

LATEST: Final = 5  # points
SESSIONS_MAX: Final = 60  # sessions read; with many short sessions fewer points are shown


@dataclass(frozen=True, slots=True)
class Contribution:
    """The seconds that a session contributed to one XP."""

    session: CountedSession
    seconds: int


@dataclass(frozen=True, slots=True)
class XpPoint:
    """One XP, and the sessions that earned it."""

    xp: int  # the first is 1
    contributions: tuple[Contribution, ...]  # one hour in all, latest session first


@dataclass(frozen=True, slots=True)
class XpBreakdown:
    """A member's XP, and the sessions behind the latest ones."""

    total_s: int  # counted in all
    level: Level
    latest: tuple[XpPoint, ...]  # newest first
    in_progress: tuple[Contribution, ...]  # contributions to the next XP

    @property
    def in_progress_s(self) -> int:
        """Seconds counted toward the next XP."""
        return self.total_s % SECONDS_PER_XP

    @property
    def missing_s(self) -> int:
        """Seconds missing for the next XP."""
        return SECONDS_PER_XP - self.in_progress_s


async def latest(conn: Connection, *, guild: GuildId, user: UserId) -> XpBreakdown:
    """A member's latest XP, with the sessions that earned them.

    Raises:
        MemberNotFound: there is no such member.
    """
    found = await explanation_queries.find_counted(
        conn, guild=guild, user=user, points=LATEST, point_s=SECONDS_PER_XP, limit=SESSIONS_MAX
    )
    if found is None:
        raise MemberNotFound
    total_s, stays = found
    xp = xp_of(total_s)
    begun, *made = _allocate(stays, [total_s % SECONDS_PER_XP, *(SECONDS_PER_XP for _ in range(min(LATEST, xp)))])
    return XpBreakdown(
        total_s, level_of(xp), tuple(XpPoint(xp - number, shares) for number, shares in enumerate(made)), begun
    )


async def levels(conn: Connection, *, guild: GuildId, user: UserId) -> list[tuple[Level, date]]:
    """The levels a member has reached after the first, in order, each with the date on the member's calendar."""
    found = await explanation_queries.list_reached(
        conn, guild=guild, user=user, totals=[each * SECONDS_PER_XP for each in THRESHOLDS]
    )
    return [(level_of(xp_of(total)), day) for total, day in found]


def _allocate(stays: Sequence[CountedSession], amounts: Iterable[int]) -> list[tuple[Contribution, ...]]:
    """Assign session time to amounts of seconds, one after the other; amounts without session time are left out."""
    dealt: list[tuple[Contribution, ...]] = []
    left = [Contribution(stay, stay.counted_seconds) for stay in reversed(stays)]
    for amount in amounts:
        shares: list[Contribution] = []
        missing = amount
        while missing and left:
            share = left.pop()
            taken = min(share.seconds, missing)
            shares.append(Contribution(share.session, taken))
            missing -= taken
            if taken < share.seconds:
                left.append(Contribution(share.session, share.seconds - taken))
        if missing and dealt:
            break
        dealt.append(tuple(shares))
    return dealt
