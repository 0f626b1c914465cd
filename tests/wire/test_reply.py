import json
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any

import pytest

from core.ids import AttachmentId, ChannelId, RoleId, SkuId, UserId
from tests.wire.conftest import Judge
from wire.body import Body, File
from wire.components import (
    Button,
    ButtonStyle,
    ChannelSelect,
    Emoji,
    MentionableSelect,
    RoleSelect,
    Row,
    SelectOption,
    StringSelect,
    UserSelect,
    disabled,
)
from wire.embeds import Author, Embed, Field, Footer
from wire.errors import InvalidPayload, LimitExceeded, NotAllowed
from wire.message import Mentions, Message, to_webhook_edit, to_webhook_message
from wire.reply import (
    Acknowledge,
    AutocompleteResult,
    Choice,
    Deferred,
    EditMessage,
    ImageReply,
    Pong,
    Reply,
    to_callback,
)

CALLBACK = (
    "/paths/~1interactions~1{interaction_id}~1{interaction_token}~1callback/post/requestBody/content/"
    "application~1json/schema"
)
PIXEL = b"\x89PNG\r\n\x1a\n"
FULL_EMBED = Embed(
    title="t" * 256,
    description="d",
    url="https://example.org/a?b=c",
    colour=0xFFFFFF,
    fields=(Field("n" * 256, "v" * 1024, inline=True), Field("n", "v")),
    footer=Footer("f", icon_url="attachment://card.png"),
    author=Author("a", url="https://example.org/", icon_url="https://example.org/a.gif"),
    image="attachment://card.png",
    thumbnail="https://example.org/b.webp",
    timestamp=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
)
EVERY_ROW: tuple[Row, ...] = (
    (
        Button("Go", ButtonStyle.PRIMARY, custom_id="a"),
        Button(custom_id="b", emoji="🌱", disabled=True),
        Button("Web", url="https://example.org/"),
        Button("Own", ButtonStyle.DANGER, custom_id="c", emoji=Emoji("leaf", 41771983429993937, is_animated=True)),
        Button(sku=SkuId(1019475255913222144)),
    ),
    StringSelect(
        custom_id="d",
        placeholder="p" * 150,
        max_values=2,
        options=(SelectOption("One", "1", "first", emoji="1️⃣", default=True), SelectOption("Two", "2")),
    ),
    UserSelect(custom_id="e", defaults=(UserId(1),), min_values=0, max_values=25),
    MentionableSelect(custom_id="f", default_users=(UserId(1),), default_roles=(RoleId(2),), max_values=2),
    ChannelSelect(custom_id="g", channel_types=(0, 2), defaults=(ChannelId(3),), disabled=True),
)


def decoded(body: Body) -> Any:
    assert body.content_type == "application/json"
    return json.loads(body.content)


def parts(body: Body) -> list[tuple[str, str, bytes]]:
    """Name, media type and bytes of each part of a multipart body, parsed by the standard library."""
    parsed = message_from_bytes(b"Content-Type: " + body.content_type.encode() + b"\r\n\r\n" + body.content)
    return [
        (
            str(part.get_param("name", header="content-disposition")),
            part.get_content_type(),
            bytes(part.get_payload(decode=True) or b""),  # pyright: ignore[reportArgumentType]
        )
        for part in parsed.walk()
        if not part.is_multipart()
    ]


def test_the_smallest_message_is_public_and_pings_nobody(judge: Judge) -> None:
    sent = to_callback(Message("Hello @everyone"))

    assert judge(CALLBACK, sent) == {
        "type": 4,
        "data": {"content": "Hello @everyone", "allowed_mentions": {"parse": []}},
    }


def test_a_message_with_everything(judge: Judge) -> None:
    message = Message(
        "c" * 2000,
        embeds=(FULL_EMBED, Embed(title="second", footer="foot", author="auth")),
        components=EVERY_ROW,
        files=(File("card.png", PIXEL, alt="A card"), File("notes.csv", b"a,b")),
        private=True,
        mentions=Mentions(users=(UserId(7), UserId(7)), roles=(RoleId(8),), everyone=True),
        silent=True,
        suppress_embeds=True,
    )

    body = to_callback(message)

    (payload, *files) = parts(body)
    assert payload[:2] == ("payload_json", "application/json")
    assert files == [("files[0]", "image/png", PIXEL), ("files[1]", "text/csv", b"a,b")]
    sent = json.loads(payload[2])
    judge(CALLBACK, sent)
    judge("CreateMessageInteractionCallbackRequest", sent)
    data = sent["data"]
    assert data["flags"] == 64 | 4096 | 4
    assert data["allowed_mentions"] == {"parse": ["everyone"], "users": ["7"], "roles": ["8"]}
    assert data["attachments"] == [
        {"id": "0", "filename": "card.png", "description": "A card"},
        {"id": "1", "filename": "notes.csv"},
    ]
    assert data["embeds"][0]["timestamp"] == "2026-11-21T09:30:00Z"
    assert data["embeds"][0]["color"] == 0xFFFFFF
    assert data["embeds"][1]["footer"] == {"text": "foot"}
    first = data["components"][0]["components"]
    assert [button["style"] for button in first] == [1, 2, 5, 4, 6]
    assert first[2] == {"type": 2, "style": 5, "url": "https://example.org/", "label": "Web"}
    assert first[3]["emoji"] == {"id": "41771983429993937", "name": "leaf", "animated": True}
    assert first[4] == {"type": 2, "style": 6, "sku_id": "1019475255913222144"}


