"""Property test of tracking presets: totals equal a tick-by-tick model, however the event log is batched."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.enums import TrackingPreset
from core.ids import ChannelId, UserId
from db.connection import Connection
from services.voice import open_sessions, recalculation, recording
from services.voice.gateway_events import DEAF, SELF_DEAF, SELF_MUTE, STREAM, VIDEO, Event
from services.voice.tracking_policies import PRESETS, PolicyChange, PolicyTimeline, TrackingPolicy
from tests.populate import ANA as ANNA
from tests.populate import ATRIUM, LIBRARY, LYCEUM, add_guild
from tests.populate import BEN as BENNO
from tests.services.voice.test_voice_model import (
    AFK,
    ANA,
    BEN,
    DOUBT,
    GUILD,
    GUILD_ZONE,
    MINIMUM,
    ROOMS,
    START,
    STAYS_WITHIN,
    STEP,
    Step,
    Totals,
    counted,
    event_of,
    own_date,
    prepare,
    press,
    quiet_moments,
    stored,
    streaks,
)
from tests.services.voice.voice_log import after, rows, state

pytestmark = pytest.mark.slow

LENGTHS = [15, 30, 45, 60, 75, 105, 120, 300, 900, 3600, 2 * 3600 + 15, 5 * 3600, 13 * 3600]
FLAGS = [0, 0, SELF_MUTE, SELF_DEAF, DEAF, VIDEO, STREAM, VIDEO | SELF_DEAF]
Seat = tuple[ChannelId, int]


def counts_more(flags: int, before: int) -> bool:
    """Whether `flags` may count more than `before`: audio first, then camera. If so, a gap credits little."""
    hears, heard = (not each & (SELF_DEAF | DEAF) for each in (flags, before))
    shows, showed = (bool(each & (VIDEO | STREAM)) for each in (flags, before))
    return hears if hears != heard else shows and not showed


@dataclass
class Stretch:
    start: int
    end: int
    room: ChannelId
    flags: int


@dataclass
class Walk:
    """Derives one member's sessions from a log, each as a list of intervals."""

    user: UserId
    sessions: list[list[Stretch]] = field(default_factory=list[list[Stretch]])
    seat: Seat | None = None
    since: int = 0
    left: tuple[ChannelId, int] | None = None

    def stays(self, log: list[Step], until: int) -> list[list[Stretch]]:
        for step in log:
            if step.heard is not None:
                mine = [(room, flags) for who, room, flags in step.rooms if who == self.user and room != AFK]
                if self.seat and mine and mine[0][0] == self.seat[0] and step.at - step.heard <= STAYS_WITHIN:
                    late = counts_more(mine[0][1], self.seat[1])
                    self.sit(mine[0], max(step.heard, step.at - DOUBT) if late else min(step.at, step.heard + DOUBT))
                    continue
                self.sit(None, step.heard)
                self.sit(mine[0] if mine else None, step.at)
            elif step.user == self.user and step.is_press:
                if self.seat is not None:
                    self.sessions[-1].append(Stretch(self.since, step.at, *self.seat))
                    self.since = step.at
            elif step.user == self.user:
                self.sit(None if step.channel in (None, AFK) else (step.channel, step.flags), step.at)
        self.sit(None, until)
        return self.sessions

    def sit(self, seat: Seat | None, at: int) -> None:
        if seat == self.seat:
            return
        if self.seat is not None:
            self.sessions[-1].append(Stretch(self.since, at, *self.seat))
            if seat is None:
                self.left = (self.seat[0], at)
        elif seat is not None and not (self.left and self.left[0] == seat[0] and at - self.left[1] <= 90):
            self.sessions.append([])
        self.seat, self.since = seat, at


