import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from core.ids import GuildId, UserId
from db.connection import Connection, Pool
from db.queries.timezones import list_rules
from services.calendar.days import Calendar, ZoneRule, calendar_of
from services.members.person import Person
from services.streaks import cache, inputs, vacations
from services.streaks.freezes import status
from services.streaks.travel import Cut
from services.timezones import changes as zones
from services.timezones import search
from services.timezones.changes import ZoneChange
from tests.populate import ANA, LYCEUM, NOON, add_guild, add_member
from tests.services.voice.voice_log import rows

HOUR = timedelta(hours=1)


async def prepare(conn: Connection, zone: str = "UTC") -> None:
    await add_guild(conn, zone=zone)
    await add_member(conn, ANA, "ana")


async def change(conn: Connection, zone: str, now: datetime = NOON) -> ZoneChange:
    return await zones.change_zone(conn, guild=LYCEUM, user=ANA, zone=zone, now=now)


async def start(conn: Connection, minutes: int, now: datetime = NOON) -> ZoneChange:
    return await zones.change_day_start(conn, guild=LYCEUM, user=ANA, day_start=timedelta(minutes=minutes), now=now)


async def travel(conn: Connection) -> list[date]:
    found = await rows(conn, "SELECT protected_on FROM protections WHERE kind = 'travel' ORDER BY 1")
    return [day for (day,) in found]


async def be_active(conn: Connection, days: Iterable[date]) -> None:
    for day in days:
        await conn.execute(
            """INSERT INTO daily_streaks (guild_id, user_id, kind, streak_date, seconds, zone)
               VALUES (%s, %s, 'study', %s, 900, 'UTC')""",
            (LYCEUM, ANA, day),
        )
    await cache.recompute(conn, [(LYCEUM, ANA)])


def _bounds_around(calendar: Calendar, moment: datetime) -> list[tuple[datetime, datetime]]:
    middle = calendar.date_of(moment)
    return [calendar.day_bounds(middle + timedelta(days=number)) for number in range(-2, 3)]


async def stored(conn: Connection) -> list[tuple[object, ...]]:
    return await rows(conn, "SELECT valid_from, zone, day_start_min, created_at FROM member_zones ORDER BY 1")


async def test_a_change_holds_from_the_first_boundary_in_the_future_of_both_zones(conn: Connection) -> None:
    await prepare(conn)

    changed = await change(conn, "asia/seoul")  # 21:00 there; midnight is at 15:00 UTC, UTC's nine hours later

    midnight = datetime(2026, 3, 19, tzinfo=UTC)
    assert changed == ZoneChange("Asia/Seoul", timedelta(0), midnight)
    assert await stored(conn) == [(midnight, "Asia/Seoul", 0, NOON)]


async def test_westward_the_new_zones_boundary_is_the_later_one(conn: Connection) -> None:
    await prepare(conn, "Asia/Seoul")

    changed = await change(conn, "America/Los_Angeles")  # 05:00 local time

    assert changed.valid_from == datetime(2026, 3, 19, 7, tzinfo=UTC)


async def test_a_second_change_within_seven_days_is_refused_and_later_allowed(conn: Connection) -> None:
    await prepare(conn)
    await change(conn, "Asia/Seoul")

    with pytest.raises(zones.ZoneChangedRecently) as refused:
        await change(conn, "Europe/Berlin", NOON + timedelta(days=6, hours=23))

    assert refused.value.possible_at == NOON + timedelta(days=7)
    assert str(refused.value) == (
        "Your time zone can change once in seven days, so that days stay fair."
        " You can change it again <t:1774440000:R>."
    )
    later = await change(conn, "Europe/Berlin", NOON + timedelta(days=7))
    assert later.zone == "Europe/Berlin"
    assert len(await stored(conn)) == 2


