"""Replies: values that say what should happen, and their JSON; every limit is checked before anything is sent.

Source: https://discord.com/developers/docs/interactions/receiving-and-responding#responding-to-an-interaction
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Self

from core.ids import AttachmentId, RoleId, UserId
from wire.body import Body, File, body
from wire.checks import at_most, length
from wire.components import (
    Button,
    ButtonStyle,
    ChannelSelect,
    Emoji,
    MentionableSelect,
    RoleSelect,
    Row,
    Select,
    SelectOption,
    StringSelect,
    UserSelect,
    disabled,
    distinct,
    rows_json,
)
from wire.embeds import Author, Embed, Field, Footer, Json, embeds_json
from wire.errors import LimitExceeded, NotAllowed, Unsendable
from wire.limits import (
    ALT_MAX,
    ATTACHMENTS_MAX,
    CHOICE_NAME_MAX,
    CHOICE_VALUE_MAX,
    CONTENT_MAX,
    FILENAME_MAX,
    MENTIONED_MAX,
    NONCE_MAX,
    OPTION_NUMBER_MAX,
    SUGGESTIONS_MAX,
)
from wire.modals import (
    Checkbox,
    CheckboxGroup,
    FileUpload,
    Label,
    Modal,
    RadioGroup,
    TextDisplay,
    TextInput,
    TextStyle,
    modal_json,
)

__all__ = [
    "Acknowledge",
    "Author",
    "Body",
    "Button",
    "ButtonStyle",
    "ChannelSelect",
    "Checkbox",
    "CheckboxGroup",
    "Choice",
    "Choices",
    "Deferred",
    "Drawing",
    "EditMessage",
    "Embed",
    "Emoji",
    "Field",
    "File",
    "FileUpload",
    "Footer",
    "Label",
    "LimitExceeded",
    "MentionableSelect",
    "Mentions",
    "Message",
    "Modal",
    "NotAllowed",
    "Pong",
    "RadioGroup",
    "Reply",
    "RoleSelect",
    "Row",
    "Select",
    "SelectOption",
    "StringSelect",
    "TextDisplay",
    "TextInput",
    "TextStyle",
    "Unsendable",
    "UserSelect",
    "disabled",
    "to_callback",
    "to_message_create",
    "to_webhook_edit",
    "to_webhook_message",
]

_SUPPRESS_EMBEDS: Final = 1 << 2
_EPHEMERAL: Final = 1 << 6
_SILENT: Final = 1 << 12
_FILENAME: Final = re.compile(r"[0-9A-Za-z._-]+", re.ASCII)
_ATTACHMENT: Final = "attachment://"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentions:
    """Whom a message may ping; always sent, so that a name inside a text never pings by accident."""

    users: tuple[UserId, ...] = ()
    roles: tuple[RoleId, ...] = ()
    everyone: bool = False

    @classmethod
    def none(cls) -> Self:
        """Nobody."""
        return cls()


@dataclass(frozen=True, slots=True)
class Message:
    """A message: callback 4. `components` are rows: a tuple of buttons, or one select."""

    content: str = ""
    embeds: tuple[Embed, ...] = ()
    components: tuple[Row, ...] = ()
    files: tuple[File, ...] = ()
    private: bool = False  # fixed by the first answer
    mentions: Mentions = Mentions()
    silent: bool = False  # no sound, no push
    suppress_embeds: bool = False  # links show no preview
    kept_attachments: tuple[AttachmentId, ...] = ()  # edits only: files of the old message that stay


@dataclass(frozen=True, slots=True)
class EditMessage(Message):
    """The message that held the component becomes this one as a whole: callback 7."""


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """The component's message stays as it is, for now: callback 6."""


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to a ping: callback 1."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One suggestion: what is shown and what is sent."""

    name: str
    value: str | int | float
    name_localizations: Mapping[str, str] | None = None  # Discord's locale to text


