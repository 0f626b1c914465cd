import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from core.ids import ChannelId, RoleId, SkuId, UserId
from playground.errors import Refusal
from playground.validation import message as check_message
from playground.validation.upload import Upload
from tests.wire.conftest import Judge
from wire.body import Body, File
from wire.components import Button, ChannelSelect, MentionableSelect, RoleSelect, SelectOption, StringSelect, UserSelect
from wire.embeds import Embed
from wire.errors import InvalidPayload, LimitExceeded, NotAllowed
from wire.layout import (
    Container,
    FileDisplay,
    Gallery,
    GalleryItem,
    LayoutComponent,
    Section,
    Separator,
    Spacing,
    TextDisplay,
    Thumbnail,
)
from wire.message import Message, create_json, edit_json, to_webhook_edit, to_webhook_message
from wire.polls import Poll
from wire.reply import EditMessage, to_callback

CALLBACK = (
    "/paths/~1interactions~1{interaction_id}~1{interaction_token}~1callback/post/requestBody/content/"
    "application~1json/schema"
)
EDIT = "IncomingWebhookUpdateRequestPartial"
FOLLOW_UP = "IncomingWebhookRequestPartial"
CHART = File("chart.png", b"\x89PNG\r\n\x1a\n", "A chart")
NOTES = File("notes.txt", b"notes")
HELLO = TextDisplay("# Hello")
EVERY_SELECT = (
    StringSelect(custom_id="s", options=(SelectOption("One", "1", default=True),)),
    UserSelect(custom_id="u", defaults=(UserId(5_000_001),)),
    RoleSelect(custom_id="r", defaults=(RoleId(5_000_002),)),
    MentionableSelect(
        custom_id="m", default_users=(UserId(5_000_001),), default_roles=(RoleId(5_000_002),), max_values=2
    ),
    ChannelSelect(custom_id="c", channel_types=(0, 2), defaults=(ChannelId(5_000_003),)),
)
EVERYTHING: tuple[LayoutComponent, ...] = (
    Container(
        (
            Section((HELLO, TextDisplay("there")), Thumbnail("attachment://chart.png", "A chart", spoiler=True)),
            Separator(divider=False, spacing=Spacing.LARGE),
            Gallery((GalleryItem("attachment://chart.png", "Again"), GalleryItem("https://example.org/a.png"))),
            FileDisplay("notes.txt", spoiler=True),
            (Button("Go", custom_id="go"), Button(sku=SkuId(1019475255913222144))),
        ),
        colour=0xF4BC6C,
        spoiler=True,
    ),
    Section((TextDisplay("With a button"),), Button("Web", url="https://example.org/")),
    *EVERY_SELECT,
)


def payload_of(body: Body) -> Any:
    if body.content_type == "application/json":
        return json.loads(body.content)
    return json.loads(body.content.split(b"\r\n\r\n", 1)[1].split(b"\r\n--", 1)[0])


def accepted(shape: Any, files: Sequence[File] = ()) -> None:
    """Assert that the local Discord accepts the layout too."""
    uploads = {index: Upload(file.name, "", file.data) for index, file in enumerate(files)}
    assert check_message.check(shape, uploads, check_message.Before()) == []


def test_every_part_goes_through_every_way(judge: Judge) -> None:
    message = Message(layout=EVERYTHING, files=(CHART, NOTES), private=True)
    sent: Any = judge(CALLBACK, payload_of(to_callback(message)))
    again: Any = judge(FOLLOW_UP, payload_of(to_webhook_message(message)))
    posted: Any = judge("MessageCreateRequest", create_json(Message(layout=(HELLO,))))

    assert sent["data"] == again
    assert sent["data"]["flags"] == 32768 | 64
    assert {"content", "embeds", "poll"}.isdisjoint(sent["data"])
    assert posted["flags"] == 32768
    accepted(again, message.files)


def test_an_edit_takes_away_what_cannot_stand_beside_a_layout(judge: Judge) -> None:
    message = EditMessage(layout=(HELLO,))
    update: Any = judge(CALLBACK, payload_of(to_callback(message)))
    edit: Any = judge(EDIT, payload_of(to_webhook_edit(message)))
    judge("MessageEditRequestPartial", edit_json(message))

    assert update == {"type": 7, "data": edit}
    assert (edit["content"], edit["embeds"], edit["flags"]) == (None, None, 32768)
    assert edit["attachments"] == []
    before = check_message.Before(content="old", embeds=1, is_edit=True)
    assert check_message.check(edit, {}, before) == []


