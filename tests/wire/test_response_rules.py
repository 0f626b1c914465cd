"""Allowed response types per interaction: our table equals the local Discord's."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from core.ids import ChannelId
from playground.http_log import deliveries
from playground.interactions import callbacks
from tests.fake_discord import ANA, CHANNEL, envelope
from wire.effects import SendMessage
from wire.errors import InvalidPayload
from wire.interaction import ButtonClick, ModalSubmit
from wire.layout import TextDisplay
from wire.message import COMPONENTS_V2, Message
from wire.modals import Label, Modal, TextInput
from wire.parsing import parse
from wire.polls import Poll, PollAnswer
from wire.reply import Acknowledge, AutocompleteResult, Deferred, EditMessage, ImageReply, Pong, Reply, to_callback
from wire.response_rules import InvalidResponseType, ModalAfterDefer, check_fit, check_late

MESSAGE = {"id": "77777777777", "channel_id": str(CHANNEL), "content": "", "flags": 0}
RESOLVED = {"users": {str(ANA.id): ANA.user}, "messages": {"77777777777": MESSAGE}}
PAYLOADS: dict[str, dict[str, Any]] = {
    "ping": {"type": 1, "id": "5000001", "token": "t", "application_id": "1"},
    "command": envelope(2, {"id": "9", "name": "n", "type": 1}),
    "user menu": envelope(2, {"id": "9", "name": "n", "type": 2, "target_id": str(ANA.id), "resolved": RESOLVED}),
    "message menu": envelope(2, {"id": "9", "name": "n", "type": 3, "target_id": "77777777777", "resolved": RESOLVED}),
    "autocomplete": envelope(
        4, {"id": "9", "name": "n", "type": 1, "options": [{"name": "o", "type": 3, "value": "", "focused": True}]}
    ),
    "button": envelope(3, {"custom_id": "v1:a:b", "component_type": 2}) | {"message": MESSAGE},
    "select": envelope(3, {"custom_id": "v1:a:b", "component_type": 3, "values": ["a"]}) | {"message": MESSAGE},
    "modal of a command": envelope(5, {"custom_id": "v1:a:b", "components": []}),
    "modal of a button": envelope(5, {"custom_id": "v1:a:b", "components": []}) | {"message": MESSAGE},
}
KINDS = {
    "ping": deliveries.PING,
    "command": deliveries.COMMAND,
    "user menu": deliveries.COMMAND,
    "message menu": deliveries.COMMAND,
    "autocomplete": deliveries.AUTOCOMPLETE,
    "button": deliveries.COMPONENT,
    "select": deliveries.COMPONENT,
    "modal of a command": deliveries.MODAL_SUBMIT,
    "modal of a button": deliveries.MODAL_SUBMIT,
}


EFFECT = SendMessage(channel=ChannelId(CHANNEL), message=Message("and so"))


async def work() -> Message:
    return Message("done")


FORM = Modal("Form", "v1:a:b", (Label("Name", TextInput(custom_id="name")),))
DRAWING = ImageReply(Message(), draw=lambda _: b"", filename="a.png", alt="")
REPLIES: dict[str, Reply] = {
    "message": Message("text"),
    "edit": EditMessage("text"),
    "acknowledge": Acknowledge(),
    "choices": AutocompleteResult(),
    "modal": FORM,
    "drawing": DRAWING,
    "drawing that edits": replace(DRAWING, edits=True),
    "deferred": Deferred(private=True, work=work),
    "pong": Pong(),
}


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("asked", PAYLOADS)
def test_a_reply_fits_exactly_where_discord_takes_its_callback(asked: str, reply: str) -> None:
    interaction = parse(json.dumps(PAYLOADS[asked]).encode())
    allowed = callbacks.ALLOWED[KINDS[asked]]
    if asked == "modal of a button":
        allowed |= {callbacks.DEFERRED_UPDATE, callbacks.UPDATE}
    kind = json.loads(to_callback(REPLIES[reply]).content)["type"]

    if kind in allowed:
        check_fit(REPLIES[reply], interaction)
    else:
        with pytest.raises(InvalidResponseType):
            check_fit(REPLIES[reply], interaction)


def with_flags(flags: int) -> ButtonClick:
    press = parse(json.dumps(PAYLOADS["button"] | {"message": MESSAGE | {"flags": flags}}).encode())
    assert isinstance(press, ButtonClick)
    return press


def test_a_message_with_a_layout_keeps_having_one() -> None:
    check_fit(EditMessage(layout=(TextDisplay("new"),)), with_flags(COMPONENTS_V2))
    check_fit(EditMessage(layout=(TextDisplay("new"),)), with_flags(0))
    check_fit(Message("beside it"), with_flags(COMPONENTS_V2))
    for reply in (EditMessage("old"), replace(DRAWING, edits=True)):
        with pytest.raises(InvalidResponseType, match="keeps having one"):
            check_fit(reply, with_flags(COMPONENTS_V2))


def test_an_edit_brings_no_poll() -> None:
    with pytest.raises(InvalidResponseType, match="brings no poll"):
        check_fit(EditMessage("new", poll=Poll("q", (PollAnswer("a"),))), with_flags(0))


def test_what_a_drawing_decides_is_its_own_and_not_its_messages() -> None:
    command = parse(json.dumps(PAYLOADS["command"]).encode())
    check_fit(replace(DRAWING, effects=(EFFECT,)), command)
    with pytest.raises(InvalidResponseType, match="then"):
        check_fit(replace(DRAWING, message=Message(effects=(EFFECT,))), command)


def test_a_form_of_a_command_has_no_message_to_edit() -> None:
    submit = parse(json.dumps(PAYLOADS["modal of a command"]).encode())
    assert isinstance(submit, ModalSubmit)
    with pytest.raises(InvalidResponseType, match="no message to edit"):
        check_fit(EditMessage("new"), submit)


def test_after_a_deferral_only_a_new_message_comes_and_never_a_private_one_in_public() -> None:
    private, public = Deferred(private=True, work=work), Deferred(private=False, work=work)
    check_late(Message("text", private=True), private)
    check_late(Message("text"), private)
    check_late(Message("text", poll=Poll("q", (PollAnswer("a"),))), public)
    with pytest.raises(InvalidResponseType, match="everybody to read"):
        check_late(Message("text", private=True), public)
    with pytest.raises(InvalidResponseType, match="new message"):
        check_late(EditMessage("text"), public)
    with pytest.raises(InvalidResponseType, match="then"):
        check_late(Message("text", effects=(EFFECT,)), public)
    form: Any = FORM
    with pytest.raises(ModalAfterDefer) as late:
        check_late(form, public)
    assert isinstance(late.value, InvalidPayload)
    assert isinstance(late.value, TimeoutError), "so that the person reads that it took too long"
