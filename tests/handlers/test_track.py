from datetime import timedelta
from typing import Any

import pytest

from db.connection import Pool
from services import voice
from tests.fake_discord import ANA, GUEST, NOW, FakeDiscord
from tests.handlers.conftest import studied


async def test_the_rules_that_hold_are_told_and_chosen(discord: FakeDiscord) -> None:
    before = await discord.slash("track preset")
    chosen = await discord.slash("track preset", preset="strict")
    discord.clock.moment += timedelta(minutes=3)
    after = await discord.slash("track preset")

    assert before.is_private
    assert before.text == (
        "This server counts by **Silent library**. Everybody in voice counts, also muted, deafened or alone:"
        " up to 16 hours a day."
    )
    assert chosen.text.startswith("From <t:1795262520:t> on this server counts by **Strict**.")
    assert after.text.startswith("This server counts by **Strict**.")
    assert f"<@{ANA.id}>" in after.text


async def test_a_preview_says_who_would_change_and_a_button_counts_again(discord: FakeDiscord, pool: Pool) -> None:
    day = NOW - timedelta(days=2)
    await studied(pool, ANA, hours=2, until=day)
    asked: dict[str, Any] = {"preset": "strict", "from": f"{day:%Y-%m-%d}", "to": f"{day:%Y-%m-%d}"}

    shown = await discord.slash("track preview", **asked)
    offered = await discord.slash("track reapply", **asked)
    pressed = await discord.press_label(offered.data, "Count again")
    async with pool.connection() as conn:
        await voice.recount(conn)
        rows = await (await conn.execute("SELECT total_seconds FROM members WHERE user_id = %s", (ANA.id,))).fetchall()
    again = await discord.slash("track preview", **asked)

    assert shown.text == (
        "On those days 1 people were in voice. For **1** of them the time would change: 0 min more, 1 h 59 min less."
    )
    assert pressed.text == "Being counted again within minutes: 1 members."
    assert rows == [(60,)]
    assert again.text == "Nobody's time would change on those days."


@pytest.mark.parametrize(
    ("first", "last"), [("2026-11-21", "2026-11-21"), ("x" * 10, "y" * 10), ("2026-11-02", "2026-11-01")]
)
async def test_days_that_cannot_be_counted_again_are_refused(discord: FakeDiscord, first: str, last: str) -> None:
    asked: dict[str, Any] = {"preset": "social", "from": first, "to": last}

    answer = await discord.slash("track preview", **asked)

    assert answer.text.startswith("Only days that are over can be counted again. Choose days that are over")


@pytest.mark.parametrize("path", ["track preset", "track preview", "track reapply"])
async def test_members_are_refused_whatever_discord_let_through(discord: FakeDiscord, path: str) -> None:
    options: dict[str, Any] = (
        {} if path == "track preset" else {"preset": "social", "from": "2026-11-01", "to": "2026-11-01"}
    )

    answer = await discord.slash(path, by=GUEST, **options)

    assert answer.text.startswith("This is for people who manage the server.")
