from datetime import timedelta

import pytest

from db.connection import Pool
from services.streaks.freezes import process_ended_days
from services.voice import recording
from services.voice.gateway_events import SELF_DEAF
from tests.fake_discord import ANA, BEN, GUEST, NOW, ROBOT, Answer, FakeDiscord, Room
from tests.handlers.conftest import LIBRARY, state, studied

ROOM = f"<#{LIBRARY}>"


def lines(answer: Answer) -> list[str]:
    return answer.data["embeds"][0]["description"].splitlines()


def moment(*, hours: float = 0, style: str = "t") -> str:
    return f"<t:{int((NOW + timedelta(hours=hours)).timestamp())}:{style}>"


async def test_tracking_tells_each_stretch_of_the_day(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=7, stays=True)

    answer = await discord.slash("why", topic="tracking")

    assert answer.is_private
    assert answer.data["embeds"][0]["title"] == "Why?"
    assert lines(answer)[1:] == [
        "Counted today: **6 h**.",
        f"· {moment(hours=-7)}–{moment(hours=-1)} {ROOM} 6 h: counted",
        (
            f"· {moment(hours=-1)}–now {ROOM} 1 h: paused after 6 h without a sign of life."
            " Muting, moving or any command makes it count again."
        ),
    ]


async def test_tracking_tells_what_is_estimated(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=2, stays=True)
    async with pool.connection() as conn:
        await conn.execute(
            "INSERT INTO voice_gaps SELECT guild_id, %s, %s FROM guilds",
            [NOW - timedelta(minutes=50), NOW - timedelta(minutes=40)],
        )

    answer = await discord.slash("why", topic="tracking")

    assert lines(answer)[1:3] == [
        "Counted today: **2 h**.",
        "10 min of it is estimated: I could not hear Discord then, and worked out who was still there.",
    ]


async def test_tracking_names_the_rule_that_held(discord: FakeDiscord, pool: Pool) -> None:
    await discord.slash("track preset", preset="social")
    async with pool.connection() as conn:
        since = NOW + timedelta(hours=1)
        deaf = [state(ANA, since, LIBRARY, flags=SELF_DEAF), state(ANA, since + timedelta(minutes=10), LIBRARY)]
        await recording.record(conn, [*deaf, state(ANA, since + timedelta(minutes=30), None)])
    discord.clock.moment += timedelta(hours=2)

    answer = await discord.slash("why", topic="tracking")

    assert lines(answer) == [
        "This server counts by **Social**. Time counts in company and with your sound on: up to 12 hours a day.",
        "Counted today: **0 min**.",
        (
            f"· {moment(hours=1)}–{moment(hours=1 + 1 / 6)} {ROOM} 10 min: paused, the sound was off."
            " Social counts time with the sound on."
        ),
        (
            f"· {moment(hours=1 + 1 / 6)}–{moment(hours=1.5)} {ROOM} 20 min: paused, no other person was there."
            " Social counts time in company."
        ),
        "You are in no channel that counts now. Join one, and your time begins.",
    ]


async def test_tracking_names_what_never_counts_and_when_somebody_went_there(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=1, stays=True)
    await discord.slash("track channel", channel=Room(LIBRARY, "Library"), kind="ignored")

    answer = await discord.slash("why", topic="tracking")

    assert lines(answer)[1:5] == [
        f"Time never counts in {ROOM}.",
        "Counted today: **1 h**.",
        f"· {moment(hours=-1)}–{moment()} {ROOM} 1 h: counted",
        f"· {moment()} from here on in a channel that never counts",
    ]


async def test_a_long_day_is_told_by_its_latest_steps(discord: FakeDiscord, pool: Pool) -> None:
    for number in range(20):
        await studied(pool, ANA, hours=0.1, until=NOW - timedelta(hours=8) + timedelta(minutes=number * 20))

    answer = await discord.slash("why", topic="tracking")

    assert lines(answer)[2] == "· 5 earlier steps …"
    assert len(lines(answer)) == 2 + 1 + 15 + 1


async def test_xp_tells_which_stays_made_the_latest_points(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=0.75, until=NOW - timedelta(days=1))
    await studied(pool, ANA, hours=2.5)

    answer = await discord.slash("why", topic="xp")

    older = f"({moment(hours=-24.75, style='f')}–{moment(hours=-24)})"
    later = f"({moment(hours=-2.5, style='f')}–{moment()})"
    assert lines(answer) == [
        "3 h 15 min counted in all make **3 XP**: one for each full hour.",
        f"The next one is on its way: 15 min so far, 45 min to go. 15 min {ROOM} {later}",
        "Where the latest come from:",
        f"· **2–3 XP**: 2 h {ROOM} {later}",
        f"· **1 XP**: 15 min {ROOM} {later} + 45 min {ROOM} {older}",
    ]


async def test_xp_of_many_short_stays_fits(discord: FakeDiscord, pool: Pool) -> None:
    for number in range(12):
        await studied(pool, ANA, hours=0.1, until=NOW - timedelta(hours=8) + timedelta(minutes=number * 20))

    answer = await discord.slash("why", topic="xp")

    assert lines(answer)[1].startswith("The next one is on its way: 12 min so far, 48 min to go. 6 min")
    assert lines(answer)[-1].startswith("· **1 XP**: 6 min")
    assert lines(answer)[-1].endswith(" + 42 min in 7 other stays")


async def test_nothing_counted_yet_says_how_points_come(discord: FakeDiscord) -> None:
    answer = await discord.slash("why", topic="xp")

    assert lines(answer) == [
        "0 min counted in all make **0 XP**: one for each full hour.",
        "The next one comes after 1 h more.",
    ]


