"""Raw JSON structure of interactions; wire/parsing.py converts it into the types that handlers receive.

Source: https://discord.com/developers/docs/interactions/receiving-and-responding; unknown fields are skipped,
and fields that Discord may omit have defaults, so that a new or missing field never makes an interaction fail.
"""

from collections.abc import Mapping
from typing import Annotated, Final

from msgspec import Meta, Raw, Struct, field
from msgspec.json import Decoder

from core.ids import ApplicationId, ChannelId, CommandId, GuildId, InteractionId
from wire.limits import FILE_BYTES_MAX
from wire.objects import NOTHING_RESOLVED, Entitlement, Id, Member, ReceivedMessage, Resolved, StoredId, User

SLASH: Final = 1  # command types
USER_MENU: Final = 2
MESSAGE_MENU: Final = 3
ENTRY_POINT: Final = 4  # created by Discord for apps with an Activity

TOKEN_MAX: Final = 2048  # characters; real tokens have about 200 and become part of a URL

_NO_DATA: Final = Raw(b"{}")


class OptionPayload(Struct, frozen=True):
    """One option; has `value`, or `options` for groups and subcommands."""

    name: str
    type: int
    value: str | int | float | bool | None = None
    options: tuple["OptionPayload", ...] = ()
    is_focused: bool = field(default=False, name="focused")


class FieldPayload(Struct, frozen=True):
    """One component of a submitted modal: a label, an action row, or the field itself."""

    type: int
    custom_id: str = ""
    value: str | bool | None = None
    values: tuple[str, ...] = ()
    component: "FieldPayload | None" = None  # inside a label
    components: tuple["FieldPayload", ...] = ()  # inside an action row, the older format


class CommandData(Struct, frozen=True):
    """A command of any type, or with autocomplete its part that is typed already."""

    id: Id[CommandId]
    name: str
    type: int  # SLASH, USER_MENU, MESSAGE_MENU, ENTRY_POINT, or a future type
    options: tuple[OptionPayload, ...] = ()
    target_id: Id[int] | None = None  # target of a user or message command
    resolved: Resolved = NOTHING_RESOLVED


class ComponentData(Struct, frozen=True):
    """A clicked button or a submitted select."""

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
    """The channel of an interaction; its other fields are not read."""

    id: StoredId[ChannelId]


class Envelope(Struct, frozen=True, kw_only=True):
    """The fields of all interactions; `data` is decoded once `type` is known.

    One class for all types: with one class each, the decoder would scan the bytes for the type before decoding them.
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


# Not strict: ids and permissions are strings in JSON and are decoded as numbers.
read_envelope: Final = Decoder(Envelope, strict=False).decode
read_command: Final = Decoder(CommandData, strict=False).decode
read_component: Final = Decoder(ComponentData, strict=False).decode
read_modal: Final = Decoder(ModalData, strict=False).decode
