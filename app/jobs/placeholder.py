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
    """Replace a "thinking…" placeholder with `message`; `is_public` tells whether others can see the placeholder.

    A private message cannot replace a public placeholder: Discord keeps the placeholder's visibility, and a follow-up
    sent while the placeholder exists edits it as well. So the placeholder is deleted first, and only after Discord
    confirms this is the ephemeral message sent.

    Args:
        rest: the REST client.
        application: our application id.
        token: the interaction's.
        message: the message for the user.
        is_public: everyone in the channel sees the placeholder.
        before_sending: runs after the placeholder is deleted and before the message is sent; afterwards nothing could
            tell whether it was sent.
    """
    if not (message.private and is_public):
        await rest.edit_original(application, token, message)
        return
    to_webhook_message(message)  # raises for an invalid message while the placeholder still exists
    await rest.delete_original(application, token)
    if before_sending is not None:
        await before_sending()
    await rest.follow_up(application, token, message)