async def test_day_start_and_zone_have_a_week_each(conn: Connection) -> None:
    await prepare(conn)
    await change(conn, "Asia/Seoul")

    changed = await start(conn, 240, NOON + HOUR)

    # The zone was still pending: both take effect together, at 04:00 in Seoul or UTC's midnight.
    assert changed == ZoneChange("Asia/Seoul", 4 * HOUR, datetime(2026, 3, 19, tzinfo=UTC))
    assert await stored(conn) == [(changed.valid_from, "Asia/Seoul", 240, NOON + HOUR)]
    begun = changed.valid_from + HOUR
    with pytest.raises(zones.DayStartChangedRecently) as refused:
        await start(conn, 60, begun)
    assert refused.value.possible_at == NOON + HOUR + timedelta(days=7)
    with pytest.raises(zones.ZoneChangedRecently) as again:  # changing the day start is no zone change
        await change(conn, "Europe/Berlin", begun)
    assert again.value.possible_at == NOON + timedelta(days=7)


async def test_a_day_start_alone_keeps_the_guilds_zone(conn: Connection) -> None:
    await prepare(conn, "Asia/Seoul")

    changed = await start(conn, 300)

    assert changed == ZoneChange("Asia/Seoul", 5 * HOUR, datetime(2026, 3, 18, 20, tzinfo=UTC))
    moved = await change(conn, "Europe/Berlin", NOON + timedelta(days=1))  # the zone was never changed before
    assert moved.day_start == 5 * HOUR


@pytest.mark.parametrize("minutes", [-1, 361, 0.5])
async def test_a_day_starts_between_midnight_and_six(conn: Connection, minutes: float) -> None:
    await prepare(conn)

    with pytest.raises(zones.DayStartOutOfRange):
        await zones.change_day_start(conn, guild=LYCEUM, user=ANA, day_start=timedelta(minutes=minutes), now=NOON)


async def test_what_is_so_already_is_said_and_not_written(conn: Connection) -> None:
    await prepare(conn)
    with pytest.raises(zones.NothingChanged):
        await start(conn, 0)
    await change(conn, "Asia/Seoul")

    with pytest.raises(zones.NothingChanged) as refused:
        await change(conn, "Asia/Seoul")

    assert (refused.value.zone, refused.value.day_start) == ("Asia/Seoul", timedelta(0))
    assert "your day starts at 00:00" in str(refused.value)


async def test_an_unknown_zone_is_refused(conn: Connection) -> None:
    await prepare(conn)

    with pytest.raises(zones.ZoneUnknown) as refused:
        await change(conn, "Mars/Base")

    assert refused.value.zone == "Mars/Base"
    assert isinstance(refused.value, DomainError)
    assert await stored(conn) == []


async def test_of_skipped_dates_two_in_thirty_are_protected(conn: Connection) -> None:
    await prepare(conn, "Pacific/Pago_Pago")
    now = datetime(2026, 3, 18, 10, 30, tzinfo=UTC)  # Tuesday 23:30 in Pago Pago, Thursday 00:30 in Kiritimati

    changes = [
        await change(
            conn, "Pacific/Kiritimati" if number % 2 == 0 else "Pacific/Niue", now + timedelta(days=7 * number)
        )
        for number in range(7)
    ]

    there = [changed for changed in changes if changed.zone == "Pacific/Kiritimati"]
    assert [[(cut.day, cut.is_skipped, cut.is_protected) for cut in changed.cuts] for changed in there] == [
        [(date(2026, 3, 19), True, True)],
        [(date(2026, 4, 2), True, True)],
        [(date(2026, 4, 16), True, False)],
        [(date(2026, 4, 30), True, True)],
    ]
    assert await travel(conn) == [date(2026, 3, 19), date(2026, 4, 2), date(2026, 4, 30)]


