from collections.abc import Iterator
from typing import Any

import pytest

from playground.state.fixtures import COMMUNITY
from tests.local_discord import LocalDiscord, local_discord
from tests.playground.small_app import small_app

Json = dict[str, Any]

TRANSLATED: Json = {
    "name": "streak",
    "name_localizations": {"ko": "연속", "es-ES": "racha", "en-GB": "streak-gb"},
    "description": "A calendar.",
    "description_localizations": {"ko": "달력"},
    "options": [
        {
            "type": 2,
            "name": "of",
            "name_localizations": {"ko": "의"},
            "description": "Whose.",
            "options": [
                {
                    "type": 1,
                    "name": "month",
                    "description": "Of a month.",
                    "options": [
                        {
                            "type": 4,
                            "name": "year",
                            "name_localizations": {"ko": "년"},
                            "description": "Which.",
                            "required": True,
                            "min_value": 2020,
                            "choices": [{"name": "This", "name_localizations": {"ko": "올해"}, "value": 2026}],
                        }
                    ],
                }
            ],
        }
    ],
}


@pytest.fixture(scope="module")
def discord(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path_factory.mktemp("discord")) as running, small_app(running):
        yield running


def commands(discord: LocalDiscord, **seat: str) -> Json:
    return discord.http.get("/page/commands", params=seat).raise_for_status().json()


def entities(discord: LocalDiscord, **asked: str) -> list[Json]:
    return discord.http.get("/page/entities", params=asked).raise_for_status().json()["entities"]


def names(found: list[Json]) -> list[str]:
    return [one["name"] for one in found]


def test_commands_are_listed_one_by_one_with_what_they_take(discord: LocalDiscord) -> None:
    found = commands(discord)

    assert found["app"]["name"] == "Lyceum"
    assert [one["name"] for one in found["chat"] if one["path"]] == ["my language", "my timezone"]
    assert names(found["chat"]) == sorted(names(found["chat"]))
    assert (names(found["user"]), names(found["message"])) == (["Profile"], ["Quote"])
    every = next(one for one in found["chat"] if one["name"] == "every")["options"]
    assert every[0] == {
        "name": "text",
        "called": "text",
        "description": "Words.",
        "type": 3,
        "required": True,
        "completes": False,
        "max_length": 40,
    }
    assert (every[1]["min_value"], every[1]["max_value"], every[5]["channel_types"]) == (1, 9, [2])
    assert every[9]["choices"][1] == {"called": "Streak", "value": "streak"}


@pytest.fixture
def translated(discord: LocalDiscord) -> Iterator[Json]:
    """A guild command with localized names."""
    guild = discord.state()["guilds"][0]["id"]
    path = f"/applications/1000000000000000001/guilds/{guild}/commands"
    made: Json = discord.rest("POST", path, json=TRANSLATED).raise_for_status().json()
    yield made
    discord.rest("DELETE", f"{path}/{made['id']}").raise_for_status()


def test_commands_speak_the_language_of_whoever_looks(discord: LocalDiscord, translated: Json) -> None:
    def called(locale: str) -> Json:
        return next(one for one in commands(discord, locale=locale)["chat"] if one["id"] == translated["id"])

    korean = called("ko")
    assert (korean["called"], korean["name"], korean["path"]) == ("연속 의 month", "streak of month", ["of", "month"])
    assert (korean["description"], korean["options"][0]["called"]) == ("Of a month.", "년")
    assert korean["options"][0]["choices"] == [{"called": "올해", "value": 2026}]
    assert [called(locale)["called"] for locale in ("es-419", "en-US", "de")] == [
        "racha of month",
        "streak-gb of month",
        "streak of month",
    ]


def test_what_somebody_may_not_use_is_not_listed(discord: LocalDiscord) -> None:
    def may(**seat: str) -> bool:
        return "admin" in names(commands(discord, **seat)["chat"])

    assert may(**{"as": "ada"})
    assert may(**{"as": "mateo"})
    assert not may(**{"as": "mina"})


@pytest.mark.usefixtures("translated")
def test_where_a_command_does_not_work_it_is_not_listed(discord: LocalDiscord) -> None:
    direct = commands(discord, guild="@me")

    assert "now" in names(direct["chat"])
    assert "streak of month" not in names(direct["chat"])


def test_a_banned_person_finds_no_command(discord: LocalDiscord) -> None:
    banned = COMMUNITY.banned[0].username

    assert commands(discord, **{"as": banned})["chat"] == []
    assert "is banned from" in discord.steer("messages", content="a", **{"as": banned}).json()["error"]


def test_people_roles_and_channels_are_found_by_what_is_typed(discord: LocalDiscord) -> None:
    assert [one["detail"] for one in entities(discord, kind="user", q="민")] == ["mina"]
    assert [one["detail"] for one in entities(discord, kind="user", q="MATE")] == ["mateo"]
    assert names(entities(discord, kind="user", q="oka")) == ["Ada Okafor"]
    assert names(entities(discord, kind="role", q="mod")) == ["Moderator"]
    assert names(entities(discord, kind="channel", q="work", types="2,13")) == ["Deep Work"]
    assert entities(discord, kind="channel", q="work", types="0") == []
    assert [one["kind"] for one in entities(discord, kind="mentionable", q="mo")] == ["user", "role"]
    assert len(entities(discord, kind="mentionable")) <= 25
    assert len(entities(discord, kind="role")) == 4


def test_those_whose_name_begins_so_come_first(discord: LocalDiscord) -> None:
    assert entities(discord, kind="user", q="ma")[0]["detail"] == "mateo"


def test_ids_become_names_again(discord: LocalDiscord) -> None:
    ada, mina = discord.member("ada")["id"], discord.member("mina")["id"]

    assert {one["detail"] for one in entities(discord, kind="user", ids=f"{ada},{mina}")} == {"ada", "mina"}


def test_in_a_direct_message_there_are_two_people_and_nothing_else(discord: LocalDiscord) -> None:
    assert names(entities(discord, guild="@me", kind="mentionable")) == ["Ada Okafor", "Lyceum"]
    assert entities(discord, guild="@me", kind="channel") == []


def test_an_unknown_kind_is_said(discord: LocalDiscord) -> None:
    answer = discord.http.get("/page/entities", params={"kind": "emoji"})

    assert (answer.status_code, answer.json()["error"]) == (
        400,
        "There is no kind emoji; try user, role, mentionable or channel.",
    )
