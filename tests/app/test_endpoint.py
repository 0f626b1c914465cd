from tests.fake_discord import FakeDiscord


async def test_a_command_is_answered(discord: FakeDiscord) -> None:
    answer = await discord.slash("echo", text="hello")

    assert answer.status == 200
    assert answer.json == {"type": 4, "data": {"content": "hello", "allowed_mentions": {"parse": []}}}
