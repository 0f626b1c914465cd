"""The shapes of an interaction's JSON; wire/parsing.py turns them into what handlers get.

Source: https://discord.com/developers/docs/interactions/receiving-and-responding; unknown fields are skipped,
and what Discord leaves out has a default, so that a new field or a missing one never costs an answer.
"""

from collections.abc import Mapping
from typing import Annotated, Final

from msgspec import Meta, Raw, Struct, field
from msgspec.json import Decoder

from core.ids import ApplicationId, ChannelId, CommandId, GuildId, InteractionId
from wire.limits import FILE_BYTES_MAX
from wire.objects import NOTHING_RESOLVED, Entitlement, Id, Member, ReceivedMessage, Resolved, StoredId, User

SLASH: Final = 1  # the kinds of commands
USER_MENU: Final = 2
MESSAGE_MENU: Final = 3
ENTRY_POINT: Final = 4  # made by Discord itself for an app with an Activity

TOKEN_MAX: Final = 2048  # characters; Discord's have some 200 and become part of an address

_NO_DATA: Final = Raw(b"{}")


class OptionPayload(Struct, frozen=True):
    """One option; `value` for values, `options` for groups and subcommands."""

    name: str
    type: int
    value: str | int | float | bool | None = None
    options: tuple["OptionPayload", ...] = ()
    is_focused: bool = field(default=False, name="focused")


class FieldPayload(Struct, frozen=True):
    """One component of a submitted modal: a label, a row, or the field itself."""

    type: int
    custom_id: str = ""
    value: str | bool | None = None
    values: tuple[str, ...] = ()
    component: "FieldPayload | None" = None  # inside a label
    components: tuple["FieldPayload", ...] = ()  # inside a row, the older way


class CommandData(Struct, frozen=True):
    """A command of any kind, or the part of one that is written already."""

    id: Id[CommandId]
    name: str
    type: int  # SLASH, USER_MENU, MESSAGE_MENU, ENTRY_POINT, or one of tomorrow
    options: tuple[OptionPayload, ...] = ()
    target_id: Id[int] | None = None  # the person or message of a menu
    resolved: Resolved = NOTHING_RESOLVED


class ComponentData(Struct, frozen=True):
    """A pressed button or a changed select."""

    custom_id: str
    component_type: int
    values: tuple[str, ...] = ()
    resolved: Resolved = NOTHING_RESOLVED


class ModalData(Struct, frozen=True):
    """A submitted modal."""

    custom_id: str
    components: tuple[FieldPayload, ...] = ()
    resolved: Resolved = NOTHING_RESOLVED


class Place(Struct, frozen=True, gc=False):
    """Where an interaction happens; what else Discord tells of the channel nobody reads."""

    id: StoredId[ChannelId]


class Envelope(Struct, frozen=True, kw_only=True):
    """What all interactions have; `data` is read when `type` is known.

    One class for all of them: with one for each, the decoder looks through the bytes for the type before it reads them.
    """

    type: int
    id: StoredId[InteractionId]
    token: Annotated[str, Meta(min_length=1, max_length=TOKEN_MAX)]
    application_id: Id[ApplicationId]
    guild_id: StoredId[GuildId] | None = None
    channel_id: StoredId[ChannelId] | None = None
    channel: Place | None = None
    member: Member | None = None
    user: User | None = None
    message: ReceivedMessage | None = None
    locale: str = "en-US"
    guild_locale: str | None = None
    app_permissions: int = 0
    entitlements: tuple[Entitlement, ...] = ()
    authorizing_integration_owners: Mapping[int, int] = {}
    context: int | None = None
    attachment_size_limit: int = FILE_BYTES_MAX
    data: Raw = _NO_DATA


# Not strict: ids and permissions come as strings and are read as numbers in the same pass.
read_envelope: Final = Decoder(Envelope, strict=False).decode
read_command: Final = Decoder(CommandData, strict=False).decode
read_component: Final = Decoder(ComponentData, strict=False).decode
read_modal: Final = Decoder(ModalData, strict=False).decode
