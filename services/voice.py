"""Voice events in, sessions and counted seconds out: the door that the listener and the clock use."""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

from core.enums import CloseReason
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries import days as stored_days
from db.queries import gaps, gateway, policies
from db.queries import heard as stored_people
from db.queries import stays as told
from db.queries import voice as stored
from services import company, rulebook, stays, streaks
from services.crediting import credit
from services.heard import Heard
from services.policies import SILENT_LIBRARY, Policy
from services.rulebook import Rulebook
from services.sessions import BRIDGE_MAX, NOWHERE, Place, Roll, Session, unix
from services.voice_events import (
    ChannelChange,
    ChannelGone,
    Event,
    GuildChange,
    GuildGone,
    GuildOutage,
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
    "GuildOutage",
    "GuildSnapshot",
    "Person",
    "VoiceChannel",
    "VoiceState",
    "bridge",
    "cut_open",
    "last_heard",
    "leave_missing",
    "list_heard",
    "rebuild",
    "record",
    "recount",
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
    rules = await rulebook.of_guilds(conn, sorted(heard.guilds), policy)
    await heard.write(conn, known=rules.places.keys())
    members = sorted(heard.members)
    locked = await stored.lock_members(conn, members, sorted(heard.whole_guilds))
    await heard.write_members(conn)
    roll = Roll(
        policy=policy,
        places=rules.places.copy(),
        latest={},
        presses={(guild, user): press for guild, user, press in locked if press is not None},
        bots=set(await stored_people.list_bots(conn, sorted(heard.nameless)) if heard.nameless else ()),
    )
    lookback = int(policy.rejoin_gap.total_seconds())
    if any(place.unheard_since is not None for place in rules.places.values()) or heard.is_cut:
        lookback = max(lookback, BRIDGE_MAX)
    since = heard.earliest - lookback
    if heard.whole_guilds:
        members = sorted(heard.members.union(row[:2] for row in locked))
    for session in await stays.load(conn, members, ended_since=since, rules=rules):
        roll.latest.setdefault(session.guild, {})[session.user] = session
    for event in events:
        roll.hear(event)
    if roll.gaps:
        await gaps.add_gaps(conn, [(*key, end) for key, end in sorted(roll.gaps.items())])
        for (guild, _), end in roll.gaps.items():
            place = rules.places.get(guild, NOWHERE)
            rules.places[guild] = replace(place, gap_until=max(end, place.gap_until or end))
    if roll.unheard:
        await gaps.set_unheard(conn, sorted(roll.unheard.items()))
    changed = roll.changed()
    ended = [(session, session.ended) for session in changed if session.ended is not None]
    await _write(conn, changed, due=ended, rules=rules)


async def list_heard(conn: Connection) -> list[tuple[int, int, int]]:
    """Of each shard (id, count) the moment of its last committed word, in seconds since 1970."""
    return [(each.shard, each.count, unix(each.seen_at)) for each in await gateway.list_heard(conn)]


async def settle_open(
    conn: Connection,
    *,
    now: datetime,
    guilds: Collection[GuildId] | None = None,
    shard: tuple[int, int] = (0, 1),
    policy: Policy = SILENT_LIBRARY,
) -> int:
    """Credit open sessions up to `now`, or up to where their shard was last heard when that is earlier.

    Those in channels that do not count any more end there.

    Args:
        conn: its transaction holds the locks; the caller commits.
        now: aware UTC.
        guilds: only these; None: all of the shard.
        shard: (id, count) as Discord counts; (0, 1) is every guild.
        policy: what counts.
    Returns: the number of open sessions.
    """
    heard = await list_heard(conn)
    latest = unix(now)

    def bring(session: Session, press: int | None, place: Place) -> int:
        until = min(latest, last_heard(heard, session.guild) or latest)
        session.press(press, until)
        if place.counts(session.segments[-1].channel):
            return until
        session.close(until, CloseReason.IGNORED_CHANNEL, is_estimated=False)
        return until if session.ended is None else session.ended

    return await _each_open(conn, bring, guilds=guilds, shard=shard, policy=policy)


async def cut_open(
    conn: Connection,
    *,
    heard_until: datetime | None,
    shard: tuple[int, int] = (0, 1),
    policy: Policy = SILENT_LIBRARY,
) -> int:
    """End every open session of a shard where it was last heard: continuity was lost, and a snapshot may never come.

    Members whom their guild's snapshot shows in the same channel within 15 minutes go on. `heard_until` says how
    far this shard was heard, None that it never was; a guild that was heard later as part of a shard of another count
    ends there, and one that nobody ever heard stays as it is. Returns: the number of open sessions.
    """
    others = [row for row in await list_heard(conn) if row[:2] != shard]
    own = [] if heard_until is None else [(*shard, unix(heard_until))]

    def bring(session: Session, press: int | None, _: Place) -> int:
        until = last_heard([*own, *others], session.guild)
        if until is None:
            return session.settled
        session.press(press, until)
        session.cut(until)
        if session.ended is None:
            return until
        unheard[session.guild] = min(until, unheard.get(session.guild, until))
        return session.ended

    unheard: dict[int, int] = {}
    found = await _each_open(conn, bring, guilds=None, shard=shard, policy=policy)
    if unheard:
        await gaps.set_unheard(conn, sorted(unheard.items()))
    return found


async def bridge(conn: Connection, *, since: datetime, until: datetime, shard: tuple[int, int] = (0, 1)) -> None:
    """Nobody heard a shard between two moments, and Discord has replayed what it missed.

    Whoever has an open session stayed, and is credited in full; what is counted in between counts as estimated. Call it
    before anything is credited that lies later than `since`.
    """
    start, end = unix(since), math.ceil(until.timestamp())
    if start < end:
        await gaps.add_shard_gap(conn, start=start, end=end, shard=shard)


async def leave_missing(
    conn: Connection, present: Collection[GuildId], *, at: datetime, shard: tuple[int, int] = (0, 1)
) -> int:
    """The app is no longer in those guilds of a shard that are not `present` in its new session; how many those are."""
    gone = await stored_people.list_missing_guilds(conn, sorted(present), shard=shard)
    await record(conn, [GuildGone(guild=GuildId(guild), at=at) for guild in gone])
    return len(gone)


async def rebuild(conn: Connection, guild: GuildId, user: UserId, *, policy: Policy = SILENT_LIBRARY) -> None:
    """Derive a member's days, totals and streak again from the stored segments alone, as far as they were settled."""
    await _rebuild(conn, [(guild, user)], policy=policy)


async def recount(conn: Connection, *, limit: int = 100, policy: Policy = SILENT_LIBRARY) -> int:
    """Rebuild some of the members who are marked for it, inside the caller's transaction. Returns: how many."""
    members = sorted(set(await policies.take_recounts(conn, limit=limit)))
    if members:
        await _rebuild(conn, members, policy=policy)
    return len(members)


async def _rebuild(conn: Connection, members: Sequence[tuple[int, int]], *, policy: Policy) -> None:
    await stored.lock_members(conn, members, [])
    rules = await rulebook.of_guilds(conn, sorted({guild for guild, _ in members}), policy)
    sessions = stays.of_rows(await told.list_history(conn, members))
    due: list[tuple[Session, int]] = []
    for session in sessions:
        due.append((session, session.settled if session.ended is None else session.ended))
        session.settled, session.counted, session.estimated, session.is_changed = session.started, 0, 0, True
    for guild, user in members:
        await stored_days.remove_member_days(conn, guild, user)
    await credit(conn, due, rules=rules)
    await stays.store(conn, sessions)
    await streaks.refresh(conn, [(GuildId(guild), UserId(user)) for guild, user in members])


async def _write(
    conn: Connection, sessions: Sequence[Session], *, due: Sequence[tuple[Session, int]], rules: Rulebook
) -> None:
    """Credit what is due and store it all. Where company matters, everybody's stays are stored before any is judged."""
    shared = rules.with_company({session.guild for session in sessions})
    if shared:
        first = [session for session in sessions if session.guild in shared]
        await company.mark_misjudged(conn, first, rules=rules)
        await stays.store(conn, first)
    await credit(conn, due, rules=rules)
    await stays.store(conn, sessions)


def last_heard(heard: Sequence[tuple[int, int, int]], guild: int) -> int | None:
    """When a guild was last heard, by whichever shard (id, count, moment) it was part of; None: never."""
    return max((at for shard_id, count, at in heard if (guild >> 22) % count == shard_id), default=None)


async def _each_open(
    conn: Connection,
    bring: Callable[[Session, int | None, Place], int],
    *,
    guilds: Collection[GuildId] | None,
    shard: tuple[int, int],
    policy: Policy,
) -> int:
    """Lock, change, credit and store the open sessions; `bring` changes one and says up to where it is due."""
    members = await stored.list_open_members(conn, guilds=None if guilds is None else sorted(guilds), shard=shard)
    rules = await rulebook.of_guilds(conn, sorted({guild for guild, _ in members}), policy)
    for first in range(0, len(members), _CHUNK):
        chunk = members[first : first + _CHUNK]
        presses = {row[:2]: row[2] for row in await stored.lock_members(conn, chunk, [])}
        due: list[tuple[Session, int]] = []
        for session in await stays.load(conn, chunk, ended_since=_NEVER, rules=rules):
            place = rules.places.get(session.guild, NOWHERE)
            due.append((session, bring(session, presses[session.guild, session.user], place)))
        await _write(conn, [session for session, _ in due], due=due, rules=rules)
    return len(members)
