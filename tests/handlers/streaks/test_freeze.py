from datetime import datetime, timedelta
from typing import Any

import pytest

from db.connection import Pool
from handlers.streaks.streak_notices import PLAN
from services.streaks.freezes import process_ended_days
from tests.fake_discord import ANA, BEN, NOW, FakeDiscord, envelope
from tests.handlers.conftest import studied

USED = (
    "When a day of yours ends without activity, a freeze is used by itself: one for one day, two days in a row at most."
    " A frozen day keeps the run and adds nothing to it."
)


async def active(pool: Pool, *days_ago: int) -> None:
    for days in sorted(days_ago, reverse=True):
        await studied(pool, ANA, hours=1, until=NOW - timedelta(days=days))


def labels(message: dict[str, Any]) -> list[str]:
    return [button["label"] for row in message["components"] for button in row["components"]]


async def test_status_of_a_newcomer_tells_how_freezes_come(discord: FakeDiscord) -> None:
    answer = await discord.slash("freeze status")

    [embed] = answer.data["embeds"]
    assert answer.is_private
    assert embed["title"] == "What protects your run"
    assert embed["description"].splitlines() == [
        "**0** freezes at hand · **0** of 7 days in a row for the next",
        USED,
        "A vacation that begins tomorrow can last 14 days.",
    ]
    assert labels(answer.data) == ["Vacation"]


async def test_status_tells_of_a_used_freeze_and_the_calendar_shows_it(discord: FakeDiscord, pool: Pool) -> None:
    await active(pool, *range(2, 9))
    async with pool.connection() as conn:
        await process_ended_days(conn, now=NOW)

    status = await discord.slash("freeze status")
    streak = await discord.slash("streak")

    assert "Frozen in the last 30 days: Nov 20, 2026." in status.data["embeds"][0]["description"]
    assert streak.final["embeds"][0]["description"].startswith("Streak: **7 days** · longest **7 days**")
    assert "1 protected day." in streak.edits[0].payload["attachments"][0]["description"]


async def test_buy_says_kindly_that_coins_come_later(discord: FakeDiscord) -> None:
    answer = await discord.slash("freeze buy")

    assert answer.is_private
    assert answer.text.startswith("Coins come later")


async def test_freezes_are_switched_off_and_on(discord: FakeDiscord) -> None:
    off = await discord.slash("freeze auto", use="off")
    twice = await discord.slash("freeze auto", use="off")
    on = await discord.slash("freeze auto", use="on")
    again = await discord.slash("freeze auto", use="on")
    odd = await discord.slash("freeze auto", use="perhaps")

    assert off.text == "Freezes are kept and not used. /freeze auto turns them on again."
    assert twice.text.startswith("Your freezes are kept for later already.")
    assert on.text == USED
    assert again.text.startswith("Your freezes are used by themselves already.")
    assert "is not one of the choices" in odd.text


async def test_a_vacation_is_planned_and_taken_back(discord: FakeDiscord) -> None:
    planned = await discord.slash("freeze vacation", **_dates("2026-11-22", "2026-11-30"))
    status = await discord.slash("freeze status")
    discord.clock.moment += timedelta(days=1)
    resting = await discord.slash("freeze status")
    cancelled = await discord.slash("freeze vacation-cancel")
    nothing = await discord.slash("freeze vacation-cancel")

    line = "Vacation from Nov 22, 2026 to Nov 30, 2026, 9 days."
    assert planned.text.splitlines()[0] == line
    assert line in status.data["embeds"][0]["description"].splitlines()
    assert "You are on vacation until Nov 30, 2026." in resting.data["embeds"][0]["description"]
    assert cancelled.text.startswith("8 days of vacation are taken back.")
    assert nothing.text.startswith("There is no vacation ahead of you.")


@pytest.mark.parametrize("text", ["tomorrow", "2026-11", "2026-02-30", "2026-11-3x", "-1-1-1", "٢٠٢٦-11-22"])
async def test_what_is_no_date_is_told_so(discord: FakeDiscord, text: str) -> None:
    answer = await discord.slash("freeze vacation", **_dates(text, "2026-11-30"))

    assert answer.text == f'I cannot read "{text}" as a date. Write year, month and day like this: 2026-11-22.'


@pytest.mark.parametrize(
    ("first", "last", "refusal"),
    [
        ("2026-11-21", "2026-11-25", "A vacation is set ahead and can begin on 2026-11-22 or later."),
        ("2026-11-25", "2026-11-24", "That vacation would end before it begins."),
        ("2026-11-25", "2026-12-09", "A vacation lasts 1 to 14 days in a row, and this would make 15."),
        ("2028-01-01", "2028-01-02", "That is far ahead."),
    ],
)
async def test_a_vacation_that_cannot_be_is_told_why(discord: FakeDiscord, first: str, last: str, refusal: str) -> None:
    answer = await discord.slash("freeze vacation", **_dates(first, last))

    assert answer.is_private
    assert answer.text.startswith(refusal)


async def test_vacations_run_out_and_are_planned_once(discord: FakeDiscord) -> None:
    await discord.slash("freeze vacation", **_dates("2026-11-22", "2026-12-05"))

    twice = await discord.slash("freeze vacation", **_dates("2026-11-23", "2026-11-24"))
    more = await discord.slash("freeze vacation", **_dates("2026-12-07", "2026-12-14"))

    assert twice.text.startswith("Those days are vacation already.")
    assert more.text.startswith("There are 21 days of vacation in any 90 days; around these dates 7 are left.")


