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

RENDER_THREADS: Final = 2  # threads; Pillow lets go of the interpreter while it draws
PICTURES_MAX: Final = 64  # pictures kept, below 10 MB: the same card for the same data is drawn once

log = structlog.get_logger()


class FollowupSender:
    """Turns a deferred answer into the message that replaces its placeholder."""

    def __init__(self, *, rest: "Callable[[], Rest]", avatars: AvatarCache, outbox: "Callable[[], Outbox]") -> None:
        self._rest = rest
        self._outbox = outbox
        self._avatars = avatars
        self._painters = ThreadPoolExecutor(RENDER_THREADS, thread_name_prefix="painter")
        self._pictures: dict[Hashable, bytes] = {}

    def before_defer(self, turn: InteractionContext, placeholder: DeferralKind) -> Callable[[], Awaitable[None]] | None:
        """What must be safe before the clock may promise an answer for `turn`; None: nothing."""
        route = turn.route
        if route is None or not route.feature.uses_database or placeholder is DeferralKind.NONE:
            return None
        return lambda: self._outbox().answers.promise(turn, placeholder)

    async def run_after_response(self, turn: InteractionContext, reply: Reply, late: DeferralKind | None) -> None:
        """The rest of the answer, and beside it what the transaction has decided."""
        if turn.has_pending_response:
            self._outbox().answers.keep(turn)
        async with asyncio.TaskGroup() as group:
            if due := turn.effects:
                group.create_task(self._outbox().perform(due))
            if late or isinstance(reply, (ImageReply, Deferred)):
                await self.complete(turn, reply, late)
                if turn.effects is not due:  # decided while the answer was made
                    group.create_task(self._outbox().perform(turn.effects))
                if turn.has_pending_response and turn.outcome not in {"not delivered", "duplicate"}:
                    await self._outbox().answers.fulfil(turn)

    def release(self, turn: InteractionContext) -> None:
        """This process does no more for `turn`: what it promised and did not keep is the worker's."""
        self._outbox().answers.let_go(turn)

    async def complete(self, turn: InteractionContext, reply: Reply, late: DeferralKind | None) -> None:
        """Deliver what `reply` promised; whatever goes wrong, the person is told and the placeholder goes away.

        Args:
            turn: the interaction; its outcome and reference are set when something goes wrong.
            reply: a Drawing or Deferred, or any reply that came later than its placeholder.
            late: the placeholder that the clock has sent; None when the reply chose its own.
        """
        edits = isinstance(reply, EditMessage) or (isinstance(reply, ImageReply) and reply.edits)
        placeholder = late or (placeholder_of(reply) if isinstance(reply, ImageReply | Deferred) else DeferralKind.NONE)
        try:
            async with asyncio.timeout(DEADLINE_S):
                message = await self._message(turn, reply)
        except Exception as error:  # noqa: BLE001 - a door: what is unexpected becomes a sentence with a reference
            message, edits = error_response(turn, error), False
        if message is None or placeholder is DeferralKind.NONE:
            return
        try:
            await self._send(turn, message, placeholder, edits=edits)
        except Exception as error:  # noqa: BLE001 - a door: such as a message that Discord would refuse
            await self._send(turn, error_response(turn, error), placeholder, edits=False)

    async def aclose(self) -> None:
        """Let go of threads and connections."""
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
            self._pictures[key] = picture  # last in the order: the longest unused goes first
            if len(self._pictures) > PICTURES_MAX:
                del self._pictures[next(iter(self._pictures))]
        return picture

    async def _send(
        self, turn: InteractionContext, message: Message, placeholder: DeferralKind, *, edits: bool
    ) -> None:
        """Put `message` in the place of the placeholder.

        Args:
            turn: the interaction; its outcome is set when Discord does not take the message.
            message: what the person shall read.
            placeholder: what they read until now.
            edits: the message with the pressed button becomes `message`; without it a further message is sent.
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
                await self._fulfil(turn)  # first: nothing could tell afterwards whether it was sent
                await rest.follow_up(application, token, message)
        except (DiscordError, ServiceUnavailable) as error:  # nobody can be told any more
            turn.outcome = "not delivered"
            log.warning("answer not delivered", request=interaction.id, route=turn.name, reason=str(error))

    async def _fulfil(self, turn: InteractionContext) -> None:
        if turn.has_pending_response:
            await self._outbox().answers.fulfil(turn)


def _key(drawing: ImageReply, faces: Mapping[str, bytes]) -> Hashable:
    """What a picture depends on; None when that cannot be told. A face's address names its content."""
    try:
        hash(drawing.draw)
    except TypeError:
        return None
    return drawing.draw, frozenset(faces)
