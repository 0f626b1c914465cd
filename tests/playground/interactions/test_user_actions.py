import base64
from collections.abc import Iterator
from typing import Any

import pytest

from tests.local_discord import LocalDiscord, local_discord
from tests.playground.small_app import EVERY_OPTION, SmallApp, small_app

Json = dict[str, Any]


@pytest.fixture(scope="module")
def discord(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path_factory.mktemp("discord")) as running:
        yield running


@pytest.fixture(scope="module")
def served(discord: LocalDiscord) -> Iterator[SmallApp]:
    with small_app(discord) as running:
        yield running


@pytest.fixture
def app(served: SmallApp) -> SmallApp:
    served.seen.clear()
    return served


def ask(discord: LocalDiscord, **body: object) -> Json:
    response = discord.steer("interactions", **body)
    assert response.status_code == 200, response.text
    return response.json()


def command_id(discord: LocalDiscord, name: str) -> str:
    return next(one["id"] for one in discord.state()["commands"] if one["name"] == name)


def channel_id(discord: LocalDiscord, name: str) -> str:
    return next(one["id"] for one in discord.state()["guilds"][0]["channels"] if one["name"] == name)


def role_id(discord: LocalDiscord, name: str) -> str:
    guild = discord.state()["guilds"][0]["id"]
    return next(one["id"] for one in discord.rest("GET", f"/guilds/{guild}/roles").json() if one["name"] == name)


def test_the_page_and_a_person_who_types_send_the_same_command(discord: LocalDiscord, app: SmallApp) -> None:
    mina, regular = discord.member("mina")["id"], role_id(discord, "Regular")
    files = {"notes.txt": base64.b64encode(b"hello").decode()}
    given: Json = {
        "text": "a whole: sentence",
        "whole": 3,
        "number": 1.5,
        "sure": True,
        "user": mina,
        "channel": channel_id(discord, "Library"),
        "role": regular,
        "anyone": regular,
        "file": "notes.txt",
        "board": "focus",
    }

    ask(discord, command=command_id(discord, "every"), options=given, files=files)
    ask(
        discord,
        text='/every text:"a whole: sentence" whole:3 number:1.5 sure:yes user:@mina channel:Library role:Regular '
        "anyone:Regular file:notes.txt board:집중",
        files=files,
    )

    by_id, typed = (one["data"] for one in app.seen)
    assert [option["name"] for option in by_id["options"]] == [option["name"] for option in EVERY_OPTION["options"]]
    attached = by_id["options"][8].pop("value"), typed["options"][8].pop("value")
    assert [by_id["resolved"].pop("attachments")[attached[0]]["size"]] == [5]
    assert typed["resolved"].pop("attachments")[attached[1]]["filename"] == "notes.txt"
    assert by_id == typed


def test_a_subcommand_is_run_and_completed_by_its_path(discord: LocalDiscord, app: SmallApp) -> None:
    my = command_id(discord, "my")
    completed = ask(discord, command=my, path=["timezone"], options={"zone": "seo"}, focused="zone")
    ask(discord, command=my, path=["timezone"], options={"zone": "Asia/Seoul"}, wait=False)

    assert [one["type"] for one in app.seen] == [4, 2]
    assert app.seen[0]["data"]["options"][0]["options"] == [
        {"name": "zone", "type": 3, "value": "seo", "focused": True}
    ]
    assert completed["choices"] == [{"name": "Seoul, 14:30", "value": "Asia/Seoul"}]
    assert app.seen[1]["data"]["options"] == [
        {"name": "timezone", "type": 1, "options": [{"name": "zone", "type": 3, "value": "Asia/Seoul"}]}
    ]


def test_what_is_not_finished_is_completed_as_it_is(discord: LocalDiscord, app: SmallApp) -> None:
    every = command_id(discord, "every")
    ask(discord, command=every, options={"whole": "x", "user": "1", "text": "a"}, focused="text")

    assert app.seen[0]["data"]["options"] == [
        {"name": "whole", "type": 4, "value": "x"},
        {"name": "text", "type": 3, "value": "a", "focused": True},
    ]


def test_components_are_used_by_their_custom_id(discord: LocalDiscord, app: SmallApp) -> None:
    message = ask(discord, text="/panel")["message"]["id"]
    mina = discord.member("mina")["id"]

    pressed = ask(discord, component="v1:panel:next", message=message)
    ask(discord, component="pick", message=message, values=["f", "x"])
    ask(discord, component="who", message=message, values=[mina])
    opened = ask(discord, component="form", message=message)
    ask(
        discord,
        form={"title": "Broken", "notes": "", "kind": "bug", "helpers": [mina], "agree": False},
        reply=opened["reply"],
    )

    assert pressed["message"]["content"] == "July"
    assert app.seen[2]["data"]["values"] == ["f", "x"]
    assert list(app.seen[3]["data"]["resolved"]["members"]) == [mina]
    fields = [part["component"] for part in app.seen[5]["data"]["components"]]
    assert [field.get("value", field.get("values")) for field in fields] == ["Broken", "", "bug", [mina], False]


