from datetime import timedelta

from db.connection import Pool
from tests.fake_discord import ANA, BEN, NOW, FakeDiscord, Someone
from tests.handlers.conftest import LIBRARY, studied


async def test_now_in_a_quiet_guild_invites(discord: FakeDiscord) -> None:
    answer = await discord.slash("now")

    [embed] = answer.data["embeds"]
    assert embed["title"] == "Studying now"
    assert embed["description"] == "The rooms are quiet right now. Join a study channel and be the first."


async def test_now_shows_who_sits_where_since_when(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=2, stays=True)

    answer = await discord.slash("now", by=BEN)

    since = int((NOW - timedelta(hours=2)).timestamp())
    [embed] = answer.data["embeds"]
    assert embed["description"].strip() == f"**<#{LIBRARY}>**\nAna · <t:{since}:R> · 2 h today"
    assert embed["footer"] == {"text": "1 person"}
    assert not answer.is_private


async def test_now_hides_who_keeps_their_numbers_private(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=2, stays=True)
    await discord.slash("my visibility", who="private")

    answer = await discord.slash("now", by=BEN)

    assert "quiet" in answer.data["embeds"][0]["description"]


async def test_now_counts_whom_it_cannot_show(discord: FakeDiscord, pool: Pool) -> None:
    for number in range(11):
        await studied(pool, Someone(6_000_000_000 + number, f"m{number}"), hours=1, stays=True, is_first=number == 0)

    answer = await discord.slash("now")

    [embed] = answer.data["embeds"]
    assert embed["description"].strip().endswith("and 3 more")
    assert embed["footer"] == {"text": "11 people"}
