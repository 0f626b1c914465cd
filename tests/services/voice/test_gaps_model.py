"""Property test of the gap rule (time without gateway frames) against a model, in any batching of the events.

The model follows the rule's text and steps through the real events. After a resume, a member who stayed gets the full
gap, and at most a minute of a gap with a join or leave. Without a resume, a member in the same channel after at most
15 minutes gets the gap, and all others are credited up to the last frame.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.ids import ChannelId, UserId
from db.connection import Connection
from services.voice import gateway_events, open_sessions, recalculation, recording
from services.voice.gateway_events import SELF_DEAF
from services.voice.tracking_policies import SILENT_LIBRARY, TrackingPolicy
from tests.populate import ANA, ATRIUM, BEN, LIBRARY, LYCEUM, MINA
from tests.services.voice.voice_log import after, rows, snapshot, state

USERS = [ANA, BEN, MINA]
DOUBT, STAYS_WITHIN = 60, 900
# The caps of a policy are tested elsewhere; here every second counts.
EVERY_SECOND = replace(
    SILENT_LIBRARY, minimum=timedelta(0), unattended_cap=timedelta(days=30), daily_cap=timedelta(days=30)
)
HEARING = replace(EVERY_SECOND, counts_deafened=False)
PAUSES = [0, 1, 30, 60, 61, 91, 300, 3600]
GAPS = [1, 5, 58, 60, 61, 119, 121, 600, 899, 900, 901, 3600, 4 * 3600]


@dataclass(frozen=True)
class Change:
    """A real event, whether or not the listener received it."""

    at: int
    user: UserId
    channel: ChannelId | None
    flags: int = 0


@dataclass(frozen=True)
class Gap:
    """A time span without gateway frames."""

    start: int
    end: int
    way: str  # resume, fresh (new session) or outage
    inside: tuple[Change, ...]


Story = list[Change | Gap]


@st.composite
def stories(draw: st.DrawFn, *, ways: tuple[str, ...], flags: tuple[int, ...] = (0,)) -> Story:
    def change(at: int) -> Change:
        channel = draw(st.sampled_from([None, LIBRARY, LIBRARY, ATRIUM]))
        return Change(at, draw(st.sampled_from(USERS)), channel, draw(st.sampled_from(flags)))

    now = 0
    story: Story = []
    for _ in range(draw(st.integers(1, 12))):
        now += draw(st.sampled_from(PAUSES))
        if draw(st.integers(0, 2)):
            story.append(change(now))
            continue
        length = draw(st.sampled_from(GAPS))
        moments = sorted(draw(st.lists(st.integers(1, length), max_size=5)))
        inside = tuple(change(now + moment) for moment in moments)
        story.append(Gap(now, now + length, draw(st.sampled_from(ways)), inside))
        now += length
    return story


@dataclass
class Walk:
    """Model of one member: the credited intervals."""

    user: UserId
    credited: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    channel: ChannelId | None = None
    since: int = 0

    def through(self, story: Story, end: int) -> "Walk":
        for step in story:
            if isinstance(step, Change):
                if step.user == self.user:
                    self.sit(step.channel, step.at)
            else:
                mine = [change.channel for change in step.inside if change.user == self.user]
                (self.replayed if step.way == "resume" else self.blind)(step, mine)
        self.sit(None, end)
        return self

    def sit(self, channel: ChannelId | None, at: int) -> None:
        if self.channel is not None and channel is None:
            self.credited.append((self.since, at))
        if self.channel is None:
            self.since = at
        self.channel = channel

    def replayed(self, gap: Gap, channels: list[ChannelId | None]) -> None:
        doubt, floor = DOUBT, gap.start
        for channel in channels:
            if self.channel is not None and channel is None:
                begun = max(self.since, gap.start)
                floor = min(gap.end, begun + doubt)
                doubt -= floor - begun
                self.sit(None, floor)
            elif self.channel is None and channel is not None:
                self.sit(channel, max(floor, gap.end - doubt))
            else:
                self.channel = channel

    def blind(self, gap: Gap, channels: list[ChannelId | None]) -> None:
        last = channels[-1] if channels else self.channel
        if self.channel is not None and last == self.channel and gap.end - gap.start <= STAYS_WITHIN:
            return
        self.sit(None, gap.start)
        self.sit(last, gap.end)


def seconds_in(spans: list[tuple[int, int]], gaps: list[tuple[int, int]]) -> int:
    """How many seconds of the spans lie in the gaps; both are disjoint."""
    return sum(max(0, min(end, last) - max(start, first)) for start, end in spans for first, last in gaps)


def late(change: Change, gap: Gap) -> gateway_events.VoiceState:
    """A change during a gap, as replayed at its end."""
    return state(gap.end, change.channel, change.user, flags=change.flags, is_late=True, since=gap.start)


async def play(conn: Connection, story: Story, cuts: set[int], policy: TrackingPolicy) -> None:
    """Record the events as a listener would, with a new batch after each step in `cuts`."""
    batch: list[gateway_events.Event] = []

    async def flush() -> None:
        await recording.record(conn, batch, policy=policy)
        batch.clear()

    where: dict[UserId, ChannelId | None] = {}
    for number, step in enumerate(story):
        if isinstance(step, Change):
            where[step.user] = step.channel
            batch.append(state(step.at, step.channel, step.user, flags=step.flags))
            if number in cuts:
                await flush()
                await open_sessions.accrue_open_sessions(conn, now=after(step.at), policy=policy)
            continue
        await flush()
        where |= {change.user: change.channel for change in step.inside}
        match step.way:
            case "resume":
                replayed = [late(change, step) for change in step.inside]
                for chunk in [[each] for each in replayed] if number in cuts else [replayed]:
                    await recording.record(conn, chunk, policy=policy)
                await open_sessions.bridge(conn, since=after(step.start), until=after(step.end))
            case "outage":
                await recording.record(conn, [gateway_events.GuildOutage(LYCEUM, after(step.start))], policy=policy)
                await open_sessions.accrue_open_sessions(conn, now=after((step.start + step.end) // 2), policy=policy)
            case _:
                await open_sessions.truncate_open_sessions(conn, heard_until=after(step.start), policy=policy)
        if step.way != "resume":
            batch.append(snapshot(step.end, *where.items()))
    await flush()


async def credited(conn: Connection) -> dict[int, tuple[int, int]]:
    """Counted and estimated seconds of each member; asserts that days and sessions agree."""
    sessions = "SELECT user_id, sum(counted_seconds), sum(estimated_seconds) FROM voice_sessions GROUP BY 1"
    shared = "SELECT user_id, sum(seconds), sum(estimated_seconds) FROM guild_member_days GROUP BY 1"
    own = "SELECT user_id, sum(seconds), sum(estimated_seconds) FROM daily_streaks GROUP BY 1"
    told = [
        {user: (int(counted), int(doubtful)) for user, counted, doubtful in await rows(conn, query) if counted}
        for query in (sessions, shared, own)
    ]
    assert told[0] == told[1] == told[2]
    marked = await rows(conn, "SELECT bool_and(is_estimated) FROM voice_sessions WHERE estimated_seconds > 0")
    assert marked in ([(True,)], [(None,)])
    return told[0]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories(ways=("resume", "fresh", "outage")), cuts=st.sets(st.integers(0, 12)))
async def test_gaps_are_credited_as_the_rule_says(quick_url: str, story: Story, cuts: set[int]) -> None:
    last = story[-1]
    end = (last.at if isinstance(last, Change) else last.end) + 100
    gaps = [(step.start, step.end) for step in story if isinstance(step, Gap)]
    expected = {
        user: (total, seconds_in(walk.credited, gaps))
        for user in USERS
        if (total := seconds_in((walk := Walk(user).through(story, end)).credited, [(0, end)]))
    }
    async with await psycopg.AsyncConnection.connect(quick_url) as conn:
        await play(conn, story, cuts, EVERY_SECOND)
        await open_sessions.accrue_open_sessions(conn, now=after(end), policy=EVERY_SECOND)

        assert await credited(conn) == expected
        for user in USERS:
            await recalculation.rebuild(conn, LYCEUM, user, policy=EVERY_SECOND)
        assert await credited(conn) == expected
        await conn.rollback()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories(ways=("resume",), flags=(0, SELF_DEAF)), cuts=st.sets(st.integers(0, 12)))
async def test_gap_with_a_resume_invents_a_minute_at_most(quick_url: str, story: Story, cuts: set[int]) -> None:
    last = story[-1]
    end = (last.at if isinstance(last, Change) else last.end) + 100
    gaps = [(step.start, step.end) for step in story if isinstance(step, Gap)]
    async with await psycopg.AsyncConnection.connect(quick_url) as conn:
        await play(conn, story, cuts, HEARING)
        await open_sessions.accrue_open_sessions(conn, now=after(end), policy=HEARING)
        found = await credited(conn)
        await conn.rollback()

    for user in USERS:
        spans = truly_counted(story, user, end)
        true_s = seconds_in(spans, [(0, end)])
        heard_s = true_s - seconds_in(spans, gaps)
        counted_seconds, estimated_seconds = found.get(user, (0, 0))
        assert heard_s <= counted_seconds <= true_s + DOUBT * len(gaps)
        assert counted_seconds - estimated_seconds == heard_s


def truly_counted(story: Story, user: UserId, end: int) -> list[tuple[int, int]]:
    """The intervals in which a member was present and not deafened."""
    changes = [
        change
        for step in story
        for change in ((step,) if isinstance(step, Change) else step.inside)
        if change.user == user
    ]
    ends = [change.at for change in changes[1:]] + [end]
    return [
        (change.at, until)
        for change, until in zip(changes, ends, strict=False)
        if change.channel is not None and not change.flags
    ]
