import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.wire.conftest import Judge
from wire.command_json import Command, Localise, Option, check_name, list_json, normal, to_json
from wire.commands import (
    attachment,
    boolean,
    channel,
    command,
    group,
    integer,
    mentionable,
    message_menu,
    number,
    role,
    string,
    subcommand,
    user,
    user_menu,
)
from wire.errors import InvalidPayload, LimitExceeded, NotAllowed
from wire.objects import Context, Install

GLOBAL = "/paths/~1applications~1{application_id}~1commands/put/requestBody/content/application~1json/schema"
GUILD = (
    "/paths/~1applications~1{application_id}~1guilds~1{guild_id}~1commands/put/requestBody/content/"
    "application~1json/schema"
)
KOREAN = {
    ("command name", "streak"): "연속기록",
    ("option name", "month"): "월",
    ("choice", "Focus"): "집중",
    ("description", "Your streak"): "나의 연속 기록",
    ("command name", "Profile"): "프로필 보기",
}


def korean(context: str, text: str) -> Mapping[str, str]:
    return {"ko": KOREAN[context, text]} if (context, text) in KOREAN else {}


def english(context: str, text: str) -> Mapping[str, str]:
    return {}


EVERYTHING = command(
    "admin",
    "All there is",
    group(
        "session",
        "Sessions",
        subcommand(
            "edit",
            "Edit one",
            string("reason", "Why", required=True, min_length=0, max_length=6000),
            integer("minutes", "How many", min_value=-60, max_value=60),
            number("factor", "How much", choices=(("Half", 0.5), ("All", 1.0))),
            boolean("silent", "Say nothing"),
            user("member", "Whom"),
            channel("room", "Where", channel_types=(13, 2)),
            role("role", "As what"),
            mentionable("whom", "Who"),
            attachment("evidence", "Proof", file_types=("image", ".pdf")),
        ),
    ),
    subcommand("search", "Search", string("text", "What", autocomplete=True), integer("n", "N", choices=(("One", 1),))),
    contexts=(Context.PRIVATE_CHANNEL, Context.GUILD),
    permissions=1 << 5,
    installs=(Install.GUILD, Install.USER),
    is_nsfw=True,
)


def for_judge(shapes: list[dict[str, object]]) -> list[dict[str, object]]:
    """Permissions as numbers: Discord's file says number, its documentation string; the API accepts both."""
    return [
        {key: int(str(value)) if key == "default_member_permissions" else value for key, value in shape.items()}
        for shape in shapes
    ]


def test_a_command_with_its_languages(judge: Judge) -> None:
    streak = command(
        "streak",
        "Your streak",
        string("month", "Which month"),
        string("board", "By what", choices=(("Focus", "focus"), ("XP", "xp"))),
    )

    shape = to_json(streak, korean)

    judge(GLOBAL, [shape])
    assert shape == {
        "type": 1,
        "name": "streak",
        "name_localizations": {"ko": "연속기록"},
        "description": "Your streak",
        "description_localizations": {"ko": "나의 연속 기록"},
        "options": [
            {"type": 3, "name": "month", "name_localizations": {"ko": "월"}, "description": "Which month"},
            {
                "type": 3,
                "name": "board",
                "description": "By what",
                "choices": [
                    {"name": "Focus", "name_localizations": {"ko": "집중"}, "value": "focus"},
                    {"name": "XP", "value": "xp"},
                ],
            },
        ],
        "contexts": [0],
        "integration_types": [0],
    }


def test_every_kind_of_option_passes_discords_own_file(judge: Judge) -> None:
    shapes = list_json([EVERYTHING, user_menu("Profile"), message_menu("Star this")], korean)

    judge(GLOBAL, for_judge(shapes))
    judge(GUILD, for_judge(list_json([EVERYTHING], korean, is_global=False)))
    assert [(shape["type"], shape["name"]) for shape in shapes] == [(1, "admin"), (2, "Profile"), (3, "Star this")]
    assert shapes[1] == {
        "type": 2,
        "name": "Profile",
        "name_localizations": {"ko": "프로필 보기"},
        "contexts": [0],
        "integration_types": [0],
    }
    assert shapes[0]["contexts"] == [0, 2]
    assert shapes[0]["integration_types"] == [0, 1]
    assert shapes[0]["default_member_permissions"] == "32"


