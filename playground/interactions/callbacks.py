"""Applies interaction responses, follow-ups and edits, after checking that Discord allows them for this interaction."""

import asyncio
from collections.abc import Mapping
from typing import Final

from playground.errors import Form, Refusal
from playground.gateway.message_events import CREATED, UPDATED, Telling
from playground.http_log.deliveries import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT, PING, Delivery
from playground.interactions.payloads import owners
from playground.json_types import Json, is_object
from playground.state import serializers
from playground.state.message_store import Posting, before_edit
from playground.state.state import Message, World
from playground.validation import message as check_message
from playground.validation.components import check_modal
from playground.validation.fields import Fields, Path
from playground.validation.message import EPHEMERAL, LOADING, Before
from playground.validation.upload import Upload
from wire import limits

REPLY: Final = 19  # message type
CHAT_COMMAND: Final = 20
MENU_COMMAND: Final = 23
MESSAGE_MENU: Final = 3  # command type
PONG: Final = 1
MESSAGE: Final = 4
DEFERRED: Final = 5
DEFERRED_UPDATE: Final = 6
UPDATE: Final = 7
CHOICES: Final = 8
MODAL: Final = 9
PREMIUM: Final = 10

NAMES: Final = {
    PONG: "pong",
    MESSAGE: "message",
    DEFERRED: "deferred message",
    DEFERRED_UPDATE: "deferred update",
    UPDATE: "update of the message",
    CHOICES: "choices",
    MODAL: "modal",
    PREMIUM: "premium required",
}
ALLOWED: Final[Mapping[int, frozenset[int]]] = {
    PING: frozenset({PONG}),
    COMMAND: frozenset({MESSAGE, DEFERRED, MODAL, PREMIUM}),
    COMPONENT: frozenset({MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, MODAL, PREMIUM}),
    AUTOCOMPLETE: frozenset({CHOICES}),
    MODAL_SUBMIT: frozenset({MESSAGE, DEFERRED, PREMIUM}),
}  # plus 6 and 7 for a modal that a component opened

FOLLOWS_WITHIN_S: Final = 1.0  # seconds after a deferred message was deleted
INLINE_BYTES_SAFE: Final = 150_000  # larger inline responses with files are reported to fail


class Callbacks:
    """Applies an interaction response, from the HTTP response body or from /callback."""

    def __init__(self, world: World, posting: Posting, telling: Telling) -> None:
        self._world = world
        self._posting = posting
        self._telling = telling

    def take(self, delivery: Delivery, body: object, files: dict[int, Upload]) -> Message | None:
        """Apply an interaction response; returns the message that it created or changed, if any.

        Raises:
            Refusal: Discord would not accept it; the interaction remains without a response.
        """
        form = Form()
        if not is_object(body):
            form.wrong_type((), "dictionary")
            form.check()
            return None
        fields = Fields(form, (), body)
        kind = fields.choice("type", _allowed(delivery), required=True)
        values = fields.object("data", required=kind in (MESSAGE, CHOICES, MODAL))
        form.check()
        data = values.values if values else {}
        message: Message | None = None
        match kind:
            case 4:
                message = self._say(delivery, data, files)
            case 5:
                message = self._think(delivery, data)
            case 6:
                delivery.original = delivery.source
            case 7:
                message = self._update(delivery, data, files)
            case 8:
                delivery.choices = _check_choices(data)
            case 9:
                check_modal(Fields(form, ("data",), data))
                form.check()
                delivery.modal = data
            case _:
                pass
        delivery.callback = kind
        delivery.note(f"answered: {NAMES[kind or 0]}")
        delivery.acknowledged.set()
        if kind not in (DEFERRED, DEFERRED_UPDATE):
            delivery.settled.set()
        return message

    def follow_up(self, delivery: Delivery, body: Json, files: dict[int, Upload]) -> Message:
        """Create a follow-up message; the first one after a deferral fills the deferred message, as on Discord.

        Raises:
            Refusal: Discord would not accept it.
        """
        original = delivery.original
        if original and original.flags & LOADING:
            self.edit(delivery, original, body, files)
            return original
        if delivery.actor.brings_app and len(delivery.follow_ups) >= limits.FOLLOW_UPS_MAX:
            raise Refusal(400, 40094, "This interaction has reached the maximum number of follow-up messages")
        remarks = check_message.check(body, files, Before())
        is_private = bool(int(body.get("flags") or 0) & EPHEMERAL)
        message = self._new(delivery, is_private=is_private)
        message.type = REPLY
        if original:
            message.reference = _reference(original)
        delivery.problems += self._posting.write_checked(message, body, files, remarks, pings_all=False)
        self._telling.message(CREATED, message)
        delivery.follow_ups.append(message)
        delivery.note("follow-up")
        delivery.settled.set()
        return message

    def edit(self, delivery: Delivery, message: Message, body: Json, files: dict[int, Upload]) -> None:
        """Edit the original response or a follow-up.

        Raises:
            Refusal: Discord would not accept it.
        """
        was_loading = bool(message.flags & LOADING)
        delivery.problems += self._posting.write(message, body, files, pings_all=False, is_edit=True)
        _note_privacy(delivery, message, body)
        if not was_loading:
            self._posting.edited(message)
        self._telling.message(UPDATED, message)
        delivery.note("edited" if not was_loading else "the deferred message arrived")
        delivery.settled.set()

    def delete(self, delivery: Delivery, message: Message) -> None:
        """Delete the original response or a follow-up."""
        is_loading = bool(message.flags & LOADING)
        self._posting.remove(message)
        self._telling.gone(message)
        if delivery.original is message:
            delivery.original = None
        delivery.follow_ups = [one for one in delivery.follow_ups if one is not message]
        delivery.note("deleted")
        if is_loading:  # an ephemeral follow-up may replace a public deferral
            asyncio.get_running_loop().call_later(FOLLOWS_WITHIN_S, delivery.settled.set)
        else:
            delivery.settled.set()

    def _say(self, delivery: Delivery, data: Json, files: dict[int, Upload]) -> Message:
        remarks = check_message.check(data, files, Before(), path=("data",))
        delivery.is_private = bool(int(data.get("flags") or 0) & EPHEMERAL)
        message = self._new(delivery, is_private=delivery.is_private)
        delivery.problems += self._posting.write_checked(message, data, files, remarks, pings_all=False)
        self._telling.message(CREATED, message)
        delivery.original = message
        return message

    def _think(self, delivery: Delivery, data: Json) -> Message:
        form = Form()
        fields = Fields(form, ("data",), data)
        flags = fields.whole("flags", 0, 2**31 - 1) or 0
        if flags & ~EPHEMERAL:
            fields.refuse("flags", "MESSAGE_FLAGS_INVALID", "A deferral may only have the EPHEMERAL flag (64)")
        form.check()
        delivery.is_private = bool(flags & EPHEMERAL)
        message = self._new(delivery, is_private=delivery.is_private)
        message.flags |= LOADING
        self._telling.message(CREATED, message)
        delivery.original = message
        return message

    def _update(self, delivery: Delivery, data: Json, files: dict[int, Upload]) -> Message | None:
        source = delivery.source
        if source is None:
            return None  # unreachable: type 7 requires a source message
        remarks = check_message.check(data, files, before_edit(source), path=("data",))
        delivery.problems += self._posting.write_checked(source, data, files, remarks, pings_all=False)
        _note_privacy(delivery, source, data)
        self._posting.edited(source)
        self._telling.message(UPDATED, source)
        delivery.original = source
        delivery.is_private = source.reader is not None
        return source

    def _new(self, delivery: Delivery, *, is_private: bool) -> Message:
        actor = delivery.actor
        message = self._posting.place(
            actor.channel.id,
            self._world.bot,
            flags=EPHEMERAL if is_private else 0,
            reader=actor.user.id if is_private else None,
        )
        message.type = _type_of_answer(delivery)
        if delivery.source:
            message.reference = _reference(delivery.source)
        message.interaction = _metadata(delivery)
        message.interaction_token = delivery.token
        return message


