from datetime import timedelta

import pytest

from core.ids import UserId
from db.connection import Pool
from tests.fake_discord import ANA, BEN, GUILD, NOW, ROBOT, FakeDiscord, Someone
from tests.handlers.conftest import studied

PNG = b"\x89PNG\r\n\x1a\n"


async def test_profile_shows_a_card_and_the_same_facts_as_text(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=2.5)

    answer = await discord.slash("profile")

    assert answer.json == {"type": 5}
    [edit] = answer.edits
    assert edit.files["profile.png"].startswith(PNG)
    [embed] = edit.payload["embeds"]
    assert embed == {
        "title": "Ana",
        "description": "Level **1** · **2** XP, 98 to the next level\n"
        "Focus time: **2 h 30 min** today · **2 h 30 min** this week · **2 h 30 min** in all\n"
        "Streak: **1 day** · longest **1 day**\n"
        "Place **1** on the focus board",
        "color": 0xF4BC6C,
        "footer": {"text": "Here since Nov 21, 2026"},
        "image": {"url": "attachment://profile.png"},
    }
    [attachment] = edit.payload["attachments"]
    assert attachment["description"].startswith("Profile of Ana in Lyceum Commons: level 1, 2 XP.")


async def test_profile_of_somebody_else_by_option_and_by_menu(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, BEN, hours=1)

    by_option = await discord.slash("profile", user=BEN)
    by_menu = await discord.user_menu("Profile", BEN)

    assert by_option.final["embeds"][0]["title"] == "Benny"
    assert by_menu.final["embeds"] == by_option.final["embeds"]


async def test_whoever_hides_their_name_is_shown_by_the_next_one(discord: FakeDiscord, pool: Pool) -> None:
    mara = Someone(810_000_000_000_004_050, "mara_lin", None, nick="\u3164\u3164")
    await studied(pool, mara, hours=1, stays=True)

    profile = await discord.slash("profile", by=mara)
    board = await discord.slash("leaderboard", by=mara)
    month = await discord.slash("streak", by=mara)
    now = await discord.slash("now", by=mara)

    assert profile.final["embeds"][0]["title"] == month.final["embeds"][0]["title"].partition(" · ")[0] == "mara\\_lin"
    assert "mara\\_lin · 1 h" in board.final["embeds"][0]["description"]
    assert "\nmara\\_lin · <t:" in now.data["embeds"][0]["description"]
    for answer, start in ((profile, "Profile of mara_lin in "), (month, "Streak calendar of mara_lin,")):
        assert answer.edits[-1].payload["attachments"][0]["description"].startswith(start)
    assert "1. mara_lin, 1 h" in board.edits[-1].payload["attachments"][0]["description"]


async def test_a_private_profile_is_refused_under_a_name_that_can_be_seen(discord: FakeDiscord, pool: Pool) -> None:
    mara = Someone(810_000_000_000_004_050, "mara.lin", "\u2800", nick="\u200e \u200b")
    await studied(pool, mara, hours=1)
    await discord.slash("my visibility", who="private", by=mara)

    refused = await discord.slash("profile", user=mara)

    assert refused.text.startswith("mara.lin keeps their numbers private.")


async def test_profile_fetches_the_face(discord: FakeDiscord, pool: Pool) -> None:
    ana = Someone(ANA.id, "ana", "Ana", avatar="0123456789abcdef")
    await studied(pool, ana, hours=1)

    await discord.slash("profile", by=ana)

    assert discord.asked_for == [f"/avatars/{ANA.id}/0123456789abcdef.png"]


async def test_profile_of_a_newcomer_says_how_to_begin(discord: FakeDiscord) -> None:
    answer = await discord.slash("profile")

    assert answer.is_private
    assert answer.text == (
        "You have no counted time here yet. Join a study channel, and after a minute it begins to count."
    )


async def test_profile_of_somebody_who_never_came(discord: FakeDiscord) -> None:
    answer = await discord.slash("profile", user=BEN)

    assert answer.is_private
    assert answer.text == ("I haven't met this member here yet. Their profile begins with their first minute in voice.")


async def test_profile_of_somebody_without_time(discord: FakeDiscord) -> None:
    await discord.slash("now", by=BEN)

    answer = await discord.slash("profile", user=BEN)

    assert answer.text == "Benny has no counted time here yet. It begins with a minute in a study channel."


async def test_bots_have_no_profile(discord: FakeDiscord) -> None:
    answer = await discord.user_menu("Profile", ROBOT)

    assert answer.is_private
    assert answer.text == "robot is a bot, and bots do not study. Ask for a person instead."


async def test_a_private_profile_is_refused_to_others_and_shown_to_its_owner_alone(
    discord: FakeDiscord, pool: Pool
) -> None:
    await studied(pool, BEN, hours=1)
    await discord.slash("my visibility", who="private", by=BEN)

    refused = await discord.slash("profile", user=BEN)
    own = await discord.slash("profile", by=BEN)

    assert refused.text == "Benny keeps their numbers private. Ask them, or have a look at your own."
    assert refused.is_private
    assert own.json == {"type": 5, "data": {"flags": 64}}
    assert "profile.png" in own.edits[0].files


async def test_profile_works_only_in_a_guild(discord: FakeDiscord) -> None:
    answer = await discord.slash("profile", guild=None)

    assert answer.text.startswith("That works in a server")


@pytest.mark.parametrize(
    ("locale", "title"),
    [("ko", "레벨 **1**"), ("es-419", "Nivel **1**"), ("zh-TW", "等級 **1**"), ("en-GB", "Level **1**")],
)
async def test_profile_speaks_the_persons_language(discord: FakeDiscord, pool: Pool, locale: str, title: str) -> None:
    await studied(pool, ANA, hours=1)

    answer = await discord.slash("profile", by=ANA.speaking(locale))

    assert answer.final["embeds"][0]["description"].startswith(title)


@pytest.mark.parametrize("name", ["**bold** <@1>", "مها", "🦉" * 40, "x" * 32, "`; DROP TABLE members"])
async def test_profile_takes_any_name(discord: FakeDiscord, pool: Pool, name: str) -> None:
    somebody = Someone(5_000_000_009, "somebody", name)
    await studied(pool, somebody, hours=1)

    answer = await discord.slash("profile", by=somebody)

    title = answer.final["embeds"][0]["title"]
    assert "<@1>" not in title
    assert "**" not in title


async def test_names_learnt_from_an_interaction_are_kept(discord: FakeDiscord, pool: Pool) -> None:
    await discord.slash("now", by=BEN)

    async with pool.connection() as conn:
        cursor = await conn.execute(
            "SELECT username, global_name, nick FROM users JOIN members USING (user_id) WHERE guild_id = %s", (GUILD,)
        )
        assert await cursor.fetchall() == [("ben", "Ben", "Benny")]


async def test_a_press_days_later_still_finds_todays_numbers(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=1)
    discord.clock.moment = NOW + timedelta(days=3)

    answer = await discord.slash("profile")

    assert "Streak: **0 days** · longest **1 day**" in answer.final["embeds"][0]["description"]
    assert UserId(ANA.id)


async def test_the_highest_level_has_no_next_one(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=1)
    async with pool.connection() as conn:
        await conn.execute("UPDATE members SET total_seconds = %s", (2500 * 3600,))

    answer = await discord.slash("profile")

    assert answer.final["embeds"][0]["description"].startswith("Level **10**, the highest · **2,500** XP\n")
