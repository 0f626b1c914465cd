import base64
from collections.abc import Iterator
from typing import Any

import pytest

from tests.discords_file import must_fit
from tests.local_discord import LocalDiscord
from tests.playground.small_app import PNG, SmallApp, small_app

Json = dict[str, Any]


@pytest.fixture
def app(discord: LocalDiscord) -> Iterator[SmallApp]:
    with small_app(discord) as running:
        yield running


def ask(discord: LocalDiscord, **body: object) -> Json:
    response = discord.steer("interactions", **body)
    assert response.status_code == 200, response.text
    return response.json()


def puzzled(discord: LocalDiscord, **body: object) -> str:
    response = discord.steer("interactions", **body)
    assert response.status_code >= 400
    return str(response.json()["error"])


def test_a_command_carries_what_discord_sends(discord: LocalDiscord, app: SmallApp) -> None:
    reply = ask(discord, text="/now", **{"as": "mina"})

    sent = app.seen[0]
    assert reply["request"] == sent
    assert reply["message"]["content"] == "Hello."
    assert reply["response"]["type"] == 4
    assert reply["problems"] == []
    assert not reply["private"]
    assert sent["member"]["user"]["username"] == "mina"
    assert (sent["locale"], sent["guild_locale"], sent["context"], sent["version"]) == ("ko", "en-US", 0, 1)
    assert sent["authorizing_integration_owners"] == {"0": sent["guild_id"]}
    assert sent["attachment_size_limit"] == 10 * 1024 * 1024
    assert int(sent["member"]["permissions"]) & 1 << 31
    assert reply["message"]["interaction_metadata"]["user"]["username"] == "mina"


def test_every_option_type_is_typed_and_resolved(discord: LocalDiscord, app: SmallApp) -> None:
    words = (
        '/every text:"a whole: sentence" whole:3 number:1.5 sure:yes user:@노암 channel:Deep Work role:Regular '
        "anyone:@ada file:notes.txt board:집중"
    ).replace("@노암", "@noam")
    ask(discord, text=words, files={"notes.txt": base64.b64encode(b"hello").decode()})

    data = app.seen[0]["data"]
    values = {option["name"]: option["value"] for option in data["options"]}
    noam, ada = discord.member("noam")["id"], discord.member("ada")["id"]
    assert (values["text"], values["whole"], values["number"], values["sure"]) == ("a whole: sentence", 3, 1.5, True)
    assert (values["user"], values["anyone"], values["board"]) == (noam, ada, "focus")
    assert set(data["resolved"]) == {"users", "members", "roles", "channels", "attachments"}
    assert set(data["resolved"]["users"]) == {noam, ada}
    assert "user" not in data["resolved"]["members"][noam]
    assert data["resolved"]["channels"][values["channel"]]["name"] == "Deep Work"
    assert data["resolved"]["attachments"][values["file"]]["size"] == 5


def test_a_deferred_picture_arrives_with_its_file(discord: LocalDiscord, app: SmallApp) -> None:
    reply = ask(discord, text="/files", **{"as": "somchai"})

    file = reply["message"]["attachments"][0]
    assert reply["private"]
    assert reply["message"]["flags"] == 64
    assert (file["filename"], file["description"], file["width"]) == ("card.png", "A card", 1)
    assert reply["message"]["embeds"][0]["image"]["url"] == file["url"]
    assert discord.http.get(file["url"]).content == PNG
    assert [entry["what"] for entry in reply["timeline"]][-1] == "the deferred message arrived"
    assert discord.http.get(f"/playground/replies/{reply['message']['id']}").json()["reply"] == reply["reply"]


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("/silent", "No answer within 3 seconds"),
        ("/long", "data.content: Must be 2000 or fewer in length."),
        ("/broken", "type: Value must be one of {4, 5, 9, 10}."),
        ("/twice", "Answered twice"),
        ("/down", "The app answered HTTP 500"),
    ],
)
def test_what_discord_would_refuse_is_said_in_plain_words(
    discord: LocalDiscord, app: SmallApp, command: str, problem: str
) -> None:
    reply = ask(discord, text=command)

    assert problem in reply["problems"][0]


