"""Loads when members last used the app, which restarts the cap on unattended time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from db.connection import Connection
from db.queries.members import lock as member_lock_queries
from db.queries.voice import activity as activity_queries
from services.voice.session import Key, Session


@dataclass(frozen=True, slots=True)
class Activity:
    """When the members of a batch used the app."""

    moments: dict[Key, list[int]]  # in order, including the last interaction
    kept: Sequence[activity_queries.ActivityRow]  # stored rows, kept until a segment begins at their time

    async def forget(self, conn: Connection, sessions: Iterable[Session]) -> None:
        """Delete activity that the segments of these sessions reflect, and all before it."""
        bounds = {
            (each.guild, each.user): each.segments[-1].start if each.ended is None else each.ended for each in sessions
        }
        used = [row for row in self.kept if row[2] <= bounds.get(row[:2], -1)]
        if used:
            await activity_queries.remove_activity(conn, used)


async def load_activity(conn: Connection, locked: Sequence[member_lock_queries.LockRow]) -> Activity:
    """The activity of locked members, read in its own statement so that it sees what the lock waited for."""
    kept = await activity_queries.list_activity(conn, [row[:2] for row in locked]) if locked else []
    moments: defaultdict[Key, set[int]] = defaultdict(set)
    for guild, user, at in (*kept, *locked):
        if at is not None:
            moments[guild, user].add(at)
    return Activity({key: sorted(found) for key, found in moments.items()}, kept)
