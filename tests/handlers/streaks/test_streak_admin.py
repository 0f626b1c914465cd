from datetime import timedelta
from typing import Any

import pytest

from db.connection import Pool
from tests.fake_discord import ANA, BEN, GUEST, NOW, ROBOT, FakeDiscord
from tests.handlers.conftest import studied

GIVEN: dict[str, Any] = {"user": BEN, "date": "2026-11-20", "reason": "The *server* was away"}


async def prepare(pool: Pool) -> None:
    for days in (3, 2, 0):
        await studied(pool, BEN, hours=1, until=NOW - timedelta(days=days))


async def test_a_granted_day_joins_the_run_and_is_shown_and_written_down(discord: FakeDiscord, pool: Pool) -> None:
    await prepare(pool)

    granted = await discord.slash("streak-admin grant", **GIVEN)
    streak = await discord.slash("streak", user=BEN)
    audit = await discord.slash("streak-admin audit")

    assert granted.is_private
    assert granted.text == (
        "Nov 20, 2026 is protected for Benny. Their calendar shows it with a star, and it is written down."
    )
    assert streak.final["embeds"][0]["description"].startswith("Streak: **3 days**")
    assert "1 protected day." in streak.edits[0].payload["attachments"][0]["description"]
    assert audit.is_private
    assert audit.data["embeds"][0]["description"] == (
        f"<t:{int(NOW.timestamp())}:d> <@{ANA.id}> protected Nov 20, 2026 for <@{BEN.id}>: The \\*server\\* was away"
    )


async def test_a_grant_is_taken_back(discord: FakeDiscord, pool: Pool) -> None:
    await prepare(pool)
    nothing = await discord.slash("streak-admin revoke", **GIVEN)
    await discord.slash("streak-admin grant", **GIVEN)

    revoked = await discord.slash("streak-admin revoke", **GIVEN)
    audit = await discord.slash("streak-admin audit", user=BEN)

    assert nothing.text.startswith("Staff did not protect that day.")
    assert revoked.text == "Nov 20, 2026 is no longer protected by staff for Benny. That is written down too."
    assert [line.split()[2] for line in audit.data["embeds"][0]["description"].splitlines()] == ["took", "protected"]


async def test_staff_alone_may(discord: FakeDiscord, pool: Pool) -> None:
    """Discord hides the command from others; a server setting can show it, so we check permissions too."""
    await prepare(pool)

    answers = [await discord.slash(f"streak-admin {each}", by=GUEST, **GIVEN) for each in ("grant", "revoke", "audit")]

    assert {answer.text for answer in answers} == {
        "This is for people who manage the server. Ask one of them, and they can do it for you."
    }
    async with pool.connection() as conn:
        found = await (await conn.execute("SELECT count(*) FROM streak_acts")).fetchall()
    assert found == [(0,)]


async def test_bots_and_strangers_get_nothing_granted(discord: FakeDiscord) -> None:
    given: dict[str, Any] = GIVEN | {"user": ROBOT}

    robot = await discord.slash("streak-admin grant", **given)
    stranger = await discord.slash("streak-admin grant", **GIVEN)
    audit = await discord.slash("streak-admin audit")

    assert robot.text.startswith("robot is a bot")
    assert stranger.text.startswith("I haven't met this member here yet.")
    assert audit.text == "Staff have not protected any day here. /streak-admin grant does."


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"date": "2026-11-22"}, "Staff can protect days up to 2026-11-21, today for this member."),
        ({"date": "2026-11-19"}, "That day is active already and counts by itself."),
        ({"date": "soon"}, 'I cannot read "soon" as a date.'),
        ({"reason": "  "}, "A reason is missing."),
    ],
)
async def test_a_grant_that_cannot_be_is_told_why(
    discord: FakeDiscord, pool: Pool, given: dict[str, Any], refusal: str
) -> None:
    await prepare(pool)

    answer = await discord.slash("streak-admin grant", **(GIVEN | given))

    assert answer.is_private
    assert answer.text.startswith(refusal)


async def test_a_day_is_granted_once_and_taken_back_with_a_reason(discord: FakeDiscord, pool: Pool) -> None:
    await prepare(pool)
    await discord.slash("streak-admin grant", **GIVEN)
    wordless: dict[str, Any] = GIVEN | {"reason": " "}
    unreadable: dict[str, Any] = GIVEN | {"date": "2026"}

    twice = await discord.slash("streak-admin grant", **GIVEN)
    silent = await discord.slash("streak-admin revoke", **wordless)
    odd = await discord.slash("streak-admin revoke", **unreadable)

    assert twice.text.startswith("That day is protected already.")
    assert silent.text.startswith("A reason is missing.")
    assert odd.text.startswith('I cannot read "2026" as a date.')
