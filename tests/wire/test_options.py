import pytest

from tests.wire.conftest import Payload
from wire.errors import BadPayload
from wire.interaction import ModalSubmit, SlashCommand
from wire.objects import Resolved, ResolvedUser, Role
from wire.options import OptionKind, Options
from wire.parsing import parse
from wire.payloads import OptionPayload


@pytest.fixture
def options(payload: Payload) -> Options:
    command = parse(payload("slash_every_option"))
    assert isinstance(command, SlashCommand)
    return command.options


def test_options_give_each_type(options: Options) -> None:
    assert options.string("reason") == '왜냐하면 "그래서" 🌱'
    assert options.integer("minutes") == -90
    assert options.number("factor") == 1.5
    assert options.number("whole") == 2.0
    assert isinstance(options.number("whole"), float)
    assert options.boolean("silent") is False


def test_options_give_the_objects_behind_ids(options: Options) -> None:
    member, gone = options.user("member"), options.user("gone")
    channel, role, attachment = options.channel("channel"), options.role("role"), options.attachment("evidence")

    assert member is not None
    assert member.display_name == "Omar (study)"
    assert gone is not None
    assert (gone.member, gone.display_name, gone.user.is_bot) == (None, "lyceum", True)
    assert channel is not None
    assert (channel.name, channel.type) == ("Silent library", 2)
    assert role is not None
    assert (role.name, role.position, role.is_managed) == ("Alumni", 4, False)
    assert attachment is not None
    assert (attachment.size_bytes, attachment.content_type) == (40312, "image/png")
    assert isinstance(options.mentionable("whom"), ResolvedUser)
    assert isinstance(options.mentionable("which"), Role)


def test_options_that_were_left_out(options: Options) -> None:
    assert "minutes" in options
    assert "nothing" not in options
    assert options.string("nothing", default="") == ""
    assert options.integer("nothing", default=None) is None
    assert options.number("nothing", default=1.0) == 1.0
    assert options.boolean("nothing", default=True) is True
    assert options.user("nothing") is None
    assert options.channel("nothing") is None
    assert options.role("nothing") is None
    assert options.mentionable("nothing") is None
    assert options.attachment("nothing") is None
    with pytest.raises(BadPayload, match="option nothing is missing"):
        options.string("nothing")


def test_options_of_another_type_are_refused(options: Options) -> None:
    with pytest.raises(BadPayload, match="option reason is of type 3, not 4"):
        options.integer("reason")
    with pytest.raises(BadPayload, match="option member is of type 6, not 7"):
        options.channel("member")


def test_options_show_names_only(options: Options) -> None:
    assert repr(Options([OptionPayload("reason", 3, "secret")], Resolved())) == "Options(reason)"
    assert options.names[:2] == ("reason", "minutes")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (OptionKind.STRING, 5),
        (OptionKind.STRING, None),
        (OptionKind.INTEGER, "5"),
        (OptionKind.INTEGER, True),
        (OptionKind.INTEGER, 5.5),
        (OptionKind.NUMBER, "5"),
        (OptionKind.NUMBER, True),
        (OptionKind.BOOLEAN, 1),
        (OptionKind.USER, "mina"),
        (OptionKind.USER, "198622483471925248"),
        (OptionKind.CHANNEL, True),
        (OptionKind.ROLE, 1.5),
        (OptionKind.MENTIONABLE, "1"),
        (OptionKind.ATTACHMENT, "1"),
    ],
)
def test_options_with_values_that_do_not_fit_are_refused(*, kind: OptionKind, value: str | float | bool | None) -> None:
    options = Options([OptionPayload("it", kind, value)], Resolved())

    with pytest.raises(BadPayload, match="option it"):
        getattr(options, kind.name.lower())("it")


def test_an_id_that_is_null_counts_as_left_out() -> None:
    assert Options([OptionPayload("it", OptionKind.USER, None)], Resolved()).user("it") is None


@pytest.fixture
def modal(payload: Payload) -> ModalSubmit:
    submit = parse(payload("modal_every_field"))
    assert isinstance(submit, ModalSubmit)
    return submit


def test_fields_give_each_type(modal: ModalSubmit) -> None:
    fields = modal.fields

    assert fields.text("text") == "line\nline"
    assert (fields.choice("kind"), fields.choices("kind"), fields.choice("none")) == ("bug", ("bug",), None)
    assert [each.display_name for each in fields.users("people")] == ["Omar (study)", "lyceum"]
    assert [each.name for each in fields.roles("roles")] == ["Alumni"]
    assert [type(each).__name__ for each in fields.mentionables("whom")] == ["ResolvedUser", "Role"]
    assert [each.name for each in fields.channels("rooms")] == ["Silent library"]
    assert [each.filename for each in fields.attachments("files")] == ["notes.png"]
    assert (fields.choice("mood"), fields.choice("skipped")) == ("calm", None)
    assert (fields.choices("days"), fields.choices("no_days")) == (("mon", "tue"), ())
    assert (fields.is_checked("agree"), fields.is_checked("public")) == (True, False)
    assert "text" in fields
    assert fields.custom_ids[:2] == ("text", "kind")


def test_fields_of_the_older_rows(payload: Payload) -> None:
    submit = parse(payload("modal_rows"))

    assert isinstance(submit, ModalSubmit)
    assert (submit.fields.text("title"), submit.fields.text("body")) == ("Hello", "")
    assert submit.fields.custom_ids == ("title", "body")


def test_fields_without_label_or_row_are_found_too() -> None:
    submit = parse(
        b'{"type":5,"id":"5000001","token":"t","application_id":"1","user":{"id":"5000002"},'
        b'"data":{"custom_id":"c","components":[{"type":4,"custom_id":"text","value":null},'
        b'{"type":23,"custom_id":"odd","value":"x"},{"type":4,"custom_id":"wrong","value":true},'
        b'{"type":21,"custom_id":"radio","value":true}]}}'
    )

    assert isinstance(submit, ModalSubmit)
    assert submit.fields.text("text") == ""
    with pytest.raises(BadPayload, match="field odd has a value of another type"):
        submit.fields.is_checked("odd")
    with pytest.raises(BadPayload, match="field wrong has a value of another type"):
        submit.fields.text("wrong")
    with pytest.raises(BadPayload, match="field radio has a value of another type"):
        submit.fields.choice("radio")


def test_fields_that_are_not_there_or_of_another_type_are_refused(modal: ModalSubmit) -> None:
    with pytest.raises(BadPayload, match="field nothing is missing"):
        modal.fields.text("nothing")
    with pytest.raises(BadPayload, match="field kind is of type 3"):
        modal.fields.text("kind")
