"""Property test of replies: each is refused with a typed error or valid by Discord's OpenAPI file."""

import json
from datetime import UTC
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from core.ids import ChannelId, RoleId, SkuId, UserId
from tests.wire.conftest import Judge
from wire.body import Body, body
from wire.command_json import Command, Option, list_json
from wire.commands import (
    attachment,
    boolean,
    channel,
    command,
    group,
    integer,
    message_menu,
    number,
    string,
    subcommand,
    user,
    user_menu,
)
from wire.components import (
    Button,
    ButtonStyle,
    ChannelSelect,
    Emoji,
    MentionableSelect,
    RoleSelect,
    SelectOption,
    StringSelect,
    UserSelect,
)
from wire.embeds import Author, Embed, Field, Footer
from wire.errors import InvalidPayload
from wire.layout import TextDisplay
from wire.message import Mentions, Message, create_json, to_webhook_edit
from wire.modals import Checkbox, CheckboxGroup, FileUpload, Label, Modal, RadioGroup, TextInput, TextStyle
from wire.objects import Context
from wire.reply import AutocompleteResult, Choice, EditMessage, to_callback

pytestmark = pytest.mark.usefixtures("discords_file")

slow = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)


def mostly(good: st.SearchStrategy[Any], bad: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly valid values; invalid ones are rare enough that whole messages are often valid."""
    return st.integers(0, 31).flatmap(lambda drawn: bad if drawn == 31 else good)


def text(limit: int = 100) -> st.SearchStrategy[str]:
    """Short texts; occasionally empty, at the limit or over it."""
    return mostly(st.text(min_size=1, max_size=12), st.sampled_from([0, limit, limit + 1]).map("x".__mul__))


def some(strategy: st.SearchStrategy[Any], *sizes: int) -> st.SearchStrategy[tuple[Any, ...]]:
    """A few items; occasionally none, or one item repeated as often as one of `sizes`."""
    few = st.lists(strategy, min_size=1, max_size=3).map(tuple)
    return mostly(few, st.builds(repeated, strategy, st.sampled_from((0, *sizes))))


def few(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=1).map(tuple)


def repeated(item: object, times: int) -> tuple[object, ...]:
    return (item,) * times


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


custom_ids = mostly(st.integers(0, 10**9).map(str), st.sampled_from(["a", "", "i" * 100, "i" * 101]))
urls = mostly(
    st.just("https://e.org/a?b=c"),
    st.sampled_from(["attachment://a.png", "ftp://e", "x", "https://e.org/" + "u" * 600]),
)
ids = st.integers(0, 2**63 - 1)
ones = mostly(st.just(1), st.integers(-1, 26))
emojis = maybe(mostly(st.just("🌱"), st.sampled_from(["", "e" * 33])) | st.builds(Emoji, text(32), ids))
embeds = st.builds(
    Embed,
    title=text(256),
    description=text(4096),
    url=maybe(urls),
    colour=maybe(mostly(st.integers(0, 0xFFFFFF), st.integers(-1, 0x1000001))),
    fields=some(st.builds(Field, text(256), text(1024), inline=st.booleans()), 25, 26),
    footer=maybe(text(2048) | st.builds(Footer, text(2048), maybe(urls))),
    author=maybe(text(256) | st.builds(Author, text(256), maybe(urls), maybe(urls))),
    image=maybe(urls),
    thumbnail=maybe(urls),
    timestamp=maybe(mostly(st.datetimes(timezones=st.just(UTC)), st.datetimes())),
)
options = st.builds(SelectOption, text(), text(), text(), emojis)
plain_options = st.builds(SelectOption, text(), text(), text(), st.none(), st.booleans())
buttons = st.one_of(
    st.builds(Button, text(80), st.sampled_from(ButtonStyle), custom_ids, st.none(), emojis, st.booleans()),
    st.builds(Button, text(80), st.just(ButtonStyle.PRIMARY), st.none(), urls, emojis),
    mostly(
        st.builds(Button, st.just(""), sku=ids.map(SkuId)),
        st.builds(Button, text(80), st.just(ButtonStyle.DANGER), maybe(custom_ids), maybe(urls), emojis, st.booleans()),
    ),
)
shared: dict[str, Any] = {
    "custom_id": custom_ids,
    "placeholder": text(150),
    "min_values": ones,
    "max_values": ones,
    "required": st.booleans(),
    "disabled": mostly(st.just(False), st.just(True)),
}
selects = st.one_of(
    st.builds(StringSelect, options=some(options, 25, 26), **shared),
    st.builds(UserSelect, defaults=few(ids.map(UserId)), **shared),
    st.builds(RoleSelect, defaults=few(ids.map(RoleId)), **shared),
    st.builds(MentionableSelect, default_users=few(ids.map(UserId)), default_roles=few(ids.map(RoleId)), **shared),
    st.builds(ChannelSelect, defaults=few(ids.map(ChannelId)), channel_types=st.sampled_from([(), (0, 2)]), **shared),
)
messages: dict[str, Any] = {
    "content": text(2000),
    "embeds": some(embeds, 2, 10, 11),
    "components": some(some(buttons, 5, 6) | selects, 5, 6),
    "private": st.booleans(),
    "mentions": st.builds(
        Mentions, users=some(ids.map(UserId), 100, 101), roles=some(ids.map(RoleId)), everyone=st.booleans()
    ),
    "silent": st.booleans(),
    "suppress_embeds": st.booleans(),
}


def posted(message: Message) -> Body:
    return body(create_json(message))


@slow
@given(message=st.fixed_dictionaries(messages).map(lambda fields: Message(**fields)))
def test_any_message(judge: Judge, message: Message) -> None:
    for send, schema in (
        (to_callback, "CreateMessageInteractionCallbackRequest"),
        (to_webhook_edit, "IncomingWebhookUpdateRequestPartial"),
        (posted, "MessageCreateRequest"),
    ):
        try:
            sent = send(message)
        except InvalidPayload:
            continue
        judge(schema, sent)
        event(schema)


@slow
@given(message=st.fixed_dictionaries(messages).map(lambda fields: EditMessage(**fields)))
def test_any_edit(judge: Judge, message: EditMessage) -> None:
    try:
        sent = to_callback(message)
    except InvalidPayload:
        return
    event("sent")
    judge("UpdateMessageInteractionCallbackRequest", sent)


inputs = st.one_of(
    st.builds(
        TextInput,
        custom_id=custom_ids,
        style=st.sampled_from(TextStyle),
        value=text(4000),
        placeholder=text(100),
        required=st.booleans(),
        min_length=maybe(mostly(st.just(0), st.integers(-1, 4001))),
        max_length=maybe(mostly(st.just(4000), st.integers(-1, 4001))),
    ),
    st.builds(RadioGroup, custom_id=custom_ids, options=some(plain_options, 2, 10, 11), required=st.booleans()),
    st.builds(
        CheckboxGroup,
        custom_id=custom_ids,
        options=some(plain_options, 1, 10, 11),
        min_values=ones,
        max_values=maybe(ones),
        required=st.booleans(),
    ),
    st.builds(Checkbox, custom_id=custom_ids, default=st.booleans()),
    st.builds(FileUpload, custom_id=custom_ids, min_values=ones, max_values=ones, required=st.booleans()),
    selects,
)
parts = st.builds(Label, text(45), inputs, text(100)) | st.builds(TextDisplay, text(4000))


@slow
@given(modal=st.builds(Modal, text(45), custom_ids, some(parts, 5, 6)))
def test_any_modal(judge: Judge, modal: Modal) -> None:
    try:
        body = to_callback(modal)
    except InvalidPayload:
        return
    event("sent")
    judge("ModalInteractionCallbackRequest", body)


@slow
@given(
    st.lists(
        st.builds(Choice, text(100), st.integers(-10, 10) | mostly(st.floats(-1, 1), st.integers() | text())),
        max_size=26,
    )
)
def test_any_choices(judge: Judge, choices: list[Choice]) -> None:
    try:
        body = to_callback(AutocompleteResult(tuple(choices)))
    except InvalidPayload:
        return
    event("sent")
    judge("ApplicationCommandAutocompleteCallbackRequest", body)


names = mostly(
    st.text("abcdefgh연속기록日本", min_size=6, max_size=12),
    st.sampled_from(["A", "a b", "", "n" * 32, "n" * 33]) | st.text(max_size=4),
)
words = text(100)
lengths = maybe(mostly(st.just(1), st.integers(-1, 6001)))
numbers: dict[str, Any] = {"min_value": maybe(st.integers(-9, 9)), "max_value": maybe(mostly(ones, st.integers()))}
leaves = st.one_of(
    st.builds(
        string,
        names,
        words,
        required=mostly(st.just(False), st.just(True)),
        choices=st.lists(st.tuples(words, words), max_size=3),
        autocomplete=mostly(st.just(False), st.just(True)),
        min_length=lengths,
        max_length=lengths,
    ),
    st.builds(
        integer, names, words, choices=st.lists(st.tuples(words, mostly(ones, st.integers())), max_size=3), **numbers
    ),
    st.builds(number, names, words, choices=st.lists(st.tuples(words, st.floats(allow_nan=False)), max_size=3)),
    st.builds(boolean, names, words),
    st.builds(user, names, words),
    st.builds(channel, names, words, channel_types=st.sampled_from([(), (2, 13), (2, 2)])),
    st.builds(attachment, names, words),
)
level = st.lists(leaves, max_size=3)


def make_subcommand(name: str, description: str, options: list[Option]) -> Option:
    return subcommand(name, description, *options)


def make_group(name: str, description: str, options: list[Option]) -> Option:
    return group(name, description, *options)


def make_command(name: str, description: str, options: list[Option], permissions: int | None) -> Command:
    return command(name, description, *options, permissions=permissions, contexts=(Context.GUILD, Context.BOT_DM))


subs = st.builds(make_subcommand, names, words, level)
groups = st.builds(make_group, names, words, st.lists(subs, min_size=1, max_size=2))
commands = st.one_of(
    st.builds(
        make_command, names, words, level | st.lists(subs | groups, max_size=3), maybe(st.integers(0, 2**53 - 1))
    ),
    st.builds(user_menu, names),
    st.builds(message_menu, names),
)


@slow
@given(wanted=st.lists(commands, max_size=3), suffix=st.sampled_from(["x", "연", "X"]))
def test_any_commands(judge: Judge, wanted: list[Any], suffix: str) -> None:
    try:
        shapes = list_json(wanted, lambda _, text: {"ko": f"{text[:30]}{suffix}"})
    except InvalidPayload:
        return
    for shape in shapes:
        if "default_member_permissions" in shape:
            shape["default_member_permissions"] = int(str(shape["default_member_permissions"]))
    pointer = "/paths/~1applications~1{application_id}~1commands/put/requestBody/content/application~1json/schema"
    event("sent")
    judge(pointer, json.loads(json.dumps(shapes)))