@pytest.mark.parametrize(
    ("old", "new", "now", "hours"),
    [
        ("America/Mexico_City", "Pacific/Kiritimati", datetime(2026, 11, 30, 2, 30, tzinfo=UTC), 4),
        ("America/Los_Angeles", "Asia/Seoul", datetime(2026, 11, 30, 5, 30, tzinfo=UTC), 7),
        ("America/New_York", "Asia/Tokyo", datetime(2026, 11, 30, 3, 30, tzinfo=UTC), 10),
        ("Europe/London", "Asia/Tokyo", datetime(2026, 11, 30, 20, 30, tzinfo=UTC), 15),
    ],
)
async def test_a_date_that_a_move_leaves_shorter_than_twelve_hours_is_protected(
    conn: Connection, old: str, new: str, now: datetime, hours: int
) -> None:
    await prepare(conn, old)

    changed = await change(conn, new, now)

    after = calendar_of(old, [ZoneRule(changed.valid_from, new)])
    shortest = min(end - start for start, end in _bounds_around(after, changed.valid_from) if start < end)
    assert shortest == hours * HOUR
    if hours < 12:
        [cut] = [cut for cut in changed.cuts if not cut.is_skipped]
        assert (cut.left, cut.is_protected) == (hours * HOUR, True)
        assert cut.day in await travel(conn)
    else:
        assert changed.cuts == ()
        assert await travel(conn) == []


async def test_evenings_on_both_sides_of_a_move_east_are_one_run(conn: Connection) -> None:
    await prepare(conn, "America/Mexico_City")
    evening = datetime(2026, 11, 30, 2, tzinfo=UTC)  # 20:00 on 29 November in Mexico City
    evenings = [evening + timedelta(days=number) for number in range(5)]
    changed = await change(conn, "Pacific/Kiritimati", evenings[2])
    calendar = calendar_of("America/Mexico_City", [ZoneRule(changed.valid_from, "Pacific/Kiritimati")])

    await be_active(conn, [calendar.date_of(each) for each in evenings])

    days = [calendar.date_of(each) for each in evenings]
    assert (days[-1] - days[0]).days > 4
    assert await rows(conn, "SELECT current_days, longest_days FROM streaks") == [(5, 5)]


async def test_a_date_that_the_calendar_does_not_have_breaks_nothing_and_takes_no_freeze(conn: Connection) -> None:
    await prepare(conn, "Pacific/Apia")  # skipped 30 December 2011
    days = [date(2011, 12, 23) + timedelta(days=number) for number in range(10)]

    await be_active(conn, [day for day in days if day != date(2011, 12, 30)])

    assert await rows(conn, "SELECT current_days, longest_days FROM streaks") == [(9, 9)]
    assert await rows(conn, "SELECT held FROM freezes") == [(1,)]  # seven consecutive days, across the skipped date
    found = await status(conn, guild=LYCEUM, user=ANA, now=datetime(2012, 1, 1, 12, tzinfo=UTC))
    assert (found.held, found.in_a_row) == (1, 2)


async def test_a_run_that_waits_over_a_skipped_date_stays_alive_for_a_day_after_it(conn: Connection) -> None:
    await prepare(conn, "Pacific/Apia")

    await be_active(conn, [date(2011, 12, 29)])

    [(alive_until,)] = await rows(conn, "SELECT alive_until FROM streaks")
    assert alive_until == datetime(2011, 12, 31, 10, tzinfo=UTC)  # the end of the 31st there, UTC+14


async def test_a_skipped_date_beyond_those_protected_breaks_nothing_either(conn: Connection) -> None:
    await prepare(conn, "Pacific/Pago_Pago")
    now = datetime(2026, 3, 18, 10, 30, tzinfo=UTC)
    changes = [
        await change(
            conn, "Pacific/Kiritimati" if number % 2 == 0 else "Pacific/Niue", now + timedelta(days=7 * number)
        )
        for number in range(5)
    ]
    [cut] = changes[4].cuts

    await be_active(conn, [cut.day - timedelta(days=1), cut.day + timedelta(days=1)])

    assert not cut.is_protected
    assert await rows(conn, "SELECT current_days FROM streaks") == [(2,)]


