from tests.fake_discord import FakeDiscord


async def test_now_in_a_quiet_guild_invites(discord: FakeDiscord) -> None:
    answer = await discord.slash("now")

    assert answer.status == 200
    [embed] = answer.data["embeds"]
    assert embed["title"] == "Studying now"
    assert embed["description"] == "The rooms are quiet right now. Join a study channel and be the first."