def _note_privacy(delivery: Delivery, message: Message, body: Json) -> None:
    """Report an ephemeral flag on a message that is public: an edit cannot change the visibility."""
    if int(body.get("flags") or 0) & EPHEMERAL and not message.flags & EPHEMERAL:
        delivery.problems.append(
            "This was meant to be private (flag 64), but everybody reads it: an edit, and the first follow-up after a "
            "deferral, cannot change who sees a message."
        )


def _allowed(delivery: Delivery) -> frozenset[int]:
    extra = {DEFERRED_UPDATE, UPDATE} if delivery.kind == MODAL_SUBMIT and delivery.source else set[int]()
    return ALLOWED[delivery.kind] | extra


def _type_of_answer(delivery: Delivery) -> int:
    """The message type Discord uses: responses to a component are replies to its message."""
    if delivery.source:
        return REPLY
    data: Json = delivery.began.payload.get("data") or {}
    return MENU_COMMAND if "target_id" in data else CHAT_COMMAND


def _reference(message: Message) -> Json:
    return {"type": 0, "message_id": str(message.id), "channel_id": str(message.channel)}


def _metadata(delivery: Delivery) -> Json:
    shape: Json = {
        "id": str(delivery.id),
        "type": delivery.kind,
        "user": serializers.user(delivery.actor.user),
        "authorizing_integration_owners": owners(delivery.actor),
    }
    data: Json = delivery.payload.get("data") or {}
    resolved: Json = data.get("resolved") or {}
    if data.get("type") == MESSAGE_MENU:
        shape["target_message_id"] = data["target_id"]
    elif "target_id" in data:
        shape["target_user"] = resolved["users"][data["target_id"]]
    if delivery.kind == COMPONENT and delivery.source:
        shape["interacted_message_id"] = str(delivery.source.id)
    if delivery.opened_by:
        shape["triggering_interaction_metadata"] = _metadata(delivery.opened_by)
    return shape


def _check_choices(data: Json) -> list[Json]:
    form = Form()
    path: Path = ("data",)
    choices = Fields(form, path, data).objects("choices", limits.SUGGESTIONS_MAX, required=True)
    for choice in choices:
        choice.text("name", limits.CHOICE_NAME_MAX, least=1, required=True)
        value = choice.values.get("value")
        if isinstance(value, str):
            choice.text("value", limits.CHOICE_VALUE_MAX, least=1)
        elif not isinstance(value, int | float) or isinstance(value, bool):
            choice.refuse("value", "BASE_TYPE_REQUIRED", "This field is required")
    form.check()
    return [choice.values for choice in choices]