async def test_a_change_that_waits_takes_its_protection_with_it(conn: Connection) -> None:
    await prepare(conn, "America/Los_Angeles")
    first = await change(conn, "Asia/Seoul")
    before = await travel(conn)

    second = await change(conn, "America/Denver", NOON + HOUR)

    assert before == [cut.day for cut in first.cuts]
    assert before
    assert second.cuts == ()
    assert await travel(conn) == []
    assert [row[1] for row in await stored(conn)] == ["America/Denver"]


async def test_a_replaced_change_does_not_begin_the_seven_days_anew(conn: Connection) -> None:
    await prepare(conn, "America/Los_Angeles")
    await change(conn, "Asia/Seoul")
    await change(conn, "Asia/Tokyo", NOON + 5 * HOUR)

    with pytest.raises(zones.ZoneChangedRecently) as refused:
        await change(conn, "Europe/Berlin", NOON + timedelta(days=6, hours=23))

    assert refused.value.possible_at == NOON + timedelta(days=7)
    await change(conn, "Europe/Berlin", refused.value.possible_at)


async def test_changes_that_are_replaced_for_days_count_from_two_days_before_the_last(conn: Connection) -> None:
    await prepare(conn)
    moments = [NOON + timedelta(hours=11 * number) for number in range(10)]
    for number, moment in enumerate(moments):
        await change(conn, "Asia/Seoul" if number % 2 else "Asia/Tokyo", moment)
    last = moments[-1]

    with pytest.raises(zones.ZoneChangedRecently) as refused:
        await change(conn, "Europe/Berlin", last + timedelta(days=2))

    assert refused.value.possible_at == last - timedelta(days=2) + timedelta(days=7)


async def test_asking_for_what_holds_withdraws_what_waits(conn: Connection) -> None:
    await prepare(conn, "America/Los_Angeles")
    await change(conn, "Asia/Seoul")

    withdrawn = await change(conn, "America/Los_Angeles", NOON + HOUR)

    assert withdrawn.is_withdrawn
    assert (withdrawn.zone, withdrawn.cuts) == ("America/Los_Angeles", ())
    assert await stored(conn) == []
    assert await travel(conn) == []
    assert not (await change(conn, "Europe/Berlin", NOON + 2 * HOUR)).is_withdrawn  # no waiting period


async def test_a_day_start_is_withdrawn_and_the_zone_still_comes(conn: Connection) -> None:
    await prepare(conn)
    await change(conn, "Asia/Seoul")
    await start(conn, 240, NOON + HOUR)

    left = await start(conn, 0, NOON + 2 * HOUR)

    assert (left.zone, left.day_start, left.is_withdrawn) == ("Asia/Seoul", timedelta(0), False)
    later = left.valid_from + HOUR
    assert (await start(conn, 60, later)).day_start == HOUR  # the day start was never changed before
    with pytest.raises(zones.ZoneChangedRecently) as refused:
        await change(conn, "Europe/Berlin", later)
    assert refused.value.possible_at == NOON + timedelta(days=7)


async def test_a_vacation_over_a_short_date_outlives_the_change_and_the_change_outlives_the_vacation(
    conn: Connection,
) -> None:
    await prepare(conn, "America/Los_Angeles")
    [cut] = (await change(conn, "Asia/Seoul")).cuts
    around = timedelta(days=1)

    await vacations.plan(conn, guild=LYCEUM, user=ANA, first=cut.day, last=cut.day + around, now=NOON + HOUR)
    planned = await rows(conn, "SELECT protected_on, kind FROM protections ORDER BY 1")
    await vacations.cancel(conn, guild=LYCEUM, user=ANA, now=NOON + HOUR)
    cancelled = await rows(conn, "SELECT protected_on, kind FROM protections ORDER BY 1")
    await vacations.plan(conn, guild=LYCEUM, user=ANA, first=cut.day, last=cut.day + around, now=NOON + HOUR)
    await change(conn, "America/Los_Angeles", NOON + 2 * HOUR)
    withdrawn = await rows(conn, "SELECT protected_on, kind FROM protections ORDER BY 1")

    assert planned == withdrawn == [(cut.day, "vacation"), (cut.day + around, "vacation")]
    assert cancelled == [(cut.day, "travel")]


