"""Trusted bytes to typed interactions: what handlers get."""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, Final, cast

from msgspec import MsgspecError, Raw, Struct, ValidationError
from msgspec.json import decode, encode

from core.ids import ApplicationId, ChannelId, CommandId, GuildId, InteractionId, MessageId
from wire.components import ComponentKind
from wire.errors import BadPayload
from wire.fields import Fields, channels, mentionables, roles, users
from wire.options import Options, focused, split_path
from wire.payloads import (
    MESSAGE_MENU,
    SLASH,
    USER_MENU,
    CommandData,
    ComponentData,
    Envelope,
    ModalData,
    read_command,
    read_component,
    read_envelope,
    read_modal,
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


class InteractionKind(IntEnum):
    """Discord's numbers for the types of interactions."""

    PING = 1
    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


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
        try:
            return _read(body)
        except ValidationError:
            return _read_leniently(body)
    except (MsgspecError, UnicodeError, OverflowError, RecursionError) as error:
        raise BadPayload(str(error)) from error


def _read(body: bytes) -> Interaction:
    envelope = read_envelope(body)
    known = _KINDS.get(envelope.type)
    if known is None:
        if envelope.type == InteractionKind.PING:
            return _PING
        raise BadPayload(f"unknown kind {envelope.type}")
    read, build = known
    try:
        data = read(envelope.data)
    except ValidationError as error:
        raise ValidationError(f"in the data: {error}") from error
    return build(envelope, data)


def _read_leniently(body: bytes) -> Interaction:
    """As other servers of this protocol write: null for what Discord leaves out, pings that hold nothing else."""
    shape = _without_nulls(decode(body))
    match shape:
        case {"type": InteractionKind.PING}:
            return _PING
        case _:
            return _read(encode(shape))


def _without_nulls(value: object) -> object:
    match value:
        case dict():
            fields = cast("dict[str, object]", value)
            return {name: _without_nulls(each) for name, each in fields.items() if each is not None}
        case list():
            return [_without_nulls(each) for each in cast("list[object]", value)]
        case _:
            return value


def _command(envelope: Envelope, data: CommandData) -> SlashCommand | UserMenu | MessageMenu:
    if data.type == SLASH:
        path, options = split_path(data.name, data.options)
        return SlashCommand(*_common(envelope), data.id, path, Options(options, data.resolved), data.resolved)
    if data.type == USER_MENU:
        person = None if data.target_id is None else data.resolved.user(data.target_id)
        if person is None:
            raise BadPayload("the target is not among the resolved objects")
        return UserMenu(*_common(envelope), data.id, data.name, person)
    if data.type == MESSAGE_MENU:
        message = None if data.target_id is None else data.resolved.messages.get(MessageId(data.target_id))
        if message is None:
            raise BadPayload("the target is not among the resolved objects")
        return MessageMenu(*_common(envelope), data.id, data.name, message)
    raise BadPayload(f"unknown command type {data.type}")


def _autocomplete(envelope: Envelope, data: CommandData) -> Autocomplete:
    if data.type != SLASH:
        raise BadPayload(f"unknown command type {data.type}")
    path, options = split_path(data.name, data.options)
    typing = focused(options)
    value = "" if typing.value is None else str(typing.value)
    return Autocomplete(*_common(envelope), data.id, path, Options(options, data.resolved), typing.name, value)


def _component(envelope: Envelope, data: ComponentData) -> ButtonPress | SelectChoice:
    if envelope.message is None:
        raise BadPayload("a component without its message")
    if data.component_type == ComponentKind.BUTTON:
        return ButtonPress(*_common(envelope), data.custom_id, envelope.message)
    if data.component_type in _SELECTS:
        return SelectChoice(*_common(envelope), data.custom_id, envelope.message, data.values, data.resolved)
    raise BadPayload(f"unknown component type {data.component_type}")


def _modal(envelope: Envelope, data: ModalData) -> ModalSubmit:
    return ModalSubmit(*_common(envelope), data.custom_id, Fields(data.components, data.resolved), envelope.message)


_KINDS: Final[dict[int, tuple[Callable[[Raw], Any], Callable[[Envelope, Any], Interaction]]]] = {
    InteractionKind.COMMAND: (read_command, _command),
    InteractionKind.COMPONENT: (read_component, _component),
    InteractionKind.AUTOCOMPLETE: (read_command, _autocomplete),
    InteractionKind.MODAL: (read_modal, _modal),
}


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


def _common(envelope: Envelope) -> _Common:
    """The fields of Invocation, in its order."""
    user = (envelope.member and envelope.member.user) or envelope.user
    if user is None:
        raise BadPayload("nobody is named as the person")
    return (
        envelope.id,
        envelope.token,
        envelope.application_id,
        user,
        envelope.member,
        envelope.guild_id,
        envelope.channel_id if envelope.channel is None else envelope.channel.id,
        envelope.locale,
        envelope.guild_locale,
        envelope.app_permissions,
        envelope.entitlements,
        envelope.authorizing_integration_owners,
        envelope.context,
        envelope.attachment_size_limit,
    )
