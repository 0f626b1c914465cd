"""Channel occupancy: when two or more members were present, and whom to recalculate when late events change that."""

from collections.abc import Iterable, Sequence

from db.connection import Connection
from db.queries.voice import history as voice_history_queries
from db.queries.voice import recalculation_queue as recalculation_queries
from db.queries.voice import tracking_policies as tracking_policy_queries
from services.voice.eligibility import NO_OCCUPANCY, Occupancy, occupancy_intervals
from services.voice.guild_config import TrackingConfig
from services.voice.session import Session


async def of_sessions(conn: Connection, due: Iterable[tuple[Session, int]], *, rules: TrackingConfig) -> Occupancy:
    """The occupancy of the channels of these sessions, from `credited_until` to the time paired with each."""
    guilds = rules.guilds_requiring_company({session.guild for session, _ in due})
    if not guilds:
        return NO_OCCUPANCY
    windows: dict[int, tuple[int, int]] = {}
    channels: set[int] = set()
    for session, until in due:
        if session.guild in guilds and until > session.credited_until:
            start, end = windows.get(session.guild, (session.credited_until, until))
            windows[session.guild] = min(start, session.credited_until), max(end, until)
            channels.update(segment.channel for segment in session.segments)
    return await _read(conn, windows, channels)


async def for_span(conn: Connection, guild: int, sessions: Iterable[Session], *, start: int, end: int) -> Occupancy:
    """The occupancy of the channels of these sessions of one guild, in a time span (unix)."""
    channels = {segment.channel for session in sessions for segment in session.segments}
    return await _read(conn, {guild: (start, end)}, channels)


async def mark_stale(conn: Connection, sessions: Sequence[Session], *, rules: TrackingConfig) -> None:
    """Queue members for recalculation whose evaluated occupancy changes with these sessions, not stored yet.

    Events come in order, so this affects members only after a replay or a gap.
    """
    guilds = rules.guilds_requiring_company({session.guild for session in sessions})
    moments: dict[int, int] = {}
    for session in sessions:
        if session.guild in guilds:
            for at in presence_changes(session):
                moments[session.guild] = min(at, moments.get(session.guild, at))
    if not moments:
        return
    members = await tracking_policy_queries.list_evaluated_past(conn, sorted(moments.items()))
    if members:
        await recalculation_queries.add(conn, members)


def presence_changes(session: Session) -> Iterable[int]:
    """The times at which the member's presence differs from the stored segments."""
    before = None
    for segment in session.segments:
        stays_put = (  # one segment was split in two: by a change of flags, or by an interaction
            before is not None
            and (before.is_changed or before.is_new)
            and before.channel == segment.channel
            and before.end == segment.start
        )
        if segment.is_rewritten or (segment.is_new and not stays_put):
            yield segment.start
        if before is not None and before.end is not None and before.is_changed and not stays_put:
            yield before.end
        before = segment
    if before is not None and before.end is not None and (before.is_changed or before.is_new):
        yield before.end


async def _read(conn: Connection, windows: dict[int, tuple[int, int]], channels: set[int]) -> Occupancy:
    if not windows:
        return NO_OCCUPANCY
    rows = await voice_history_queries.list_presences(
        conn, [(guild, *span) for guild, span in windows.items()], sorted(channels)
    )
    return occupancy_intervals(rows)