def test_a_role_select(judge: Judge) -> None:
    row = RoleSelect(custom_id="r", defaults=(RoleId(5),))
    sent = judge("CreateMessageInteractionCallbackRequest", to_callback(Message(components=(row,))))

    assert sent == {
        "type": 4,
        "data": {
            "allowed_mentions": {"parse": []},
            "components": [
                {
                    "type": 1,
                    "components": [
                        {
                            "type": 6,
                            "custom_id": "r",
                            "min_values": 1,
                            "max_values": 1,
                            "default_values": [{"id": "5", "type": "role"}],
                        }
                    ],
                }
            ],
        },
    }


def test_an_edit_says_everything_so_that_nothing_old_stays(judge: Judge) -> None:
    sent = judge("UpdateMessageInteractionCallbackRequest", to_callback(EditMessage("New")))

    assert sent == {
        "type": 7,
        "data": {
            "content": "New",
            "embeds": [],
            "components": [],
            "attachments": [],
            "allowed_mentions": {"parse": []},
        },
    }


def test_an_edit_of_the_original(judge: Judge) -> None:
    message = Message(
        embeds=(FULL_EMBED,), components=EVERY_ROW, kept_attachments=(AttachmentId(9),), suppress_embeds=True
    )

    sent: Any = judge("IncomingWebhookUpdateRequestPartial", to_webhook_edit(message))

    assert sent["attachments"] == [{"id": "9"}]
    assert sent["flags"] == 4


def test_a_follow_up_may_be_private(judge: Judge) -> None:
    follow_up: Any = judge("IncomingWebhookRequestPartial", to_webhook_message(Message("Hi", private=True)))

    assert follow_up["flags"] == 64


async def later() -> Message:
    return Message("Done")


def draw(avatars: object) -> bytes:
    return PIXEL + str(avatars).encode()


DRAWING = ImageReply(Message(embeds=(Embed(image="attachment://card.png"),)), draw, "card.png", "A card")
PRIVATE_DRAWING = ImageReply(Message(private=True), draw, "card.png", "A card")


@pytest.mark.parametrize(
    ("reply", "sent"),
    [
        (Pong(), {"type": 1}),
        (Acknowledge(), {"type": 6}),
        (Deferred(private=False, work=later), {"type": 5}),
        (Deferred(private=True, work=later), {"type": 5, "data": {"flags": 64}}),
        (DRAWING, {"type": 5}),
        (
            AutocompleteResult((Choice("Seoul", "seoul"),)),
            {"type": 8, "data": {"choices": [{"name": "Seoul", "value": "seoul"}]}},
        ),
        (PRIVATE_DRAWING, {"type": 5, "data": {"flags": 64}}),
        (ImageReply(Message(), draw, "card.png", "A card", edits=True), {"type": 6}),
        (AutocompleteResult(), {"type": 8, "data": {"choices": []}}),
    ],
)
def test_short_answers(judge: Judge, reply: Reply, sent: object) -> None:
    assert judge(CALLBACK, to_callback(reply)) == sent


async def test_a_finished_drawing_is_its_message_with_the_picture(judge: Judge) -> None:
    finished = DRAWING.finished(DRAWING.draw({}))

    assert finished.files == (File("card.png", PIXEL + b"{}", alt="A card"),)
    judge("IncomingWebhookUpdateRequestPartial", json.loads(parts(to_webhook_edit(finished))[0][2]))
    assert await Deferred(private=False, work=later).work() == Message("Done")


@pytest.mark.parametrize("values", [("Asia/Seoul", "x" * 100), (1, 2**53 - 1), (0.5, -3, 1e15)])
def test_choices_of_each_type(judge: Judge, values: tuple[str | int | float, ...]) -> None:
    choices = AutocompleteResult(tuple(Choice("Seoul", value, {"ko": "서울"}) for value in values))

    sent: Any = judge(CALLBACK, to_callback(choices))

    assert sent["data"]["choices"][0] == {
        "name": "Seoul",
        "value": values[0],
        "name_localizations": {"ko": "서울"},
    }


