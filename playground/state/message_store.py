"""Stores messages and attachments: create, edit, reply, forward, pin and delete."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from PIL import Image, UnidentifiedImageError

from core.clock import Clock
from playground.json_types import Json, is_list, is_object, snowflake
from playground.state import message_content, polls, serializers
from playground.state.changes import Changes, MessageChanged, MessageRemoved
from playground.state.ids import Snowflakes
from playground.state.state import Attachment, Message, User, World
from playground.validation import message as check_message
from playground.validation.components import CONTAINER, FILE, SELECTS, SEPARATOR, TEXT_DISPLAY, THUMBNAIL, every_part
from playground.validation.message import (
    COMPONENTS_V2,
    EPHEMERAL,
    EVERYONE,
    LOADING,
    ROLE_MENTION,
    SUPPRESS_EMBEDS,
    SUPPRESS_NOTIFICATIONS,
    USER_MENTION,
    Before,
)
from playground.validation.upload import Upload

PRESETS: Final[dict[int, Json]] = {
    **{kind: {"min_values": 1, "max_values": 1, "disabled": False} for kind in SELECTS},
    THUMBNAIL: {"description": None, "spoiler": False},
    FILE: {"spoiler": False},
    SEPARATOR: {"spacing": 1, "divider": True},
    CONTAINER: {"accent_color": None, "spoiler": False},
}  # Discord's defaults for missing component fields
REPLY: Final = 19  # message type of replies
PINNED: Final = 6  # message type of pin notifications
HAS_SNAPSHOT: Final = 1 << 14  # message flag of forwards
REFERRING: Final = (REPLY, 21)  # message types serialized with `referenced_message`: replies, thread starters
SNAPSHOT: Final = (
    *("type", "content", "embeds", "attachments", "components", "mentions", "mention_roles"),
    *("timestamp", "edited_timestamp", "flags"),
)  # message fields in the snapshot of a forward
KEPT_FLAGS: Final = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2
MESSAGES_KEPT: Final = 5000  # the oldest are removed beyond this
ATTACHMENTS_KEPT: Final = 2000  # the oldest are removed beyond this


class Posting:
    """Stores messages and attachments."""

    def __init__(self, world: World, ids: Snowflakes, clock: Clock, changes: Changes, base_url: str) -> None:
        self._world = world
        self._ids = ids
        self._clock = clock
        self._changes = changes
        self._base_url = base_url

    def shape(self, message: Message) -> Json:
        """The message as JSON with all content."""
        return self._shape(message, lambda _: True)

    def told(self, message: Message, *, privileged: bool | None = None) -> Json:
        """The message as JSON for the app.

        Args:
            message: a message that is public or the app's own.
            privileged: whether content of other users is included; None: according to the app's setting.
        """
        reads_all = self._world.message_content if privileged is None else privileged
        return self._shape(message, lambda one: reads_all or message_content.is_open(one, self._world))

    def target(self, message: Message) -> Json:
        """The target of a message command as JSON: always with content."""
        return self._shape(
            message,
            lambda one: one is message or self._world.message_content or message_content.is_open(one, self._world),
        )

    def _shape(self, message: Message, is_open: Callable[[Message], bool]) -> Json:
        shape = self._alone(message, is_open)
        if message.type in REFERRING and message.reference:
            other = self._world.messages.get(int(message.reference["message_id"]))
            is_seen = other is not None and other.reader in (None, message.reader)
            shape["referenced_message"] = self._alone(other, is_open) if other and is_seen else None
        return shape

    def _alone(self, message: Message, is_open: Callable[[Message], bool]) -> Json:
        """A message without `referenced_message`."""
        shape = serializers.message(message, self._world, base_url=self._base_url)
        if message.poll:
            shape["poll"] = polls.shape(message, self._clock.now())
        if message.forwarded:
            inner = serializers.message(message.forwarded, self._world, base_url=self._base_url)
            shape["message_snapshots"] = [{"message": {name: inner[name] for name in SNAPSHOT}}]
        return shape if is_open(message) else message_content.hidden(shape)

    def place(self, channel: int, author: User, *, flags: int = 0, reader: int | None = None) -> Message:
        """Create an empty message, such as a deferred response."""
        is_app = author is self._world.bot
        made_at = self._clock.now()
        message = Message(self._ids.mint(), channel, author, made_at, flags=flags, reader=reader, is_app=is_app)
        self._world.messages[message.id] = message
        while len(self._world.messages) > MESSAGES_KEPT:
            self.remove(next(iter(self._world.messages.values())))
        if reader is None:
            self._world.channels[channel].last_message = message.id
            self._count(message, 1)
        self._changes.tell(MessageChanged(message))
        return message

    def _count(self, message: Message, change: int) -> None:
        """Update a thread's message counts and starter message; the author joins the thread, which is unarchived."""
        channel = self._world.channels.get(message.channel)
        thread = channel.thread if channel else None
        if thread is None:
            return
        thread.messages += change
        if change > 0:
            thread.ever_sent += change
            if message.author.id in self._world.users:  # webhooks do not join threads
                thread.joined.setdefault(message.author.id, message.at)
            thread.is_archived = False
        if starter := self._world.messages.get(message.channel):
            self.changed(starter)

    def write(
        self, message: Message, body: Json, files: dict[int, Upload], *, pings_all: bool, is_edit: bool = False
    ) -> list[str]:
        """Validate a body and write it to a message; returns remarks for the user.

        Raises:
            Refusal: invalid body; nothing has changed then.
        """
        before = before_edit(message) if is_edit else Before()
        return self.write_checked(message, body, files, check_message.check(body, files, before), pings_all=pings_all)

    def write_checked(
        self, message: Message, body: Json, files: dict[int, Upload], remarks: list[str], *, pings_all: bool
    ) -> list[str]:
        """Like write(), for a body that is already validated."""
        if "content" in body:
            message.content = (body["content"] or "").strip()
        if "embeds" in body:
            embeds: list[Json] = body["embeds"] or []
            message.embeds = [_as_shown(embed) for embed in embeds]
        if "components" in body:
            numbers = iter(range(1, 1000))
            components: list[Json] = body["components"] or []
            message.components = [_numbered(part, numbers) for part in components]
        if isinstance(body.get("poll"), dict):
            message.poll = polls.opened(body["poll"], self._clock.now())
        message.tts = bool(body.get("tts", message.tts))
        message.nonce = body.get("nonce", message.nonce)
        message.flags &= ~LOADING
        if body.get("flags") is not None:  # Components V2 can be switched on, but never off
            message.flags = message.flags & ~SUPPRESS_EMBEDS | body["flags"] & KEPT_FLAGS
        self._attach(message, body, files)
        self._mention(message, body, pings_all=pings_all)
        self._changes.tell(MessageChanged(message))
        return remarks

    def answer(self, message: Message, other: Message, *, pings: bool) -> None:
        """Make a message a reply to another; `pings` says whether it mentions the author."""
        message.type, message.reference = REPLY, self._reference_to(other, 0)
        is_named = other.author.id in message.mentions or other.author is message.author
        if pings and not is_named and other.author.id in self._world.users:
            message.mentions.append(other.author.id)
        self.changed(message)

    def forward(self, message: Message, other: Message) -> None:
        """Make a message a forward with a snapshot of another."""
        message.reference = self._reference_to(other, check_message.FORWARD)
        message.flags |= HAS_SNAPSHOT
        message.forwarded = replace(other.forwarded or other)
        self.changed(message)

    def pin(self, message: Message) -> None:
        """Pin a message now; pins at the same time keep their order."""
        pinned = [one.pinned_at for one in self._world.messages.values() if one.channel == message.channel]
        latest = max((at for at in pinned if at), default=None)
        now = self._clock.now()
        message.pinned_at = now if latest is None or latest < now else latest + timedelta(microseconds=1)
        self.changed(message)

    def say(self, channel: int, kind: int, about: Message) -> Message:
        """Create a system message about another message."""
        message = self.place(channel, self._world.bot)
        message.type, message.reference = kind, self._reference_to(about, 0)
        self.changed(message)
        return message

    def _reference_to(self, other: Message, kind: int) -> Json:
        guild = self._world.channels[other.channel].guild
        place: Json = {"guild_id": str(guild)} if guild is not None else {}
        return {"type": kind, "message_id": str(other.id), "channel_id": str(other.channel)} | place

    def edited(self, message: Message) -> None:
        """Set the edit time of a message."""
        message.edited_at = self._clock.now()
        self.changed(message)

    def changed(self, message: Message) -> None:
        """Publish that a message has changed."""
        self._changes.tell(MessageChanged(message))

    def remove(self, message: Message) -> None:
        """Delete a message and its files."""
        if self._world.messages.pop(message.id, None) and message.reader is None:
            self._count(message, -1)
        for file in message.attachments:
            self._world.attachments.pop(file.id, None)
        self._changes.tell(MessageRemoved(message.id, message.channel))

    def _attach(self, message: Message, body: Json, files: dict[int, Upload]) -> None:
        if "attachments" in body:
            listed = body["attachments"] if is_list(body["attachments"]) else []
            kept = {snowflake(entry.get("id")): entry for entry in listed if is_object(entry)}
            message.attachments = [file for file in message.attachments if file.id in kept]
            for file in message.attachments:
                file.description = kept[file.id].get("description", file.description)
        told = check_message.file_names(body, files)
        for index in sorted(files):
            entry = told.get(index, {})
            file = self.keep(files[index], name=entry.get("filename"), description=entry.get("description"))
            file.is_ephemeral = message.reader is not None
            file.is_spoiler = bool(entry.get("is_spoiler"))
            message.attachments.append(file)

    def keep(self, upload: Upload, *, name: str | None = None, description: str | None = None) -> Attachment:
        """Store an uploaded file with a new id."""
        width, height = _size_px(upload.content)
        file = Attachment(
            self._ids.mint(), name or upload.filename, upload.content_type, upload.content, description, width, height
        )
        self._world.attachments[file.id] = file
        while len(self._world.attachments) > ATTACHMENTS_KEPT:
            del self._world.attachments[next(iter(self._world.attachments))]
        return file

    def _mention(self, message: Message, body: Json, *, pings_all: bool) -> None:
        allowed = body.get("allowed_mentions")
        everything = ["users", "roles", "everyone"] if pings_all else ["users"]
        parse: list[str] = list(allowed.get("parse") or []) if is_object(allowed) else everything
        only: Json = allowed if is_object(allowed) else {}
        layout = [
            str(part.get("content")) for part in every_part(message.components) if part.get("type") == TEXT_DISPLAY
        ]
        text = "\n".join((message.content, *layout))
        people = [int(found) for found in USER_MENTION.findall(text)]
        ranks = [int(found) for found in ROLE_MENTION.findall(text)]
        # Discord lists all mentioned users; those that allowed_mentions permits are notified, and stored here.
        message.mentions = [
            one
            for one in dict.fromkeys(people)
            if one in self._world.users and ("users" in parse or str(one) in map(str, only.get("users") or []))
        ]
        message.mention_roles = [
            one for one in dict.fromkeys(ranks) if "roles" in parse or str(one) in map(str, only.get("roles") or [])
        ]
        message.mentions_everyone = "everyone" in parse and bool(EVERYONE.search(text))


def before_edit(message: Message) -> Before:
    """The state of a message that validation of an edit needs."""
    return Before(
        message.flags & ~EPHEMERAL,
        message.content,
        len(message.embeds),
        len(message.components),
        tuple((file.id, file.filename) for file in message.attachments),
        is_edit=True,
    )


def _as_shown(embed: Json) -> Json:
    fields: list[Json] = embed.get("fields") or []
    shape: Json = {"type": "rich"} | embed
    return shape | {"fields": [{"inline": False} | field for field in fields]} if fields else shape


def _numbered(part: Any, numbers: Any) -> Any:
    if not is_object(part):
        return part
    shape = PRESETS.get(part.get("type", 0), {}) | part
    if "type" in shape and not shape.get("id"):
        shape["id"] = next(numbers)
    for name in ("components", "items"):
        if is_list(shape.get(name)):
            shape[name] = [_numbered(child, numbers) for child in shape[name]]
    if is_object(shape.get("accessory")):
        shape["accessory"] = _numbered(shape["accessory"], numbers)
    return shape


def _size_px(content: bytes) -> tuple[int | None, int | None]:
    try:
        with Image.open(io.BytesIO(content)) as image:
            return image.size
    except (UnidentifiedImageError, OSError, ValueError):
        return None, None