@dataclass(frozen=True, slots=True)
class Choices:
    """Suggestions for what a person is typing, at most 25: callback 8."""

    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture that takes time: "thinking" at once, then the message with the picture.

    Attributes:
        message: what comes with the picture; an embed may name it as `attachment://<filename>`.
        draw: pure, called off the event loop with the bytes of those avatars that could be fetched, by path.
        alt: what is to be seen.
        avatars: CDN paths.
        edits: the message that held the pressed button becomes this one, instead of a new one.
    """

    message: Message
    draw: Callable[[Mapping[str, bytes]], bytes]
    filename: str
    alt: str
    avatars: tuple[str, ...] = ()
    edits: bool = False

    def finished(self, picture: bytes) -> Message:
        """The message with its picture."""
        return replace(self.message, files=(*self.message.files, File(self.filename, picture, self.alt)))


@dataclass(frozen=True, slots=True)
class Deferred:
    """An answer that takes time: "thinking" at once, then what `work` gives."""

    private: bool
    work: Callable[[], Awaitable[Message]]


Reply = Message | EditMessage | Acknowledge | Pong | Choices | Modal | Drawing | Deferred

_PONG: Final = body({"type": 1})
_THINKING: Final = body({"type": 5})
_THINKING_PRIVATELY: Final = body({"type": 5, "data": {"flags": _EPHEMERAL}})
_ACKNOWLEDGED: Final = body({"type": 6})


def to_callback(reply: Reply) -> Body:  # noqa: PLR0911 - a table
    """The first answer to an interaction: the body of our HTTP answer, or of POST …/callback.

    Raises:
        Unsendable: Discord would refuse it.
    """
    match reply:
        case EditMessage():
            return body({"type": 7, "data": _edit_json(reply)}, reply.files)
        case Message():
            return body({"type": 4, "data": _create_json(reply)}, reply.files)
        case Drawing():
            return _ACKNOWLEDGED if reply.edits else _thinking(private=reply.message.private)
        case Deferred():
            return _thinking(private=reply.private)
        case Choices():
            return body({"type": 8, "data": {"choices": _choices_json(reply)}})
        case Modal():
            return body({"type": 9, "data": modal_json(reply)})
        case Acknowledge():
            return _ACKNOWLEDGED
        case Pong():
            return _PONG


def to_webhook_edit(message: Message) -> Body:
    """The body of PATCH …/messages/@original: the message becomes this one as a whole."""
    return body(_edit_json(message), message.files)


def to_webhook_message(message: Message) -> Body:
    """The body of a follow-up."""
    return body(_create_json(message), message.files)


def to_message_create(message: Message, *, nonce: str | None = None) -> Body:
    """The body of POST /channels/{id}/messages.

    Args:
        message: not private, which only answers to interactions can be.
        nonce: at most 25 characters; the same one sent twice within minutes makes one message.
    """
    if message.private:
        raise NotAllowed("message.private", "is for answers to interactions only")
    shape = _create_json(message)
    if nonce is not None:
        length("nonce", nonce, 1, NONCE_MAX)
        shape |= {"nonce": nonce, "enforce_nonce": True}
    return body(shape, message.files)


def _thinking(*, private: bool) -> Body:
    return _THINKING_PRIVATELY if private else _THINKING


def _create_json(message: Message) -> Json:
    if message.kept_attachments:
        raise NotAllowed("message.kept_attachments", "is for edits only")
    shape: Json = {"allowed_mentions": _mentions_json(message.mentions)}
    if message.content:
        at_most("content", message.content, CONTENT_MAX)
        shape["content"] = message.content
    if message.embeds:
        shape["embeds"] = embeds_json(message.embeds)
    if message.components:
        shape["components"] = rows_json(message.components)
    if message.files:
        shape["attachments"] = _attachments_json(message)
    if len(shape) == 1:
        raise NotAllowed("message", "must not be empty")
    _check_pictures(message)
    flags = _flags(message)
    if flags:
        shape["flags"] = flags
    return shape


def _edit_json(message: Message) -> Json:
    at_most("content", message.content, CONTENT_MAX)
    shape: Json = {
        "content": message.content,
        "embeds": embeds_json(message.embeds),
        "components": rows_json(message.components),
        "attachments": _attachments_json(message),
        "allowed_mentions": _mentions_json(message.mentions),
    }
    if not (message.content or message.embeds or message.components or shape["attachments"]):
        raise NotAllowed("message", "must not be empty")
    _check_pictures(message)
    if message.suppress_embeds:
        shape["flags"] = _SUPPRESS_EMBEDS
    return shape


def _flags(message: Message) -> int:
    return (
        (_EPHEMERAL if message.private else 0)
        | (_SILENT if message.silent else 0)
        | (_SUPPRESS_EMBEDS if message.suppress_embeds else 0)
    )


def _mentions_json(mentions: Mentions) -> Json:
    at_most("mentions.users", mentions.users, MENTIONED_MAX)
    at_most("mentions.roles", mentions.roles, MENTIONED_MAX)
    shape: Json = {"parse": ["everyone"] if mentions.everyone else []}
    if mentions.users:
        shape["users"] = [str(each) for each in dict.fromkeys(mentions.users)]
    if mentions.roles:
        shape["roles"] = [str(each) for each in dict.fromkeys(mentions.roles)]
    return shape


def _attachments_json(message: Message) -> list[Json]:
    shapes: list[Json] = [{"id": str(each)} for each in message.kept_attachments]
    for index, file in enumerate(message.files):
        length("file.name", file.name, 1, FILENAME_MAX)
        if not _FILENAME.fullmatch(file.name):
            raise NotAllowed("file.name", "may hold ASCII letters, digits and . _ - only")
        shape: Json = {"id": str(index), "filename": file.name}
        if file.alt:
            at_most("file.alt", file.alt, ALT_MAX)
            shape["description"] = file.alt
        shapes.append(shape)
    at_most("attachments", shapes, ATTACHMENTS_MAX)
    distinct("file.name", [file.name for file in message.files])
    return shapes


def _check_pictures(message: Message) -> None:
    if message.kept_attachments:
        return
    names = {file.name for file in message.files}
    for embed in message.embeds:
        for url in embed.pictures:
            if url.startswith(_ATTACHMENT) and url.removeprefix(_ATTACHMENT) not in names:
                raise NotAllowed("embed", f"names {url}, which is not among the files")


def _choices_json(reply: Choices) -> list[Json]:
    at_most("choices", reply.choices, SUGGESTIONS_MAX)
    return [_choice_json(choice) for choice in reply.choices]


def _choice_json(choice: Choice) -> Json:
    length("choice.name", choice.name, 1, CHOICE_NAME_MAX)
    if isinstance(choice.value, str):
        at_most("choice.value", choice.value, CHOICE_VALUE_MAX)
    elif abs(choice.value) > OPTION_NUMBER_MAX:
        raise LimitExceeded("choice.value", limit=OPTION_NUMBER_MAX, actual=choice.value)
    shape: Json = {"name": choice.name, "value": choice.value}
    if choice.name_localizations:
        for text in choice.name_localizations.values():
            length("choice.name", text, 1, CHOICE_NAME_MAX)
        shape["name_localizations"] = dict(choice.name_localizations)
    return shape
