import json
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ids import ApplicationId, ChannelId, CommandId, GuildId, InteractionId, MessageId, RoleId, UserId
from services.premium import active_skus, is_active
from tests.wire.conftest import HERE, Payload
from wire.errors import BadPayload
from wire.interaction import (
    Autocomplete,
    ButtonClick,
    InteractionBase,
    MessageMenu,
    ModalSubmit,
    OtherCommand,
    Ping,
    SelectSubmit,
    SlashCommand,
    UserMenu,
)
from wire.objects import Context, Entitlement, Member, ResolvedUser, User
from wire.parsing import parse
from wire.payloads import read_envelope

GONE = object()
NAMES = sorted(path.stem for path in (HERE / "payloads").glob("*.json"))
MINA = User(UserId(198622483471925248), "mina", "김민아", "8342729096ea3675442027381ff50dfe")
OMAR = User(UserId(221234567890123456), "omar", "عمر", "a_1269e74af4df7417b13759eae50c83dc")
MEMBER = Member(
    MINA,
    nick="민아 🌱",
    roles=(RoleId(539082325061836999), RoleId(613425648685547541)),
    permissions=4398046511103,
    joined_at=datetime(2020, 5, 11, 15, 38, 58, 561000, tzinfo=UTC),
)


def changed(name: str, place: str, value: object) -> Any:
    """A payload file, parsed with one value replaced or removed."""
    body: Any = json.loads((HERE / "payloads" / f"{name}.json").read_bytes())
    *path, key = place.split(".")
    inner: Any = body
    for step in path:
        inner = inner[step]
    if value is GONE:
        del inner[key]
    else:
        inner[key] = value
    return parse(json.dumps(body).encode())


def test_parse_reads_a_ping_with_and_without_the_rest(payload: Payload) -> None:
    assert parse(payload("ping")) == parse(b'{"type":1}') == Ping()


def test_what_every_interaction_has_stands_in_its_place(payload: Payload) -> None:
    given = json.loads(payload("slash_plain")) | {"locale": "ko", "guild_locale": "de", "context": 1}
    body = json.dumps(given | {"app_permissions": "7", "attachment_size_limit": 8}).encode()
    envelope, command = read_envelope(body), parse(body)

    assert envelope.member is not None
    told = {name: getattr(envelope, name) for name in InteractionBase.__struct_fields__} | {
        "user": envelope.member.user
    }
    assert {name: getattr(command, name) for name in InteractionBase.__struct_fields__} == told
    assert len(set(map(repr, told.values()))) == len(told), "no two are alike, so that none can stand for another"


def test_parse_reads_what_every_interaction_has(payload: Payload) -> None:
    command = parse(payload("slash_plain"))

    assert isinstance(command, SlashCommand)
    assert command.id == InteractionId(1274616797062610944)
    assert command.token == "aW50ZXJhY3Rpb246MTI3NDYxNjc5NzA2MjYxMDk0NDpub3RhcmVhbHRva2Vu"
    assert command.application_id == ApplicationId(1000000000000000001)
    assert command.user == MINA
    assert command.member == MEMBER
    assert command.guild_id == GuildId(290926798626357999)
    assert command.channel_id == ChannelId(645027906669510667)
    assert (command.locale, command.guild_locale) == ("ko", "es-419")
    assert command.app_permissions == 2248473465835073
    assert command.entitlements == ()
    assert command.authorizing_integration_owners == {0: 290926798626357999}
    assert command.context == Context.GUILD
    assert command.attachment_size_limit == 26214400
    assert command.display_name == "민아 🌱"
    assert (command.command_id, command.path) == (CommandId(771825006014889984), "profile")
    assert command.options.names == ()


def test_a_name_that_cannot_be_seen_gives_way_to_the_next(payload: Payload) -> None:
    body = json.loads(payload("slash_plain"))
    for nick, global_name, shown in (("\u3164\u3164", "김민아", "김민아"), ("\u2800", "\u200e \u200b", "mina")):
        body["member"]["nick"] = nick
        body["member"]["user"]["global_name"] = global_name
        command = parse(json.dumps(body).encode())

        assert isinstance(command, SlashCommand)
        assert command.display_name == shown