def rows(count: int) -> tuple[LayoutComponent, ...]:
    return tuple((Button("b", custom_id=str(number)),) for number in range(count))


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (Message("text", layout=(HELLO,)), "message.layout"),
        (Message(embeds=(Embed(title="t"),), layout=(HELLO,)), "message.layout"),
        (Message(components=((Button("b", custom_id="b"),),), layout=(HELLO,)), "message.layout"),
        (Message(poll=Poll("q", ()), layout=(HELLO,)), "message.layout"),
        (Message(layout=(HELLO,), files=(CHART,)), "message.files"),
        (Message(layout=(FileDisplay("gone.txt"),)), "layout"),
        (Message(layout=(Gallery((GalleryItem("attachment://gone.png"),)),)), "layout"),
        (
            Message(layout=(Section((HELLO,), Thumbnail("attachment://a.txt")),), files=(File("a.txt", b""),)),
            "thumbnail.url",
        ),
        (Message(layout=(Gallery((GalleryItem("ftp://example.org/a.png"),)),)), "gallery.item.url"),
        (Message(layout=(Container(()),)), "container"),
        (Message(layout=(Container((Container((HELLO,)),)),)), "container"),  # pyright: ignore[reportArgumentType] - the test
        (Message(layout=(*rows(1), *rows(1))), "layout.custom_id"),
        (Message(layout=(Section((HELLO,), Button("b", custom_id="0")), *rows(1))), "layout.custom_id"),
        (Message(layout=(Section((HELLO,), Button("b")),)), "button"),
    ],
)
def test_what_discord_would_not_take_is_refused_by_its_rule(message: Message, field: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        to_callback(message)

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("layout", "field", "limit", "actual"),
    [
        (rows(20), None, 0, 0),
        (rows(21), "layout (components, nested ones included)", 40, 42),
        ((Container(tuple(HELLO for _ in range(39))),), None, 0, 0),
        ((Container(tuple(HELLO for _ in range(40))),), "layout (components, nested ones included)", 40, 41),
        (tuple(Section((HELLO,), Thumbnail("https://e.org/a.png")) for _ in range(13)), None, 0, 0),
        (
            tuple(Section((HELLO,), Thumbnail("https://e.org/a.png")) for _ in range(14)),
            "layout (components, nested ones included)",
            40,
            42,
        ),
        ((TextDisplay("x" * 4000),), None, 0, 0),
        ((TextDisplay("x" * 4001),), "text.content", 4000, 4001),
        ((TextDisplay("x" * 3999), Container((TextDisplay("xx"),))), "layout (all text)", 4000, 4001),
        ((TextDisplay(""),), "text.content", 1, 0),
        ((Section((), Button("b", custom_id="b")),), "section.texts", 1, 0),
        ((Section((HELLO,) * 4, Button("b", custom_id="b")),), "section.texts", 3, 4),
        ((Gallery(()),), "gallery.items", 1, 0),
        ((Gallery((GalleryItem("https://e.org/a.png"),) * 11),), "gallery.items", 10, 11),
        ((Gallery((GalleryItem("https://e.org/a.png", "x" * 1025),)),), "gallery.item.alt", 1024, 1025),
        ((Container((HELLO,), colour=0x1000000),), "container.colour", 0xFFFFFF, 0x1000000),
    ],
)
def test_the_limits_of_one_part_and_of_all(
    judge: Judge, layout: tuple[LayoutComponent, ...], field: str | None, limit: int, actual: int
) -> None:
    if field is None:
        sent: Any = judge(CALLBACK, payload_of(to_callback(Message(layout=layout))))
        accepted(sent["data"])
        return
    with pytest.raises(LimitExceeded) as refused:
        to_callback(Message(layout=layout))

    assert (refused.value.field, refused.value.limit, refused.value.actual) == (field, limit, actual)


texts = st.builds(TextDisplay, st.sampled_from(["", "a", "b" * 2000, "c" * 4000]) | st.text(max_size=9))
urls = st.sampled_from(["https://e.org/a.png", "attachment://chart.png", "attachment://gone.png", "x"])
ids = st.sampled_from("abcdefgh")
buttons = st.builds(Button, st.just("b"), custom_id=ids)
thumbnails = st.builds(Thumbnail, urls, st.just("") | st.just("alt"), spoiler=st.booleans())
inner: st.SearchStrategy[Any] = st.one_of(
    texts,
    st.builds(Section, st.lists(texts, max_size=4).map(tuple), buttons | thumbnails),
    st.builds(Gallery, st.lists(st.builds(GalleryItem, urls), max_size=11).map(tuple)),
    st.builds(FileDisplay, st.sampled_from(["notes.txt", "gone.txt"])),
    st.builds(Separator, divider=st.booleans(), spacing=st.sampled_from(Spacing)),
    st.lists(buttons, max_size=6).map(tuple),
    st.builds(UserSelect, custom_id=ids),
)
layouts = st.lists(inner | st.builds(Container, st.lists(inner, max_size=6).map(tuple)), max_size=6).map(tuple)
filesets = st.sampled_from([(), (CHART,), (NOTES,), (CHART, NOTES)])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(layout=layouts, files=filesets)
def test_whatever_is_laid_out_is_refused_by_us_or_taken_by_discord_and_the_local_one(
    judge: Judge, layout: tuple[LayoutComponent, ...], files: tuple[File, ...]
) -> None:
    message = Message(layout=layout, files=files)
    try:
        sent = to_callback(message)
    except InvalidPayload as refusal:
        event(type(refusal).__name__)
        return
    event("sent")
    shape: Any = judge(CALLBACK, payload_of(sent))
    accepted(shape["data"], files)


def test_the_local_discord_counts_what_we_count() -> None:
    buttons = [{"type": 2, "style": 1, "label": "b", "custom_id": str(number)} for number in range(21)]
    shape = {"flags": 32768, "components": [{"type": 1, "components": [button]} for button in buttons]}

    with pytest.raises(Refusal) as refused:
        accepted(shape)

    assert "40" in refused.value.plainly()
