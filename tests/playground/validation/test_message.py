from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.errors import Form, Refusal
from playground.http_log import multipart
from playground.interactions import component_actions, modal_values
from playground.interactions.entity_resolver import ByName
from playground.interactions.payloads import Resolved
from playground.state.fixtures import COMMUNITY
from playground.state.lookup import NotFound, find_channel, find_guild, find_member, listed, nearest
from playground.state.state import Message, World
from playground.validation import message as check_message
from playground.validation.commands import check_list
from playground.validation.components import check_modal
from playground.validation.fields import Fields
from playground.validation.message import Before
from playground.validation.upload import Upload

Json = dict[str, Any]

WORDS = [
    "content",
    "embeds",
    "components",
    "attachments",
    "flags",
    "allowed_mentions",
    "poll",
    "type",
    "custom_id",
    "label",
    "style",
    "options",
    "value",
    "name",
    "title",
    "description",
    "fields",
    "id",
    "accessory",
    "media",
    "url",
    "items",
    "component",
    "emoji",
    "parse",
    "users",
    "image",
    "choices",
    "required",
    "min_values",
    "max_values",
    "name_localizations",
    "contexts",
    "channel_types",
    "filename",
    "timestamp",
    "question",
    "answers",
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 40) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6),
    max_leaves=25,
)
BODIES = st.dictionaries(st.sampled_from(WORDS), ANYTHING, max_size=8)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BODIES)
def test_any_message_is_taken_or_refused(body: Json) -> None:
    with suppress(Refusal):
        check_message.check(body, {0: Upload("a.png", "image/png", b"")}, Before())


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BODIES)
def test_any_modal_is_taken_or_refused(body: Json) -> None:
    check_modal(Fields(Form(), (), body))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(BODIES, max_size=4))
def test_any_command_is_taken_or_refused(body: list[Any]) -> None:
    with suppress(Refusal):
        check_list(body, in_guild=False)


def test_a_refusal_names_the_place_in_plain_words() -> None:
    form = Form()
    form.too_long(("embeds", 0, "title"), 256)
    form.required(("data",))

    with pytest.raises(Refusal) as caught:
        form.check()

    assert caught.value.plainly() == (
        "Invalid Form Body: embeds.0.title: Must be 256 or fewer in length.; data: This field is required "
        "(Discord's code 50035)"
    )


@pytest.mark.parametrize("boundary", ["x", '"x y"'])
def test_parts_are_taken_apart_byte_for_byte(boundary: str) -> None:
    mark = boundary.strip('"').encode()
    body = (
        b"--" + mark + b'\r\nContent-Disposition: form-data; name="payload_json"\r\n\r\n{"a": 1}\r\n'
        b"--" + mark + b'\r\nContent-Disposition: form-data; name="files[0]"; filename="a \\"b\\".png"\r\n'
        b"Content-Type: image/png\r\n\r\n\x00\r\n--y\r\n\r\n--" + mark + b"--\r\n"
    )  # fmt: skip

    json, file = multipart.parse(f"multipart/form-data; boundary={boundary}", body)

    assert (json.name, json.filename, json.content) == ("payload_json", None, b'{"a": 1}')
    assert (file.filename, file.content_type, file.content) == ('a "b".png', "image/png", b"\x00\r\n--y\r\n")


@pytest.mark.parametrize("head", [b"", b"X: y\r\n\r\n", b'Content-Disposition: form-data; filename="a"\r\n\r\n'])
def test_parts_without_a_name_are_no_parts(head: bytes) -> None:
    with pytest.raises(ValueError, match="part without"):
        multipart.parse("multipart/form-data; boundary=x", b"--x\r\n" + head + b"\r\n--x--")


# Resolving what a user means


def world() -> World:
    made = World(application=1)
    made.settle(COMMUNITY)
    return made


def test_people_and_places_are_found_by_every_name() -> None:
    guild = find_guild(world(), "lyceum commons")
    mina = COMMUNITY.member("mina")

    for name in ("mina", "@Mina", "김민아", str(mina.user), f"<@{mina.user}>"):
        assert find_member(guild, name).user.username == "mina"
    assert find_member(guild, "준서 (수능 D-30)").user.username == "joonseo"
    assert find_channel(guild, f"<#{COMMUNITY.afk_channel}>", voice=True).name == "AFK"
    assert find_guild(world(), None).id == COMMUNITY.guild


def test_names_are_listed_as_in_a_sentence() -> None:
    assert listed(["a", "b", "c"]) == "a, b or c"
    assert listed(["a"]) == "a"
    assert listed([]) == ""
    assert nearest("prfile", ["help", "profile"]) == ["profile"]
    assert nearest("zzz", ["help", "profile"]) == ["help", "profile"]


