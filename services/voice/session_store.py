"""Loads and stores voice sessions."""

from collections.abc import Sequence

from core.enums import SessionEndReason
from db.connection import Connection
from db.queries.voice import corrections as correction_queries
from db.queries.voice import history as voice_history_queries
from db.queries.voice import sessions as session_queries
from services.voice.adjustments import Adjustment
from services.voice.guild_config import TrackingConfig
from services.voice.session import Key, Segment, Session


async def load(
    conn: Connection, members: Sequence[tuple[int, int]], *, ended_since: int, rules: TrackingConfig
) -> list[Session]:
    """Each member's last session, if open or ended at `ended_since` or later, with the segments not fully credited."""
    if not members:
        return []
    sessions = from_rows(await session_queries.list_latest(conn, members, ended_since=ended_since))
    cut = {
        (session.guild, session.id): session
        for session in sessions
        if session.credited_until > session.started and rules.timeline(session.guild).depends_on_camera
    }
    if cut:
        starts = [(*key, session.segments[0].start) for key, session in cut.items()]
        for guild, number, until in await voice_history_queries.list_camera_off(conn, starts):
            cut[guild, number].seen_until = until
    return sessions


async def load_adjustments(conn: Connection, sessions: Sequence[Session]) -> dict[Key, list[Adjustment]]:
    """The corrections of these sessions, by guild and session, oldest first; uncorrected sessions are missing."""
    keys = [(session.guild, session.id) for session in sessions if session.is_corrected]
    if not keys:
        return {}
    found: dict[Key, dict[int, Adjustment]] = {}
    for row in await correction_queries.list_adjustments(conn, keys):
        known = found.setdefault((row.guild_id, row.session_id), {})
        adjustment = known.setdefault(row.adjustment_id, Adjustment(is_void=row.is_void, days={}))
        if adjustment.days is not None and row.guild_on is not None and row.local_on is not None:
            adjustment.days[row.guild_on, row.local_on] = row.seconds or 0
    return {key: list(known.values()) for key, known in found.items()}


def from_rows(rows: Sequence[session_queries.StateRow]) -> list[Session]:
    """Sessions from rows of one segment each; the rows of a session must be consecutive."""
    sessions: list[Session] = []
    for row in rows:
        guild, user, session, voice, started, ended, settled, counted, reason, is_estimated, estimated = row[:11]
        is_corrected, start, end, channel, flags = row[11:]
        if not sessions or sessions[-1].id != session:
            sessions.append(
                Session(
                    guild=guild,
                    user=user,
                    id=session,
                    voice_session=voice,
                    started=started,
                    ended=ended,
                    credited_until=settled,
                    counted=counted,
                    reason=None if reason is None else SessionEndReason(reason),
                    is_estimated=is_estimated,
                    is_corrected=is_corrected,
                    estimated=estimated,
                    segments=[],
                )
            )
        sessions[-1].segments.append(Segment(channel, flags, start, end, is_new=False))
    return sessions


async def store(conn: Connection, sessions: Sequence[Session]) -> None:
    """Store new and changed data of these sessions; those of one member must be in order."""
    known = [session for session in sessions if session.id and session.is_changed]
    fresh = [session for session in sessions if not session.id]
    if known:  # first, so that an ended session frees the unique index for an open one
        await session_queries.set_sessions(conn, [_row(session) for session in known])
    if fresh:
        ids = await session_queries.take_session_ids(conn, len(fresh))
        for session, number in zip(fresh, ids, strict=True):
            session.id = number
        await session_queries.add_sessions(conn, [_row(session) for session in fresh])
    changed: list[session_queries.SegmentRow] = []
    new: list[session_queries.SegmentRow] = []
    for session in sessions:
        session.is_changed = False
        for part in session.segments:
            if part.is_new or part.is_changed:
                row = (session.guild, session.id, part.start, session.user, part.channel, part.flags, part.end)
                (new if part.is_new else changed).append(row)
                part.is_new = part.is_changed = part.is_rewritten = False
    if changed:
        await session_queries.set_segments(conn, changed)
    if new:
        await session_queries.add_segments(conn, new)


def _row(session: Session) -> session_queries.SessionRow:
    return (
        session.guild,
        session.id,
        session.user,
        session.voice_session,
        session.started,
        session.ended,
        session.credited_until,
        session.counted,
        session.reason,
        session.is_estimated,
        session.estimated,
    )
