"""What rows hold: the request as Discord reads it, in JSON that PostgreSQL can keep."""

import json

import pytest

from core.ids import ChannelId, MessageId, UserId
from wire.effects import ChangeMessage, DirectMessage, SendMessage, pack
from wire.errors import NotAllowed
from wire.reply import Effect, Message

ROOM = ChannelId(5_000_001)
HELLO = Message("Hello")
AND_MORE = Message("Hello", then=(SendMessage(channel=ROOM, message=HELLO),))


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
        ChangeMessage(channel=ROOM, message_id=MessageId(5_000_003), message=AND_MORE),
    ],
)
def test_an_effect_has_no_effects_of_its_own(effect: Effect) -> None:
    with pytest.raises(NotAllowed, match=r"^message\.then"):
        pack(effect)
