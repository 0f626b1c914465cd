"""Trusted bytes to typed interactions: what handlers get."""

from collections.abc import Mapping
from typing import cast

from msgspec import MsgspecError, Struct, ValidationError, convert
from msgspec.json import decode

from core.ids import ApplicationId, ChannelId, CommandId, GuildId, InteractionId
from wire.components import ComponentKind
from wire.errors import BadPayload
from wire.fields import Fields, channels, mentionables, roles, users
from wire.options import Options, focused, split_path
from wire.payloads import (
    AutocompletePayload,
    CommandPayload,
    ComponentPayload,
    Envelope,
    Payload,
    PingPayload,
    SlashData,
    UserMenuData,
    decoder,
)
from wire.received import (
    Attachment,
    Channel,
    Context,
    Entitlement,
    Install,
    Member,
    ReceivedMessage,
    Resolved,
    ResolvedUser,
    Role,
    User,
)

__all__ = [
    "Attachment",
    "Autocomplete",
    "BadPayload",
    "ButtonPress",
    "Channel",
    "Context",
    "Entitlement",
    "Fields",
    "Install",
    "Interaction",
    "Invocation",
    "Member",
    "MessageMenu",
    "ModalSubmit",
    "Options",
    "Ping",
    "ReceivedMessage",
    "Resolved",
    "ResolvedUser",
    "Role",
    "SelectChoice",
    "SlashCommand",
    "User",
    "UserMenu",
    "parse",
]


class Ping(Struct, frozen=True):
    """Discord asks whether we are there."""


class Invocation(Struct, frozen=True):
    """What every interaction but the ping has."""

    id: InteractionId
    token: str  # lives 15 minutes and lets anybody answer: never log it
    application_id: ApplicationId
    user: User
    member: Member | None  # None: not in a guild
    guild_id: GuildId | None  # None: a direct message
    channel_id: ChannelId | None
    locale: str  # the person's, Discord's names ("es-419")
    guild_locale: str | None
    app_permissions: int  # ours in this channel
    entitlements: tuple[Entitlement, ...]
    authorizing_integration_owners: Mapping[int, int]  # by Install; without a key it is not installed that way here
    context: int | None  # see Context
    attachment_size_limit: int  # bytes, per file

    def __repr__(self) -> str:
        """What it is and which, without the token and without anything a person wrote."""
        return f"{type(self).__name__}(id={self.id})"

    @property
    def display_name(self) -> str:
        """The person's name here: nickname, chosen name, user name."""
        return (self.member and self.member.nick) or self.user.display_name

    @property
    def is_by_user_alone(self) -> bool:
        """Only a person has installed the app here: no bot of ours is around, and five follow-ups are all there are."""
        owners = self.authorizing_integration_owners
        return Install.USER in owners and Install.GUILD not in owners

    @property
    def home(self) -> GuildId | None:
        """The guild, when it is one that has installed the app; None also in direct messages."""
        return None if self.is_by_user_alone else self.guild_id


class SlashCommand(Invocation, frozen=True):
    """A chat command; `path` is command, group and subcommand joined by spaces, as declared."""

    command_id: CommandId
    path: str
    options: Options
    resolved: Resolved


class UserMenu(Invocation, frozen=True):
    """A command from the menu of a person; `path` is its name."""

    command_id: CommandId
    path: str
    target: ResolvedUser


class MessageMenu(Invocation, frozen=True):
    """A command from the menu of a message, which comes with its content; `path` is its name."""

    command_id: CommandId
    path: str
    target: ReceivedMessage


class Autocomplete(Invocation, frozen=True):
    """A person is typing into an option; the others are there as far as they are filled in, unvalidated."""

    command_id: CommandId
    path: str
    options: Options
    focused_name: str
    focused_value: str


class ButtonPress(Invocation, frozen=True):
    """A button was pressed on `message`."""

    custom_id: str
    message: ReceivedMessage


class SelectChoice(Invocation, frozen=True):
    """Something was chosen in a select on `message`."""

    custom_id: str
    message: ReceivedMessage
    values: tuple[str, ...]
    resolved: Resolved

    @property
    def users(self) -> tuple[ResolvedUser, ...]:
        """The people chosen in a user select."""
        return users(self.values, self.resolved)

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles chosen in a role select."""
        return roles(self.values, self.resolved)

    @property
    def mentionables(self) -> tuple[ResolvedUser | Role, ...]:
        """The people and roles chosen in a mentionable select."""
        return mentionables(self.values, self.resolved)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels chosen in a channel select."""
        return channels(self.values, self.resolved)


