import pytest

from handlers import FEATURES
from handlers import help as helping
from tests.fake_discord import ANA, FakeDiscord
from wire.commands import command, group, integer, message_menu, subcommand
from wire.limits import SUGGESTIONS_MAX


async def test_help_lists_every_command(discord: FakeDiscord) -> None:
    answer = await discord.slash("help")

    [embed] = answer.data["embeds"]
    assert answer.is_private
    lines = embed["description"].splitlines()
    assert lines[:4] == [
        "Join a study channel, and your quiet time there becomes streaks, levels and cards.",
        "",
        "**/profile** · Level, time and streak of a member",
        "**Profile** · in the menu of a person, under Apps",
    ]
    assert "**/freeze repair** · Let a run go on that ended in the last two days" in lines
    assert lines[-1] == "**/help** · What Lyceum can do, and how"
    assert len(lines) - 2 == sum(len(each.paths) for feature in FEATURES for each in feature.commands)
    assert embed["footer"]["text"] == ("Time in voice counts: 15 minutes make an active day, an hour makes one XP.")


async def test_help_works_in_direct_messages(discord: FakeDiscord) -> None:
    answer = await discord.slash("help", guild=None)

    assert "**/profile**" in answer.data["embeds"][0]["description"]


@pytest.mark.parametrize("wanted", ["leaderboard", "/leaderboard", " LeaderBoard "])
async def test_help_tells_one_command_in_detail(discord: FakeDiscord, wanted: str) -> None:
    answer = await discord.slash("help", command=wanted)

    [embed] = answer.data["embeds"]
    assert embed["title"] == "/leaderboard"
    assert embed["description"].splitlines() == [
        "Who studies most here",
        "",
        "`board` (optional) · What to rank by; focus time unless you choose",
        "> Focus time · XP · Streak",
        "`period` (optional) · Which span of time; this week unless you choose",
        "> Today · This week · This month · All time",
    ]


async def test_help_names_commands_as_the_persons_discord_does(discord: FakeDiscord) -> None:
    await discord.slash("my language", language="en")

    listed = await discord.slash("help", by=ANA.speaking("ko"))
    one = await discord.slash("help", by=ANA.speaking("ko"), command="내설정 언어")

    assert "**/내설정 언어** · The language that Lyceum speaks with you" in listed.data["embeds"][0]["description"]
    assert one.data["embeds"][0]["title"] == "/내설정 언어"


async def test_every_command_can_be_asked_about(discord: FakeDiscord) -> None:
    for entry in helping.entries(each for feature in FEATURES for each in feature.commands):
        answer = await discord.slash("help", command=entry.path)

        assert answer.data["embeds"], entry


@pytest.mark.parametrize("wanted", ["nothing", "my", "**x**", "y" * 6000])
async def test_help_with_what_is_no_command(discord: FakeDiscord, wanted: str) -> None:
    answer = await discord.slash("help", command=wanted)

    assert answer.text == f"There is no command called {wanted[:100]}. /help alone lists all of them."


async def test_help_suggests_commands(discord: FakeDiscord) -> None:
    every = await discord.suggest("help", "command", "")
    found = await discord.suggest("help", "command", "/my t")
    korean = await discord.suggest("help", "command", "내설정", by=ANA.speaking("ko"))

    assert len(every) == SUGGESTIONS_MAX
    assert found == [{"name": "/my timezone · The time zone that your days and streaks go by", "value": "my timezone"}]
    assert [choice["value"] for choice in korean] == ["my timezone", "my daystart", "my language", "my visibility"]


def test_groups_and_message_menus_are_spoken_of_too() -> None:
    deep = command("a", "A", group("b", "B", subcommand("c", "C", integer("n", "N"))))

    entries = helping.entries([deep, message_menu("Star")])

    assert [entry.path for entry in entries] == ["a b c", "Star"]
