"""Which reply may answer which interaction; Discord refuses the others, so they are refused here first.

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
_SAME: Final = frozenset({EditMessage, Acknowledge})  # they need a message that holds the component
_FITTING: Final[dict[type[Interaction], frozenset[type[Reply]]]] = {
    Ping: frozenset({Pong}),
    SlashCommand: _NEW | {Modal},
    UserMenu: _NEW | {Modal},
    MessageMenu: _NEW | {Modal},
    OtherCommand: _NEW | {Modal},
    Autocomplete: frozenset({AutocompleteResult}),
    ButtonClick: _NEW | _SAME | {Modal},
    SelectSubmit: _NEW | _SAME | {Modal},
    ModalSubmit: _NEW | _SAME,  # the latter only for a modal that a component has opened
}


class InvalidResponseType(InvalidPayload):
    """A reply cannot answer this interaction, or cannot come after what was answered already; always our bug."""

    def __init__(self, reply: object, answers: object, why: str) -> None:
        super().__init__(f"{type(reply).__name__} does not answer a {type(answers).__name__}: {why}")


class ModalAfterDefer(InvalidResponseType, TimeoutError):
    """A form came after "thinking…": it can only be the first answer.

    It was on its way when the clock ran out, so it is a TimeoutError too: the person reads that it took too long.
    """

    def __init__(self, reply: Modal, answers: object) -> None:
        super().__init__(reply, answers, "a form can only be the first answer")


def apart(reply: Reply, interaction: Interaction) -> Reply:
    """`reply`; where it would write a private text into a message that everybody reads, a new message instead.

    No edit makes a message private, so that what became private after the message was posted must not be edited in.
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
    """Refuse a first answer that Discord would not take.

    Raises:
        DoesNotFit: the kind of reply, an edit of a message that is not there or cannot become this one, or effects
            that nobody would see to.
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
    """Refuse what cannot take the place of a "thinking…" that is already there.

    Raises:
        DoesNotFit: a form, an edit of another message, a private text where everybody would read it, or effects: the
            transaction that would have kept them is over.
    """
    if isinstance(message, Modal):  # pyright: ignore[reportUnnecessaryIsInstance] - types are not looked at when it runs
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
