"""Work after the initial response: renders images off the event loop, edits the answer in, delivers effects.

Runs inside the same ASGI call as the response, so that a platform that freezes between requests still finishes it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from app.downloads.avatars import AvatarCache
from app.http.initial_response import DEADLINE_S, DeferralKind, placeholder_of
from app.interaction_context import InteractionContext
from app.interactions.dispatch import error_response
from app.jobs.placeholder import replace_placeholder
from core.errors import ServiceUnavailable
from wire.errors import DiscordError
from wire.message import Message
from wire.modals import Modal
from wire.reply import Acknowledge, AutocompleteResult, Deferred, EditMessage, ImageReply, Pong, Reply
from wire.response_rules import ModalAfterDefer, check_late

if TYPE_CHECKING:
    from app.jobs.outbox import Outbox
    from wire.rest import Rest

RENDER_THREADS: Final = 2  # threads; Pillow releases the GIL while it draws
PICTURES_MAX: Final = 64  # cached images, below 10 MB: the same card with the same data is rendered once

log = structlog.get_logger()


class FollowupSender:
    """Sends the message that replaces the placeholder of a deferred response."""

    def __init__(self, *, rest: "Callable[[], Rest]", avatars: AvatarCache, outbox: "Callable[[], Outbox]") -> None:
        self._rest = rest
        self._outbox = outbox
        self._avatars = avatars
        self._painters = ThreadPoolExecutor(RENDER_THREADS, thread_name_prefix="painter")
        self._pictures: dict[Hashable, bytes] = {}

    def before_defer(self, turn: InteractionContext, placeholder: DeferralKind) -> Callable[[], Awaitable[None]] | None:
        """What must be stored before `turn` may be deferred, as an awaitable callback; None: nothing."""
        route = turn.route
        if route is None or not route.feature.uses_database or placeholder is DeferralKind.NONE:
            return None
        return lambda: self._outbox().answers.promise(turn, placeholder)

    async def run_after_response(self, turn: InteractionContext, reply: Reply, late: DeferralKind | None) -> None:
        """Send the deferred answer and deliver the effects of the transaction."""
        if turn.has_pending_response:
            self._outbox().answers.keep(turn)
        async with asyncio.TaskGroup() as group:
            if due := turn.effects:
                group.create_task(self._outbox().perform(due))
            if late or isinstance(reply, (ImageReply, Deferred)):
                await self.complete(turn, reply, late)
                if turn.effects is not due:  # committed while the answer was made
                    group.create_task(self._outbox().perform(turn.effects))
                if turn.has_pending_response and turn.outcome not in {"not delivered", "duplicate"}:
                    await self._outbox().answers.fulfil(turn)

    def release(self, turn: InteractionContext) -> None:
        """Stop work on `turn` in this process: the worker completes a response that is still pending."""
        self._outbox().answers.let_go(turn)

    async def complete(self, turn: InteractionContext, reply: Reply, late: DeferralKind | None) -> None:
        """Send the deferred answer of `reply`; on any error, an error message replaces the placeholder.

        Args:
            turn: the interaction; its outcome and reference are set on an error.
            reply: an ImageReply or Deferred, or any reply that was returned after the automatic deferral.
            late: the deferral that was sent automatically; None when the reply was deferred by its type.
        """
        edits = isinstance(reply, EditMessage) or (isinstance(reply, ImageReply) and reply.edits)
        placeholder = late or (placeholder_of(reply) if isinstance(reply, ImageReply | Deferred) else DeferralKind.NONE)
        try:
            async with asyncio.timeout(DEADLINE_S):
                message = await self._message(turn, reply)
        except Exception as error:  # noqa: BLE001 - boundary: unexpected errors become a message with a reference
            message, edits = error_response(turn, error), False
        if message is None or placeholder is DeferralKind.NONE:
            return
        try:
            await self._send(turn, message, placeholder, edits=edits)
        except Exception as error:  # noqa: BLE001 - boundary: such as a message that Discord would reject
            await self._send(turn, error_response(turn, error), placeholder, edits=False)

    async def aclose(self) -> None:
        """Shut down the render threads and close connections."""
        self._painters.shutdown(wait=False, cancel_futures=True)
        await self._avatars.aclose()

    async def _message(self, turn: InteractionContext, reply: Reply) -> Message | None:
        match reply:
            case ImageReply():
                return reply.finished(await self._render(reply))
            case Deferred():
                message = await reply.work()
                if message is not None:
                    check_late(message, reply)
                return message
            case Message():
                return reply
            case Modal():
                raise ModalAfterDefer(reply, turn.interaction)
            case Acknowledge() | AutocompleteResult() | Pong():
                return None

    async def _render(self, drawing: ImageReply) -> bytes:
        faces = await self._avatars.fetch(drawing.avatars)
        key = _key(drawing, faces)
        picture = self._pictures.pop(key, None) if key is not None else None
        if picture is None:
            picture = await asyncio.get_running_loop().run_in_executor(self._painters, drawing.draw, faces)
        if key is not None:
            self._pictures[key] = picture  # last in the order, so that the least recently used is deleted first
            if len(self._pictures) > PICTURES_MAX:
                del self._pictures[next(iter(self._pictures))]
        return picture

    async def _send(
        self, turn: InteractionContext, message: Message, placeholder: DeferralKind, *, edits: bool
    ) -> None:
        """Replace the placeholder with `message`.

        Args:
            turn: the interaction; its outcome is set when Discord rejects the message.
            message: the message for the user.
            placeholder: how the response was deferred.
            edits: True: `message` replaces the message with the clicked button; False: it is sent as a new message.
        """
        interaction, rest = turn.interaction, self._rest()
        application, token = interaction.application_id, interaction.token
        try:
            if placeholder.is_loading:
                is_public = placeholder is DeferralKind.NEW_MESSAGE
                await replace_placeholder(
                    rest, application, token, message, is_public=is_public, before_sending=partial(self._fulfil, turn)
                )
            elif edits:
                await rest.edit_original(application, token, message)
            else:
                await self._fulfil(turn)  # first, because afterwards nothing can tell whether the message was sent
                await rest.follow_up(application, token, message)
        except (DiscordError, ServiceUnavailable) as error:  # the user can no longer be reached
            turn.outcome = "not delivered"
            log.warning("answer not delivered", request=interaction.id, route=turn.name, reason=str(error))

    async def _fulfil(self, turn: InteractionContext) -> None:
        if turn.has_pending_response:
            await self._outbox().answers.fulfil(turn)


def _key(drawing: ImageReply, faces: Mapping[str, bytes]) -> Hashable:
    """Cache key of an image; None when it has none. An avatar's path identifies its content."""
    try:
        hash(drawing.draw)
    except TypeError:
        return None
    return drawing.draw, frozenset(faces)