class ModalSubmit(Invocation, frozen=True):
    """A modal was sent; `message` holds the component that opened it, None after a command."""

    custom_id: str
    fields: Fields
    message: ReceivedMessage | None


Interaction = Ping | SlashCommand | UserMenu | MessageMenu | Autocomplete | ButtonPress | SelectChoice | ModalSubmit

_PING = Ping()
_SELECTS = frozenset(
    {
        ComponentKind.STRING_SELECT,
        ComponentKind.USER_SELECT,
        ComponentKind.ROLE_SELECT,
        ComponentKind.MENTIONABLE_SELECT,
        ComponentKind.CHANNEL_SELECT,
    }
)


def parse(body: bytes) -> Interaction:
    """The interaction in these bytes, which must be verified before.

    Raises:
        BadPayload: broken JSON, an unknown kind, a missing or mistyped field.
    """
    try:
        payload = _decode(body)
    except (MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadPayload(str(error)) from error
    match payload:
        case CommandPayload():
            return _command(payload)
        case ComponentPayload():
            return _component(payload)
        case AutocompletePayload(data=data):
            path, options = split_path(data.name, data.options)
            typing = focused(options)
            value = "" if typing.value is None else str(typing.value)
            return Autocomplete(*_common(payload), data.id, path, Options(options, data.resolved), typing.name, value)
        case PingPayload():
            return _PING
        case _:
            data = payload.data
            fields = Fields(data.components, data.resolved)
            return ModalSubmit(*_common(payload), data.custom_id, fields, payload.message)


def _decode(body: bytes) -> Payload:
    try:
        return decoder.decode(body)
    except ValidationError:
        # Other servers of this protocol write null where Discord leaves a field out: read again, slowly, without nulls.
        return convert(_without_nulls(decode(body)), Payload, strict=False)


def _without_nulls(value: object) -> object:
    match value:
        case dict():
            fields = cast("dict[str, object]", value)
            return {name: _without_nulls(each) for name, each in fields.items() if each is not None}
        case list():
            return [_without_nulls(each) for each in cast("list[object]", value)]
        case _:
            return value


def _command(payload: CommandPayload) -> SlashCommand | UserMenu | MessageMenu:
    match payload.data:
        case SlashData() as data:
            path, options = split_path(data.name, data.options)
            return SlashCommand(*_common(payload), data.id, path, Options(options, data.resolved), data.resolved)
        case UserMenuData() as data:
            person = data.resolved.user(data.target_id)
            if person is None:
                raise BadPayload("the target is not among the resolved objects")
            return UserMenu(*_common(payload), data.id, data.name, person)
        case data:
            message = data.resolved.messages.get(data.target_id)
            if message is None:
                raise BadPayload("the target is not among the resolved objects")
            return MessageMenu(*_common(payload), data.id, data.name, message)


def _component(payload: ComponentPayload) -> ButtonPress | SelectChoice:
    data = payload.data
    if payload.message is None:
        raise BadPayload("a component without its message")
    if data.component_type == ComponentKind.BUTTON:
        return ButtonPress(*_common(payload), data.custom_id, payload.message)
    if data.component_type in _SELECTS:
        return SelectChoice(*_common(payload), data.custom_id, payload.message, data.values, data.resolved)
    raise BadPayload(f"unknown component type {data.component_type}")


_Common = tuple[
    InteractionId,
    str,
    ApplicationId,
    User,
    Member | None,
    GuildId | None,
    ChannelId | None,
    str,
    str | None,
    int,
    tuple[Entitlement, ...],
    Mapping[int, int],
    int | None,
    int,
]


def _common(payload: Envelope) -> _Common:
    """The fields of Invocation, in its order."""
    user = (payload.member and payload.member.user) or payload.user
    if user is None:
        raise BadPayload("nobody is named as the person")
    return (
        payload.id,
        payload.token,
        payload.application_id,
        user,
        payload.member,
        payload.guild_id,
        payload.channel_id if payload.channel is None else payload.channel.id,
        payload.locale,
        payload.guild_locale,
        payload.app_permissions,
        payload.entitlements,
        payload.authorizing_integration_owners,
        payload.context,
        payload.attachment_size_limit,
    )