def test_somebody_named_in_an_option_is_shown_by_a_name_that_can_be_seen() -> None:
    account = User(UserId(1), "mara_lin", "\u2800")

    assert account.display_name == "mara_lin"
    assert ResolvedUser(account, Member(nick="\u3164")).display_name == "mara_lin"


def test_parse_reads_a_command_in_a_direct_message(payload: Payload) -> None:
    command = parse(payload("slash_direct_message"))

    assert isinstance(command, SlashCommand)
    assert (command.user, command.member, command.guild_id, command.guild_locale) == (MINA, None, None, None)
    assert command.display_name == "김민아"
    assert command.context == Context.BOT_DM
    assert command.authorizing_integration_owners == {0: 0, 1: MINA.id}


def test_parse_joins_command_group_and_subcommand(payload: Payload) -> None:
    two, three = parse(payload("slash_subcommand")), parse(payload("slash_every_option"))

    assert isinstance(two, SlashCommand)
    assert isinstance(three, SlashCommand)
    assert (two.path, three.path) == ("my timezone", "admin session edit")
    assert two.options.string("zone") == "Asia/Seoul"


def test_parse_reads_entitlements(payload: Payload) -> None:
    command = parse(payload("slash_every_option"))

    assert isinstance(command, SlashCommand)
    (entitlement,) = command.entitlements
    assert isinstance(entitlement, Entitlement)
    assert (entitlement.sku_id, entitlement.ends_at) == (1019475255913222144, None)
    assert entitlement.starts_at == datetime(2026, 9, 14, 17, 0, 18, 704163, tzinfo=UTC)


def test_parse_reads_a_user_menu(payload: Payload) -> None:
    menu = parse(payload("user_menu"))

    assert isinstance(menu, UserMenu)
    assert (menu.path, menu.target.id, menu.target.user) == ("Profile", OMAR.id, OMAR)
    assert menu.target.display_name == "Omar (study)"
    assert menu.target.member is not None
    assert menu.target.member.joined_at is None  # a guest member


def test_parse_reads_a_message_menu_with_the_content(payload: Payload) -> None:
    menu = parse(payload("message_menu"))

    assert isinstance(menu, MessageMenu)
    assert (menu.path, menu.target.id, menu.target.author) == ("Star", MessageId(867793854505943041), OMAR)
    assert menu.target.content == "some **message** with <@198622483471925248>"
    assert [(each.filename, each.description, each.size_bytes) for each in menu.target.attachments] == [
        ("notes.png", "a page of notes", 40312)
    ]
    assert menu.target.edited_timestamp == datetime(2026, 10, 21, 9, 53, tzinfo=UTC)
    assert not menu.target.is_private


def test_parse_reads_what_is_typed_also_into_a_number(payload: Payload) -> None:
    zone, minutes = parse(payload("autocomplete")), parse(payload("autocomplete_number"))

    assert isinstance(zone, Autocomplete)
    assert isinstance(minutes, Autocomplete)
    assert (zone.path, zone.focused_name, zone.focused_value) == ("my timezone", "zone", "seo")
    assert (minutes.path, minutes.focused_name, minutes.focused_value) == ("remind", "minutes", "1")
    assert minutes.options.string("text") == "tea"


def test_parse_reads_an_empty_focus() -> None:
    typing = changed("autocomplete", "data.options", [{"type": 4, "name": "minutes", "value": None, "focused": True}])

    assert isinstance(typing, Autocomplete)
    assert typing.focused_value == ""


def test_parse_reads_a_button_on_a_message_of_unknown_components(payload: Payload) -> None:
    press = parse(payload("button"))

    assert isinstance(press, ButtonClick)
    assert press.custom_id == "v1:leaderboard:page:focus:week:2"
    assert press.message.id == MessageId(867793854505943041)
    assert press.message.is_private


