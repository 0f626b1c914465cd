from datetime import timedelta

import pytest

from db.connection import Pool
from tests.fake_discord import ANA, FakeDiscord

MIDNIGHT = "<t:1795305600:f>"


async def test_settings_are_told_privately_before_anything_was_chosen(discord: FakeDiscord) -> None:
    timezone = await discord.slash("my timezone")
    language = await discord.slash("my language")
    visibility = await discord.slash("my visibility")

    assert all(answer.is_private for answer in (timezone, language, visibility))
    assert timezone.text.splitlines() == [
        "Your time zone is **UTC · 12:00 · UTC**.",
        "Your day starts at **00:00**.",
        "That is how this server is set; /my timezone and /my daystart change it for you.",
    ]
    assert (await discord.slash("my daystart")).text == timezone.text
    assert language.text == "I answer you in the language of your Discord, here English."
    assert visibility.text == ("Everyone in this server can see your numbers: on boards, on your cards and in /now.")


async def test_a_time_zone_holds_from_a_new_day_on(discord: FakeDiscord) -> None:
    answer = await discord.slash("my timezone", zone="Asia/Seoul")
    waiting = await discord.slash("my timezone")
    discord.clock.moment += timedelta(days=1)
    later = await discord.slash("my timezone")

    assert answer.text.splitlines() == [
        f"From {MIDNIGHT} on your time zone is **Seoul · 21:00 · UTC+9** and your day starts at **00:00**.",
        "Until then your days are those of UTC · 12:00 · UTC and start at 00:00. Days that are over stay as they were.",
    ]
    assert waiting.text.splitlines()[-2:] == [
        f"From {MIDNIGHT} on it is Seoul · 21:00 · UTC+9, with days that start at 00:00.",
        "Until then you can choose another, or take it back by choosing what you have now.",
    ]
    assert later.text.splitlines()[0] == "Your time zone is **Seoul · 21:00 · UTC+9**."


async def test_a_city_that_was_typed_and_not_chosen_is_understood(discord: FakeDiscord) -> None:
    answer = await discord.slash("my timezone", zone="seoul")

    assert "**Seoul · 21:00 · UTC+9**" in answer.text


async def test_what_may_mean_several_zones_is_asked_and_not_guessed(discord: FakeDiscord) -> None:
    asked = await discord.slash("my timezone", zone="CST")
    left = await discord.slash("my timezone")
    [row] = asked.data["components"]
    [select] = row["components"]
    answer = await discord.choose(select["custom_id"], "America/Chicago")

    assert asked.is_private
    assert asked.text == '"CST" can be more than one time zone. Which one is yours?'
    labels = {option["value"]: option["label"] for option in select["options"]}
    assert {"America/Chicago", "Asia/Shanghai", "Asia/Taipei"} <= set(labels)
    assert labels["America/Chicago"] == "Chicago · 06:00 · UTC−6"
    assert left.text.startswith("Your time zone is **UTC")
    assert answer.kind == 7
    assert "your time zone is **Chicago · 06:00 · UTC−6**" in answer.text
    assert answer.data["components"] == []


@pytest.mark.parametrize("text", ["PT", "seo", "14:00", "UTC+9", "MST", "gypt"])
async def test_what_merely_fits_changes_nothing(discord: FakeDiscord, text: str) -> None:
    answer = await discord.slash("my timezone", zone=text)

    assert "can be more than one time zone" in answer.text
    assert (await discord.slash("my timezone")).text.startswith("Your time zone is **UTC")


async def test_an_unknown_time_zone_is_told_what_to_do(discord: FakeDiscord) -> None:
    answer = await discord.slash("my timezone", zone="Atlantis")

    assert answer.is_private
    assert answer.text.startswith('I know no time zone "Atlantis".')


async def test_an_unknown_time_zone_as_long_as_discord_allows_is_not_repeated_in_full(discord: FakeDiscord) -> None:
    answer = await discord.slash("my timezone", zone="x" * 6000)

    assert answer.text.startswith(f'I know no time zone "{"x" * 40}".')


async def test_a_time_zone_changes_once_in_a_week(discord: FakeDiscord) -> None:
    await discord.slash("my timezone", zone="Asia/Seoul")
    discord.clock.moment += timedelta(days=1)
    answer = await discord.slash("my timezone", zone="Europe/Madrid")

    assert answer.text.startswith("Your time zone can change once in seven days")


@pytest.mark.parametrize(
    ("typed", "zone", "label"),
    [("seo", "Asia/Seoul", "Seoul · 21:00 · UTC+9"), ("21:00", "Asia/Seoul", "Seoul · 21:00 · UTC+9")],
)
async def test_zones_are_suggested_by_city_and_by_clock(
    discord: FakeDiscord, typed: str, zone: str, label: str
) -> None:
    choices = await discord.suggest("my timezone", "zone", typed)

    assert choices[0] == {"name": label, "value": zone}
    assert len(choices) <= 25