def test_an_answer_over_the_callback_counts(discord: LocalDiscord, app: SmallApp) -> None:
    reply = ask(discord, text="/callback")

    assert (reply["message"]["content"], reply["response"]["status"]) == ("Posted.", 202)
    assert not reply["problems"]


def test_buttons_menus_and_forms_follow_each_other(discord: LocalDiscord, app: SmallApp) -> None:
    first = ask(discord, text="/panel")

    pressed = ask(discord, press="next month")
    picked = ask(discord, select="Board", values=["Focus", "x"])
    member = ask(discord, select="who", values=["@mateo"], reply=first["reply"])
    quiet = ask(discord, press="🔥")
    opened = ask(discord, press="Form")
    thanked = ask(discord, submit={"title": "Broken", "Kind": "Bug", "helpers": "ada", "Agree": True})

    assert pressed["message"]["id"] == first["message"]["id"]
    assert pressed["message"]["content"] == "July"
    assert app.seen[1]["data"]["custom_id"] == "v1:panel:next"
    assert app.seen[1]["message"]["content"] == "June"
    assert picked["message"]["content"] == "July f,x"
    assert list(app.seen[3]["data"]["resolved"]["users"]) == app.seen[3]["data"]["values"]
    assert member["message"]["content"].startswith("July ")
    assert quiet["message"]["content"] == "Here it is."
    assert opened["modal"]["title"] == "Report"
    assert thanked["private"]
    fields = [part["component"] for part in app.seen[-1]["data"]["components"]]
    assert fields[0]["value"] == "Broken"
    assert fields[1]["value"] == "none"
    assert fields[2]["value"] == "bug"
    assert fields[3]["values"] == [discord.member("ada")["id"]]
    assert fields[4]["value"] is True
    assert app.seen[-1]["message"]["id"] == first["message"]["id"]


def test_an_answer_says_what_it_answers_as_discord_does(discord: LocalDiscord, app: SmallApp) -> None:
    panel = ask(discord, text="/panel")["message"]
    ask(discord, press="Form")
    thanked = ask(discord, submit={"title": "x"})["message"]
    ask(discord, text="/form")
    sent = ask(discord, submit={"title": "x"})["message"]
    on_person = ask(discord, user_menu="profile", target="Mateo García")["message"]
    on_message = ask(discord, message_menu="Quote")["message"]

    assert (panel["type"], "message_reference" in panel) == (20, False)
    assert (thanked["type"], thanked["message_reference"]["message_id"]) == (19, panel["id"])
    pressed = thanked["interaction_metadata"]["triggering_interaction_metadata"]
    assert (pressed["type"], pressed["interacted_message_id"]) == (3, panel["id"])
    assert (sent["type"], sent["interaction_metadata"]["triggering_interaction_metadata"]["type"]) == (20, 2)
    assert on_person["interaction_metadata"]["target_user"]["username"] == "mateo"
    assert (on_message["type"], on_message["interaction_metadata"]["target_message_id"]) == (23, on_person["id"])
    for message in (panel, thanked, sent, on_person, on_message):
        must_fit(message, "MessageResponse")


def test_what_is_sent_is_made_of_what_discord_describes(discord: LocalDiscord, app: SmallApp) -> None:
    ask(discord, text="/panel")
    ask(discord, press="Next month")

    sent = app.seen[1]
    must_fit(sent["member"], "GuildMemberResponse")
    must_fit(sent["member"]["user"], "UserResponse")
    must_fit(sent["message"], "MessageResponse")


def test_menus_on_people_and_messages(discord: LocalDiscord, app: SmallApp) -> None:
    ask(discord, text="/now")
    ask(discord, user_menu="profile", target="Mateo García")
    ask(discord, message_menu="Quote")

    on_person, on_message = app.seen[1]["data"], app.seen[2]["data"]
    assert on_person["target_id"] in on_person["resolved"]["members"]
    assert on_message["resolved"]["messages"][on_message["target_id"]]["content"] == "Hello."