def test_menus_work_on_the_user_and_the_message_of_that_id(discord: LocalDiscord, app: SmallApp) -> None:
    message = ask(discord, text="/now")["message"]["id"]
    noam = discord.member("noam")["id"]

    ask(discord, command=command_id(discord, "Profile"), target=noam)
    ask(discord, command=command_id(discord, "Quote"), target=message)

    assert [one["data"]["target_id"] for one in app.seen[1:]] == [noam, message]
    assert app.seen[1]["data"]["resolved"]["users"][noam]["username"] == "noam"
    assert app.seen[2]["data"]["resolved"]["messages"][message]["content"] == "Hello."


def test_discords_own_address_of_direct_messages_is_understood(discord: LocalDiscord, app: SmallApp) -> None:
    anywhere: Json = {"name": "now", "description": "Answers.", "integration_types": [0, 1]}
    now = discord.rest("POST", "/applications/1000000000000000001/commands", json=anywhere).json()["id"]

    ask(discord, command=now, guild="@me")
    group = ask(discord, text="/now", guild="private")["message"]["channel_id"]
    ask(discord, command=now, guild="@me", channel=group)

    assert [one["context"] for one in app.seen] == [1, 2, 2]


@pytest.mark.parametrize(
    ("name", "body", "field", "sentence"),
    [
        ("every", {}, "text", "/every needs text; add text:…."),
        ("every", {"options": {"text": "a", "whole": 10}}, "whole", "whole goes from 1 to 9; 10 is outside."),
        ("every", {"options": {"text": "a", "whole": True}}, "whole", 'whole is a whole number, not "True"'),
        ("every", {"options": {"text": "a", "number": "nan"}}, "number", "number goes from"),
        ("every", {"options": {"text": "a", "board": "Focus"}}, "board", "board is one of Focus or Streak, not"),
        ("every", {"options": {"text": "a", "user": "mina"}}, "user", "There is no user mina."),
        ("every", {"options": {"text": "a", "role": "1"}}, "role", "There is no role 1."),
        ("every", {"options": {"text": "a", "channel": "1"}}, "channel", "There is no channel 1."),
        ("every", {"options": {"text": "a", "anyone": "1"}}, "anyone", "There is no user 1."),
        ("every", {"options": {"txet": "a"}}, None, "/every has no option txet; try text"),
        ("every", {"options": ["a"]}, None, "Say it so:"),
        ("my", {}, None, "/my is not a command by itself; try /my timezone or /my language."),
        ("my", {"path": ["zone"]}, None, "There is no command /my zone."),
        ("admin", {"as": "mina"}, None, "김민아 may not use /admin"),
        ("Profile", {"target": "1"}, None, "Discord would refuse this. Unknown User"),
        ("Quote", {"target": "1"}, None, "No reply 1 is known"),
    ],
)
def test_mistakes_in_a_command_name_the_option(
    discord: LocalDiscord, app: SmallApp, name: str, body: Json, field: str | None, sentence: str
) -> None:
    response = discord.steer("interactions", command=command_id(discord, name), **body)

    assert response.status_code >= 400
    assert response.json()["error"].startswith(sentence)
    assert response.json().get("field") == field
    assert not app.seen


def test_mistakes_in_a_form_name_the_field(discord: LocalDiscord, app: SmallApp) -> None:
    reply = ask(discord, text="/form")["reply"]

    def mistake(**form: object) -> Json:
        return discord.steer("interactions", form=form, reply=reply).json()

    assert mistake(title="") == {"error": 'Fill in the field "Title".', "field": "title"}
    assert mistake(title="a" * 21)["field"] == "title"
    assert mistake(title="a", helpers=["1"]) == {"error": "There is no user 1.", "field": "helpers"}
    assert mistake(title="a", helpers=["1", "2"])["error"] == "Choose 1 to 1 here; these are 2."
    assert mistake(title="a", kind="Bug")["error"].startswith('"Bug" is no choice here')
    assert mistake(wat="a")["error"].startswith('The form has no field "wat"; it has title')
    assert ask(discord, form={"title": "a"}, reply=reply)["private"]
    assert mistake(title="a")["error"].startswith("No form is open")


def test_what_is_gone_or_switched_off_is_said(discord: LocalDiscord, app: SmallApp) -> None:
    message = ask(discord, text="/panel")["message"]["id"]

    def mistake(**body: object) -> str:
        return str(discord.steer("interactions", **body).json()["error"])

    assert mistake(component="off", message=message) == "That is switched off."
    assert mistake(component="Off", message=message) == 'The message has no part "Off" any more.'
    assert mistake(component="who", message=message, values=["1"]) == "There is no user 1."
    assert mistake(component="who", message=message, values=[]) == "Choose 1 to 1 here; these are 0."
    assert mistake(command="1") == "That command is not there any more; look at the list again."
    assert mistake(form="x") == 'Say what is in the fields: {"form": {"title": "Exam week"}, "reply": "1"}.'