@dataclass
class Model:
    """Computes counted time tick by tick; `rules` has times in seconds after START."""

    log: list[Step]
    until: int
    rules: list[PolicyChange]

    def totals(self) -> Totals:
        totals = Totals()
        everybody = {user: Walk(user).stays(self.log, self.until) for user in (ANA, BEN)}
        for user, sessions in everybody.items():
            others = [each for other, theirs in everybody.items() if other != user for stay in theirs for each in stay]
            for stay in sessions:
                ticks = [at for at in self.ticks(stay) if self.counts(at, stay, others)]
                if len(ticks) * STEP < MINIMUM:
                    continue
                for at in ticks:
                    moment = START + timedelta(seconds=at)
                    shared = moment.astimezone(ZoneInfo(GUILD_ZONE)).date()
                    if totals.shared[user, shared] >= self.policy(at).daily_cap.total_seconds():
                        continue
                    totals.shared[user, shared] += STEP
                    totals.weeks[user, f"{shared:%G-%V}"] += STEP
                    totals.months[user, f"{shared:%Y-%m}"] += STEP
                    totals.own[user, own_date(user, moment)] += STEP
                    totals.total[user] += STEP
        return totals

    def ticks(self, stay: list[Stretch]) -> list[int]:
        return [at for each in stay for at in range(each.start, min(each.end, self.until), STEP)]

    def counts(self, at: int, stay: list[Stretch], others: list[Stretch]) -> bool:
        policy = self.policy(at)
        now = next(each for each in stay if each.start <= at < each.end)
        if not policy.counts_deafened and now.flags & (DEAF | SELF_DEAF):
            return False
        if at - now.start >= policy.unattended_cap.total_seconds():
            return False
        if not policy.counts_alone and not any(
            each.room == now.room and each.start <= at < each.end for each in others
        ):
            return False
        if policy.camera_grace is None or now.flags & (VIDEO | STREAM):
            return True
        off = max([stay[0].start, *(each.end for each in stay if each.end <= at and each.flags & (VIDEO | STREAM))])
        began = at
        while began > off - STEP and self.policy(began - STEP) == policy:
            began -= STEP
        grace = max(off, began) + policy.camera_grace.total_seconds()
        coming = [each.start for each in stay if at < each.start <= grace and each.flags & (VIDEO | STREAM)]
        return at < grace and bool(coming)

    def policy(self, at: int) -> TrackingPolicy:
        holding = [
            rule for rule in self.rules if rule.valid_from <= at and (rule.valid_until is None or at < rule.valid_until)
        ]
        return PRESETS[holding[-1].preset if holding else TrackingPreset.SILENT_LIBRARY]


@st.composite
def logs(draw: st.DrawFn) -> list[Step]:
    at = 0
    log: list[Step] = []
    seats: dict[UserId, Seat | None] = {ANA: None, BEN: None}
    for _ in range(draw(st.integers(1, 16))):
        at += draw(st.sampled_from(LENGTHS))
        user = draw(st.sampled_from([ANA, BEN]))
        kind = draw(st.sampled_from(["state", "state", "state", "state", "leave", "press", "blind"]))
        seat = draw(st.sampled_from([*ROOMS, ROOMS[0], AFK])), draw(st.sampled_from(FLAGS))
        if kind == "press":
            log.append(Step(at, user, is_press=True))
        elif kind == "leave":
            seats[user] = None
            log.append(Step(at, user))
        elif kind == "state":
            seats[user] = seat
            log.append(Step(at, user, *seat))
        else:
            heard = at
            at += draw(st.sampled_from([15, 90, 105, 900, 915, 3600]))
            if draw(st.booleans()):
                seats[user] = draw(st.sampled_from([None, seat]))
            present = tuple((who, *where) for who, where in seats.items() if where is not None)
            log.append(Step(at, user, heard=heard, rooms=present))
    return log


MOMENTS = st.one_of(st.integers(0, 100), st.integers(0, 1000), st.integers(0, 40 * 3600 // STEP)).map(
    lambda ticks: ticks * STEP
)


def rule(preset: TrackingPreset, start: int, length: int | None) -> PolicyChange:
    return PolicyChange(preset, start, None if length is None else start + length)


RULES = st.lists(
    st.builds(
        rule,
        st.sampled_from([*TrackingPreset, TrackingPreset.SOCIAL, TrackingPreset.STRICT]),
        st.one_of(st.just(0), MOMENTS),
        st.sampled_from([None, None, STEP, 3600, 20 * 3600]),
    ),
    min_size=1,
    max_size=4,
)


async def choose(conn: Connection, rules: list[PolicyChange]) -> None:
    await conn.execute("SET TIME ZONE 'UTC'")
    for rule in rules:
        until = None if rule.valid_until is None else START + timedelta(seconds=rule.valid_until)
        await conn.execute(
            """INSERT INTO tracking_policies (guild_id, preset, valid_from, valid_until, set_by, set_at)
               VALUES (%s, %s, %s, %s, %s, %s)""",
            (GUILD, rule.preset, START + timedelta(seconds=rule.valid_from), until, ANA, START),
        )


async def play(conn: Connection, log: list[Step], cuts: set[int], settles: dict[int, list[int]]) -> None:
    """Record the log with a new batch after each index in `cuts`; accrue the given seconds after an index."""
    batch: list[Event] = []
    for index, step in enumerate(log):
        if step.is_press:
            await recording.record(conn, batch)
            batch = []
            await press(conn, step)
        else:
            batch.append(event_of(step))
        if index in cuts or index in settles:
            await recording.record(conn, batch)
            batch = []
        for at in quiet_moments(log, index, settles):
            await recording.record(conn, batch)
            batch = []
            await open_sessions.accrue_open_sessions(conn, now=START + timedelta(seconds=at))
            await recalculation.recalculate(conn)
    await recording.record(conn, batch)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    log=logs(),
    rules=RULES,
    cuts=st.sets(st.integers(0, 16)),
    settles=st.dictionaries(st.integers(0, 16), st.lists(st.sampled_from([15, 30, 45, 75, 3600, 25_000]), max_size=3)),
    tail=st.sampled_from([STEP, 60, 7 * 3600]),
)
async def test_any_chunking_gives_the_totals_of_the_model_under_every_preset(
    quick_url: str, log: list[Step], rules: list[PolicyChange], cuts: set[int], settles: dict[int, list[int]], tail: int
) -> None:
    end = log[-1].at + max([tail, *settles.get(len(log) - 1, [])])
    expected = Model(log, end, rules).totals()

    async with await psycopg.AsyncConnection.connect(quick_url) as conn:
        await prepare(conn)
        await choose(conn, rules)
        await play(conn, log, cuts, settles)
        await open_sessions.accrue_open_sessions(conn, now=START + timedelta(seconds=end))
        await recalculation.recalculate(conn)

        assert await stored(conn) == expected

        sessions, runs = await counted(conn), await streaks(conn)
        for user in (ANA, BEN):
            await recalculation.rebuild(conn, GUILD, user)
        assert await stored(conn) == expected
        assert await counted(conn) == sessions
        assert await streaks(conn) == runs
        await conn.rollback()


