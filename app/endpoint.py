"""`POST /interactions`: bytes in, one answer out, and the slow part afterwards inside the same ASGI call.

A plain ASGI callable: Starlette's Request and Response would cost more than everything that stands here.
"""

import asyncio
from functools import partial
from time import perf_counter
from typing import Final

import structlog
from starlette.types import Receive, Scope, Send

from app.dispatch import Dispatcher, trouble
from app.door_log import Note, by_structlog
from app.finish import Finisher
from app.first_answer import LIMIT_S, PATIENCE_S, FirstAnswer, Offer, Patience, Placeholder, respond
from app.signed_body import SignedBody
from app.turn import Turn
from core.clock import Clock
from core.trace import REQUEST
from wire.errors import BadPayload, Unsendable
from wire.interaction import Autocomplete, ButtonPress, Ping, SelectChoice
from wire.parsing import parse
from wire.reply import Acknowledge, Body, Choices, Deferred, Drawing, Message, Pong, Reply, to_callback
from wire.signature import Verifier

log = structlog.get_logger()


async def _unasked() -> Message:
    raise NotImplementedError  # only the shape of the placeholder is wanted


_PONG: Final = to_callback(Pong()).content
_NOTHING: Final = (Placeholder.NOTHING, to_callback(Choices()).content)
_SILENT: Final = (Placeholder.SILENT, to_callback(Acknowledge()).content)
_THINKING: Final = tuple(
    (Placeholder.THINKING, to_callback(Deferred(private=is_private, work=_unasked)).content)
    for is_private in (False, True)
)


class Endpoint:
    """Discord's door. Refuses by size, then age, then signature, then shape, and never answers with a 5xx."""

    def __init__(
        self,
        *,
        verifier: Verifier,
        dispatcher: Dispatcher,
        finisher: Finisher,
        clock: Clock,
        note: Note = by_structlog,
        patience_s: float = PATIENCE_S,
        limit_s: float = LIMIT_S,
    ) -> None:
        self._log_line = note
        self._patience = Patience(patience_s=patience_s, limit_s=limit_s)
        self._signed = SignedBody("interaction refused", verifier=verifier, clock=clock, note=note)
        self._dispatcher = dispatcher
        self._finisher = finisher
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
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
        following = REQUEST.set(interaction.id)
        first = self._patience.begin(send, partial(self._offer, turn))
        try:
            await self._answer(turn, first, started)
        finally:
            first.end()
            if turn.is_promised:
                self._finisher.let_go(turn)
            REQUEST.reset(following)

    async def _answer(self, turn: Turn, first: FirstAnswer, started: float) -> None:
        try:
            reply = await self._dispatcher.answer(turn)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not first.gave_up or task is None:
                raise
            task.uncancel()
            reply = trouble(turn, TimeoutError())
        if reply is None:
            late = await first.give(202, b"")
        else:
            reply, body = _encode(turn, reply)
            late = await first.give(200, body.content, body.content_type)
        answered = perf_counter()
        if reply is not None and (late or turn.due or isinstance(reply, (Drawing, Deferred))):
            await self._finisher.go_on(turn, reply, late)
        self._note(turn, late, (answered - started) * 1000, (perf_counter() - answered) * 1000)

    def _offer(self, turn: Turn) -> Offer:
        """What to show when the handler of `turn` takes too long."""
        placeholder, body = _placeholder(turn)
        return Offer(placeholder, body, self._finisher.before(turn, placeholder))

    def _note(self, turn: Turn, late: Placeholder | None, first_ms: float, rest_ms: float) -> None:
        """The one line in the log for one interaction."""
        facts: dict[str, object] = {"rest_ms": round(rest_ms, 1)} if late or rest_ms > 1 else {}
        if late:
            facts["late"] = True  # the clock gave the first answer, not the handler
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


def _placeholder(turn: Turn) -> tuple[Placeholder, bytes]:
    match turn.interaction:
        case Autocomplete():
            return _NOTHING
        case ButtonPress() | SelectChoice():
            return _SILENT
        case _:
            return _THINKING[turn.route is None or turn.route.feature.private]


def _encode(turn: Turn, reply: Reply) -> tuple[Reply, Body]:
    """The callback for `reply`; a reply that Discord would refuse is our bug and becomes an apology."""
    try:
        return reply, to_callback(reply)
    except Unsendable as error:
        apology = trouble(turn, error)
        return apology, to_callback(apology)
