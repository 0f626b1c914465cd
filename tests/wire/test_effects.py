"""Stored effects: each row holds Discord's request as JSON that PostgreSQL accepts."""

import json

import httpx
import pytest

from core.ids import ChannelId, MessageId, UserId
from tests.wire.conftest import Judge
from wire.effects import DirectMessage, EditMessageEffect, SendMessage, pack, perform
from wire.errors import LimitExceeded, NotAllowed
from wire.message import Effect, Message
from wire.rest import Rest

ROOM = ChannelId(5_000_001)
HELLO = Message("Hello")
AND_MORE = Message("Hello", effects=(SendMessage(channel=ROOM, message=HELLO),))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\0b\0\0", "ab"),
        ("a literal \\u0000", "a literal \\u0000"),
        ("\\\0\\\\\0\\\\u0000", "\\\\\\\\\\u0000"),
        ("\\\0u0000", "\\u0000"),
    ],
)
def test_a_row_leaves_out_the_one_character_that_postgresql_cannot_keep_and_no_other(text: str, kept: str) -> None:
    packed = pack(SendMessage(channel=ROOM, message=Message(text)))

    assert json.loads(packed)["body"]["content"] == kept


@pytest.mark.parametrize(
    "effect",
    [
        SendMessage(channel=ROOM, message=AND_MORE),
        DirectMessage(user=UserId(5_000_002), message=AND_MORE),
        EditMessageEffect(channel=ROOM, message_id=MessageId(5_000_003), message=AND_MORE),
    ],
)
def test_an_effect_has_no_effects_of_its_own(effect: Effect) -> None:
    with pytest.raises(NotAllowed, match=r"^message\.then"):
        pack(effect)


def test_a_message_in_a_channel_is_for_everybody() -> None:
    with pytest.raises(NotAllowed, match=r"^message\.private"):
        pack(SendMessage(channel=ROOM, message=Message("Hello", private=True)))


async def test_a_message_is_sent_with_a_nonce_and_may_so_be_sent_again(judge: Judge) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(500 if len(asked) == 1 else 200, json={"id": "1"})

    packed = pack(SendMessage(channel=ROOM, message=HELLO))
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        rest = Rest("https://d.test", client=client, backoff_s=0)
        await perform(rest, "send_message", packed, nonce="reminder-42")
        with pytest.raises(LimitExceeded, match="nonce: 26 given"):
            await perform(rest, "send_message", packed, nonce="n" * 26)

    assert [request.url.path for request in asked] == ["/channels/5000001/messages"] * 2
    assert judge("MessageCreateRequest", json.loads(asked[1].content)) == {
        "content": "Hello",
        "allowed_mentions": {"parse": []},
        "nonce": "reminder-42",
        "enforce_nonce": True,
    }
