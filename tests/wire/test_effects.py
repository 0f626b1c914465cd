"""What rows hold: the request as Discord reads it, in JSON that PostgreSQL can keep."""

import json

import pytest

from core.ids import ChannelId
from wire.effects import SendMessage, pack
from wire.reply import Message

ROOM = ChannelId(5_000_001)


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