async def test_the_vacation_button_asks_for_the_dates(discord: FakeDiscord, pool: Pool) -> None:
    await active(pool, 0)
    streak = await discord.slash("streak")

    form = await discord.press_label(streak.final, "Vacation")
    sent = await discord.deliver(_submitted(form.data, "2026-11-25", "2026-11-26"))

    assert form.kind == 9
    assert [part["label"] for part in form.data["components"]] == ["First day", "Last day"]
    assert [part["description"] for part in form.data["components"]] == [
        "2026-11-22 or later",
        "At most 14 days from then on",
    ]
    assert sent.is_private
    assert sent.text.startswith("Vacation from Nov 25, 2026 to Nov 26, 2026, 2 days.")


async def test_the_form_suggests_a_vacation_that_is_accepted(discord: FakeDiscord) -> None:
    await discord.slash("freeze vacation", **_dates("2026-11-22", "2026-12-03"))
    discord.clock.moment += timedelta(days=12)
    status = await discord.slash("freeze status")

    form = await discord.press(PLAN.pack())
    first, last = (part["component"]["placeholder"] for part in form.data["components"])
    sent = await discord.deliver(_submitted(form.data, first, last, now=discord.clock.moment))
    used_up = await discord.slash("freeze status")

    assert "A vacation that begins tomorrow can last 2 days." in status.data["embeds"][0]["description"]
    assert (first, last) == ("2026-12-04", "2026-12-05")
    assert sent.text.startswith("Vacation from Nov 22, 2026 to Dec 5, 2026, 14 days.")
    assert "The next vacation can begin on Dec 7, 2026." in used_up.data["embeds"][0]["description"]


async def test_repair_is_offered_where_it_makes_sense(discord: FakeDiscord, pool: Pool) -> None:
    await active(pool, 4, 3, 2)
    offered = await discord.slash("streak")
    asked = await discord.press_label(offered.final, "Repair")
    under_way = await discord.slash("streak")
    again = await discord.slash("freeze repair", date="2026-11-20")
    await active(pool, 0)
    await studied(pool, ANA, hours=1, until=NOW + timedelta(days=1))
    discord.clock.moment += timedelta(days=1)
    done = await discord.slash("streak")

    assert labels(offered.final) == ["Freezes", "Vacation", "Repair"]
    assert "Your run of 3 days is saved in your record, and can go on" in offered.final["embeds"][0]["description"]
    assert asked.is_private
    assert asked.text.startswith("Your run of 3 days is being repaired: it goes on when Nov 21, 2026 and Nov 22, 2026")
    assert labels(under_way.final) == ["Freezes", "Vacation"]
    assert again.text.startswith("That repair is under way")
    assert done.final["embeds"][0]["description"].startswith("Streak: **5 days** · longest **5 days**")


async def test_a_repair_that_is_earned_already_is_done_at_once(discord: FakeDiscord, pool: Pool) -> None:
    await active(pool, 5, 4, 3, 1, 0)

    done = await discord.slash("freeze repair")
    nothing = await discord.slash("freeze repair", date="2026-11-18")

    assert done.text == "Done: Nov 19, 2026 is repaired, and your run goes through it."
    assert nothing.text.startswith("There is no run to repair now.")


async def test_a_repair_that_cannot_be_is_told_why(discord: FakeDiscord, pool: Pool) -> None:
    await active(pool, 9, 8, 6, 5, 4, 3, 1)
    discord.clock.moment -= timedelta(days=5)
    await discord.slash("freeze repair")
    discord.clock.moment += timedelta(days=5)
    await studied(pool, ANA, hours=1, until=NOW)

    recent = await discord.slash("freeze repair")
    other = await discord.slash("freeze repair", date="2026-11-17")
    odd = await discord.slash("freeze repair", date="yesterday")

    assert recent.text.startswith("A run can be repaired once in 30 days, next for a day from 2026-12-14 on.")
    assert other.text.startswith("The day that can be repaired now is 2026-11-19.")
    assert odd.text.startswith('I cannot read "yesterday" as a date.')


async def test_whoever_presses_acts_for_themselves(discord: FakeDiscord, pool: Pool) -> None:
    await active(pool, 4, 3, 2)
    streak = await discord.slash("streak")

    status = await discord.press_label(streak.final, "Freezes", by=BEN)
    repair = await discord.press_label(streak.final, "Repair", by=BEN)
    others = await discord.slash("streak", user=ANA, by=BEN)

    assert "**0** freezes at hand" in status.data["embeds"][0]["description"]
    assert repair.text.startswith("There is no run to repair now.")
    assert others.final["components"] == []
    assert "repair" not in others.final["embeds"][0]["description"]


async def test_what_was_told_late_is_said(discord: FakeDiscord, pool: Pool) -> None:
    await active(pool, *range(2, 9))
    async with pool.connection() as conn:
        await process_ended_days(conn, now=NOW)
    await active(pool, 1)

    streak = await discord.slash("streak")

    assert streak.final["embeds"][0]["description"].splitlines()[-1] == (
        "Nov 20, 2026 was told late. It counts, and your run has been put together again."
    )


def _dates(first: str, last: str) -> dict[str, Any]:
    return {"from": first, "to": last}


def _submitted(form: dict[str, Any], first: str, last: str, *, now: datetime = NOW) -> dict[str, Any]:
    fields = [
        {"type": 18, "id": number, "component": {"type": 4, "id": number + 10, "custom_id": name, "value": value}}
        for number, (name, value) in enumerate((("from", first), ("to", last)))
    ]
    return envelope(5, {"custom_id": form["custom_id"], "components": fields}, now=now)
