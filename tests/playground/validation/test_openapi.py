import copy
from pathlib import Path
from typing import Any

import pytest

from playground.validation.openapi import COMMANDS, FOLLOW_UP, Description, callback_schema
from tests.discords_file import DESCRIPTION, must_be_here, refusals
from tests.playground.small_app import COMMANDS as SMALL_COMMANDS
from tests.playground.small_app import FORM, PANEL

MESSAGE = "CreateMessageInteractionCallbackRequest"
MODAL = "ModalInteractionCallbackRequest"
BUTTON = PANEL[0]["components"][0]
SELECT = PANEL[1]["components"][0]
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"content": "x" * 5000}, "data.content: 5,000 characters are more than 2,000"),
    ({"content": 5}, "data.content: 5 is not of type string or null"),
    ({"embeds": [{}] * 11}, "data.embeds: 11 entries are more than 10"),
    ({"embeds": [{"fields": [{"name": "a"}]}]}, "data.embeds[0].fields[0]: 'value' is a required property"),
    (
        {"components": [{"type": 1, "components": [BUTTON | {"label": "x" * 81}]}]},
        "data.components[0].components[0].label: 81 characters are more than 80",
    ),
    (
        {"components": [{"type": 1, "components": [SELECT | {"options": [{"label": True, "value": "a"}]}]}]},
        "data.components[0].components[0].options[0].label: true is not of type string",
    ),
    ({"components": [{"type": 99}]}, "data.components[0].type: 99 may not stand here"),
    ({"components": ["x"]}, 'data.components[0]: "x" is not of type object'),
    (
        {"components": [{"type": 1, "components": [BUTTON | {"style": 9}]}]},
        "data.components[0].components[0].style: 9 is none of 1, 2, 3, 4, 5, 6",
    ),
]


@pytest.fixture(autouse=True)
def file() -> None:
    must_be_here()


def said(**data: Any) -> dict[str, Any]:
    return {"type": 4, "data": data}


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        (MESSAGE, said(content="Hello", components=PANEL)),
        (MODAL, {"type": 9, "data": FORM}),
        (COMMANDS, SMALL_COMMANDS),
        (COMMANDS, [{"name": "admin", "description": "Not for all.", "default_member_permissions": "32"}]),
        (FOLLOW_UP, {"content": "One more", "attachments": [{"id": 0, "description": "A card"}, {"id": "1"}]}),
    ],
)
def test_nothing_is_said_against_what_discord_takes(schema: str, sent: object) -> None:
    assert refusals(schema, sent) == []


@pytest.mark.parametrize(("data", "finding"), WRONG)
def test_what_is_wrong_is_said_at_its_place(data: dict[str, Any], finding: str) -> None:
    assert refusals(MESSAGE, said(**data)) == [finding]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    form = copy.deepcopy(FORM)
    form["title"] = "x" * 46
    form["components"][2]["component"]["options"] = []

    assert refusals(MODAL, {"type": 9, "data": form}) == [
        "data.title: 46 characters are more than 45",
        "data.components[2].component.options: 0 entries are fewer than 2",
    ]


@pytest.mark.parametrize(
    ("method", "route", "sent", "schema"),
    [
        ("POST", "/interactions/{interaction_id}/{token}/callback", {"type": 9}, MODAL),
        ("POST", "/interactions/{interaction_id}/{token}/callback", {"type": 99}, None),
        ("POST", "/interactions/{interaction_id}/{token}/callback", {"type": "9"}, None),
        ("POST", "/webhooks/{application_id}/{token}", {}, FOLLOW_UP),
        ("PUT", "/applications/{application_id}/commands", [], COMMANDS),
        ("GET", "/gateway/bot", None, None),
        ("POST", "/no/such/route", {}, None),
    ],
)
def test_each_request_has_its_schema(method: str, route: str, sent: object, schema: str | None) -> None:
    assert DESCRIPTION.schema_of(method, route, sent) == schema


@pytest.mark.parametrize(
    ("method", "route", "sent", "finding"),
    [
        ("POST", "/channels/{channel_id}/messages", {"tts": 1}, "tts: 1 is not of type boolean or null"),
        ("PATCH", "/channels/{channel_id}/messages/{message_id}", {"flags": "1"}, None),
        ("PATCH", "/webhooks/{application_id}/{token}/messages/{message_id}", {"content": []}, None),
        ("PATCH", "/guilds/{guild_id}/members/{user_id}", {"nick": 1}, None),
        ("POST", "/users/@me/channels", {"recipient_id": 1}, None),
    ],
)
def test_requests_of_every_kind_are_judged(method: str, route: str, sent: object, finding: str | None) -> None:
    schema = DESCRIPTION.schema_of(method, route, sent)

    assert schema is not None
    found = refusals(schema, sent)
    assert found == [finding] if finding else found


def test_the_type_of_an_answer_names_its_schema() -> None:
    assert callback_schema({"type": 4}) == callback_schema({"type": 5}) == MESSAGE
    assert callback_schema({}) is None


@pytest.mark.parametrize("path", [None, Path("/nowhere/openapi.json")])
def test_without_the_file_nothing_is_said(path: Path | None) -> None:
    nothing = Description(path)

    assert not nothing.is_there
    assert nothing.findings(MESSAGE, said(content=5)) == []
    assert nothing.schema_of("POST", "/channels/{channel_id}/messages", {}) is None