def test_disabled_rows_keep_links() -> None:
    buttons, select = disabled(((Button("a", custom_id="a"), Button("w", url="https://e.org")), EVERY_ROW[1]))

    assert isinstance(buttons, tuple)
    assert [button.disabled for button in buttons] == [True, False]
    assert not isinstance(select, tuple)
    assert select.disabled


def test_unknown_files_are_bytes_and_names_are_quoted() -> None:
    body = to_webhook_message(Message(files=(File("a.bin", b"--x\r\n"), File("none", b""))))

    assert parts(body)[1:] == [
        ("files[0]", "application/octet-stream", b"--x\r\n"),
        ("files[1]", "application/octet-stream", b""),
    ]


TWO_SELECTS: Any = (UserSelect(custom_id="a"), UserSelect(custom_id="b"))  # also a type error


def row(**changed: Any) -> Message:
    fields: Any = {"custom_id": "s", "options": (SelectOption("a", "1"),)} | changed
    return Message(components=(StringSelect(**fields),))


def button(**changed: Any) -> Message:
    fields: Any = {"label": "a"} | changed
    return Message(components=((Button(**fields),),))


@pytest.mark.parametrize(
    ("message", "field", "limit", "actual"),
    [
        (Message("c" * 2001), "content", 2000, 2001),
        (Message(embeds=(Embed(title="t"),) * 11), "embeds", 10, 11),
        (Message(embeds=(Embed(title="t" * 257),)), "embed.title", 256, 257),
        (Message(embeds=(Embed(description="d" * 4097),)), "embed.description", 4096, 4097),
        (Message(embeds=(Embed(fields=(Field("n", "v"),) * 26),)), "embed.fields", 25, 26),
        (Message(embeds=(Embed(fields=(Field("", "v"),)),)), "embed.field.name", 1, 0),
        (Message(embeds=(Embed(fields=(Field("n" * 257, "v"),)),)), "embed.field.name", 256, 257),
        (Message(embeds=(Embed(fields=(Field("n", ""),)),)), "embed.field.value", 1, 0),
        (Message(embeds=(Embed(fields=(Field("n", "v" * 1025),)),)), "embed.field.value", 1024, 1025),
        (Message(embeds=(Embed(footer="f" * 2049),)), "embed.footer.text", 2048, 2049),
        (Message(embeds=(Embed(author="a" * 257),)), "embed.author.name", 256, 257),
        (Message(embeds=(Embed(title="t", colour=0x1000000),)), "embed.colour", 0xFFFFFF, 0x1000000),
        (Message(embeds=(Embed(title="t", url="https://e.org/" + "x" * 2048),)), "embed.url", 2048, 2062),
        (Message(embeds=(Embed(description="d" * 4096),) * 2), "embeds (all text)", 6000, 8192),
        (Message(components=((Button("a", custom_id="a"),),) * 6), "components", 5, 6),
        (Message(components=((Button("a", custom_id="a"),) * 6,)), "components.row", 5, 6),
        (Message(components=((),)), "components.row", 1, 0),
        (button(custom_id=""), "custom_id", 1, 0),
        (button(custom_id="c" * 101), "custom_id", 100, 101),
        (button(custom_id="c", label="l" * 81), "button.label", 80, 81),
        (button(url="https://e.org/" + "x" * 500), "button.url", 512, 514),
        (button(custom_id="c", emoji="e" * 33), "emoji", 32, 33),
        (row(options=()), "select.options", 1, 0),
        (row(options=tuple(SelectOption("a", str(n)) for n in range(26))), "select.options", 25, 26),
        (row(options=(SelectOption("", "1"),)), "select.option.label", 1, 0),
        (row(options=(SelectOption("a", "v" * 101),)), "select.option.value", 100, 101),
        (row(options=(SelectOption("a", "1", "d" * 101),)), "select.option.description", 100, 101),
        (row(options=(SelectOption("a", "1", default=True), SelectOption("b", "2", default=True))),
         "select.options (defaults)", 1, 2),
        (row(placeholder="p" * 151), "select.placeholder", 150, 151),
        (row(min_values=26), "select.min_values", 25, 26),
        (row(min_values=2, max_values=1), "select.max_values", 2, 1),
        (row(max_values=2), "select.max_values", 1, 2),
        (Message(components=(UserSelect(custom_id="u", defaults=(UserId(1), UserId(2))),)), "select.defaults", 1, 2),
        (Message(files=(File("a.png", b""),) * 11), "attachments", 10, 11),
        (Message(files=(File("", b""),)), "file.name", 1, 0),
        (Message(files=(File("a", bytes(10 * 1024 * 1024 + 1)),)), "file.data", 10 * 1024 * 1024, 10 * 1024 * 1024 + 1),
        (Message(files=(File("a.png", b"", alt="a" * 1025),)), "file.alt", 1024, 1025),
        (Message("x", mentions=Mentions(users=(UserId(1),) * 101)), "mentions.users", 100, 101),
        (Message("x", mentions=Mentions(roles=(RoleId(1),) * 101)), "mentions.roles", 100, 101),
    ],
)  # fmt: skip
def test_numbers_beyond_discords_limits(message: Message, field: str, limit: int, actual: int) -> None:
    for send in (to_callback, to_webhook_edit):
        with pytest.raises(LimitExceeded) as refused:
            send(message)

        assert (refused.value.field, refused.value.limit, refused.value.actual) == (field, limit, actual)


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (Message(), "message: must not be empty"),
        (Message(embeds=(Embed(),)), "embed: must show something"),
        (Message(embeds=(Embed(colour=1),)), "embed: must show something"),
        (Message(embeds=(Embed(title="t", url="ftp://e.org/"),)), "embed.url: must be a web address"),
        (Message(embeds=(Embed(title="t", url="https://"),)), "embed.url: must be a web address"),
        (Message(embeds=(Embed(image="card.png"),)), "embed.image: must be a web address"),
        (Message(embeds=(Embed(image="attachment://a.svg"),)), "embed.image: must be a jpg"),
        (Message(embeds=(Embed(image="attachment://a.png"),)), "embed: names attachment://a.png"),
        (Message(embeds=(Embed(title="t", timestamp=datetime(2026, 1, 1)),)), "embed.timestamp: must be aware"),  # noqa: DTZ001 - that is the point
        (button(), "button: needs exactly one"),
        (button(custom_id="a", url="https://e.org"), "button: needs exactly one"),
        (button(custom_id="a", sku=SkuId(1)), "button: needs exactly one"),
        (button(label="", custom_id="a"), "button: needs a label or an emoji"),
        (button(sku=SkuId(1)), "button: for a purchase"),
        (button(label="", emoji="🌱", sku=SkuId(1)), "button: for a purchase"),
        (Message(components=(TWO_SELECTS,)), "components.row: holds buttons"),
        (Message(components=((Button("a", custom_id="a"), Button("b", custom_id="a")),)), "components.custom_id"),
        (Message(components=((Button("a", custom_id="a"),), UserSelect(custom_id="a"))), "components.custom_id"),
        (row(options=(SelectOption("a", "1"), SelectOption("b", "1"))), "select.option.value: must not be given twice"),
        (Message(files=(File("a b.png", b""),)), "file.name: may hold"),
        (Message(files=(File('a".png', b""),)), "file.name: may hold"),
        (Message(files=(File("a.png", b""), File("a.png", b""))), "file.name: must not be given twice"),
    ],
)
def test_rules_that_discords_own_file_does_not_know(message: Message, error: str) -> None:
    for send in (to_callback, to_webhook_edit):
        with pytest.raises(NotAllowed, match=f"^{error}"):
            send(message)


