"""Voice events in, sessions and counted seconds out: the door that the listener and the clock use."""

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from core.enums import CloseReason
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries.gateway import positions as gateway_position_queries
from db.queries.members import directory as directory_queries
from db.queries.voice import daily_totals as daily_total_queries
from db.queries.voice import gaps as gap_queries
from db.queries.voice import history as voice_history_queries
from db.queries.voice import sessions as session_queries
from db.queries.voice import tracking_policies as tracking_policy_queries
from services.streaks import streak
from services.voice import bots, guild_config, occupancy, session_store
from services.voice.accrual import credit
from services.voice.adjustments import Adjustment
from services.voice.directory import Heard
from services.voice.gateway_events import (
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
from services.voice.guild_config import Rulebook
from services.voice.session_tracker import BRIDGE_MAX, NOWHERE, Key, Place, Roll, Session, unix
from services.voice.tracking_policies import SILENT_LIBRARY, Policy

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


NO_MORE: Final[Mapping[Key, Adjustment]] = MappingProxyType({})
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
    rules = await guild_config.of_guilds(conn, sorted(heard.guilds), policy)
    await heard.write(conn, known=rules.places.keys())
    if heard.hidden_guilds:
        await rules.note_unseen(conn, sorted(heard.hidden_guilds))
    exposed = await session_queries.list_tracked(conn, sorted(heard.bots)) if heard.bots else []
    members = sorted(heard.members.union(exposed))
    locked = await session_queries.lock_members(conn, members, sorted(heard.whole_guilds))
    await heard.write_members(conn)
    activity = await _activity(conn, locked)
    roll = Roll(
        policy=policy,
        places=rules.places.copy(),
        latest={},
        presses=activity.moments,
        bots=heard.bots.union(
            await directory_queries.list_bots(conn, sorted(heard.nameless)) if heard.nameless else ()
        ),
    )
    lookback = int(policy.rejoin_gap.total_seconds())
    if any(place.unheard_since is not None for place in rules.places.values()) or heard.is_cut:
        lookback = max(lookback, BRIDGE_MAX)
    since = heard.earliest - lookback
    if heard.whole_guilds:
        members = sorted({*members, *(row[:2] for row in locked)})
    for session in await session_store.load(conn, members, ended_since=since, rules=rules):
        roll.latest.setdefault(session.guild, {})[session.user] = session
    for event in events:
        roll.hear(event)
    await _note_gaps(conn, roll, rules)
    changed = roll.changed()
    ended = [(each, each.ended) for each in changed if each.ended is not None and each.user not in roll.bots]
    await _write(conn, changed, due=ended, rules=rules)
    await activity.forget(conn, [session for members in roll.latest.values() for session in members.values()])
    if exposed:
        await bots.take_back(conn, exposed, at=heard.latest, policy=policy)


async def _note_gaps(conn: Connection, roll: Roll, rules: Rulebook) -> None:
    """Store the gaps that a batch has found, before anything in them is credited."""
    if roll.gaps:
        await gap_queries.add_gaps(conn, [(*key, end) for key, end in sorted(roll.gaps.items())])
        for (guild, _), end in roll.gaps.items():
            place = rules.places.get(guild, NOWHERE)
            rules.places[guild] = replace(place, gap_until=max(end, place.gap_until or end))
    if roll.unheard:
        await gap_queries.set_unheard(conn, sorted(roll.unheard.items()))


async def list_heard(conn: Connection) -> list[tuple[int, int, int]]:
    """Of each shard (id, count) the moment of its last committed word, in seconds since 1970."""
    return [(each.shard, each.count, unix(each.seen_at)) for each in await gateway_position_queries.list_heard(conn)]


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

    def bring(session: Session, moments: Sequence[int], place: Place) -> int:
        until = min(latest, last_heard(heard, session.guild) or latest)
        session.press(moments, until)
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

    def bring(session: Session, moments: Sequence[int], _: Place) -> int:
        until = last_heard([*own, *others], session.guild)
        if until is None:
            return session.settled
        session.press(moments, until)
        session.cut(until)
        if session.ended is None:
            return until
        unheard[session.guild] = min(until, unheard.get(session.guild, until))
        return session.ended

    unheard: dict[int, int] = {}
    found = await _each_open(conn, bring, guilds=None, shard=shard, policy=policy)
    if unheard:
        await gap_queries.set_unheard(conn, sorted(unheard.items()))
    return found


async def bridge(conn: Connection, *, since: datetime, until: datetime, shard: tuple[int, int] = (0, 1)) -> None:
    """Nobody heard a shard between two moments, and Discord has replayed what it missed.

    Whoever has an open session stayed, and is credited in full; what is counted in between counts as estimated. Call it
    before anything is credited that lies later than `since`.
    """
    start, end = unix(since), math.ceil(until.timestamp())
    if start < end:
        await gap_queries.add_shard_gap(conn, start=start, end=end, shard=shard)


async def leave_missing(
    conn: Connection, present: Collection[GuildId], *, at: datetime, shard: tuple[int, int] = (0, 1)
) -> int:
    """The app is no longer in those guilds of a shard that are not `present` in its new session; how many those are."""
    gone = await directory_queries.list_missing_guilds(conn, sorted(present), shard=shard)
    await record(conn, [GuildGone(guild=GuildId(guild), at=at) for guild in gone])
    return len(gone)


async def rebuild(
    conn: Connection,
    guild: GuildId,
    user: UserId,
    *,
    policy: Policy = SILENT_LIBRARY,
    more: Mapping[Key, Adjustment] = NO_MORE,
) -> None:
    """Derive a member's days, totals and streak again from segments and corrections, as far as they were settled.

    `more` holds corrections that are not stored yet, by guild and session; they come last and are spread over dates.
    """
    await _rebuild(conn, [(guild, user)], policy=policy, more=more)


async def recount(conn: Connection, *, limit: int = 100, policy: Policy = SILENT_LIBRARY) -> int:
    """Rebuild some of the members who are marked for it, inside the caller's transaction. Returns: how many."""
    members = sorted(set(await tracking_policy_queries.take_recounts(conn, limit=limit)))
    if members:
        await _rebuild(conn, members, policy=policy)
    return len(members)


async def _rebuild(
    conn: Connection,
    members: Sequence[tuple[int, int]],
    *,
    policy: Policy,
    more: Mapping[Key, Adjustment] = NO_MORE,
) -> None:
    await session_queries.lock_members(conn, members, [])
    rules = await guild_config.of_guilds(conn, sorted({guild for guild, _ in members}), policy)
    sessions = session_store.of_rows(await voice_history_queries.list_history(conn, members))
    due: list[tuple[Session, int]] = []
    for session in sessions:
        due.append((session, session.settled if session.ended is None else session.ended))
        session.settled, session.counted, session.estimated, session.is_changed = session.started, 0, 0, True
    adjustments = await session_store.load_adjustments(conn, sessions)
    for key, adjustment in more.items():
        adjustments.setdefault(key, []).append(adjustment)
    for guild, user in members:
        await daily_total_queries.remove_member_days(conn, guild, user)
    await credit(conn, due, rules=rules, adjustments=adjustments)
    await session_store.store(conn, sessions)
    await streak.refresh(conn, [(GuildId(guild), UserId(user)) for guild, user in members])


async def _write(
    conn: Connection, sessions: Sequence[Session], *, due: Sequence[tuple[Session, int]], rules: Rulebook
) -> None:
    """Credit what is due and store it all. Where company matters, everybody's stays are stored before any is judged."""
    shared = rules.with_company({session.guild for session in sessions})
    if shared:
        first = [session for session in sessions if session.guild in shared]
        await occupancy.mark_misjudged(conn, first, rules=rules)
        await session_store.store(conn, first)
    await credit(conn, due, rules=rules)
    await session_store.store(conn, sessions)


@dataclass(frozen=True, slots=True)
class _Activity:
    """When the members of a batch used the app."""

    moments: dict[Key, list[int]]  # in order; the last interaction among them
    kept: Sequence[session_queries.ActivityRow]  # stored until a segment begins at them

    async def forget(self, conn: Connection, sessions: Iterable[Session]) -> None:
        """Remove what the segments of these sessions show, and what came before them."""
        bounds = {
            (each.guild, each.user): each.segments[-1].start if each.ended is None else each.ended for each in sessions
        }
        used = [row for row in self.kept if row[2] <= bounds.get(row[:2], -1)]
        if used:
            await session_queries.remove_activity(conn, used)


async def _activity(conn: Connection, locked: Sequence[session_queries.LockRow]) -> _Activity:
    """The activity of locked members: a statement of its own, which sees what the lock has waited for."""
    kept = await session_queries.list_activity(conn, [row[:2] for row in locked]) if locked else []
    moments: defaultdict[Key, set[int]] = defaultdict(set)
    for guild, user, at in (*kept, *locked):
        if at is not None:
            moments[guild, user].add(at)
    return _Activity({key: sorted(found) for key, found in moments.items()}, kept)


def last_heard(heard: Sequence[tuple[int, int, int]], guild: int) -> int | None:
    """When a guild was last heard, by whichever shard (id, count, moment) it was part of; None: never."""
    return max((at for shard_id, count, at in heard if (guild >> 22) % count == shard_id), default=None)


async def _each_open(
    conn: Connection,
    bring: Callable[[Session, Sequence[int], Place], int],
    *,
    guilds: Collection[GuildId] | None,
    shard: tuple[int, int],
    policy: Policy,
) -> int:
    """Lock, change, credit and store the open sessions; `bring` changes one and says up to where it is due."""
    members = await session_queries.list_open_members(
        conn, guilds=None if guilds is None else sorted(guilds), shard=shard
    )
    rules = await guild_config.of_guilds(conn, sorted({guild for guild, _ in members}), policy)
    for first in range(0, len(members), _CHUNK):
        chunk = members[first : first + _CHUNK]
        activity = await _activity(conn, await session_queries.lock_members(conn, chunk, []))
        due: list[tuple[Session, int]] = []
        for session in await session_store.load(conn, chunk, ended_since=_NEVER, rules=rules):
            place = rules.places.get(session.guild, NOWHERE)
            due.append((session, bring(session, activity.moments.get((session.guild, session.user), ()), place)))
        sessions = [session for session, _ in due]
        await _write(conn, sessions, due=due, rules=rules)
        await activity.forget(conn, sessions)
    return len(members)