def test_paths_are_what_can_be_invoked() -> None:
    assert EVERYTHING.paths == ("admin session edit", "admin search")
    assert command("help", "Help", string("topic", "What")).paths == ("help",)
    assert user_menu("Profile").paths == ("Profile",)


def test_commands_of_one_guild_have_no_contexts() -> None:
    assert to_json(command("help", "Help"), english, is_global=False) == {
        "type": 1,
        "name": "help",
        "description": "Help",
    }


def test_normal_is_the_same_for_ours_and_for_what_discord_lists() -> None:
    ours: Any = to_json(EVERYTHING, korean)
    listed: dict[str, Any] = {
        "id": "1",
        "application_id": "2",
        "version": "3",
        "default_permission": True,
        "dm_permission": False,
        "name_localizations": None,
        "description_localizations": None,
        **json.loads(json.dumps(ours)),
        "contexts": [2, 0],
        "integration_types": [1, 0],
        "default_member_permissions": 32,
    }
    listed["options"][0]["options"][0]["options"][0]["autocomplete"] = False
    listed["options"][0]["options"][0]["options"][1]["required"] = False
    listed["options"][0]["options"][0]["options"][1]["name_localizations"] = {}

    assert normal(listed) == normal(ours)
    assert normal(normal(ours)) == normal(ours)
    assert normal(listed | {"description": "Another"}) != normal(ours)


def test_normal_keeps_languages_and_the_order_of_options() -> None:
    shape: Any = to_json(command("streak", "Your streak", string("month", "m"), string("board", "b")), korean)
    turned = {**shape, "options": shape["options"][::-1]}

    assert normal(shape)["name_localizations"] == {"ko": "연속기록"}
    assert normal(shape) != normal(turned)


def test_normal_of_a_guilds_command_drops_what_is_global_only() -> None:
    ours = to_json(user_menu("Profile"), english, is_global=False)
    listed = ours | {"guild_id": "1", "contexts": None, "integration_types": [0], "description": ""}

    assert normal(listed) == normal(ours) == {"type": 2, "name": "Profile"}


def with_options(*options: Option) -> Command:
    return command("it", "It", *options)


def translate(**texts: str) -> Localise:
    return lambda _, text: {"ko": texts[text]} if text in texts else {}


@pytest.mark.parametrize(
    ("wrong", "field", "limit", "actual"),
    [
        (command("n" * 33, "d"), "command.name", 32, 33),
        (command("", "d"), "command.name", 1, 0),
        (command("n", ""), "command.description", 1, 0),
        (command("n", "d" * 101), "command.description", 100, 101),
        (user_menu("n" * 33), "command.name", 32, 33),
        (user_menu(""), "command.name", 1, 0),
        (with_options(*(string(f"o{n}", "d") for n in range(26))), "it.options", 25, 26),
        (with_options(string("o", "d" * 101)), "option.description", 100, 101),
        (with_options(string("o", "d", choices=tuple((str(n), "v") for n in range(26)))), "o.choices", 25, 26),
        (with_options(string("o", "d", choices=(("n" * 101, "v"),))), "choice.name", 100, 101),
        (with_options(string("o", "d", choices=(("n", "v" * 101),))), "choice.value", 100, 101),
        (with_options(integer("o", "d", choices=(("n", 2**53),))), "choice.value", 2**53 - 1, 2**53),
        (with_options(string("o", "d", max_length=0)), "o.max_length", 1, 0),
        (with_options(string("o", "d", min_length=6001)), "o.min_length", 6000, 6001),
        (with_options(integer("o", "d", min_value=-(2**53))), "o.min_value", -(2**53) + 1, -(2**53)),
        (with_options(integer("o", "d", max_value=2**53)), "o.max_value", 2**53 - 1, 2**53),
        (with_options(number("o", "d", max_value=2**54)), "o.max_value", 2**53, 2**54),
        (with_options(integer("o", "d", min_value=4, max_value=3)), "o.min_value", 3, 4),
        (with_options(number("o", "d", min_value=0.5, max_value=-0.5)), "o.min_value", -0.5, 0.5),
        (with_options(string("o", "d", min_length=9, max_length=8)), "o.min_length", 8, 9),
        (with_options(attachment("o", "d", file_types=(".a",) * 11)), "o.file_types", 10, 11),
    ],
)
def test_numbers_beyond_discords_limits(wrong: Command, field: str, limit: float, actual: float) -> None:
    with pytest.raises(LimitExceeded) as refused:
        to_json(wrong, english)

    assert (refused.value.field, refused.value.limit, refused.value.actual) == (field, limit, actual)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (with_options(string("a", "d"), string("b", "d", required=True)), "it.options: must have the required"),
        (with_options(string("a", "d"), string("a", "d")), "it.options: must not be given twice"),
        (with_options(string("a", "d"), subcommand("b", "d")), "it.options: must be all subcommands"),
        (with_options(string("a", "d", autocomplete=True, choices=(("n", "v"),))), "a.autocomplete: excludes"),
        (with_options(string("a", "d", choices=(("n", "1"), ("n", "2")))), "a.choices: must not be given twice"),
        (with_options(group("g", "d")), "g: needs a subcommand"),
        (with_options(group("g", "d", string("a", "d"))), "a: cannot stand in a group"),
        (with_options(group("g", "d", group("h", "d", subcommand("s", "d")))), "h: cannot stand in a group"),
        (with_options(subcommand("s", "d", subcommand("t", "d"))), "t: cannot stand there"),
        (with_options(subcommand("s", "d", group("g", "d", subcommand("t", "d")))), "g: cannot stand there"),
        (command("Streak", "d"), "command.name: 'Streak' must be lower-case"),
        (command("my streak", "d"), "command.name: 'my streak' may hold"),
        (with_options(string("a:b", "d")), "option.name: 'a:b' may hold"),
    ],
)
def test_rules_that_discords_own_file_does_not_know(wrong: Command, error: str) -> None:
    with pytest.raises(NotAllowed, match=f"^{error}"):
        to_json(wrong, english)


