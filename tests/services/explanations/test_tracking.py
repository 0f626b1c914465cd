"""Explanation of a day's intervals: each exclusion has its reason, and counted time equals credited time."""

from datetime import timedelta

import pytest

from core.enums import ChannelKind, SessionEndReason, TrackingPreset
from db.connection import Connection
from services import tracking
from services.explanations import tracking as why
from services.explanations.tracking import SessionEnd
from services.voice import open_sessions, recording
from services.voice.eligibility import ExclusionReason
from services.voice.gateway_events import SELF_DEAF, VIDEO
from tests.populate import ANA, ATRIUM, BEN, LIBRARY, LYCEUM, add_guild
from tests.services.tracking.test_presets import choose
from tests.services.voice.voice_log import AFK, T0, after, rows, snapshot, state, total

HOUR = 3600
Told = tuple[float, float, ExclusionReason | None]


async def told(conn: Connection, seconds: float) -> list[Told]:
    """The day's explained intervals in seconds after noon, at a time when everything is credited."""
    await open_sessions.accrue_open_sessions(conn, now=after(seconds))
    day = await why.explain_day(conn, guild=LYCEUM, user=ANA, now=after(seconds))
    assert day.counted_seconds == await total(conn)
    days = await rows(conn, "SELECT user_id, estimated_seconds FROM guild_member_days")
    assert day.estimated_seconds == sum(seconds for user, seconds in days if user == ANA)
    noon = int(T0.timestamp())
    return [(spell.start - noon, spell.end - noon, spell.excluded_for) for spell in day.intervals]


@pytest.mark.parametrize(
    ("preset", "flags", "pause"),
    [
        (TrackingPreset.SOCIAL, SELF_DEAF, ExclusionReason.DEAFENED),
        (TrackingPreset.SOCIAL, 0, ExclusionReason.ALONE),
        (TrackingPreset.STRICT, 0, ExclusionReason.NO_CAMERA),
    ],
)
async def test_each_rule_pauses_by_its_name(
    conn: Connection, preset: TrackingPreset, flags: int, pause: ExclusionReason
) -> None:
    await choose(conn, preset)
    await recording.record(conn, [state(0, LIBRARY, BEN), state(0, LIBRARY, flags=VIDEO)])
    await recording.record(conn, [state(600, LIBRARY, flags=flags), state(600, None, BEN)])

    found = await told(conn, 900)

    assert found == [(0, 600, None), (600, 900, pause)]


async def test_nobody_stirring_and_the_most_of_a_day_pause_too(conn: Connection) -> None:
    await choose(conn, TrackingPreset.STRICT)
    await conn.execute("UPDATE guilds SET timezone = 'Etc/GMT-12'")  # the day begins at noon UTC, at T0
    moves = [state(hour * HOUR, (LIBRARY, ATRIUM)[hour % 2], flags=VIDEO) for hour in range(12)]
    await recording.record(conn, moves)

    found = await told(conn, 15 * HOUR)

    assert found[-3:] == [
        (11 * HOUR, 12 * HOUR, None),
        (12 * HOUR, 13 * HOUR, ExclusionReason.DAILY_CAP),
        (13 * HOUR, 15 * HOUR, ExclusionReason.UNATTENDED),
    ]


async def test_a_stay_below_a_minute_and_a_moment_away_are_told(conn: Connection) -> None:
    await add_guild(conn)
    await recording.record(conn, [state(0, LIBRARY), state(40, None)])
    await recording.record(conn, [state(300, LIBRARY), state(600, None), state(650, LIBRARY)])

    found = await told(conn, 700)

    assert found == [
        (0, 40, ExclusionReason.TOO_SHORT),
        (300, 600, None),
        (600, 650, ExclusionReason.AWAY),
        (650, 700, None),
    ]


async def test_a_stay_that_has_just_begun_is_open(conn: Connection) -> None:
    await add_guild(conn)
    await recording.record(conn, [state(0, LIBRARY)])

    day = await why.explain_day(conn, guild=LYCEUM, user=ANA, now=after(30))

    assert [(spell.excluded_for, spell.is_open) for spell in day.intervals] == [(ExclusionReason.TOO_SHORT, True)]
    assert day.is_here


async def test_where_time_never_counts_is_told_and_when_somebody_went_there(conn: Connection) -> None:
    await recording.record(conn, [snapshot(-60, afk=AFK)])
    await tracking.set_channel_kind(
        conn, guild=LYCEUM, channel=ATRIUM, name="Atrium", type_=13, kind=ChannelKind.IGNORED, by=BEN, now=T0
    )
    await recording.record(conn, [state(0, LIBRARY), state(300, AFK), state(400, LIBRARY), state(700, ATRIUM)])

    day = await why.explain_day(conn, guild=LYCEUM, user=ANA, now=after(900))

    noon = int(T0.timestamp())
    assert (day.afk, day.ignored) == (AFK, (ATRIUM,))
    assert day.endings == (
        SessionEnd(noon + 300, SessionEndReason.IGNORED_CHANNEL),
        SessionEnd(noon + 700, SessionEndReason.IGNORED_CHANNEL),
    )
    assert not day.is_here


async def test_rules_that_change_within_the_day_are_told_with_their_own_stretch(conn: Connection) -> None:
    await choose(conn, TrackingPreset.SOCIAL, since=600)
    await recording.record(conn, [state(0, LIBRARY, flags=SELF_DEAF), state(0, LIBRARY, BEN)])

    found = await told(conn, 1200)
    day = await why.explain_day(conn, guild=LYCEUM, user=ANA, now=after(1200))

    assert found == [(0, 600, None), (600, 1200, ExclusionReason.DEAFENED)]
    assert day.preset is TrackingPreset.SOCIAL


async def test_only_the_guilds_day_is_told(conn: Connection) -> None:
    await add_guild(conn)
    await recording.record(conn, [state(-13 * HOUR, LIBRARY), state(-11 * HOUR, None)])

    day = await why.explain_day(conn, guild=LYCEUM, user=ANA, now=T0)
    before = await why.explain_day(conn, guild=LYCEUM, user=ANA, now=T0 - timedelta(hours=12, seconds=1))

    assert [spell.seconds for spell in day.intervals] == [HOUR]
    assert before.counted_seconds == 2 * HOUR


async def test_time_that_nobody_heard_is_told_apart(conn: Connection) -> None:
    await recording.record(conn, [snapshot(0, (ANA, LIBRARY))])
    await recording.record(conn, [snapshot(900, (ANA, LIBRARY), heard_until=300)])

    assert await told(conn, 1200) == [(0, 1200, None)]
    assert (await why.explain_day(conn, guild=LYCEUM, user=ANA, now=after(1200))).estimated_seconds == 600
