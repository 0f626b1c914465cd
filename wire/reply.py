"""Reply types that handlers return, and the JSON of the initial response that each one becomes.

Source: https://discord.com/developers/docs/interactions/receiving-and-responding#responding-to-an-interaction
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from wire.body import Body, File, body
from wire.checks import check_length, check_locales, check_max, choice_value
from wire.embeds import Json
from wire.errors import NotAllowed
from wire.limits import (
    CHOICE_NAME_MAX,
    SUGGESTIONS_MAX,
)
from wire.message import (
    Effect,
    Message,
    create_json,
    edit_json,
)
from wire.modals import (
    Modal,
    modal_json,
)
from wire.objects import EPHEMERAL


class EditMessage(Message, frozen=True):
    """Replace the message with the component completely (callback type 7)."""


class Acknowledge(Struct, frozen=True):
    """Keep the component's message unchanged for now (callback type 6)."""

    effects: tuple[Effect, ...] = ()  # as in Message


class Pong(Struct, frozen=True):
    """The response to a PING (callback type 1)."""


class Choice(Struct, frozen=True):
    """One autocomplete choice: displayed name and sent value."""

    name: str
    value: str | int | float
    name_localizations: Mapping[str, str] | None = None  # Discord locale -> text


class AutocompleteResult(Struct, frozen=True):
    """Autocomplete choices, at most 25 (callback type 8)."""

    choices: tuple[Choice, ...] = ()


class ImageReply(Struct, frozen=True):
    """A rendered image: first a deferral ("thinking…"), then the message with the image.

    Attributes:
        message: the message around the image; an embed may reference it as `attachment://<filename>`.
        draw: pure function, called outside the event loop with the bytes of the avatars by path, without those
            that could not be fetched.
        filename: file name of the image, as in `File`.
        alt: alternative text.
        avatars: CDN paths of the avatars to fetch.
        edits: True replaces the message with the clicked component, instead of sending a new one.
        effects: Discord requests that run after the transaction commits.
    """

    message: Message
    draw: Callable[[Mapping[str, bytes]], bytes]
    filename: str
    alt: str
    avatars: tuple[str, ...] = ()
    edits: bool = False
    effects: tuple[Effect, ...] = ()

    def finished(self, picture: bytes) -> Message:
        """The message with the rendered image attached."""
        return replace(self.message, files=(*self.message.files, File(self.filename, picture, self.alt)))


class Deferred(Struct, frozen=True):
    """A deferred response: first "thinking…", then the message that `work` returns."""

    private: bool
    work: Callable[[], Awaitable[Message | None]]  # None: another process responds
    effects: tuple[Effect, ...] = ()  # the message of `work` comes after the transaction, so it cannot have effects


Reply = Message | EditMessage | Acknowledge | Pong | AutocompleteResult | Modal | ImageReply | Deferred

_PONG: Final = body({"type": 1})
_THINKING: Final = body({"type": 5})
_THINKING_PRIVATELY: Final = body({"type": 5, "data": {"flags": EPHEMERAL}})
_ACKNOWLEDGED: Final = body({"type": 6})


def to_callback(reply: Reply) -> Body:  # noqa: PLR0911 - a table
    """The initial response to an interaction: the body of our HTTP response, or of POST …/callback.

    Raises:
        InvalidPayload: Discord would reject it.
    """
    match reply:
        case EditMessage():
            return body({"type": 7, "data": edit_json(reply)}, reply.files)
        case Message():
            return body({"type": 4, "data": create_json(reply)}, reply.files)
        case ImageReply():
            return _ACKNOWLEDGED if reply.edits else _thinking(private=reply.message.private)
        case Deferred():
            return _thinking(private=reply.private)
        case AutocompleteResult():
            return body({"type": 8, "data": {"choices": _choices_json(reply)}})
        case Acknowledge():
            return _ACKNOWLEDGED
        case Pong():
            return _PONG
        case _:
            return body({"type": 9, "data": modal_json(reply)})


def _thinking(*, private: bool) -> Body:
    return _THINKING_PRIVATELY if private else _THINKING


def _choices_json(reply: AutocompleteResult) -> list[Json]:
    check_max("choices", reply.choices, SUGGESTIONS_MAX)
    if len({isinstance(choice.value, str) for choice in reply.choices}) > 1:
        raise NotAllowed("choice.value", "must be all texts or all numbers")
    return [_choice_json(choice) for choice in reply.choices]


def _choice_json(choice: Choice) -> Json:
    check_length("choice.name", choice.name, 1, CHOICE_NAME_MAX)
    choice_value(choice.value)
    shape: Json = {"name": choice.name, "value": choice.value}
    if choice.name_localizations:
        check_locales("choice.name", choice.name_localizations)
        for text in choice.name_localizations.values():
            check_length("choice.name", text, 1, CHOICE_NAME_MAX)
        shape["name_localizations"] = dict(choice.name_localizations)
    return shape