def test_parse_reads_each_select(payload: Payload) -> None:
    string, user, role, mentionable, channel = (
        parse(payload(f"select_{name}")) for name in ("string", "user", "role", "mentionable", "channel")
    )

    assert isinstance(string, SelectSubmit)
    assert isinstance(user, SelectSubmit)
    assert isinstance(role, SelectSubmit)
    assert isinstance(mentionable, SelectSubmit)
    assert isinstance(channel, SelectSubmit)
    assert (string.custom_id, string.values) == ("v1:leaderboard:period", ("week", "month"))
    assert [each.display_name for each in user.users] == ["Omar (study)"]
    assert [each.name for each in role.roles] == ["Alumni"]
    assert [type(each).__name__ for each in mentionable.mentionables] == ["Role", "ResolvedUser"]
    assert [(each.name, each.type, each.app_permissions) for each in channel.channels] == [
        ("Silent library", 2, 2248473465835073),
        ("week 12", 11, None),
    ]


def test_select_refuses_values_that_name_nothing() -> None:
    gone = changed("select_user", "data.values", ["1"])
    word = changed("select_user", "data.values", ["omar"])

    assert isinstance(gone, SelectSubmit)
    assert isinstance(word, SelectSubmit)
    with pytest.raises(BadPayload, match="not among the resolved"):
        _ = gone.users
    with pytest.raises(BadPayload, match="no id"):
        _ = word.users


def test_parse_reads_modals_with_and_without_a_message(payload: Payload) -> None:
    rows, labels = parse(payload("modal_rows")), parse(payload("modal_every_field"))

    assert isinstance(rows, ModalSubmit)
    assert isinstance(labels, ModalSubmit)
    assert (rows.custom_id, rows.message) == ("v1:feedback:send", None)
    assert labels.custom_id == "v1:ticket:open:42"
    assert labels.message is not None


def test_an_interaction_never_shows_its_token_or_words(payload: Payload) -> None:
    for name in NAMES:
        shown = repr(parse(payload(name)))

        assert "aW50ZXJhY3Rpb246" not in shown
        assert "왜냐하면" not in shown
    assert repr(parse(payload("button"))) == "ButtonClick(id=1274616797062610944)"


@pytest.mark.parametrize("name", NAMES)
def test_parse_skips_fields_of_tomorrow(payload: Payload, name: str) -> None:
    def add_everywhere(value: Any) -> Any:
        if isinstance(value, list):
            return [add_everywhere(each) for each in cast("list[Any]", value)]
        if isinstance(value, dict):
            value = cast("dict[str, Any]", value)
            if value and all(key.isdecimal() for key in value):  # id to object
                return {key: add_everywhere(each) for key, each in value.items()}
            return {key: add_everywhere(each) for key, each in value.items()} | {"of_tomorrow": {"type": [1, None]}}
        return value

    body = json.dumps(add_everywhere(json.loads(payload(name)))).encode()

    assert type(parse(body)) is type(parse(payload(name)))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "ping"])
def test_parse_does_without_what_discord_may_leave_out(payload: Payload, name: str) -> None:
    body = json.loads(payload(name))
    needed = ("type", "id", "token", "application_id", "data", "member", "user", "message")

    bare = parse(json.dumps({key: value for key, value in body.items() if key in needed}).encode())

    assert type(bare) is type(parse(payload(name)))
    assert not isinstance(bare, Ping)
    assert (bare.locale, bare.guild_locale, bare.guild_id, bare.channel_id) == ("en-US", None, None, None)
    assert bare.attachment_size_limit == 10 * 1024 * 1024


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"type":0}',
        b'{"type":6,"id":"1"}',
        b'{"type":"1"}',
        b'{"type":1.5}',
        b'{"type":2}',
        b'{"type":1}{"type":1}',
        b'{"type":2,"token":"\xff","id":"1"}',
        b'{"type":2,"token":"\\ud800","id":"1"}',
        b'{"type":2,"data":' + b'{"type":1,"options":[' * 5000,
    ],
)
def test_parse_refuses_what_is_no_interaction(body: bytes) -> None:
    with pytest.raises(BadPayload) as refused:
        parse(body)

    assert 0 < len(str(refused.value)) < 120


