"""Compares caches with their source data for a random sample of members."""

from collections.abc import Sequence
from typing import Final

import structlog

from db.connection import Connection
from db.queries.members import lock as member_lock_queries
from db.queries.voice import consistency_check as consistency_queries
from services.streaks import cache, inputs

SAMPLE_RATIO: Final = 0.01

_CHUNK: Final = 500

log = structlog.get_logger()


async def count_drift(conn: Connection, *, share: float = SAMPLE_RATIO) -> int:
    """The number of members in a random sample whose cached streak, freezes or total differ from their dates.

    0 is correct. Nothing is repaired, so that the state can be examined; the log names the members. A member who seems
    to differ is checked again under a lock, since another transaction may have been changing them.
    """
    members = await consistency_queries.list_sample(conn, percent=share * 100)
    drifted: list[tuple[int, int]] = []
    for first in range(0, len(members), _CHUNK):
        suspects = await _differing(conn, members[first : first + _CHUNK])
        if suspects:
            await member_lock_queries.lock_members(conn, suspects, [])
            drifted += await _differing(conn, suspects)
    for guild, user in drifted:
        log.error("streak drift", guild=guild, user=user)
    return len(drifted)


async def _differing(conn: Connection, members: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    kept = {row[:2]: row[2:] for row in await consistency_queries.list_cached(conn, members)}
    found = set(await consistency_queries.list_unequal(conn, members))
    for each in await inputs.load_many_streak_inputs(conn, members):
        row = cache.cache_row(each)
        if kept[each.guild, each.user] != ((None,) * 7 if row is None else row[2:]):
            found.add((each.guild, each.user))
    return sorted(found)
