"""Voice events in, sessions and counted seconds out: the door that the listener and the clock use."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from core.enums import CloseReason
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries import days as stored_days
from db.queries import heard as stored_people
from db.queries import voice as stored
from services import streaks
from services.crediting import credit
from services.heard import Heard
from services.policies import SILENT_LIBRARY, Policy
from services.sessions import Place, Roll, Segment, Session, unix
from services.voice_events import (
    ChannelChange,
    ChannelGone,
    Event,
    GuildChange,
    GuildGone,
    GuildSnapshot,
    Person,
    VoiceChannel,
    VoiceState,
)

__all__ = [
    "ChannelChange",
    "ChannelGone",
    "Event",
    "GuildChange",
    "GuildGone",
    "GuildSnapshot",
    "Person",
    "VoiceChannel",
    "VoiceState",
    "cut_open",
    "leave_missing",
    "rebuild",
    "record",
    "settle_open",
]


_CHUNK = 2_000  # members whose sessions are in memory at once
_NEVER = 1 << 40  # later than any end of a session


async def record(conn: Connection, events: Sequence[Event], *, policy: Policy = SILENT_LIBRARY) -> None:
    """Write what was heard, in order, inside the caller's transaction; a handful of statements whatever the number.

    An event that changes nothing does nothing, so duplicates are harmless. Unknown guilds and people get their rows.
    A session that ends is credited at once; open ones by `settle_open`.
    """
    heard = Heard.of(events)
    if not heard.guilds:
        return
    places, zones = await _places(conn, sorted(heard.guilds))
    await heard.write(conn, known=places.keys())
    locked = await stored.lock_members(conn, sorted(heard.members), sorted(heard.whole_guilds))
    await heard.write_members(conn)
    roll = Roll(
        policy=policy,
        places=places,
        latest={},
        presses={(guild, user): press for guild, user, press in locked if press is not None},
        bots=set(await stored_people.list_bots(conn, sorted(heard.nameless)) if heard.nameless else ()),
    )
    since = heard.earliest - int(policy.rejoin_gap.total_seconds())
    members = sorted(heard.members.union(row[:2] for row in locked))
    for session in await _load(conn, members, ended_since=since):
        roll.latest.setdefault(session.guild, {})[session.user] = session
    for event in events:
        roll.hear(event)
    changed = roll.changed()
    ended = [(session, session.ended) for session in changed if session.ended is not None]
    await credit(conn, ended, zones=zones, policy=policy)
    await _store(conn, changed)


async def settle_open(
    conn: Connection,
    *,
    now: datetime,
    guilds: Collection[GuildId] | None = None,
    shard: tuple[int, int] = (0, 1),
    policy: Policy = SILENT_LIBRARY,
) -> int:
    """Credit open sessions up to `now`, or up to where their shard was last heard when that is earlier.

    Args:
        conn: its transaction holds the locks; the caller commits.
        now: aware UTC.
        guilds: only these; None: all of the shard.
        shard: (id, count) as Discord counts; (0, 1) is every guild.
        policy: what counts.
    Returns: the number of open sessions.
    """
    heard = await stored.list_heard(conn)
    latest = unix(now)

    def bring(session: Session, press: int | None) -> int:
        until = min(latest, _last_heard(heard, session.guild) or latest)
        session.press(press, until)
        return until

    return await _each_open(conn, bring, guilds=guilds, shard=shard, policy=policy)


async def cut_open(
    conn: Connection,
    *,
    heard_until: datetime | None,
    shard: tuple[int, int] = (0, 1),
    policy: Policy = SILENT_LIBRARY,
) -> int:
    """End every open session of a shard where it was last heard: continuity was lost, and a snapshot may never come.

    Members who are still there go on when their guild's snapshot arrives within the rejoin gap. `heard_until` says how
    far this shard was heard, None that it never was; a guild that was heard later as part of a shard of another count
    ends there, and one that nobody ever heard stays as it is. Returns: the number of open sessions.
    """
    others = [row for row in await stored.list_heard(conn) if row[:2] != shard]
    own = [] if heard_until is None else [(*shard, unix(heard_until))]

    def bring(session: Session, press: int | None) -> int:
        until = _last_heard([*own, *others], session.guild)
        if until is None:
            return session.settled
        session.press(press, until)
        session.cut(until)
        return until if session.ended is None else session.ended

    return await _each_open(conn, bring, guilds=None, shard=shard, policy=policy)


async def leave_missing(
    conn: Connection, present: Collection[GuildId], *, at: datetime, shard: tuple[int, int] = (0, 1)
) -> int:
    """The app is no longer in those guilds of a shard that are not `present` in its new session; how many those are."""
    gone = await stored_people.list_missing_guilds(conn, sorted(present), shard=shard)
    await record(conn, [GuildGone(guild=GuildId(guild), at=at) for guild in gone])
    return len(gone)


async def rebuild(conn: Connection, guild: GuildId, user: UserId, *, policy: Policy = SILENT_LIBRARY) -> None:
    """Derive a member's days, totals and streak again from the stored segments alone, as far as they were settled."""
    await stored.lock_members(conn, [(guild, user)], [])
    sessions = _sessions(await stored.list_history(conn, guild, user))
    due: list[tuple[Session, int]] = []
    for session in sessions:
        due.append((session, session.settled))
        session.settled, session.counted, session.is_changed = session.started, 0, True
    await stored_days.remove_member_days(conn, guild, user)
    _, zones = await _places(conn, [guild])
    await credit(conn, due, zones=zones, policy=policy)
    await _store(conn, sessions)
    await streaks.refresh(conn, [(guild, user)])