async def test_two_hundred_changes_at_once_leave_one_with_its_own_protection(pool: Pool) -> None:
    async with pool.connection() as conn:
        await prepare(conn, "America/Los_Angeles")
    wishes = ["Asia/Seoul", "Asia/Tokyo", "Pacific/Kiritimati", "America/Denver", "America/Los_Angeles"] * 40

    places = asyncio.Semaphore(10)  # the pool's size, so that no task times out waiting

    async def wish(zone: str) -> None:
        async with places, pool.connection() as conn:
            with suppress(zones.NothingChanged):
                await change(conn, zone)

    await asyncio.gather(*(wish(zone) for zone in wishes))

    async with pool.connection() as conn:
        kept = await list_rules(conn, guild=LYCEUM, user=ANA)
        protected = await travel(conn)
        assert len(kept) <= 1
        rules = [ZoneRule(rule.valid_from, rule.zone) for rule in kept]
        calendar = calendar_of("America/Los_Angeles", rules)
        short = [
            day
            for day in (date(2026, 3, 18) + timedelta(days=number) for number in range(5))
            if calendar.day_bounds(day)[1] - calendar.day_bounds(day)[0] < 12 * HOUR
        ]
        assert protected == short


async def test_a_member_who_is_not_known_yet_may_come_with_their_names(conn: Connection) -> None:
    await zones.change_zone(
        conn, guild=LYCEUM, user=ANA, zone="Asia/Seoul", now=NOON, person=Person(ANA, "ana", nick="A")
    )

    assert await rows(conn, "SELECT username, nick FROM users JOIN members USING (user_id)") == [("ana", "A")]