def test_completion_shows_choices(discord: LocalDiscord, app: SmallApp) -> None:
    reply = ask(discord, autocomplete="/my timezone zone:14:3")

    option = app.seen[0]["data"]["options"][0]["options"][0]
    assert app.seen[0]["type"] == 4
    assert option == {"name": "zone", "type": 3, "value": "14:3", "focused": True}
    assert reply["choices"] == [{"name": "Seoul, 14:30", "value": "Asia/Seoul"}]


def test_a_direct_message_has_no_member(discord: LocalDiscord, app: SmallApp) -> None:
    ask(discord, text="/now", guild="DM")

    assert "member" not in app.seen[0]
    assert app.seen[0]["user"]["username"] == "ada"
    assert app.seen[0]["context"] == 1


def test_buttons_that_cannot_be_pressed_say_why(discord: LocalDiscord, app: SmallApp) -> None:
    ask(discord, text="/panel")

    assert puzzled(discord, press="Off") == "The button Off is switched off."
    assert puzzled(discord, press="Site") == "The button Site opens https://example.org and sends nothing."
    assert puzzled(discord, press="Nxt", **{"as": "ada"}) == (
        'No button here is called "Nxt"; there are Next month, Off, Site, Form or 🔥.'
    )


def test_a_private_reply_is_its_readers_alone(discord: LocalDiscord, app: SmallApp) -> None:
    secret = ask(discord, text="/secret")

    assert secret["private"]
    assert puzzled(discord, press="x", reply=secret["reply"], **{"as": "mina"}).startswith("That reply is private")
    channel, message = secret["message"]["channel_id"], secret["message"]["id"]
    assert discord.rest("GET", f"/channels/{channel}/messages/{message}").json()["code"] == 10008


def test_the_latest_reply_that_has_the_button_is_pressed(discord: LocalDiscord, app: SmallApp) -> None:
    first, second = ask(discord, text="/panel"), ask(discord, text="/panel")
    ask(discord, text="/now")

    pressed = ask(discord, press="Next month")
    earlier = ask(discord, press="next", message=first["message"]["id"])

    assert pressed["message"]["id"] == second["message"]["id"]
    assert earlier["message"]["id"] == first["message"]["id"]


def test_a_press_that_names_replies_stays_with_them(discord: LocalDiscord, app: SmallApp) -> None:
    panel, now = ask(discord, text="/panel"), ask(discord, text="/now")

    assert puzzled(discord, press="Next month", reply=now["reply"]) == "That reply has no buttons."
    assert puzzled(discord, select="Board", values=["Focus"], reply=[now["reply"]]).startswith("That reply has no menu")
    pressed = ask(discord, press="Next month", reply=[now["reply"], panel["reply"]])
    opened = ask(discord, press="Form", reply=panel["reply"])
    assert puzzled(discord, press="Form", reply=opened["reply"]) == "That reply has no buttons."
    sent = ask(discord, submit={"title": "x"}, reply=[now["reply"], opened["reply"]])

    assert pressed["message"]["id"] == panel["message"]["id"]
    assert sent["message"]["content"] == "Thank you."


def test_a_mentioned_role_and_a_bare_text_are_understood(discord: LocalDiscord, app: SmallApp) -> None:
    ask(discord, text="/every text:x anyone:Moderator")
    ask(discord, text="/my timezone Asia/Seoul")
    ask(discord, text="/my language", channel="smalltalk", locale="es-ES")

    assert list(app.seen[0]["data"]["resolved"]) == ["roles"]
    assert app.seen[1]["data"]["options"][0]["options"] == [{"name": "zone", "type": 3, "value": "Asia/Seoul"}]
    assert (app.seen[2]["locale"], app.seen[2]["channel"]["name"]) == ("es-ES", "smalltalk")
    assert app.seen[2]["data"]["options"] == [{"name": "language", "type": 1, "options": []}]


def test_before_any_command_is_known_the_next_step_is_named(discord: LocalDiscord) -> None:
    assert puzzled(discord, text="/profile").startswith("The app has not registered any commands yet")
