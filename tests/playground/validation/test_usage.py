from typing import Any

import pytest

from playground.validation.usage import Use, of_callback, of_choices, of_commands, of_message, of_modal
from tests.playground.small_app import COMMANDS, FORM, PANEL

Json = dict[str, Any]


def told(uses: list[Use]) -> dict[str, tuple[int, int]]:
    return {use.what: (use.used, use.limit) for use in uses}


def test_an_ordinary_message() -> None:
    embed: Json = {"title": "t" * 20, "description": "d" * 100, "fields": [{"name": "n", "value": "v" * 10}] * 2}
    embed |= {"footer": {"text": "f" * 5}, "author": {"name": "a" * 4}}
    message: Json = {"content": "June", "embeds": [embed, {"title": "x"}], "components": PANEL}

    assert told(of_message(message, [5, 70])) == {
        "content characters": (4, 2000),
        "embeds": (2, 10),
        "embed characters": (152, 6000),
        "fields of one embed": (2, 25),
        "rows": (3, 5),
        "buttons of one row": (5, 5),
        "longest custom id": (13, 100),
        "options of one menu": (2, 25),
        "attachments": (2, 10),
        "largest file": (70, 10 * 1024 * 1024),
    }


def test_texts_near_their_limit_are_named_with_their_place() -> None:
    embed: Json = {
        "title": "t" * 250,
        "description": "d" * 3000,
        "fields": [{"name": "n", "value": "v"}, {"name": "n" * 257, "value": "v" * 1024}],
    }

    near = [use for use in of_message({"embeds": [embed]}) if use.where]

    assert [(use.where, use.used, use.tone) for use in near] == [
        ("embeds[0].title", 250, "near"),
        ("embeds[0].fields[1].name", 257, "over"),
        ("embeds[0].fields[1].value", 1024, "near"),
    ]


def test_a_layout_counts_what_is_nested() -> None:
    section: Json = {"type": 9, "components": [{"type": 10, "content": "abc"}], "accessory": {"type": 11}}
    layout: Json = {
        "flags": 32768,
        "components": [{"type": 17, "components": [section, {"type": 10, "content": "de"}]}],
    }

    assert told(of_message(layout)) == {"components": (5, 40), "text characters": (5, 4000)}


def test_a_poll() -> None:
    poll: Json = {"question": {"text": "Why?"}, "answers": [{"poll_media": {"text": "Because"}}, {}]}

    assert told(of_message({"poll": poll})) == {
        "poll question": (4, 300),
        "poll answers": (2, 10),
        "longest poll answer": (7, 55),
    }


def test_a_message_as_it_stands_knows_its_files() -> None:
    assert told(of_message({"attachments": [{"size": 12}, {"id": "0"}]})) == {
        "attachments": (1, 10),
        "largest file": (12, 10 * 1024 * 1024),
    }


def test_a_form() -> None:
    assert told(of_modal(FORM)) == {
        "title characters": (6, 45),
        "parts": (5, 5),
        "longest label": (7, 45),
        "longest custom id": (9, 100),
    }


def test_choices() -> None:
    assert told(of_choices({"choices": [{"name": "Seoul", "value": "Asia/Seoul"}, {"name": "x", "value": 1}]})) == {
        "choices": (2, 25),
        "longest choice": (5, 100),
        "longest value": (10, 100),
    }
    assert told(of_choices({})) == {"choices": (0, 25)}


def test_a_list_of_commands_names_its_largest() -> None:
    uses = of_commands([*COMMANDS, "broken"])

    assert told(uses) == {
        "commands": (len(COMMANDS) - 2, 100),
        "user menu commands": (1, 15),
        "message menu commands": (1, 15),
        "characters of one command": (187, 8000),
        "options of one command": (10, 25),
    }
    assert next(use.where for use in uses if use.where) == "every"


@pytest.mark.parametrize(
    ("answer", "first"),
    [
        ({"type": 8, "data": {"choices": []}}, ["choices"]),
        ({"type": 9, "data": {"title": "x"}}, ["title characters", "parts"]),
        ({"type": 4, "data": {"content": "x"}}, ["content characters"]),
        ({"type": 6}, []),
        ({"type": 4, "data": {"content": 5, "embeds": "no", "components": [5], "poll": {}}}, ["rows"]),
    ],
)
def test_answers_are_counted_by_their_type(answer: Json, first: list[str]) -> None:
    assert [use.what for use in of_callback(answer)] == first


@pytest.mark.parametrize(("used", "tone"), [(79, "fine"), (80, "near"), (100, "near"), (101, "over")])
def test_the_tone_says_when_to_look(used: int, tone: str) -> None:
    assert Use("x", used, 100).tone == tone
