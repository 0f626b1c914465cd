"""Property test of voice counting: totals equal an independent step-by-step model, in any batching."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.ids import ChannelId, GuildId, InteractionId, UserId
from db.connection import Connection
from db.queries.interactions import context as interaction_context_queries
from services.members.person import Person
from services.voice import open_sessions, recalculation, recording
from services.voice.gateway_events import Event, GuildSnapshot, VoiceState
from services.voice.tracking_policies import SILENT_LIBRARY, TrackingPolicy

STEP = 15  # seconds; all times of the log are multiples, so that the model can step
START = datetime(2026, 10, 23, 20, tzinfo=UTC)  # two days before clocks in Europe go back
GUILD = GuildId(1 << 40)
AFK = ChannelId(9 << 40)
ROOMS = [ChannelId(n << 40) for n in (1, 2)]
ANA, BEN = UserId(5 << 40), UserId(6 << 40)
GUILD_ZONE = "America/New_York"
ZONES = {  # the second applies from a day boundary of both on
    ANA: [("Asia/Seoul", 240, None), ("Europe/Lisbon", 90, datetime(2026, 10, 25, 0, 30, tzinfo=UTC))],
    BEN: [(GUILD_ZONE, 0, None)],
}
MINIMUM, GAP = 60, 90
STAYS_WITHIN, DOUBT = 900, 60  # longest bridged gap without a resume; credited part of a gap with a change
TIGHT = replace(SILENT_LIBRARY, daily_cap=timedelta(hours=5), unattended_cap=timedelta(hours=2))
LENGTHS = [15, 30, 45, 60, 75, 90, 105, 120, 900, 3600, 3 * 3600, 6 * 3600 + 15, 7 * 3600, 13 * 3600]


@dataclass(frozen=True)
class Step:
    """An entry of the log: a voice state, an app interaction, or a guild snapshot after missed events."""

    at: int  # seconds after START
    user: UserId
    channel: ChannelId | None = None
    flags: int = 0
    is_press: bool = False
    heard: int | None = None  # snapshot: no frames since this time; `rooms` has all voice states
    rooms: tuple[tuple[UserId, ChannelId, int], ...] = ()


@dataclass
class Totals:
    total: Counter[UserId] = field(default_factory=Counter[UserId])
    own: Counter[tuple[UserId, date]] = field(default_factory=Counter[tuple[UserId, date]])
    shared: Counter[tuple[UserId, date]] = field(default_factory=Counter[tuple[UserId, date]])
    weeks: Counter[tuple[UserId, str]] = field(default_factory=Counter[tuple[UserId, str]])
    months: Counter[tuple[UserId, str]] = field(default_factory=Counter[tuple[UserId, str]])


def model(log: list[Step], until: int, policy: TrackingPolicy) -> Totals:
    """The expected totals at `until`: first the sessions' intervals, then step by step what counts."""
    totals = Totals()
    day, unattended = (int(cap.total_seconds()) for cap in (policy.daily_cap, policy.unattended_cap))
    for user in (ANA, BEN):
        for session in Walk(user).stays(log, until):
            ticks = [at for start, end in session for at in range(start, min(end, start + unattended, until), STEP)]
            if len(ticks) * STEP < MINIMUM:
                continue
            for at in ticks:
                moment = START + timedelta(seconds=at)
                shared = moment.astimezone(ZoneInfo(GUILD_ZONE)).date()
                if totals.shared[user, shared] >= day:
                    continue
                totals.shared[user, shared] += STEP
                totals.weeks[user, f"{shared:%G-%V}"] += STEP
                totals.months[user, f"{shared:%Y-%m}"] += STEP
                totals.own[user, own_date(user, moment)] += STEP
                totals.total[user] += STEP
    return totals


def own_date(user: UserId, moment: datetime) -> date:
    """The member's local date, which does not go back when the clock does."""
    moments = [moment - timedelta(minutes=minutes) for minutes in (0, 30, 60)]
    zones = [[rule for rule in ZONES[user] if rule[2] is None or rule[2] <= moment][-1] for moment in moments]
    return max(
        (moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) - timedelta(minutes=minutes)).date()
        for moment, (zone, minutes, _) in zip(moments, zones, strict=True)
    )


Seat = tuple[ChannelId, int]