STORY = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
PLACES = sorted({zone for name in available_timezones() if (zone := search.canonical(name)) is not None})
STEP = timedelta(minutes=15)
QUARTERS = st.integers(1_600_000_000 // 900, 1_900_000_000 // 900).map(lambda quarters: 900 * quarters)
FAR_APART = ("Pacific/Kiritimati", "Asia/Seoul", "America/Los_Angeles", "America/Mexico_City", "Pacific/Pago_Pago")
WISHES = st.one_of(
    st.sampled_from(FAR_APART), st.sampled_from(PLACES), st.integers(0, 24).map(lambda quarters: 15 * quarters)
)
HOURS = st.one_of(st.integers(1, 40), st.integers(7 * 24, 9 * 24))  # while a change is pending, or after the wait


@pytest.mark.slow
@STORY
@given(
    home=st.one_of(st.sampled_from(FAR_APART), st.sampled_from(PLACES)),
    unix=QUARTERS,
    story=st.lists(st.tuples(HOURS, WISHES), min_size=1, max_size=8),
)
async def test_any_story_of_changes_protects_what_the_rules_say(
    conn: Connection, home: str, unix: int, story: list[tuple[int, str | int]]
) -> None:
    await travel_and_compare(conn, home, unix, story)


@pytest.mark.slow
@STORY
@given(
    home=st.sampled_from(FAR_APART),
    unix=QUARTERS,
    story=st.lists(st.tuples(st.integers(7 * 24, 9 * 24), st.sampled_from(FAR_APART)), min_size=4, max_size=8),
)
async def test_whoever_travels_every_week_has_two_dates_in_thirty_protected(
    conn: Connection, home: str, unix: int, story: list[tuple[int, str]]
) -> None:
    await travel_and_compare(conn, home, unix, story)


async def travel_and_compare(conn: Connection, home: str, unix: int, story: Sequence[tuple[int, str | int]]) -> None:
    """Compare with a model that steps through every quarter of an hour, without our calendar code."""
    began = now = datetime.fromtimestamp(unix, UTC)
    guild, user = GuildId(LYCEUM + unix), UserId(ANA + unix)
    model = Traveller(home)
    async with conn.transaction(force_rollback=True):
        await add_guild(conn, guild, zone=home)
        await add_member(conn, user, "x", guild=guild)
        for hours, wish in story:
            now += timedelta(hours=hours)
            expected = model.ask(wish, now)
            told, cuts = await asked(conn, guild, user, wish, now)
            assert told == expected
            if isinstance(told, datetime) and cuts is not None:
                assert {cut.day for cut in cuts if not cut.left} == model.skipped(now)
                assert {cut.day for cut in cuts if cut.left} == model.short(now)
            found = await rows(conn, "SELECT protected_on, guild_id FROM protections ORDER BY 1")
            assert [day for day, where in found if where == guild] == sorted(model.protected)
        dates = model.dates(model.rules, began - timedelta(days=2), now + timedelta(days=4))
        standing = await inputs.load_streak_inputs(conn, guild, user)
    span = [dates[0] + timedelta(days=number) for number in range((dates[-1] - dates[0]).days + 1)]
    assert [day for day in span if standing.is_skipped(day)] == [day for day in span if day not in set(dates)]


async def asked(
    conn: Connection, guild: GuildId, user: UserId, wish: str | int, now: datetime
) -> tuple[str | datetime, tuple[Cut, ...] | None]:
    """The result of a change request: when it takes effect or how long it must wait, and which days it shortens."""
    try:
        if isinstance(wish, str):
            changed = await zones.change_zone(conn, guild=guild, user=user, zone=wish, now=now)
        else:
            start = timedelta(minutes=wish)
            changed = await zones.change_day_start(conn, guild=guild, user=user, day_start=start, now=now)
    except zones.NothingChanged:
        return "nothing", None
    except (zones.ZoneChangedRecently, zones.DayStartChangedRecently) as refused:
        return refused.possible_at, None
    return "withdrawn" if changed.is_withdrawn else changed.valid_from, changed.cuts


@dataclass(frozen=True)
class Wish:
    valid_from: datetime
    zone: str
    start: int
    zone_asked_at: datetime | None
    start_asked_at: datetime | None


@dataclass
class Traveller:
    """Model of a member's calendar with zone changes, in steps of a quarter of an hour."""

    home: str
    rules: list[Wish] = field(default_factory=list[Wish])
    protected: set[date] = field(default_factory=set[date])

    def ask(self, wish: str | int, now: datetime) -> str | datetime:
        begun = [rule for rule in self.rules if rule.valid_from <= now]
        waiting = [rule for rule in self.rules if rule.valid_from > now]
        lived = (begun[-1].zone, begun[-1].start) if begun else (self.home, 0)
        latest = (self.rules[-1].zone, self.rules[-1].start) if self.rules else (self.home, 0)
        wanted = (wish, latest[1]) if isinstance(wish, str) else (latest[0], wish)
        if wanted == latest and (self.rules or not isinstance(wish, str)):
            return "nothing"
        place = 0 if isinstance(wish, str) else 1
        asked = [at for rule in begun if (at := (rule.zone_asked_at, rule.start_asked_at)[place]) is not None]
        if wanted[place] != lived[place] and asked and now < asked[-1] + timedelta(days=7):
            return asked[-1] + timedelta(days=7)
        self.protected -= self._cut(now)
        self.rules = begun
        if waiting and wanted == lived:
            return "withdrawn"
        old = (waiting[-1].zone_asked_at, waiting[-1].start_asked_at) if waiting else (None, None)
        requested_at = [
            None
            if wanted[each] == lived[each]
            else before
            if (before := old[each]) is not None and wanted[each] == latest[each]
            else now
            if before is None
            else max(before, now - timedelta(days=2))
            for each in (0, 1)
        ]
        self.rules = [*begun, Wish(self._boundary(lived, wanted, now), *wanted, *requested_at)]
        for day in [*sorted(self.short(now)), *sorted(self.skipped(now))]:
            if sum(abs((day - other).days) < 30 for other in self.protected) < 2:
                self.protected.add(day)
        return self.rules[-1].valid_from

    def short(self, now: datetime) -> set[date]:
        return {day for day, left in self._lengths(now).items() if timedelta(0) < left < timedelta(hours=12)}

    def skipped(self, now: datetime) -> set[date]:
        return {day for day, left in self._lengths(now).items() if not left}

    def dates(self, rules: list[Wish], first: datetime, last: datetime) -> list[date]:
        """The date of every quarter of an hour; a past date never occurs again."""
        found: list[date] = []
        moment = first - timedelta(days=3)
        latest = date.min
        while moment < last:
            zone, start = next(((r.zone, r.start) for r in reversed(rules) if r.valid_from <= moment), (self.home, 0))
            wall = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            latest = max(latest, (wall - timedelta(minutes=start)).date())
            if moment >= first:
                found.append(latest)
            moment += STEP
        return found

    def _cut(self, now: datetime) -> set[date]:
        return self.short(now) | self.skipped(now)

    def _lengths(self, now: datetime) -> dict[date, timedelta]:
        """The lengths of the days around a pending change, only those that it shortens."""
        begun = [rule for rule in self.rules if rule.valid_from <= now]
        if len(begun) == len(self.rules):
            return {}
        first, last = now - timedelta(days=3), self.rules[-1].valid_from + timedelta(days=4)
        after, before = (Counter(self.dates(rules, first, last)) for rules in (self.rules, begun))
        whole = sorted({*after, *before})[1:-2]
        return {
            whole[0] + timedelta(days=number): after[day] * STEP
            for number in range((whole[-1] - whole[0]).days + 1)
            if after[day := whole[0] + timedelta(days=number)] < before[day]
        }

    def _boundary(self, lived: tuple[str, int], wanted: tuple[str, int], now: datetime) -> datetime:
        """The first time at which both zones have begun a date that neither had begun at `now`."""
        rules = self.rules
        alone = [Wish(datetime.min.replace(tzinfo=UTC), *wanted, None, None)]
        last = now + timedelta(days=4)
        moments = [now + STEP * number for number in range((last - now) // STEP)]
        both = zip(moments, self.dates(rules, now, last), self.dates(alone, now, last), strict=True)
        _, *following = both
        at_now = self.dates(rules, now, now + STEP)[0], self.dates(alone, now, now + STEP)[0]
        return next(moment for moment, one, other in following if one > at_now[0] and other > at_now[1])


@STORY
@given(
    old=st.sampled_from(sorted(available_timezones())),
    new=st.sampled_from(sorted(available_timezones())),
    minutes=st.integers(0, 360),
    unix=st.integers(1_600_000_000, 1_900_000_000),
)
async def test_over_any_change_dates_go_on_without_a_repetition(
    conn: Connection, old: str, new: str, minutes: int, unix: int
) -> None:
    before, after = search.canonical(old), search.canonical(new)
    assume(before and after and before != after)
    assert before
    assert after
    now = datetime.fromtimestamp(unix, UTC)
    guild, user = GuildId(LYCEUM + unix), UserId(ANA + unix)
    async with conn.transaction(force_rollback=True):
        await add_guild(conn, guild, zone=before)
        await add_member(conn, user, "x", guild=guild)

        start = (
            await zones.change_day_start(
                conn, guild=guild, user=user, day_start=timedelta(minutes=minutes), now=now - timedelta(days=9)
            )
            if minutes
            else None
        )
        changed = await zones.change_zone(conn, guild=guild, user=user, zone=after, now=now)

    rules = [ZoneRule(changed.valid_from, changed.zone, changed.day_start)]
    if start is not None:
        rules.insert(0, ZoneRule(start.valid_from, start.zone, start.day_start))
    calendar = calendar_of(before, rules)
    days = [day for day, _, _ in calendar.split(now - timedelta(days=3), now + timedelta(days=5))]
    skipped = [day for one, other in pairwise(days) for day in [one + timedelta(days=1)] if other != day]
    was_skipped = [cut.day for cut in changed.cuts if cut.is_skipped]
    assert changed.valid_from > now
    assert days == sorted(set(days))
    assert set(was_skipped) <= set(skipped)