async def test_zones_are_suggested_in_the_persons_language(discord: FakeDiscord) -> None:
    choices = await discord.suggest("my timezone", "zone", "서울", by=ANA.speaking("ko"))

    assert choices[0]["name"].startswith("서울 · ")


async def test_a_day_start_holds_from_a_new_day_on(discord: FakeDiscord) -> None:
    answer = await discord.slash("my daystart", hour=4)

    assert answer.text.splitlines()[0] == (
        "From <t:1795320000:f> on your time zone is **UTC · 12:00 · UTC** and your day starts at **04:00**."
    )


@pytest.mark.parametrize("hour", [-5, 7, 10**9])
async def test_a_day_start_outside_the_night_is_refused(discord: FakeDiscord, hour: int) -> None:
    answer = await discord.slash("my daystart", hour=hour)

    assert answer.text.startswith("A day can start between 00:00 and 06:00")


async def test_the_chosen_language_wins_over_discords(discord: FakeDiscord) -> None:
    chosen = await discord.slash("my language", language="es")
    quiet = await discord.slash("now")
    unknown = await discord.slash("gone")
    automatic = await discord.slash("my language", language="auto")

    assert chosen.text.startswith("Te respondo en Español")
    assert quiet.data["embeds"][0]["title"] == "Estudiando ahora"
    assert unknown.text.startswith("Lyceum no longer")  # no database read for a component that no feature handles
    assert automatic.text == "I answer you in the language of your Discord, here English. This holds from now on."


@pytest.mark.parametrize("path", ["my language", "my visibility"])
async def test_a_value_that_is_no_choice_is_refused(discord: FakeDiscord, path: str) -> None:
    answer = await discord.slash(path, language="tlh", who="nobody")

    assert "is not one of the choices" in answer.text


async def test_privacy_is_kept_and_taken_back(discord: FakeDiscord, pool: Pool) -> None:
    private = await discord.slash("my visibility", who="private")
    stored = await _visibility(pool)
    public = await discord.slash("my visibility", who="public")

    assert private.text == (
        "Only you can see your numbers. You are on no board and not in /now; your cards come to you alone. "
        "This holds from now on."
    )
    assert stored == "private"
    assert public.text.startswith("Everyone in this server can see your numbers")
    assert await _visibility(pool) == "public"


async def _visibility(pool: Pool) -> str:
    async with pool.connection() as conn:
        cursor = await conn.execute("SELECT visibility FROM members WHERE user_id = %s", (ANA.id,))
        [(value,)] = await cursor.fetchall()
        return value


async def test_a_journey_over_the_date_line_skips_a_protected_date(discord: FakeDiscord) -> None:
    await discord.slash("my timezone", zone="Pacific/Pago_Pago")
    discord.clock.moment += timedelta(days=8)

    answer = await discord.slash("my timezone", zone="Pacific/Kiritimati")

    assert answer.text.splitlines()[-1] == (
        "The change skips Nov 30, 2026. That day is protected and breaks no streak."
    )


async def test_a_move_that_leaves_little_of_a_day_says_that_the_day_is_protected(discord: FakeDiscord) -> None:
    await discord.slash("my timezone", zone="America/Los_Angeles")
    discord.clock.moment += timedelta(days=8)

    answer = await discord.slash("my timezone", zone="Asia/Seoul")

    assert answer.text.splitlines()[-1] == (
        "The change leaves only 7 h of Nov 30, 2026. That day is protected and breaks no streak."
    )


async def test_a_short_day_that_cannot_be_protected_is_told_so(discord: FakeDiscord) -> None:
    await discord.slash("my timezone", zone="America/Los_Angeles")
    for zone in ("Asia/Seoul", "America/Los_Angeles", "Asia/Seoul", "America/Los_Angeles", "Asia/Seoul"):
        discord.clock.moment += timedelta(days=7)
        answer = await discord.slash("my timezone", zone=zone)

    assert answer.text.splitlines()[-1] == (
        "The change leaves only 7 h of Dec 27, 2026, and that day is not protected:"
        " a change can protect two days in 30. Study on it, and your run goes on."
    )


async def test_a_change_that_waits_can_be_replaced_and_taken_back(discord: FakeDiscord) -> None:
    await discord.slash("my timezone", zone="Asia/Seoul")
    replaced = await discord.slash("my timezone", zone="Europe/Madrid")
    withdrawn = await discord.slash("my timezone", zone="UTC")
    left = await discord.slash("my timezone")

    assert "**Madrid · 13:00 · UTC+1**" in replaced.text
    assert withdrawn.text == (
        "The change that was waiting is taken back."
        " Your time zone stays **UTC · 12:00 · UTC** and your day starts at **00:00**."
    )
    assert left.text.splitlines()[-1].startswith("That is how this server is set")