@dataclass
class Walk:
    """Derives one member's sessions from a log, each as a list of intervals."""

    user: UserId
    sessions: list[list[tuple[int, int]]] = field(default_factory=list[list[tuple[int, int]]])
    seat: Seat | None = None
    since: int = 0
    left: tuple[ChannelId, int] | None = None  # channel and end of the last session

    def stays(self, log: list[Step], until: int) -> list[list[tuple[int, int]]]:
        for step in log:
            if step.heard is not None:
                mine = [(room, flags) for who, room, flags in step.rooms if who == self.user and room != AFK]
                if self.seat and mine and mine[0][0] == self.seat[0] and step.at - step.heard <= STAYS_WITHIN:
                    self.sit(mine[0], min(step.at, step.heard + DOUBT))
                    continue
                self.sit(None, step.heard)
                self.sit(mine[0] if mine else None, step.at)
            elif step.user == self.user and step.is_press:
                if self.seat is not None:
                    self.sessions[-1].append((self.since, step.at))
                    self.since = step.at
            elif step.user == self.user:
                self.sit(None if step.channel in (None, AFK) else (step.channel, step.flags), step.at)
        self.sit(None, until)
        return self.sessions

    def sit(self, seat: Seat | None, at: int) -> None:
        if seat == self.seat:
            return
        if self.seat is not None:
            self.sessions[-1].append((self.since, at))
            if seat is None:
                self.left = (self.seat[0], at)
        elif seat is not None and not (self.left and self.left[0] == seat[0] and at - self.left[1] <= GAP):
            self.sessions.append([])
        self.seat, self.since = seat, at


@st.composite
def logs(draw: st.DrawFn) -> list[Step]:
    at = 0
    log: list[Step] = []
    rooms: dict[UserId, tuple[ChannelId, int] | None] = {ANA: None, BEN: None}
    for _ in range(draw(st.integers(1, 14))):
        at += draw(st.sampled_from(LENGTHS))
        user = draw(st.sampled_from([ANA, BEN]))
        kind = draw(st.sampled_from(["state", "state", "state", "leave", "press", "blind"]))
        if kind == "press":
            log.append(Step(at, user, is_press=True))
            continue
        if kind == "leave":
            rooms[user] = None
            log.append(Step(at, user))
            continue
        room, flags = draw(st.sampled_from([*ROOMS, AFK])), draw(st.sampled_from([0, 1]))
        if kind == "state":
            rooms[user] = (room, flags)
            log.append(Step(at, user, room, flags))
            continue
        heard = at
        at += draw(st.sampled_from([15, 90, 105, 900, 915, 3600]))
        if draw(st.booleans()):
            rooms[user] = draw(st.sampled_from([None, (room, flags)]))
        present = tuple((who, *where) for who, where in rooms.items() if where is not None)
        log.append(Step(at, user, heard=heard, rooms=present))
    return log


def event_of(step: Step) -> Event:
    at = START + timedelta(seconds=step.at)
    if step.heard is None:
        return VoiceState(GUILD, step.user, step.channel, step.flags, "v", at, Person(step.user, f"user {step.user}"))
    return GuildSnapshot(
        guild=GUILD,
        name="Commons",
        icon_hash=None,
        owner=None,
        locale="en-US",
        afk_channel=AFK,
        channels=(),
        states=tuple(VoiceState(GUILD, user, room, flags, "v", at) for user, room, flags in step.rooms),
        at=at,
        received_until=START + timedelta(seconds=step.heard),
    )


async def prepare(conn: Connection) -> None:
    await conn.execute("SET TIME ZONE 'UTC'")
    await conn.execute(
        "INSERT INTO guilds (guild_id, timezone, afk_channel_id) VALUES (%s, %s, %s)", (GUILD, GUILD_ZONE, AFK)
    )
    for user, rules in ZONES.items():
        await conn.execute("INSERT INTO users (user_id, username) VALUES (%s, 'x')", (user,))
        await conn.execute("INSERT INTO members (guild_id, user_id) VALUES (%s, %s)", (GUILD, user))
        if user == ANA:
            for zone, minutes, valid_from in rules:
                await conn.execute(
                    "INSERT INTO member_zones (guild_id, user_id, valid_from, zone, day_start_min)"
                    " VALUES (%s, %s, %s, %s, %s)",
                    (GUILD, user, valid_from or datetime(2020, 1, 1, tzinfo=UTC), zone, minutes),
                )


async def play(
    conn: Connection, log: list[Step], cuts: set[int], settles: dict[int, list[int]], policy: TrackingPolicy
) -> None:
    """Record the log with a new batch after each index in `cuts`; accrue the given seconds after an index."""
    batch: list[Event] = []
    for index, step in enumerate(log):
        if step.is_press:
            await recording.record(conn, batch, policy=policy)
            batch = []
            await press(conn, step)
        else:
            batch.append(event_of(step))
        if index in cuts or index in settles:
            await recording.record(conn, batch, policy=policy)
            batch = []
        for at in quiet_moments(log, index, settles):
            await open_sessions.accrue_open_sessions(conn, now=START + timedelta(seconds=at), policy=policy)
    await recording.record(conn, batch, policy=policy)


async def press(conn: Connection, step: Step) -> None:
    """Record that the member used the app, as `app/interactions/execute.py` does."""
    await interaction_context_queries.begin_in_guild(
        conn,
        interaction=InteractionId((7 << 40) + step.at),
        guild=GUILD,
        guild_locale="en-US",
        caller=interaction_context_queries.InteractionUser(
            step.user, f"user {step.user}", None, None, is_bot=False, nick=None, member_avatar_hash=None
        ),
        now=START + timedelta(seconds=step.at),
    )


