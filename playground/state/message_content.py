"""Decides which message content the app may read, following the privileged Message Content intent."""

from collections.abc import Mapping
from typing import Any, Final

from playground.json_types import Json
from playground.state.state import DIRECT, Message, World

INTENT: Final = 1 << 15  # gateway intent
APPLICATION_FLAG: Final = 1 << 19  # GATEWAY_MESSAGE_CONTENT_LIMITED: enabled for an unverified app
HIDDEN: Final[Mapping[str, Any]] = {"content": "", "embeds": [], "attachments": [], "components": []}
REMARK: Final = (
    "The content of {count} left empty: the app does not have the privileged Message Content, and Discord then shows "
    "only its own messages, direct messages with it, messages that mention it, and the target of a message command."
)


def is_open(message: Message, world: World) -> bool:
    """Whether the app may read a message without the intent; does not consider message commands."""
    channel = world.channels.get(message.channel)
    is_direct = channel is not None and channel.type == DIRECT
    return message.is_app or is_direct or world.application in message.mentions


def hidden(shape: Json) -> Json:
    """A message, or the snapshot of a forward, without the fields that require the intent."""
    left = {name: HIDDEN.get(name, value) for name, value in shape.items() if name != "poll"}
    if "message_snapshots" in left:
        left["message_snapshots"] = [{"message": hidden(one["message"])} for one in left["message_snapshots"]]
    return left


def remark(count: int) -> str:
    """The inspector's note for a response from which content of `count` messages was removed."""
    return REMARK.format(count="one message was" if count == 1 else f"{count} messages was")
