"""Replaces a "thinking…" placeholder with the answer; a private answer never becomes visible to others."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from core.ids import ApplicationId
from wire.message import Message, to_webhook_message

if TYPE_CHECKING:
    from wire.rest import Rest


async def replace_placeholder(
    rest: "Rest",
    application: ApplicationId,
    token: str,
    message: Message,
    *,
    is_public: bool,
    before_sending: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Put `message` in the place of a "thinking…" that is `is_public`.

    A private message cannot replace a public placeholder: Discord keeps what the placeholder was, and a follow-up sent
    while it is still there edits it as well. So it is taken away, and only when Discord has said that it is gone a
    message follows that only the person sees.

    Args:
        rest: Discord.
        application: ours.
        token: the interaction's.
        message: what the person shall read.
        is_public: everybody sees the placeholder.
        before_sending: what is done when the placeholder is gone and the message is not sent yet; afterwards nobody
            could tell whether it was.
    """
    if not (message.private and is_public):
        await rest.edit_original(application, token, message)
        return
    to_webhook_message(message)  # what Discord would refuse is found out while the placeholder is still there
    await rest.delete_original(application, token)
    if before_sending is not None:
        await before_sending()
    await rest.follow_up(application, token, message)