def quiet_moments(log: list[Step], index: int, settles: dict[int, list[int]]) -> list[int]:
    """Times between this step and the next at which to accrue."""
    step = log[index]
    delays = sorted(settles.get(index, []))
    if index + 1 == len(log):
        return [step.at + delay for delay in delays]
    following = log[index + 1]
    last = following.at if following.heard is None else following.heard  # no accrual without received frames
    return [step.at + delay for delay in delays if step.at + delay <= last]


async def stored(conn: Connection) -> Totals:
    totals = Totals()
    for user, seconds in await (await conn.execute("SELECT user_id, total_seconds FROM members")).fetchall():
        if seconds:
            totals.total[user] = seconds
    days = await conn.execute("SELECT user_id, streak_date, seconds FROM daily_streaks WHERE kind = 'study'")
    for user, day, seconds in await days.fetchall():
        totals.own[user, day] = seconds
    days = await conn.execute("SELECT user_id, local_on, seconds FROM guild_member_days")
    for user, day, seconds in await days.fetchall():
        totals.shared[user, day] = seconds
    spans = await conn.execute(
        """SELECT user_id, period, to_char(starts_on, CASE period WHEN 'week' THEN 'IYYY-IW' ELSE 'YYYY-MM' END),
                  seconds
           FROM period_totals"""
    )
    for user, period, span, seconds in await spans.fetchall():
        (totals.weeks if period == "week" else totals.months)[user, span] = seconds
    return totals


async def counted(conn: Connection) -> list[tuple[object, ...]]:
    rows = await conn.execute(
        """SELECT user_id, started_at, ended_at, credited_until, counted_seconds FROM voice_sessions
           ORDER BY user_id, started_at, session_id"""
    )
    return await rows.fetchall()


async def streaks(conn: Connection) -> list[tuple[object, ...]]:
    return await (await conn.execute("SELECT * FROM streaks ORDER BY user_id")).fetchall()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    log=logs(),
    cuts=st.sets(st.integers(0, 14)),
    settles=st.dictionaries(st.integers(0, 14), st.lists(st.sampled_from([15, 45, 60, 75, 3600, 25_000]), max_size=3)),
    tail=st.sampled_from([STEP, 60, 7 * 3600]),
    policy=st.sampled_from([SILENT_LIBRARY, TIGHT]),
)
async def test_any_chunking_gives_the_totals_of_the_model(
    quick_url: str, log: list[Step], cuts: set[int], settles: dict[int, list[int]], tail: int, policy: TrackingPolicy
) -> None:
    delays: list[int] = [tail, *settles.get(len(log) - 1, [])]
    end = log[-1].at + max(delays)
    expected = model(log, end, policy)

    async with await psycopg.AsyncConnection.connect(quick_url) as conn:
        await prepare(conn)
        await play(conn, log, cuts, settles, policy)
        await open_sessions.accrue_open_sessions(conn, now=START + timedelta(seconds=end), policy=policy)

        assert await stored(conn) == expected

        sessions, runs = await counted(conn), await streaks(conn)
        for user in (ANA, BEN):
            await recalculation.rebuild(conn, GUILD, user, policy=policy)
        assert await stored(conn) == expected
        assert await counted(conn) == sessions
        assert await streaks(conn) == runs
        await conn.rollback()


HOURS = st.sampled_from([STEP, 1800, 3600, 2 * 3600 - STEP, 2 * 3600, 2 * 3600 + STEP, 3 * 3600])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gaps=st.lists(HOURS, min_size=1, max_size=6), settles=st.sets(st.integers(0, 6), max_size=2), tail=HOURS)
async def test_of_several_presses_between_two_settlements_each_starts_the_cap_anew(
    quick_url: str, gaps: list[int], settles: set[int], tail: int
) -> None:
    unattended = 2 * 3600
    policy = replace(TIGHT, daily_cap=timedelta(days=2), unattended_cap=timedelta(seconds=unattended))
    moments = [sum(gaps[:index]) for index in range(len(gaps) + 1)]  # the join, then app interactions
    end = moments[-1] + tail
    attended = {second for at in moments for second in range(at, min(at + unattended, end), STEP)}

    async with await psycopg.AsyncConnection.connect(quick_url) as conn:
        await prepare(conn)
        await recording.record(conn, [event_of(Step(0, ANA, ROOMS[0]))], policy=policy)
        for index, at in enumerate(moments):
            if index:
                await press(conn, Step(at, ANA, is_press=True))
            if index in settles:
                await open_sessions.accrue_open_sessions(conn, now=START + timedelta(seconds=at + 1), policy=policy)
        await recording.record(conn, [event_of(Step(end, ANA))], policy=policy)

        expected = len(attended) * STEP if len(attended) * STEP >= MINIMUM else 0
        assert (await stored(conn)).total[ANA] == expected
        assert await (await conn.execute("SELECT * FROM voice_activity")).fetchall() == []
        await recalculation.rebuild(conn, GUILD, ANA, policy=policy)
        assert (await stored(conn)).total[ANA] == expected
        await conn.rollback()