def test_what_only_some_routes_take() -> None:
    with pytest.raises(NotAllowed, match="kept_attachments"):
        to_callback(Message("x", kept_attachments=(AttachmentId(1),)))
    with pytest.raises(LimitExceeded, match="bytes"):
        to_callback(Message(files=tuple(File(f"{n}.bin", bytes(9 * 1024 * 1024)) for n in range(3))))


@pytest.mark.parametrize(
    ("choices", "error"),
    [
        ((Choice("a", 1),) * 26, "choices: 26 given, at most 25"),
        ((Choice("", 1),), "choice.name: 0 given, at least 1"),
        ((Choice("n" * 101, 1),), "choice.name: 101 given, at most 100"),
        ((Choice("a", "v" * 101),), "choice.value: 101 given, at most 100"),
        ((Choice("a", ""),), "choice.value: 0 given, at least 1"),
        ((Choice("a", 1), Choice("b", "1")), "choice.value: must be all texts or all numbers"),
        ((Choice("a", 2**53),), "choice.value"),
        ((Choice("a", -(2.0**60)),), "choice.value"),
        ((Choice("a", 1, {"ko": ""}),), "choice.name: 0 given"),
    ],
)
def test_choices_beyond_the_limits(choices: tuple[Choice, ...], error: str) -> None:
    with pytest.raises(InvalidPayload, match=f"^{error}"):
        to_callback(AutocompleteResult(choices))
