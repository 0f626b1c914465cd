from datetime import date, timedelta

import pytest

from core.ids import UserId
from db.connection import Pool
from handlers.streaks.streak import MONTH
from tests.fake_discord import ANA, BEN, NOW, ROBOT, FakeDiscord
from tests.handlers.conftest import studied


async def test_streak_shows_the_month_as_a_calendar(discord: FakeDiscord, pool: Pool) -> None:
    for days in (2, 1, 0):
        await studied(pool, ANA, hours=1, until=NOW - timedelta(days=days))

    answer = await discord.slash("streak")

    assert answer.json == {"type": 5}
    [edit] = answer.edits
    [embed] = edit.payload["embeds"]
    assert embed["title"] == "Ana · November 2026"
    assert embed["description"] == "Streak: **3 days** · longest **3 days**\n**3** active days · **3 h** this month"
    assert embed["footer"] == {"text": "A day is active from 15 minutes on."}
    assert edit.files["streak.png"].startswith(b"\x89PNG")
    assert edit.payload["attachments"][0]["description"].startswith("Streak calendar of Ana, November 2026.")
    assert _labels(edit.payload) == ["Freezes", "Vacation"]


async def test_streak_of_yesterday_stands_while_today_is_open(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=1, until=NOW - timedelta(days=1))

    answer = await discord.slash("streak")

    lines = answer.final["embeds"][0]["description"].splitlines()
    assert lines[0] == "Streak: **1 day** · longest **1 day**"
    assert lines[-1] == "Today is still open: your streak stands, and today can still add to it."


async def test_a_streak_that_is_over_is_not_held_against_anybody(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=1, until=NOW - timedelta(days=9))

    answer = await discord.slash("streak")

    lines = answer.final["embeds"][0]["description"].splitlines()
    assert lines[0] == "Streak: **0 days** · longest **1 day**"
    assert lines[-1] == "The best run stays in the record. The next one begins with any active day."


async def test_buttons_lead_to_the_months_before_and_after(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=1, until=NOW - timedelta(days=62))
    await studied(pool, ANA, hours=1)

    november = await discord.slash("streak")
    october = await discord.press_label(november.final, "◀ October 2026")
    september = await discord.press_label(october.final, "◀ September 2026")
    back = await discord.press_label(september.final, "October 2026 ▶")

    assert october.json == {"type": 6}
    assert [edit.method for edit in october.edits] == ["PATCH"]
    assert october.final["embeds"][0]["title"] == "Ana · October 2026"
    assert _labels(october.final) == ["◀ September 2026", "November 2026 ▶", "Freezes", "Vacation"]
    assert _labels(september.final) == ["October 2026 ▶", "Freezes", "Vacation"]
    assert back.final["embeds"] == october.final["embeds"]
    assert "streak.png" in back.edits[0].files


async def test_somebody_elses_press_gives_them_a_calendar_of_their_own(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=1, until=NOW - timedelta(days=31))
    await studied(pool, ANA, hours=1)

    november = await discord.slash("streak")
    pressed = await discord.press_label(november.final, "◀ October 2026", by=BEN)
    again = await discord.press_label(pressed.final | {"flags": 64}, "November 2026 ▶", by=BEN)

    assert pressed.json == {"type": 5, "data": {"flags": 64}}
    assert again.json == {"type": 6}


async def test_streak_of_another_member_and_month(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, BEN, hours=2, until=NOW - timedelta(days=40))

    answer = await discord.slash("streak", user=BEN, month="2026-10")

    [embed] = answer.final["embeds"]
    assert embed["title"] == "Benny · October 2026"
    assert "**1** active day · **2 h** this month" in embed["description"]


async def test_a_month_counts_in_the_members_own_zone(discord: FakeDiscord, pool: Pool) -> None:
    await discord.slash("my timezone", zone="Asia/Seoul")
    await studied(pool, ANA, hours=1, until=NOW.replace(day=30, hour=23))
    discord.clock.moment = NOW.replace(month=12, day=1)

    november = await discord.slash("streak", month="2026-11")
    december = await discord.slash("streak")

    assert "**0** active days" in november.final["embeds"][0]["description"]
    assert "**1** active day " in december.final["embeds"][0]["description"]


@pytest.mark.parametrize(
    "month", ["october", "2026-13", "2026-0", "10-2026", "2026/10", "1999-01", "\u0662026-10", "2026-10-10"]
)
async def test_what_is_no_month_is_told_so(discord: FakeDiscord, month: str) -> None:
    answer = await discord.slash("streak", month=month)

    assert answer.is_private
    assert answer.text == f'I cannot read "{month}" as a month. Write year and month like this: 2026-11.'


@pytest.mark.parametrize("month", ["2026-12", "2027-01", "2099-12"])
async def test_a_month_to_come_is_told_so(discord: FakeDiscord, month: str) -> None:
    answer = await discord.slash("streak", month=month)

    assert answer.text == "That month has not begun yet. Choose this month or an earlier one."


async def test_a_month_before_the_member_came_is_empty_and_well(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=1)

    answer = await discord.slash("streak", month="2015-1")

    assert answer.final["embeds"][0]["title"] == "Ana · January 2015"


async def test_a_newcomer_gets_an_open_calendar(discord: FakeDiscord) -> None:
    answer = await discord.slash("streak")

    assert answer.final["embeds"][0]["description"].startswith("Streak: **0 days** · longest **0 days**")
    assert "streak.png" in answer.edits[0].files


async def test_streak_of_bots_strangers_and_private_members_is_refused(discord: FakeDiscord, pool: Pool) -> None:
    stranger = await discord.slash("streak", user=BEN)
    robot = await discord.slash("streak", user=ROBOT)
    await studied(pool, BEN, hours=1)
    shown = await discord.slash("streak", user=BEN)
    await discord.slash("my visibility", who="private", by=BEN)
    refused = await discord.slash("streak", user=BEN)
    pressed = await discord.press(MONTH.pack(UserId(BEN.id), ANA.id, date(2026, 11, 1)))
    own = await discord.slash("streak", by=BEN)

    assert stranger.text.startswith("I haven't met this member here yet.")
    assert robot.text.startswith("robot is a bot")
    assert shown.edits
    assert refused.text == pressed.text == "Benny keeps their numbers private. Ask them, or have a look at your own."
    assert own.json == {"type": 5, "data": {"flags": 64}}


def _labels(message: dict[str, list[dict[str, list[dict[str, str]]]]]) -> list[str]:
    return [button["label"] for row in message["components"] for button in row["components"]]
