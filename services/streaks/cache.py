"""Recomputes the cached streak rows from the stored days."""

from collections.abc import Sequence

from core.enums import ProtectionKind
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries.streaks import freezes as freeze_queries
from db.queries.streaks import protections
from db.queries.streaks import streak as streak_queries
from services.streaks.inputs import StreakInputs, is_repaired, load_many_streak_inputs


async def recompute(conn: Connection, members: Sequence[tuple[GuildId, UserId]]) -> None:
    """Recompute the cached rows of these members from their study days: streaks, freezes, next day to process.

    Changes that follow from the days are applied too: a frozen day that is active after all returns its freeze, and a
    requested repair that has been earned is completed.
    """
    if not members:
        return
    found = await load_many_streak_inputs(conn, members)
    await _apply_late_activity(conn, found)
    rows = [row for standing in found if (row := cache_row(standing)) is not None]
    known = {row[:2] for row in rows}
    empty = [(each.guild, each.user) for each in found if (each.guild, each.user) not in known]
    if rows:
        await streak_queries.set_runs(conn, rows)
    if empty:
        await streak_queries.remove_runs(conn, empty)


def cache_row(standing: StreakInputs) -> streak_queries.RunRow | None:
    """The cache row of a member; None: there is no active date.

    A streak has ended from `alive_until` on: the end of the first day after it that nothing will protect.
    """
    if not standing.active:
        return None
    bounds = standing.calendar.day_bounds
    walked = standing.simulate()
    found = standing.runs(walked)
    last = found[-1]
    due = next((gap for gap in walked.missed_days if not standing.is_processed(gap)), None)
    return (
        standing.guild,
        standing.user,
        last.days,
        last.started_on,
        last.last_on,
        max(run.days for run in found),
        int(bounds(last.ends_on)[1].timestamp()),
        walked.held,
        None if due is None else int(bounds(due.day)[1].timestamp()),
    )


async def _apply_late_activity(conn: Connection, found: Sequence[StreakInputs]) -> None:
    """Update missed days that are active after all, in the database and in the given inputs."""
    late: list[protections.DateRow] = []
    returned: list[protections.DateRow] = []
    repaired: list[protections.DateRow] = []
    for each in found:
        active = set(each.active)
        for day in [day for day, kind in each.protections.items() if kind is ProtectionKind.FREEZE and day in active]:
            del each.protections[day]
            returned.append((each.guild, each.user, day))
        for day, noted in each.missed.items():
            if day in active and not noted.is_late:
                noted.is_late = True
                late.append((each.guild, each.user, day))
            elif noted.is_asked and day not in each.protections and is_repaired(each, day, active):
                each.protections[day] = ProtectionKind.REPAIR
                repaired.append((each.guild, each.user, day))
    if late:
        await freeze_queries.set_late(conn, late)
    if returned:
        await protections.remove(conn, returned, kind=ProtectionKind.FREEZE)
    if repaired:
        await protections.add(conn, repaired, kind=ProtectionKind.REPAIR, now=None)
