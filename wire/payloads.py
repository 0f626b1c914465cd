"""The shapes of an interaction's JSON, one class per `type`; parse() turns them into what handlers get.

Source: https://discord.com/developers/docs/interactions/receiving-and-responding; unknown fields are skipped,
and what Discord leaves out has a default, so that a new field or a missing one never costs an answer.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field
from msgspec.json import Decoder

from core.ids import ApplicationId, ChannelId, CommandId, GuildId, InteractionId, MessageId, UserId
from wire.limits import FILE_BYTES_MAX
from wire.received import NOTHING_RESOLVED, Channel, Entitlement, Id, Member, ReceivedMessage, Resolved, User


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


class SlashData(Struct, frozen=True, tag_field="type", tag=1):
    """A chat command."""

    id: Id[CommandId]
    name: str
    options: tuple[OptionPayload, ...] = ()
    resolved: Resolved = NOTHING_RESOLVED


class UserMenuData(Struct, frozen=True, tag_field="type", tag=2):
    """A command from the menu of a person."""

    id: Id[CommandId]
    name: str
    target_id: Id[UserId]
    resolved: Resolved = NOTHING_RESOLVED


class MessageMenuData(Struct, frozen=True, tag_field="type", tag=3):
    """A command from the menu of a message."""

    id: Id[CommandId]
    name: str
    target_id: Id[MessageId]
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


class Envelope(Struct, frozen=True, kw_only=True, tag_field="type"):
    """What all interactions but the ping have."""

    id: Id[InteractionId]
    token: str
    application_id: Id[ApplicationId]
    guild_id: Id[GuildId] | None = None
    channel_id: Id[ChannelId] | None = None
    channel: Channel | None = None
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


class PingPayload(Struct, frozen=True, tag_field="type", tag=1):
    """Discord asks whether we are there."""


class CommandPayload(Envelope, frozen=True, kw_only=True, tag=2):
    """A command of any kind."""

    data: SlashData | UserMenuData | MessageMenuData


class ComponentPayload(Envelope, frozen=True, kw_only=True, tag=3):
    """A component of a message."""

    data: ComponentData


class AutocompletePayload(Envelope, frozen=True, kw_only=True, tag=4):
    """A person is typing into an option."""

    data: SlashData


class ModalPayload(Envelope, frozen=True, kw_only=True, tag=5):
    """A modal was sent."""

    data: ModalData


Payload = PingPayload | CommandPayload | ComponentPayload | AutocompletePayload | ModalPayload

# Not strict: ids and permissions come as strings and are read as numbers in the same pass.
decoder: Final[Decoder[Payload]] = Decoder(Payload, strict=False)