@st.composite
def late_logs(draw: st.DrawFn) -> list[Event]:
    """Two members join and leave, often reported only after a gap; joins then count from before the gap."""
    now = 0.0
    log: list[Event] = []
    for _ in range(draw(st.integers(2, 14))):
        before, now = now, now + draw(st.one_of(st.floats(0, 2), st.floats(60, 400), st.floats(60, 400)))
        channel = draw(st.sampled_from([None, LIBRARY, LIBRARY, LIBRARY, ATRIUM]))
        is_late = draw(st.booleans())
        since = draw(st.floats(0, before)) if is_late else None
        user = draw(st.sampled_from([ANNA, BENNO]))
        log.append(state(now, channel, user, flags=draw(st.sampled_from([0, 0, 0, 2])), is_late=is_late, since=since))
    return log


async def written(conn: Connection) -> list[list[tuple[object, ...]]]:
    return [
        await rows(conn, "SELECT user_id, started_at, ended_at, counted_seconds FROM voice_sessions ORDER BY 1, 2"),
        await rows(conn, "SELECT user_id, streak_date, seconds FROM daily_streaks ORDER BY user_id, streak_date"),
        await rows(conn, "SELECT user_id, local_on, seconds FROM guild_member_days ORDER BY user_id, local_on"),
        await rows(conn, "SELECT user_id, total_seconds FROM members ORDER BY user_id"),
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(log=late_logs(), cuts=st.sets(st.integers(1, 14)))
async def test_company_that_is_heard_of_late_is_counted_in_the_end(
    quick_url: str, log: list[Event], cuts: set[int]
) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut < len(log)), len(log)]
    results: list[list[list[tuple[object, ...]]]] = []

    async with await psycopg.AsyncConnection.connect(quick_url) as conn:
        for batches in ([log], [log[first:last] for first, last in pairwise(edges)]):
            await add_guild(conn)
            await conn.execute(
                """INSERT INTO tracking_policies (guild_id, preset, valid_from, set_by, set_at)
                   VALUES (%s, %s, %s, %s, %s)""",
                (LYCEUM, TrackingPreset.SOCIAL, after(-1), ANNA, after(-1)),
            )
            for batch in batches:
                await recording.record(conn, batch)
            await open_sessions.accrue_open_sessions(conn, now=after(100_000))
            while await recalculation.recalculate(conn):
                pass
            results.append(await written(conn))
            for user in (ANNA, BENNO):
                await recalculation.rebuild(conn, LYCEUM, user)
            assert await written(conn) == results[-1]
            await conn.rollback()

    assert results[0] == results[1]


def test_a_timeline_is_painted_by_the_last_rule_that_covers_a_moment() -> None:
    social, strict, library = (
        PRESETS[each] for each in (TrackingPreset.SOCIAL, TrackingPreset.STRICT, TrackingPreset.SILENT_LIBRARY)
    )
    rules = [
        PolicyChange(TrackingPreset.SOCIAL, 100),
        PolicyChange(TrackingPreset.SOCIAL, 200),
        PolicyChange(TrackingPreset.STRICT, 120, 150),
        PolicyChange(TrackingPreset.STRICT, 0, 9),
    ]

    timeline = PolicyTimeline.of(rules)

    assert timeline.first == library
    assert timeline.changes == ((0, strict), (9, library), (100, social), (120, strict), (150, social))
    assert list(timeline.spans(110, 130)) == [(110, 120, social, 100), (120, 130, strict, 120)]
    assert list(timeline.spans(5, 5)) == []
    assert [timeline.at(at) for at in (-1, 0, 149, 150)] == [library, strict, strict, social]
