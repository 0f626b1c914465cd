"""`POST /interactions`: reads the request, sends the initial response, then runs followup work in the same ASGI call.

A plain ASGI callable: Starlette's Request and Response would cost more than all the code in this module.
"""

import asyncio
from functools import partial
from time import perf_counter
from typing import Final

import structlog
from starlette.types import Receive, Scope, Send

from app.http.access_log import LogFn, structlog_writer
from app.http.initial_response import (
    DEADLINE_S,
    DEFER_AFTER_S,
    Deferral,
    DeferralKind,
    DeferralTimer,
    InitialResponse,
    respond,
    thinking,
)
from app.http.signed_request import SignedRequestReader
from app.interaction_context import InteractionContext
from app.interactions.dispatch import Dispatcher, error_response
from app.interactions.followup import FollowupSender
from core.clock import Clock
from core.request_context import REQUEST_ID
from wire.body import Body
from wire.errors import BadPayload, InvalidPayload
from wire.interaction import Autocomplete, ButtonClick, Ping, SelectSubmit
from wire.parsing import parse
from wire.reply import Deferred, ImageReply, Pong, Reply, to_callback
from wire.signature import Verifier

log = structlog.get_logger()


_PONG: Final = to_callback(Pong()).content


class Endpoint:
    """Endpoint of Discord's interactions. Checks size, age, signature, then shape; never answers with a 5xx status."""

    def __init__(
        self,
        *,
        verifier: Verifier,
        dispatcher: Dispatcher,
        finisher: FollowupSender,
        clock: Clock,
        note: LogFn = structlog_writer,
        patience_s: float = DEFER_AFTER_S,
        limit_s: float = DEADLINE_S,
    ) -> None:
        self._log_line = note
        self._patience = DeferralTimer(patience_s=patience_s, limit_s=limit_s)
        self._signed = SignedRequestReader("interaction refused", verifier=verifier, clock=clock, note=note)
        self._dispatcher = dispatcher
        self._finisher = finisher
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, arrived = perf_counter(), asyncio.get_running_loop().time()
        body = await self._signed.read(scope, receive, send)
        if body is None:
            return
        try:
            interaction = parse(body)
        except BadPayload as error:
            self._log_line("interaction refused", status=400, reason="unreadable", why=str(error))
            await respond(send, 400, b"")
            return
        if isinstance(interaction, Ping):
            await respond(send, 200, _PONG)
            log.debug("ping answered")
            return
        turn = self._dispatcher.open(interaction, self._clock.now())
        following = REQUEST_ID.set(interaction.id)
        first = self._patience.begin(send, partial(self._offer, turn), arrived=arrived)
        try:
            await self._answer(turn, first, started)
        finally:
            first.end()
            if turn.has_pending_response:
                self._finisher.release(turn)
            REQUEST_ID.reset(following)

    async def _answer(self, turn: InteractionContext, first: InitialResponse, started: float) -> None:
        try:
            reply = await self._dispatcher.answer(turn)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not first.timed_out or task is None:
                raise
            task.uncancel()
            reply = error_response(turn, TimeoutError())
        if reply is None:
            late = await self._give_again(turn, first)
        else:
            reply, body = _encode(turn, reply)
            late = await first.send(200, body.content, body.content_type)
        answered = perf_counter()
        if reply is not None and (late or turn.effects or isinstance(reply, (ImageReply, Deferred))):
            await self._finisher.run_after_response(turn, reply, late)
        self._note(turn, late, (answered - started) * 1000, (perf_counter() - answered) * 1000)

    @staticmethod
    async def _give_again(turn: InteractionContext, first: InitialResponse) -> DeferralKind | None:
        """Answer a repeated delivery: 202 says that the answer follows separately.

        When the first delivery was deferred, Discord may not have received the deferral: the process may have crashed
        before it responded. The deferral is sent again, so that a message exists for the answer or for the notice that
        it was interrupted. Discord ignores a deferral that it has already received.
        """
        if turn.deferred_as is None:
            return await first.send(202, b"")
        return await first.send(200, turn.deferred_as.callback)

    def _offer(self, turn: InteractionContext) -> Deferral:
        """The deferral to send when the handler of `turn` takes too long."""
        placeholder = _deferral_kind(turn)
        return Deferral(placeholder, self._finisher.before_defer(turn, placeholder))

    def _note(self, turn: InteractionContext, late: DeferralKind | None, first_ms: float, rest_ms: float) -> None:
        """Write the access log line of one interaction."""
        facts: dict[str, object] = {"rest_ms": round(rest_ms, 1)} if late or rest_ms > 1 else {}
        if late:
            facts["late"] = True  # the deferral was sent as the initial response, not the handler's reply
        if turn.reference:
            facts["ref"] = turn.reference
        self._log_line(
            "interaction",
            request=turn.interaction.id,
            route=turn.name,
            outcome=turn.outcome,
            guild=turn.interaction.guild_id,
            duration_ms=round(first_ms, 2),
            **facts,
        )


def _deferral_kind(turn: InteractionContext) -> DeferralKind:
    match turn.interaction:
        case Autocomplete():
            return DeferralKind.NONE
        case ButtonClick() | SelectSubmit():
            return DeferralKind.UPDATE
        case _:
            return thinking(is_private=turn.route is None or turn.route.is_private)


def _encode(turn: InteractionContext, reply: Reply) -> tuple[Reply, Body]:
    """The callback body of `reply`; a reply that Discord would reject is our bug and becomes an error message."""
    try:
        return reply, to_callback(reply)
    except InvalidPayload as error:
        apology = error_response(turn, error)
        return apology, to_callback(apology)
