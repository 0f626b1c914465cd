import json
from collections.abc import Callable
from typing import Any

import pytest

from playground.validation import message as check_message
from tests.wire.conftest import Judge
from wire.components import Emoji
from wire.errors import LimitExceeded, NotAllowed
from wire.layout import TextDisplay
from wire.message import Message, create_json, edit_json, to_webhook_edit, to_webhook_message
from wire.polls import Poll, PollAnswer
from wire.reply import EditMessage, to_callback

ANSWERS = (PollAnswer("Yes", "🌱"), PollAnswer("No", Emoji("leaf", 41771983429993937)), PollAnswer("x" * 55))
POLL = Poll("q" * 300, ANSWERS, hours=768, multiple=True)
CALLBACK = (
    "/paths/~1interactions~1{interaction_id}~1{interaction_token}~1callback/post/requestBody/content/"
    "application~1json/schema"
)


def test_a_poll_goes_into_new_messages_and_into_one_that_was_deferred(judge: Judge) -> None:
    message = Message(poll=POLL)

    said: Any = judge(CALLBACK, to_callback(message))
    follow_up: Any = judge("IncomingWebhookRequestPartial", to_webhook_message(message))
    posted: Any = judge("MessageCreateRequest", create_json(message))
    arrived: Any = judge("IncomingWebhookUpdateRequestPartial", to_webhook_edit(message))

    assert said["data"] == follow_up == posted
    assert arrived["poll"] == said["data"]["poll"]
    assert said["data"]["poll"] == {
        "question": {"text": "q" * 300},
        "answers": [
            {"poll_media": {"text": "Yes", "emoji": {"name": "🌱"}}},
            {"poll_media": {"text": "No", "emoji": {"id": "41771983429993937"}}},
            {"poll_media": {"text": "x" * 55}},
        ],
        "duration": 768,
        "allow_multiselect": True,
        "layout_type": 1,
    }
    assert check_message.check(follow_up, {}, check_message.Before()) == []
    thinking = check_message.Before(flags=check_message.LOADING, is_edit=True)
    assert check_message.check(arrived, {}, thinking) == []


@pytest.mark.parametrize("encode", [edit_json, to_callback])
def test_no_other_edit_brings_a_poll(encode: Callable[[EditMessage], object]) -> None:
    with pytest.raises(NotAllowed, match="cannot be added by an edit"):
        encode(EditMessage("text", poll=POLL))


@pytest.mark.parametrize("encode", [to_webhook_edit, to_webhook_message, to_callback])
def test_a_poll_never_stands_beside_a_layout(encode: Callable[[Message], object]) -> None:
    with pytest.raises(NotAllowed, match=r"^message\.layout: stands alone"):
        encode(Message(layout=(TextDisplay("Choose"),), poll=POLL))


@pytest.mark.parametrize(
    ("poll", "field", "limit", "actual"),
    [
        (Poll("", ANSWERS), "poll.question", 1, 0),
        (Poll("q" * 301, ANSWERS), "poll.question", 300, 301),
        (Poll("q", ()), "poll.answers", 1, 0),
        (Poll("q", ANSWERS[:1] * 11), "poll.answers", 10, 11),
        (Poll("q", (PollAnswer("x" * 56),)), "poll.answer", 55, 56),
        (Poll("q", (PollAnswer(""),)), "poll.answer", 1, 0),
        (Poll("q", ANSWERS, hours=0), "poll.hours", 1, 0),
        (Poll("q", ANSWERS, hours=769), "poll.hours", 768, 769),
    ],
)
def test_a_poll_keeps_its_limits(poll: Poll, field: str, limit: int, actual: int) -> None:
    with pytest.raises(LimitExceeded) as refused:
        to_callback(Message(poll=poll))

    assert (refused.value.field, refused.value.limit, refused.value.actual) == (field, limit, actual)


def test_a_poll_may_come_with_words() -> None:
    sent = json.loads(to_callback(Message("Choose", poll=POLL)).content)

    assert sent["data"]["content"] == "Choose"