@pytest.mark.parametrize(
    ("texts", "error"),
    [
        ({"it": "n" * 33}, "command.name: 33 given"),
        ({"it": "두 단어"}, "command.name: '두 단어' may hold"),
        ({"First": ""}, "option.description: 0 given"),
        ({"a": "b"}, "it.options in ko: must not be given twice"),
        ({"a": "하나", "b": "하나"}, "it.options in ko: must not be given twice"),
    ],
)
def test_translations_keep_the_rules_too(texts: dict[str, str], error: str) -> None:
    with pytest.raises(InvalidPayload, match=f"^{error}"):
        to_json(with_options(string("a", "First"), string("b", "Second")), translate(**texts))


@pytest.mark.parametrize(
    "name", ["streak", "연속기록", "año", "連續紀錄", "हिन्दी", "ภาษาไทย", "a-b_c'd", "٣", "n" * 32]
)
def test_names_in_every_script_are_fine(name: str) -> None:
    check_name("name", name)


@pytest.mark.parametrize("name", ["Año", "a b", "a.b", "🌱", "a/b", "a\u200db", "é\u0301\n", "n" * 33])
def test_names_that_discord_refuses(name: str) -> None:
    with pytest.raises(InvalidPayload):
        check_name("name", name)


def test_a_command_of_more_than_8000_characters_counts_the_longest_language() -> None:
    options = [string(f"option{n}", "d" * 95) for n in range(19)]
    fits = command("it", "d", *(subcommand(f"sub{n}", "d", *options) for n in range(4)))
    shape = to_json(fits, english)
    assert len(json.dumps(shape)) > 8000

    with pytest.raises(LimitExceeded, match=r"^it \(all text\): 8\d\d\d given, at most 8000 allowed$"):
        to_json(fits, lambda context, _text: {"es-ES": "e" * 100, "ko": "k"} if context == "description" else {})
    with pytest.raises(LimitExceeded, match=r"^it \(all text\)"):
        to_json(
            with_options(
                *(string(f"o{n}", "d", choices=tuple((f"n{m}", "v" * 13) for m in range(25))) for n in range(25))
            ),
            english,
        )


def test_a_scope_holds_so_many_commands() -> None:
    with pytest.raises(LimitExceeded, match=r"^commands: 101 given"):
        list_json((command(f"c{n}", "d") for n in range(101)), english)
    with pytest.raises(LimitExceeded, match=r"^commands: 16 given"):
        list_json((user_menu(f"c{n}") for n in range(16)), english)
    with pytest.raises(NotAllowed, match=r"^command.name: must not be given twice"):
        list_json([message_menu("a"), message_menu("a")], english)
    assert len(list_json([user_menu("a"), message_menu("a"), command("a", "d")], english)) == 3
