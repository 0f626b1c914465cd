"""Checks which reply types may answer which interaction types, because Discord rejects the others.

Source: https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object
"""

from typing import Final

from msgspec.structs import asdict, replace

from wire.errors import InvalidPayload
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
from wire.message import COMPONENTS_V2, Message
from wire.modals import Modal
from wire.objects import ReceivedMessage
from wire.reply import Acknowledge, AutocompleteResult, Deferred, EditMessage, ImageReply, Pong, Reply

_NEW: Final = frozenset({Message, ImageReply, Deferred})
_SAME: Final = frozenset({EditMessage, Acknowledge})  # they need the message that contains the component
_FITTING: Final[dict[type[Interaction], frozenset[type[Reply]]]] = {
    Ping: frozenset({Pong}),
    SlashCommand: _NEW | {Modal},
    UserMenu: _NEW | {Modal},
    MessageMenu: _NEW | {Modal},
    OtherCommand: _NEW | {Modal},
    Autocomplete: frozenset({AutocompleteResult}),
    ButtonClick: _NEW | _SAME | {Modal},
    SelectSubmit: _NEW | _SAME | {Modal},
    ModalSubmit: _NEW | _SAME,  # _SAME only for modals opened by a component
}


class InvalidResponseType(InvalidPayload):
    """The reply type is not valid for this interaction or after its earlier response; always our bug."""

    def __init__(self, reply: object, answers: object, why: str) -> None:
        super().__init__(f"{type(reply).__name__} does not answer a {type(answers).__name__}: {why}")


class ModalAfterDefer(InvalidResponseType, TimeoutError):
    """A modal after a deferral; a modal can only be the initial response.

    The handler was too slow, so this is a TimeoutError too, and the user reads that it took too long.
    """

    def __init__(self, reply: Modal, answers: object) -> None:
        super().__init__(reply, answers, "a form can only be the first answer")


def apart(reply: Reply, interaction: Interaction) -> Reply:
    """Return `reply`, but as a new message if it would edit private content into a public message.

    An edit cannot make a message private, so content that became private later must not go into a public message.
    """
    if not isinstance(reply, EditMessage | ImageReply):
        return reply
    message = reply.message if isinstance(reply, ImageReply) else reply
    edits = isinstance(reply, EditMessage) or reply.edits
    source = interaction.message if isinstance(interaction, ButtonClick | SelectSubmit | ModalSubmit) else None
    if not (edits and message.private) or source is None or source.is_private:
        return reply
    new = Message(**{name: value for name, value in asdict(message).items() if name != "kept_attachments"})
    return replace(reply, message=new, edits=False) if isinstance(reply, ImageReply) else new


def check_fit(reply: Reply, interaction: Interaction) -> None:
    """Check that a reply is valid as initial response to an interaction.

    Raises:
        InvalidResponseType: a wrong reply type, an edit without a source message or to an impossible form of it, or
            effects in a place where they would be ignored.
    """
    if type(reply) not in _FITTING[type(interaction)]:
        raise InvalidResponseType(reply, interaction, "Discord takes no such answer")
    if isinstance(reply, Acknowledge):
        _source_of(reply, interaction)
    elif isinstance(reply, EditMessage):
        _check_edit(reply, reply, interaction)
    elif isinstance(reply, ImageReply):
        if reply.message.effects:
            raise InvalidResponseType(reply, interaction, "what follows stands in its own `then`, not in its message's")
        if reply.edits:
            _check_edit(reply, reply.message, interaction)


def check_late(message: Message, deferral: Deferred) -> None:
    """Check that a message is valid as followup of a deferral ("thinking…").

    Raises:
        InvalidResponseType: an edit of another message, private content after a public deferral, or effects, since the
            transaction that would store them is over.
        ModalAfterDefer: a modal.
    """
    if isinstance(message, Modal):  # pyright: ignore[reportUnnecessaryIsInstance] - types are not checked at run time
        raise ModalAfterDefer(message, deferral)
    if type(message) is not Message:
        raise InvalidResponseType(message, deferral, "a deferred answer is a new message")
    if message.effects:
        raise InvalidResponseType(
            message, deferral, "what follows stands in the `then` of the deferral, which comes first"
        )
    if message.private and not deferral.private:
        raise InvalidResponseType(
            message, deferral, "it was deferred for everybody to read, and that cannot be changed"
        )


def _check_edit(reply: Reply, message: Message, interaction: Interaction) -> None:
    source = _source_of(reply, interaction)
    if message.poll is not None:
        raise InvalidResponseType(reply, interaction, "an edit brings no poll")
    if source.flags & COMPONENTS_V2 and not message.layout:
        raise InvalidResponseType(reply, interaction, "a message with a layout keeps having one")


def _source_of(reply: Reply, interaction: Interaction) -> ReceivedMessage:
    source = interaction.message if isinstance(interaction, ButtonClick | SelectSubmit | ModalSubmit) else None
    if source is None:
        raise InvalidResponseType(reply, interaction, "there is no message to edit")
    return source