def test_unknown_community_names_are_key_errors() -> None:
    for look in (COMMUNITY.member, COMMUNITY.room):
        with pytest.raises(KeyError):
            look("nobody")


OPTIONS: list[Json] = [{"label": "Bug", "value": "bug"}, {"label": "Idea", "value": "idea", "default": True}]


def modal(field: Json) -> Json:
    return {"components": [{"type": 18, "label": "Field", "component": {"custom_id": "f"} | field}]}


def fill(field: Json, **given: Any) -> Json:
    made = world()
    guild = made.guilds[COMMUNITY.guild]
    resolved = Resolved(made, guild, guild.members[COMMUNITY.member("mina").user], "http://here")
    form = modal(field)
    return modal_values.fill(form, modal_values.named(form, given), ByName(resolved), {})[0]["component"]


def test_every_field_is_filled_as_discord_sends_it() -> None:
    assert fill({"type": 4}, Field="a")["value"] == "a"
    assert fill({"type": 21, "options": OPTIONS}, f="Bug")["value"] == "bug"
    assert fill({"type": 21, "options": OPTIONS})["value"] == "idea"
    assert fill({"type": 21, "options": OPTIONS[:1], "required": False})["value"] is None
    assert fill({"type": 22, "options": OPTIONS}, f=["Bug", "idea"])["values"] == ["bug", "idea"]
    assert fill({"type": 22, "options": OPTIONS[:1], "required": False})["values"] == []
    assert fill({"type": 23, "default": True})["value"] is True
    assert fill({"type": 3, "options": OPTIONS}, f="idea")["values"] == ["idea"]
    assert fill({"type": 6}, f="Moderator")["values"] == [str(COMMUNITY.ranks[2].role)]
    assert fill({"type": 7}, f="Moderator")["values"] == [str(COMMUNITY.ranks[2].role)]
    assert fill({"type": 7}, f="@ada")["values"] == [str(COMMUNITY.owner)]
    assert fill({"type": 8}, f="AFK")["values"] == [str(COMMUNITY.afk_channel)]


@pytest.mark.parametrize(
    ("field", "given", "sentence"),
    [
        ({"type": 4}, {}, 'Fill in the field "Field".'),
        ({"type": 4, "max_length": 3}, {"f": "abcd"}, 'The field "Field" takes 0 to 3 characters; this is 4.'),
        ({"type": 21, "options": OPTIONS[:1]}, {}, 'Fill in the field "Field".'),
        ({"type": 21, "options": OPTIONS}, {"f": "Wish"}, '"Wish" is no choice here; try'),
        ({"type": 3, "options": OPTIONS}, {"f": ["Bug", "Idea"]}, "Choose 1 to 1 here; these are 2."),
        ({"type": 6}, {"f": "Boss"}, 'No role here is called "Boss"; try'),
        ({"type": 19}, {"f": "a.png"}, 'No file "a.png" was sent along for the field "Field".'),
        ({"type": 4}, {"f": "a", "g": "b"}, 'The form has no field "g"; it has Field.'),
    ],
)
def test_forms_filled_wrongly_say_what_is_missing(field: Json, given: Json, sentence: str) -> None:
    with pytest.raises(NotFound) as caught:
        fill(field, **given)

    assert str(caught.value).startswith(sentence)


def test_an_old_modal_with_rows_is_filled_too() -> None:
    old: Json = {"components": [{"type": 1, "components": [{"type": 4, "custom_id": "f", "label": "Old"}]}]}
    pick = ByName(Resolved(world(), None, None, "http://here"))

    filled = modal_values.fill(old, modal_values.named(old, {"old": "a"}), pick, {})

    assert filled[0]["components"][0]["value"] == "a"
    with pytest.raises(NotFound, match="it has Old"):
        modal_values.named(old, {"old": "a", "new": "b"})


def test_menus_are_found_by_placeholder_when_there_are_several() -> None:
    made = world()
    selects: list[Json] = [{"type": 5, "custom_id": name, "placeholder": name.title()} for name in ("a", "b")]
    rows = [{"type": 1, "components": [one]} for one in selects]
    message = Message(1, 2, made.bot, COMMUNITY.members[0].joined_at, components=rows)

    assert component_actions.find_select(message, "B")["custom_id"] == "b"
    with pytest.raises(NotFound, match="Say which menu: A or B"):
        component_actions.find_select(message, None)
    with pytest.raises(NotFound, match="there are no members"):
        component_actions.choose(selects[0], ["x"], ByName(Resolved(made, None, None, "")))
    message.components = []
    with pytest.raises(NotFound, match="no menu"):
        component_actions.find_select(message, None)
    assert component_actions.find_button(message, "x") is None
