"""The Message type and its JSON for each route that takes a message; all limits are checked before sending.

Source: https://discord.com/developers/docs/resources/message
"""

import re
from datetime import datetime
from typing import Final

from msgspec import Struct

from core.ids import AttachmentId, GuildId, RoleId, UserId
from wire.body import Body, File, body
from wire.checks import check_length, check_max
from wire.components import Row, distinct, rows_json
from wire.embeds import ATTACHMENT, Embed, Json, embeds_json
from wire.errors import NotAllowed
from wire.layout import LayoutComponent, check_files, layout_json
from wire.limits import ALT_MAX, ATTACHMENTS_MAX, CONTENT_MAX, FILE_BYTES_MAX, FILENAME_MAX, MENTIONED_MAX
from wire.objects import EPHEMERAL
from wire.polls import Poll, poll_json

_SUPPRESS_EMBEDS: Final = 1 << 2
_SILENT: Final = 1 << 12
COMPONENTS_V2: Final = 1 << 15  # message flag: the message has a layout; cannot be removed from a message
_FILENAME: Final = re.compile(r"[0-9A-Za-z._-]+", re.ASCII)


class Mentions(Struct, frozen=True, kw_only=True):
    """Allowed mentions: whom a message may ping; always sent, so that text never pings by accident."""

    users: tuple[UserId, ...] = ()
    roles: tuple[RoleId, ...] = ()
    everyone: bool = False


class Effect(Struct, frozen=True, kw_only=True):
    """A Discord request that runs after the transaction commits; wire/effects.py defines the kinds.

    Attributes:
        key: deduplication key: effects of one guild and kind with the same key run once, while the outbox keeps rows
            (7 days). Empty: derived from interaction and position. Required without an interaction.
        due_at: earliest time; None: at once.
        guild: guild of the effect; None: that of the interaction.
    """

    key: str = ""
    due_at: datetime | None = None
    guild: GuildId | None = None


class Message(Struct, frozen=True):
    """A new message (callback type 4). `components` are rows: a tuple of buttons, or one select.

    With a `layout` it is a Components V2 message, which has no content, embeds, components or poll.
    """

    content: str = ""
    embeds: tuple[Embed, ...] = ()
    components: tuple[Row, ...] = ()
    layout: tuple[LayoutComponent, ...] = ()
    poll: Poll | None = None  # in new messages, and in the edit that resolves a deferral
    files: tuple[File, ...] = ()
    private: bool = False  # cannot change after the initial response
    mentions: Mentions = Mentions()
    silent: bool = False  # no notification
    suppress_embeds: bool = False  # no link previews
    kept_attachments: tuple[AttachmentId, ...] = ()  # edits only: files of the old message to keep
    effects: tuple[Effect, ...] = ()  # replies only: Discord requests that run after the commit


def to_webhook_edit(message: Message) -> Body:
    """The body of PATCH …/messages/@original, which replaces the message completely.

    Only this edit may add a poll, and only if the message was a deferral until now.
    """
    return body(edit_json(message, takes_poll=True), message.files)


def to_webhook_message(message: Message) -> Body:
    """The body of a followup message."""
    return body(create_json(message), message.files)


def create_json(message: Message) -> Json:
    """A new message as API JSON.

    Raises:
        InvalidPayload: Discord would reject it.
    """
    if message.kept_attachments:
        raise NotAllowed("message.kept_attachments", "is for edits only")
    shape: Json = {"allowed_mentions": _mentions_json(message.mentions)}
    if message.content:
        check_max("content", message.content, CONTENT_MAX)
        shape["content"] = message.content
    if message.embeds:
        shape["embeds"] = embeds_json(message.embeds)
    if message.components:
        shape["components"] = rows_json(message.components)
    if message.layout:
        shape["components"] = _layout_json(message)
    if message.files:
        shape["attachments"] = _attachments_json(message)
    if message.poll is not None:
        shape["poll"] = poll_json(message.poll)
    if len(shape) == 1:
        raise NotAllowed("message", "must not be empty")
    _check_pictures(message)
    flags = (EPHEMERAL if message.private else 0) | (_SILENT if message.silent else 0) | _editable_flags(message)
    if flags:
        shape["flags"] = flags
    return shape


def edit_json(message: Message, *, takes_poll: bool = False) -> Json:
    """An edit as API JSON, which keeps nothing of the old message except `kept_attachments`.

    Args:
        message: the new state of the message.
        takes_poll: the old message is a deferral ("thinking…"), so the edit may add a poll.

    Raises:
        InvalidPayload: Discord would reject it.
    """
    if message.poll is not None and not takes_poll:
        raise NotAllowed("message.poll", "cannot be added by an edit")
    check_max("content", message.content, CONTENT_MAX)
    shape: Json = {
        "content": message.content,
        "embeds": embeds_json(message.embeds),
        "components": rows_json(message.components),
        "attachments": _attachments_json(message),
        "allowed_mentions": _mentions_json(message.mentions),
    }
    if message.layout:  # clear the fields that are not allowed with a layout
        shape |= {"content": None, "embeds": None, "components": _layout_json(message)}
    if message.poll is not None:
        shape["poll"] = poll_json(message.poll)
    if not (message.content or message.embeds or shape["components"] or shape["attachments"] or message.poll):
        raise NotAllowed("message", "must not be empty")
    _check_pictures(message)
    flags = _editable_flags(message)
    if flags:
        shape["flags"] = flags
    return shape


def _layout_json(message: Message) -> list[Json]:
    if message.content or message.embeds or message.components or message.poll is not None:
        raise NotAllowed("message.layout", "stands alone, without content, embeds, components and poll")
    filenames = [file.name for file in message.files]
    check_files(message.layout, filenames, are_all_known=not message.kept_attachments)
    return layout_json(message.layout)


def _editable_flags(message: Message) -> int:
    return (_SUPPRESS_EMBEDS if message.suppress_embeds else 0) | (COMPONENTS_V2 if message.layout else 0)


def _mentions_json(mentions: Mentions) -> Json:
    check_max("mentions.users", mentions.users, MENTIONED_MAX)
    check_max("mentions.roles", mentions.roles, MENTIONED_MAX)
    shape: Json = {"parse": ["everyone"] if mentions.everyone else []}
    if mentions.users:
        shape["users"] = [str(each) for each in dict.fromkeys(mentions.users)]
    if mentions.roles:
        shape["roles"] = [str(each) for each in dict.fromkeys(mentions.roles)]
    return shape


def _attachments_json(message: Message) -> list[Json]:
    shapes: list[Json] = [{"id": str(each)} for each in message.kept_attachments]
    for index, file in enumerate(message.files):
        check_length("file.name", file.name, 1, FILENAME_MAX)
        if not _FILENAME.fullmatch(file.name):
            raise NotAllowed("file.name", "may hold ASCII letters, digits and . _ - only")
        check_max("file.data", file.data, FILE_BYTES_MAX)
        shape: Json = {"id": str(index), "filename": file.name}
        if file.alt:
            check_max("file.alt", file.alt, ALT_MAX)
            shape["description"] = file.alt
        shapes.append(shape)
    check_max("attachments", shapes, ATTACHMENTS_MAX)
    distinct("file.name", [file.name for file in message.files])
    return shapes


def _check_pictures(message: Message) -> None:
    if message.kept_attachments:
        return
    shown = [url for embed in message.embeds for url in embed.pictures if url.startswith(ATTACHMENT)]
    if not shown:
        return
    names = {file.name for file in message.files}
    for url in shown:
        if url.removeprefix(ATTACHMENT) not in names:
            raise NotAllowed("embed", f"names {url}, which is not among the files")
