"""Parses verified request bodies into typed interactions.

Source: https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, Final

from msgspec import MsgspecError, Raw, ValidationError
from msgspec.json import decode

from core.ids import ApplicationId, ChannelId, GuildId, InteractionId, MessageId
from wire.components import ComponentKind
from wire.errors import BadPayload
from wire.fields import Fields
from wire.interaction import (
    Autocomplete,
    ButtonClick,
    Interaction,
    MessageMenu,
    ModalSubmit,
    OtherCommand,
    Ping,
    SelectSubmit,
    SlashCommand,
    UserMenu,
)
from wire.lenient import DataError, Path, read, without_nul
from wire.objects import Entitlement, Member, User
from wire.options import Options, focused, split_path
from wire.payloads import (
    ENTRY_POINT,
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


class InteractionKind(IntEnum):
    """Discord's interaction type numbers."""

    PING = 1
    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


_PING = Ping()


def parse(body: bytes) -> Interaction:
    """Parse an interaction from a body whose signature is verified already.

    Raises:
        BadPayload: invalid JSON, an unknown type, or a needed field that is missing or has the wrong type.
    """
    try:
        try:
            body = without_nul(body)
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
        raise DataError(f"in the data: {error}") from error
    return build(envelope, data)


def _read_leniently(body: bytes) -> Interaction:
    """Parse a payload that deviates from our types, from another server or a future Discord; see wire/lenient.py."""
    shape = decode(body)
    match shape:
        case {"type": InteractionKind.PING}:
            return _PING
        case _:
            return read(_read, shape, is_needed=_is_needed)


def _is_needed(path: Path) -> bool:
    """Whether a field is needed to understand the interaction; other invalid fields are dropped."""
    return path[0] in _NEEDED or (path[0] == "data" and (len(path) == 1 or path[1] in _NEEDED_OF_DATA))


_NEEDED: Final = frozenset({"type", "id", "token", "application_id", "guild_id"})
_NEEDED_OF_DATA: Final = frozenset(
    {"id", "name", "type", "options", "target_id", "custom_id", "component_type", "values", "components"}
)


def _command(envelope: Envelope, data: CommandData) -> SlashCommand | UserMenu | MessageMenu | OtherCommand:
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
    return OtherCommand(*_common(envelope), data.id, data.name, is_entry_point=data.type == ENTRY_POINT)


def _autocomplete(envelope: Envelope, data: CommandData) -> Autocomplete:
    if data.type != SLASH:
        raise BadPayload(f"unknown command type {data.type}")
    path, options = split_path(data.name, data.options)
    typing = focused(options)
    value = "" if typing.value is None else str(typing.value)
    return Autocomplete(*_common(envelope), data.id, path, Options(options, data.resolved), typing.name, value)


def _component(envelope: Envelope, data: ComponentData) -> ButtonClick | SelectSubmit:
    if envelope.message is None:
        raise BadPayload("a component without its message")
    if data.component_type == ComponentKind.BUTTON:
        return ButtonClick(*_common(envelope), data.custom_id, envelope.message)
    return SelectSubmit(*_common(envelope), data.custom_id, envelope.message, data.values, data.resolved)


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
    """The fields of InteractionBase, in its order."""
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