async def test_level_tells_what_it_began_with_and_when(discord: FakeDiscord, pool: Pool) -> None:
    for days in range(9, -1, -1):
        for room in (2, 1, 0):
            await studied(pool, ANA, hours=5.1, until=NOW - timedelta(days=days, hours=room * 5.2))

    answer = await discord.slash("why", topic="level")

    assert lines(answer) == [
        "153 h counted in all make **153 XP**: one for each full hour.",
        "That is level **3**; it begins at 150 XP.",
        "· Level 2, at 100 XP: reached on Nov 18, 2026",
        "· Level 3, at 150 XP: reached on Nov 21, 2026",
        "Level 4 begins at 250 XP, after 97 h more.",
        "Breaks take nothing away: XP and levels stay.",
    ]


async def test_the_highest_level_has_no_next_one(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=1)
    async with pool.connection() as conn:
        await conn.execute("UPDATE members SET total_seconds = 2300 * 3600")

    answer = await discord.slash("why", topic="level")

    assert lines(answer)[-2] == "Highest level, 300 XP beyond it"


async def test_streak_tells_each_day_and_why_the_run_is_as_long(discord: FakeDiscord, pool: Pool) -> None:
    for days in (*range(12, 10, -1), *range(9, 2, -1), 1):
        await studied(pool, ANA, hours=0.5, until=NOW - timedelta(days=days))
    await studied(pool, ANA, hours=0.1)
    async with pool.connection() as conn:
        await process_ended_days(conn, now=NOW)

    answer = await discord.slash("why", topic="streak")

    assert lines(answer) == [
        "Streak: **8 days** · longest **8 days**",
        "The run began on Nov 12, 2026. The one before, of 2 days, ended with Nov 11, 2026: no freeze was at hand.",
        "It goes through 1 protected day, which keeps it and adds nothing.",
        "A day counts for the streak with 15 min or more.",
        "✓ Nov 9, 2026: 30 min, active",
        "✓ Nov 10, 2026: 30 min, active",
        "· Nov 11, 2026: quiet; a run of 2 days ended, no freeze was at hand",
        *(f"✓ Nov {day}, 2026: 30 min, active" for day in range(12, 19)),
        "❄ Nov 19, 2026: frozen by the freeze that was earned on Nov 18, 2026",
        "✓ Nov 20, 2026: 30 min, active",
        (
            "○ Nov 21, 2026: 6 min, today is still open. 9 min more make it active;"
            f" until {moment(hours=12, style='f')} nothing breaks."
        ),
    ]


async def test_streak_names_staff_and_their_reason(discord: FakeDiscord, pool: Pool) -> None:
    for days, hours in ((3, 0.5), (2, 0.1), (1, 0.5)):
        await studied(pool, BEN, hours=hours, until=NOW - timedelta(days=days))
    await discord.slash("streak-admin grant", user=BEN, date="2026-11-19", reason="The server was away")

    own = await discord.slash("why", by=BEN, topic="streak")
    asked = await discord.slash("why", topic="streak", user=BEN)

    granted = f"★ Nov 19, 2026: 6 min, protected by <@{ANA.id}>: The server was away"
    assert granted in lines(own)
    assert lines(asked) == lines(own)
    assert asked.data["embeds"][0]["title"] == "Why? · Benny"


async def test_fourteen_days_with_long_reasons_fit(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, BEN, hours=0.5, until=NOW - timedelta(days=20))
    for days in range(14):
        day = f"{NOW - timedelta(days=days):%Y-%m-%d}"
        await discord.slash("streak-admin grant", user=BEN, date=day, reason="*" * 200)

    told = await discord.slash("why", by=BEN.speaking("es-ES"), topic="streak")
    audit = await discord.slash("streak-admin audit")

    assert sum(line.startswith("★") for line in lines(told)) == 14
    assert len(lines(audit)) == 14


async def test_a_streak_that_is_over_is_told_kindly(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=1, until=NOW - timedelta(days=4))

    answer = await discord.slash("why", topic="streak")
    newcomer = await discord.slash("why", by=BEN, topic="streak")

    assert lines(answer)[1] == (
        "The last run of 1 day ended with Nov 18, 2026: no freeze was at hand."
        " It stays in the record, and any active day begins the next."
    )
    assert lines(newcomer)[0] == "Streak: **0 days** · longest **0 days**"


@pytest.mark.parametrize("topic", ["tracking", "xp", "level", "streak"])
async def test_somebody_else_is_for_staff_and_called_by_name(discord: FakeDiscord, pool: Pool, topic: str) -> None:
    await studied(pool, BEN, hours=1)

    refused = await discord.slash("why", by=GUEST, topic=topic, user=BEN)
    answer = await discord.slash("why", topic=topic, user=BEN)

    assert refused.text.startswith("This is for people who manage the server.")
    assert answer.is_private
    assert answer.data["embeds"][0]["title"] == "Why? · Benny"
    assert "you" not in answer.data["embeds"][0]["description"].lower().replace("your camera", "")


async def test_whom_nobody_can_explain_is_refused(discord: FakeDiscord) -> None:
    robot = await discord.slash("why", topic="xp", user=ROBOT)
    stranger = await discord.slash("why", topic="streak", user=BEN)
    odd = await discord.slash("why", topic="weather")

    assert robot.text.startswith("robot is a bot")
    assert stranger.text.startswith("I haven't met this member here yet.")
    assert "is not one of the choices" in odd.text
