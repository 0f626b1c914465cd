"""Entry point of voice tracking: stores a batch of gateway events as sessions and credits their time."""

from collections.abc import Sequence
from dataclasses import replace

from db.connection import Connection
from db.queries.members import directory as directory_queries
from db.queries.members import lock as member_lock_queries
from db.queries.voice import gaps as gap_queries
from db.queries.voice import sessions as session_queries
from services.voice import bots, guild_config, session_store
from services.voice.activity import load_activity
from services.voice.channel_rules import NO_RULES
from services.voice.directory import DirectoryChanges
from services.voice.gateway_events import Event
from services.voice.guild_config import TrackingConfig
from services.voice.session_tracker import BRIDGE_MAX, SessionTracker
from services.voice.session_writer import write_sessions
from services.voice.tracking_policies import SILENT_LIBRARY, TrackingPolicy

_CHUNK = 2_000  # members whose sessions are in memory at once
_NEVER = 1 << 40  # later than any session end


async def record(conn: Connection, events: Sequence[Event], *, policy: TrackingPolicy = SILENT_LIBRARY) -> None:
    """Store events, in order, in the caller's transaction; the number of statements is small and constant.

    Duplicates are harmless: an event without a change does nothing. Unknown guilds and users get rows. A session that
    ends is credited at once; open ones are credited by `accrue_open_sessions`.
    """
    heard = DirectoryChanges.of(events)
    if not heard.guilds:
        return
    rules = await guild_config.of_guilds(conn, sorted(heard.guilds), policy)
    await heard.write(conn, known=rules.channel_rules.keys())
    if heard.hidden_guilds:
        await rules.note_unseen(conn, sorted(heard.hidden_guilds))
    exposed = await session_queries.list_tracked(conn, sorted(heard.bots)) if heard.bots else []
    members = sorted(heard.members.union(exposed))
    locked = await member_lock_queries.lock_members(conn, members, sorted(heard.whole_guilds))
    await heard.write_members(conn)
    activity = await load_activity(conn, locked)
    roll = SessionTracker(
        policy=policy,
        channel_rules=rules.channel_rules.copy(),
        latest={},
        last_interactions=activity.moments,
        bots=heard.bots.union(
            await directory_queries.list_bots(conn, sorted(heard.nameless)) if heard.nameless else ()
        ),
    )
    lookback = int(policy.rejoin_gap.total_seconds())
    if any(place.awaiting_snapshot_since is not None for place in rules.channel_rules.values()) or heard.is_cut:
        lookback = max(lookback, BRIDGE_MAX)
    since = heard.earliest - lookback
    if heard.whole_guilds:
        members = sorted({*members, *(row[:2] for row in locked)})
    for session in await session_store.load(conn, members, ended_since=since, rules=rules):
        roll.latest.setdefault(session.guild, {})[session.user] = session
    for event in events:
        roll.apply(event)
    await _note_gaps(conn, roll, rules)
    changed = roll.changed()
    ended = [(each, each.ended) for each in changed if each.ended is not None and each.user not in roll.bots]
    await write_sessions(conn, changed, due=ended, rules=rules)
    await activity.forget(conn, [session for members in roll.latest.values() for session in members.values()])
    if exposed:
        await bots.take_back(conn, exposed, at=heard.latest, policy=policy)


async def _note_gaps(conn: Connection, roll: SessionTracker, rules: TrackingConfig) -> None:
    """Store the gaps found in a batch, before time in them is credited."""
    if roll.gaps:
        await gap_queries.add_gaps(conn, [(*key, end) for key, end in sorted(roll.gaps.items())])
        for (guild, _), end in roll.gaps.items():
            place = rules.channel_rules.get(guild, NO_RULES)
            rules.channel_rules[guild] = replace(place, gap_until=max(end, place.gap_until or end))
    if roll.awaiting_snapshot_since:
        await gap_queries.set_unheard(conn, sorted(roll.awaiting_snapshot_since.items()))
