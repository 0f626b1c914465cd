from datetime import timedelta
from typing import Any

import pytest

from db.connection import Pool
from tests.fake_discord import ANA, BEN, GUEST, NOW, ROBOT, FakeDiscord
from tests.handlers.conftest import studied

REASON = "The *pc* was on"


async def prepare(pool: Pool) -> list[int]:
    await studied(pool, BEN, hours=1, until=NOW - timedelta(days=2))
    await studied(pool, BEN, hours=2, until=NOW - timedelta(minutes=5))
    async with pool.connection() as conn:
        rows = await (await conn.execute("SELECT session_id FROM voice_sessions ORDER BY started_at")).fetchall()
    return [number for (number,) in rows]


def unix(minutes: float) -> int:
    return int((NOW + timedelta(minutes=minutes)).timestamp())


async def test_staff_see_sessions_adjust_one_and_void_another(discord: FakeDiscord, pool: Pool) -> None:
    old, new = await prepare(pool)

    adjusted = await discord.slash("session adjust", session=new, minutes=-30, reason=REASON)
    voided = await discord.slash("session void", session=old, reason="not there")
    listed = await discord.slash("session list", user=BEN)
    profile = await discord.slash("profile", user=BEN)
    why = await discord.slash("why", by=BEN, topic="tracking")

    assert adjusted.is_private
    assert adjusted.text == (
        f"Done: the session of <@{BEN.id}> counts 1 h 30 min instead of 2 h."
        " Totals and streak follow, and it is written down."
    )
    assert voided.text.startswith(f"Done: the session of <@{BEN.id}> counts 0 min instead of 1 h.")
    assert listed.is_private
    today, staff = unix(0), f"<@{ANA.id}>"
    lines = listed.data["embeds"][0]["description"].splitlines()
    assert listed.data["embeds"][0]["title"] == "Sessions of Benny"
    assert [line.split(" · ")[-1] for line in lines] == [
        "1 h 30 min of 2 h counted",
        f"└ <t:{today}:d> {staff} took 30 min off: The \\*pc\\* was on",
        "0 min of 1 h counted",
        f"└ <t:{today}:d> {staff} voided it: not there",
    ]
    assert lines[0].startswith(f"`{new}` <t:{unix(-125)}:f> <#")
    assert "**1 h 30 min** in all" in profile.final["embeds"][0]["description"]
    told = why.data["embeds"][0]["description"]
    assert "Counted today: **1 h 30 min**." in told
    assert f"· Staff took 30 min off the session of <t:{unix(-125)}:t>: The \\*pc\\* was on" in told

    more = await discord.slash("session adjust", session=new, minutes=10, reason=REASON)
    again = await discord.slash("why", by=BEN, topic="tracking")
    assert "counts 1 h 40 min instead of 1 h 30 min." in more.text
    assert f"· Staff added 10 min to the session of <t:{unix(-125)}:t>" in again.data["embeds"][0]["description"]


async def test_what_does_not_fit_is_said(discord: FakeDiscord, pool: Pool) -> None:
    old, _ = await prepare(pool)
    asked: dict[str, Any] = {"reason": REASON}

    unknown = await discord.slash("session adjust", session=old + 99, minutes=1, **asked)
    less = await discord.slash("session adjust", session=old, minutes=-90, **asked)
    more = await discord.slash("session adjust", session=old, minutes=1, **asked)
    await discord.slash("session void", session=old, **asked)
    twice = await discord.slash("session void", session=old, **asked)
    await studied(pool, ANA, hours=1, stays=True)
    running = await discord.slash("session list", user=ANA)
    nobody = await discord.slash("session list", user=GUEST)
    robot = await discord.slash("session list", user=ROBOT)

    assert unknown.text.startswith("There is no session with that number here.")
    assert less.text == ("That session has counted 60 min, and no more can be taken. /session void takes all of it.")
    assert more.text == "That session took 60 min and has counted 60 of them. It cannot count longer than it took."
    assert twice.text == "That session counts nothing already. Nothing else to do."
    assert running.data["embeds"][0]["description"].endswith("still going on, 1 h counted so far")
    assert "has no sessions in voice yet." in nobody.text
    assert "is a bot" in robot.text


@pytest.mark.parametrize("path", ["session list", "session adjust", "session void"])
async def test_staff_alone_may(discord: FakeDiscord, pool: Pool, path: str) -> None:
    old, _ = await prepare(pool)
    options: dict[str, dict[str, Any]] = {
        "session list": {"user": BEN},
        "session adjust": {"session": old, "minutes": -1, "reason": REASON},
        "session void": {"session": old, "reason": REASON},
    }

    answer = await discord.slash(path, by=GUEST, **options[path])

    assert answer.text.startswith("This is for people who manage the server.")
    async with pool.connection() as conn:
        assert await (await conn.execute("SELECT FROM voice_adjustments")).fetchall() == []


@pytest.mark.parametrize("minutes", [1441, -1441])
async def test_minutes_that_only_another_program_could_send(discord: FakeDiscord, pool: Pool, minutes: int) -> None:
    _, new = await prepare(pool)

    answer = await discord.slash("session adjust", session=new, minutes=minutes, reason=REASON)

    assert answer.text.startswith("Lyceum no longer knows that command")
    async with pool.connection() as conn:
        assert await (await conn.execute("SELECT FROM voice_adjustments")).fetchall() == []
