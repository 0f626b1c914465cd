from datetime import timedelta
from typing import Any

import pytest

from db.connection import Pool
from tests.fake_discord import ANA, FakeDiscord
from tests.handlers.conftest import studied

NINE = 1_795_285_800  # 2026-11-21 18:30 UTC


async def test_a_timestamp_can_be_copied_in_every_style(discord: FakeDiscord) -> None:
    answer = await discord.slash("tools timestamp", when="18:30")

    assert answer.is_private
    assert answer.text.splitlines() == [
        "Copy one, and everybody reads it in their own time. I went by UTC · 12:00 · UTC.",
        *(f"`<t:{NINE}:{style}>` <t:{NINE}:{style}>" for style in "tTdDfFR"),
    ]


async def test_a_timestamp_goes_by_the_zone_that_is_named_or_the_persons_own(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=1)
    await discord.slash("my timezone", zone="Asia/Seoul")
    discord.clock.moment += timedelta(days=2)
    own = await discord.slash("tools timestamp", when="2026-12-01 09:00")
    named = await discord.slash("tools timestamp", when="2026-12-01 09:00", zone="Madrid")

    assert "I went by Seoul" in own.text
    assert "<t:1796083200:F>" in own.text
    assert "I went by Madrid" in named.text
    assert "<t:1796112000:F>" in named.text


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ({"when": "soon"}, 'I cannot read "soon" as a time. Write it like 18:30, 2026-11-22 18:30 or 2h 30m.'),
        ({"when": "18:30", "zone": "PT"}, '"PT" can be one of several time zones: Los Angeles · 04:00 · UTC−8, '),
        ({"when": "18:30", "zone": "Atlantis"}, 'I know no time zone "Atlantis".'),
    ],
)
async def test_what_cannot_be_read_is_told_so(discord: FakeDiscord, options: dict[str, Any], refusal: str) -> None:
    answer = await discord.slash("tools timestamp", by=ANA, guild=None, **options)

    assert answer.text.startswith(refusal)


async def test_the_time_elsewhere_is_told_beside_ones_own(discord: FakeDiscord) -> None:
    ahead = await discord.slash("tools time", zone="Asia/Kolkata")
    behind = await discord.slash("tools time", zone="America/Lima")
    same = await discord.slash("tools time", zone="Africa/Abidjan")

    assert ahead.text == "In **Kolkata** it is **17:30** on Nov 21, 2026. That is 5 h 30 min ahead of UTC."
    assert behind.text == "In **Lima** it is **07:00** on Nov 21, 2026. That is 5 h behind UTC."
    assert same.text == "In **Abidjan** it is **12:00** on Nov 21, 2026. The clocks show the same in UTC."
    assert ahead.is_private


async def test_zones_are_suggested(discord: FakeDiscord) -> None:
    for path in ("tools time", "tools timestamp"):
        found = await discord.suggest(path, "zone", "seou")

        assert found[0]["value"] == "Asia/Seoul"


async def test_tools_work_in_direct_messages_and_in_other_languages(discord: FakeDiscord) -> None:
    answer = await discord.slash("tools time", by=ANA.speaking("ko"), guild=None, zone="Asia/Seoul")

    assert answer.text == "**서울**은(는) 지금 2026. 11. 21. **21:00**이에요. UTC보다 9시간 빨라요."