def _last_heard(heard: Sequence[tuple[int, int, int]], guild: int) -> int | None:
    """When a guild was last heard, by whichever shard (id, count, moment) it was part of; None: never."""
    return max((at for shard_id, count, at in heard if (guild >> 22) % count == shard_id), default=None)


async def _each_open(
    conn: Connection,
    bring: Callable[[Session, int | None], int],
    *,
    guilds: Collection[GuildId] | None,
    shard: tuple[int, int],
    policy: Policy,
) -> int:
    """Lock, change, credit and store the open sessions; `bring` changes one and says up to where it is due."""
    members = await stored.list_open_members(conn, guilds=None if guilds is None else sorted(guilds), shard=shard)
    _, zones = await _places(conn, sorted({guild for guild, _ in members}))
    for first in range(0, len(members), _CHUNK):
        chunk = members[first : first + _CHUNK]
        presses = {row[:2]: row[2] for row in await stored.lock_members(conn, chunk, [])}
        sessions = await _load(conn, chunk, ended_since=_NEVER)
        due = [(session, bring(session, presses[session.guild, session.user])) for session in sessions]
        await credit(conn, due, zones=zones, policy=policy)
        await _store(conn, sessions)
    return len(members)


async def _places(conn: Connection, guilds: Sequence[int]) -> tuple[dict[int, Place], dict[int, str]]:
    places: dict[int, Place] = {}
    zones: dict[int, str] = {}
    for guild, afk, zone, ignored in await stored.list_places(conn, guilds):
        places[guild] = Place(afk, frozenset(ignored))
        zones[guild] = zone
    return places, zones


async def _load(conn: Connection, members: Sequence[tuple[int, int]], *, ended_since: int) -> list[Session]:
    return _sessions(await stored.list_latest(conn, members, ended_since=ended_since)) if members else []


def _sessions(rows: Sequence[stored.StateRow]) -> list[Session]:
    """Sessions from rows of one segment each, those of a session one after the other."""
    sessions: list[Session] = []
    for row in rows:
        guild, user, session, voice, started, ended, settled, counted, reason, is_estimated = row[:10]
        start, end, channel, flags = row[10:]
        if not sessions or sessions[-1].id != session:
            sessions.append(
                Session(
                    guild=guild,
                    user=user,
                    id=session,
                    voice_session=voice,
                    started=started,
                    ended=ended,
                    settled=settled,
                    counted=counted,
                    reason=None if reason is None else CloseReason(reason),
                    is_estimated=is_estimated,
                    segments=[],
                )
            )
        sessions[-1].segments.append(Segment(channel, flags, start, end, is_new=False))
    return sessions


async def _store(conn: Connection, sessions: Sequence[Session]) -> None:
    known = [session for session in sessions if session.id and session.is_changed]
    fresh = [session for session in sessions if not session.id]
    if known:  # first, so that an ended session makes room for an open one
        await stored.set_sessions(conn, [_session_row(session) for session in known])
    if fresh:
        ids = await stored.take_session_ids(conn, len(fresh))
        for session, number in zip(fresh, ids, strict=True):
            session.id = number
        await stored.add_sessions(conn, [_session_row(session) for session in fresh])
    changed: list[stored.SegmentRow] = []
    new: list[stored.SegmentRow] = []
    for session in sessions:
        for part in session.segments:
            if part.is_new or part.is_changed:
                row = (session.guild, session.id, part.start, session.user, part.channel, part.flags, part.end)
                (new if part.is_new else changed).append(row)
    if changed:
        await stored.set_segments(conn, changed)
    if new:
        await stored.add_segments(conn, new)


def _session_row(session: Session) -> stored.SessionRow:
    return (
        session.guild,
        session.id,
        session.user,
        session.voice_session,
        session.started,
        session.ended,
        session.settled,
        session.counted,
        session.reason,
        session.is_estimated,
    )
