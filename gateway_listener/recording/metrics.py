"""Metrics of the listener's shards: committed events, delays, queued rows, open sessions checked against snapshots."""

import collections
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from core.clock import Clock
from core.metrics_registry import Counter, Gauge, Histogram, Metric
from db.connection import Connection
from db.queries import metrics as metric_queries
from db.queries.arrays import numbers
from gateway_listener.recording.records import Record
from services.voice.gateway_events import GuildSnapshot

_QUEUE: Final = "What was heard and is not committed."


class ListenerMetrics:
    """Metrics of all shards of one process."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or Clock()
        self._events = Counter("lyceum_voice_events_committed", "Events that are written down.", "kind")
        self._lag = Histogram("lyceum_voice_commit_lag_seconds", "From hearing an event to its commit; the longest.")
        self._states = Counter(
            "lyceum_reconciled_states",
            "People in a guild's snapshot and open sessions right after it: both, a session alone (must be none), or "
            "no session, for bots are left out but untracked channels are not.",
            "found",
        )
        self._seen: dict[tuple[int, int], datetime] = {}
        self._last: dict[tuple[int, int], datetime] = {}
        self._waiting: dict[tuple[int, int], Callable[[], int]] = {}

    def watch(self, shard: tuple[int, int], waiting: Callable[[], int]) -> None:
        """Start reporting a shard; `waiting` returns its number of uncommitted rows and is called at each scrape."""
        self._waiting[shard] = waiting

    def committed(self, shard: tuple[int, int], heard: Sequence[Record], *, heartbeat_at: datetime) -> None:
        """Count a committed batch."""
        self._seen[shard] = heartbeat_at
        for kind, number in collections.Counter(type(each.event) for each in heard if each.event is not None).items():
            self._events.add(kind.__name__, by=number)
        if heard:
            self._last[shard] = heard[-1].cursor.at
            self._lag.add(max(0.0, (self._clock.now() - heard[0].cursor.at).total_seconds()))

    async def compare(self, conn: Connection, heard: Sequence[Record]) -> None:
        """Compare open sessions with the voice states of guild snapshots, right after both were committed.

        The listener keeps no voice state in memory, so only a snapshot shows the state of a whole guild; guilds with
        later events in the batch are skipped.
        """
        latest = {each.event.guild: each.event for each in heard if each.event is not None}
        snapshots = [event for event in latest.values() if isinstance(event, GuildSnapshot)]
        if not snapshots:
            return
        present = [
            (int(state.guild), int(state.user))
            for snapshot in snapshots
            for state in snapshot.states
            if state.channel is not None and not (state.person and state.person.is_bot)
        ]
        async with conn.transaction():
            both, ghosts, absent = await metric_queries.count_sessions_beside(
                conn,
                guilds=numbers([snapshot.guild for snapshot in snapshots]),
                present_guilds=numbers([guild for guild, _ in present]),
                present_users=numbers([user for _, user in present]),
            )
        self._states.add("both", by=both)
        self._states.add("session alone", by=ghosts)
        self._states.add("no session", by=absent)

    def forget(self, shard: tuple[int, int]) -> None:
        """Stop reporting a shard, which another listener may run now."""
        for kept in (self._seen, self._last, self._waiting):
            kept.pop(shard, None)

    def metrics(self) -> list[Metric]:
        """All metrics at this moment, for a scrape."""
        now = self._clock.now()
        return [
            self._events,
            self._lag,
            self._states,
            *_ages(
                "lyceum_shard_heard_age_seconds",
                "Since the shard was last heard, as far as committed.",
                self._seen,
                now,
            ),
            *_ages("lyceum_shard_event_age_seconds", "Since the last event that was committed.", self._last, now),
            *(
                Gauge("lyceum_shard_waiting_rows", _QUEUE, waiting(), _label(shard))
                for shard, waiting in list(self._waiting.items())
            ),
        ]


def _ages(name: str, meaning: str, moments: dict[tuple[int, int], datetime], now: datetime) -> list[Gauge]:
    return [
        Gauge(name, meaning, (now - moment).total_seconds(), _label(shard)) for shard, moment in list(moments.items())
    ]


def _label(shard: tuple[int, int]) -> tuple[tuple[str, str], ...]:
    return (("shard", f"{shard[0]}/{shard[1]}"),)