@pytest.mark.parametrize(
    ("name", "place", "value", "reason"),
    [
        ("slash_plain", "member", GONE, "nobody"),
        ("slash_plain", "member.user", GONE, "nobody"),
        ("slash_plain", "token", GONE, "token"),
        ("slash_plain", "id", "x", r"\$.id"),
        ("slash_plain", "id", "-1", r">= 4194304 - at `\$.id"),
        ("slash_plain", "member.user.id", str(2**63), "nobody"),
        ("slash_plain", "member.user.id", "4194303", "nobody"),
        ("slash_plain", "data", GONE, "in the data: .*`id`"),
        ("slash_plain", "data.id", [], r"in the data: .*\$.id"),
        ("slash_plain", "data.name", GONE, "name"),
        ("user_menu", "data.resolved", GONE, "target"),
        ("user_menu", "data.target_id", "1", "target"),
        ("message_menu", "data.target_id", "1", "target"),
        ("button", "message", GONE, "without its message"),
        ("button", "data.custom_id", GONE, "custom_id"),
        ("autocomplete", "data.options", [], "focus"),
        ("autocomplete", "data.type", 2, "unknown command type 2"),
        ("autocomplete", "type", 6, "unknown kind 6"),
    ],
)
def test_parse_names_what_is_wrong(name: str, place: str, value: object, reason: str) -> None:
    with pytest.raises(BadPayload, match=reason):
        changed(name, place, value)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["1", "2", "198622483471925248"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(st.binary(max_size=200))
def test_parse_survives_any_bytes(body: bytes) -> None:
    survive(body)


@given(
    name=st.sampled_from(NAMES),
    steps=st.lists(st.integers(0, 30), max_size=6),
    value=anything,
)
def test_parse_survives_any_value_anywhere(name: str, steps: list[int], value: object) -> None:
    body: Any = json.loads((HERE / "payloads" / f"{name}.json").read_bytes())
    place: Any = body
    for step in steps:
        keys: list[Any] = list(place) if isinstance(place, dict) else list(range(len(place)))  # pyright: ignore[reportUnknownArgumentType]
        if not keys:
            break
        key = keys[step % len(keys)]
        if not isinstance(place[key], dict | list):
            place[key] = value
            break
        place = place[key]  # pyright: ignore[reportUnknownVariableType]

    survive(json.dumps(body).encode())


@given(name=st.sampled_from(NAMES), cut=st.integers(0, 5000), byte=st.integers(0, 255))
def test_parse_survives_any_damaged_byte(name: str, cut: int, byte: int) -> None:
    body = bytearray((HERE / "payloads" / f"{name}.json").read_bytes())
    body[cut % len(body)] = byte

    survive(bytes(body))
    survive(bytes(body[: cut % len(body)]))


def survive(body: bytes) -> None:
    """Parse, then access every lazy property; no error but BadPayload may occur."""
    try:
        interaction = parse(body)
        if isinstance(interaction, SelectSubmit):
            for lists in ("users", "roles", "mentionables", "channels"):
                getattr(interaction, lists)
    except BadPayload:
        return


@pytest.mark.parametrize(
    ("owners", "home", "is_by_user_alone"),
    [
        ({"0": "41771983423143937"}, 41771983423143937, False),
        ({"0": "41771983423143937", "1": "80351110224678912"}, 41771983423143937, False),
        ({"1": "80351110224678912"}, None, True),
        ({}, 41771983423143937, False),
    ],
)
def test_a_guild_is_home_where_it_has_installed_the_app(
    payload: Payload, owners: dict[str, str], home: int | None, *, is_by_user_alone: bool
) -> None:
    shape = json.loads(payload("slash_plain")) | {
        "guild_id": "41771983423143937",
        "authorizing_integration_owners": owners,
    }

    command = parse(json.dumps(shape).encode())

    assert isinstance(command, SlashCommand)
    assert (command.home, command.is_by_user_alone) == (home, is_by_user_alone)


def test_an_entitlement_holds_by_its_dates(payload: Payload) -> None:
    told = {"id": "5000001", "sku_id": "5000002", "type": 8, "user_id": "5000003", "deleted": False, "consumed": True}
    dated = told | {"starts_at": "2026-11-21T00:00:00+00:00", "ends_at": "2026-11-22T00:00:00+00:00"}
    shape = json.loads(payload("slash_plain")) | {"entitlements": [told, dated, told | {"deleted": True}]}

    command = parse(json.dumps(shape).encode())

    assert isinstance(command, SlashCommand)
    for moment, expected in (
        (datetime(2026, 11, 20, tzinfo=UTC), [True, False, False]),
        (datetime(2026, 11, 21, tzinfo=UTC), [True, True, False]),
        (datetime(2026, 11, 22, tzinfo=UTC), [True, False, False]),
    ):
        assert [is_active(each, now=moment) for each in command.entitlements] == expected
    assert command.entitlements[0].is_consumed
    assert active_skus(command.entitlements, now=datetime(2026, 11, 21, tzinfo=UTC)) == {5000002}


def test_a_null_is_as_good_as_nothing(payload: Payload) -> None:
    shape = json.loads(payload("slash_plain"))
    nulls = dict.fromkeys(("locale", "guild_locale", "app_permissions", "entitlements", "context", "channel"))
    data = {name: value for name, value in shape["data"].items() if name not in {"options", "resolved"}}
    without = {name: value for name, value in shape.items() if name not in nulls} | {"data": data}

    filled = shape | nulls | {"data": data | {"options": None, "resolved": None}}

    told, silent = parse(json.dumps(filled).encode()), parse(json.dumps(without).encode())

    assert isinstance(told, SlashCommand)
    assert isinstance(silent, SlashCommand)
    for name in (
        "id",
        "path",
        "user",
        "member",
        "locale",
        "guild_locale",
        "app_permissions",
        "entitlements",
        "context",
    ):
        assert getattr(told, name) == getattr(silent, name)


def test_a_command_of_discords_own_and_one_of_tomorrow_are_read() -> None:
    for kind, is_entry_point in ((4, True), (5, False)):
        command = changed("slash_plain", "data.type", kind)

        assert isinstance(command, OtherCommand)
        assert command.is_entry_point is is_entry_point


def test_a_component_of_tomorrow_is_read_as_a_select() -> None:
    assert isinstance(changed("button", "data.component_type", 99), SelectSubmit)


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("slash_plain", "locale", 7),
        ("slash_plain", "app_permissions", "many"),
        ("slash_plain", "context", "somewhere"),
        ("slash_plain", "entitlements", [{"id": "x", "sku_id": "5000001"}]),
        ("slash_plain", "entitlements", "none"),
        ("slash_plain", "attachment_size_limit", 1.5),
        ("slash_plain", "authorizing_integration_owners", {"guild": "x"}),
        ("slash_plain", "channel", {"id": {}}),
        ("slash_plain", "channel_id", "0"),
        ("slash_plain", "member.joined_at", "last year"),
        ("slash_plain", "member.roles", ["moderator"]),
        ("slash_plain", "member.avatar", {"hash": "a"}),
        ("slash_plain", "member.user.global_name", ["Ana"]),
        ("user_menu", "data.resolved.roles", {"1": {"id": "1", "colours": 3, "permissions": "all"}}),
        ("user_menu", "data.resolved.channels", {"x": {}}),
        ("message_menu", "data.resolved.attachments", {"1": {"id": "1", "width": "wide"}}),
        ("button", "message.flags", "none"),
        ("button", "message.timestamp", "now"),
        ("button", "message.attachments", [{"id": "7", "size": "large"}]),
        ("button", "message.author", {"id": "webhook"}),
    ],
)
def test_what_cannot_be_read_and_is_not_needed_costs_no_answer(name: str, place: str, value: object) -> None:
    assert changed(name, place, value).id == changed(name, "version", 1).id


def test_a_moment_without_zone_is_utc() -> None:
    command = changed("slash_plain", "member.joined_at", "2026-11-30T14:40:00.5")
    entitled = changed(
        "slash_plain", "entitlements", [{"id": "5000001", "sku_id": "5000002", "ends_at": "2026-11-30T14:40:00"}]
    )

    assert command.member is not None
    assert command.member.joined_at == datetime(2026, 11, 30, 14, 40, 0, 500_000, UTC)
    assert [each.ends_at for each in entitled.entitlements] == [datetime(2026, 11, 30, 14, 40, tzinfo=UTC)]


def test_no_text_holds_the_character_that_the_database_cannot_keep() -> None:
    command = changed("slash_plain", "member.nick", "A\0na")

    assert command.member is not None
    assert command.member.nick == "Ana"
