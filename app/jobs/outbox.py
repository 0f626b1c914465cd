"""Delivers outbox effects to Discord: in the web process right after the commit, and from the worker for the rest."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

import structlog

from app.http.initial_response import placeholder_of
from app.jobs.pending_responses import KIND as ANSWER
from app.jobs.pending_responses import Answers, promise_of
from core import error_reporting
from core.clock import Clock
from core.enums import EffectStatus
from core.errors import ServiceUnavailable
from core.ids import GuildId
from core.request_context import request_context
from core.tracebacks import traceback_of
from db.connection import Connection
from db.queries.jobs.outbox import Entry, NewEntry
from services.jobs import outbox
from services.jobs.outbox import RULES, Outcome, Rules
from wire import effects
from wire.effects import KINDS, SENDS
from wire.errors import (
    CannotDirectMessage,
    DiscordError,
    DiscordUnavailable,
    HiddenRateLimit,
    NoMutualGuild,
    Unauthorized,
    UnknownGuild,
    UnknownMember,
    UnknownMessage,
    UnknownUser,
)
from wire.message import Effect
from wire.reply import Deferred, ImageReply, Reply

if TYPE_CHECKING:
    from datetime import datetime

    from app.interaction_context import InteractionContext
    from db.connection import Pool
    from wire.rest import Rest

AT_ONCE: Final = 10  # effects that one process delivers concurrently

log = structlog.get_logger()


class NoKey(ValueError):
    """An effect without its own key was created outside an interaction, where it needs one."""


class NeedsAttention(Exception):
    """The error sent to Sentry for an effect that an operator must check; see `lyceum outbox list`."""


async def write_down(conn: Connection, turn: "InteractionContext", reply: Reply) -> Sequence[Entry]:
    """Write the effects of `reply`, and a pending response if it is deferred, in the handler's transaction."""
    entries = entries_of(
        getattr(reply, "effects", ()), now=turn.now, guild=turn.interaction.guild_id, key=str(turn.interaction.id)
    )
    if isinstance(reply, (ImageReply, Deferred)):
        entries.append(promise_of(turn, placeholder_of(reply)))
    return await outbox.write(conn, entries, now=turn.now) if entries else ()


def entries_of(
    wanted: Sequence[Effect], *, now: "datetime", guild: GuildId | None = None, key: str | None = None
) -> list[NewEntry]:
    """Outbox rows of effects.

    Args:
        wanted: the effects.
        now: aware UTC.
        guild: the guild of the interaction or job; an effect with a guild of its own keeps it.
        key: the dedupe key of the origin, such as an interaction id; None: each effect must have its own.

    Raises:
        InvalidPayload: Discord would reject an effect.
        NoKey: `key` is None and an effect has no key.
    """
    entries: list[NewEntry] = []
    for place, effect in enumerate(wanted):
        if not effect.key and key is None:
            raise NoKey(f"{type(effect).__name__} has no key.")
        own = effect.key or f"{key}:{place}"
        kind = KINDS[type(effect)]
        entries.append(NewEntry(effect.guild or guild or 0, kind, own, effects.pack(effect), effect.due_at or now))
    return entries


class Outbox:
    """Delivers outbox rows from one process."""

    def __init__(
        self,
        *,
        pool: "Callable[[], Awaitable[Pool]]",
        rest: "Callable[[], Rest]",
        clock: Clock,
        rules: Rules = RULES,
    ) -> None:
        self.answers = Answers(pool=pool, rest=rest, rules=rules)
        self._pool = pool
        self._rest = rest
        self._clock = clock
        self._rules = rules

    async def perform(self, entries: Sequence[Entry]) -> None:
        """Deliver leased effects and store the outcomes. Never raises: the worker delivers what is left later."""
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(entry: Entry) -> None:
            async with turns:
                with request_context(_request(entry)):
                    await self._settle(entry, await self._attempt(entry))

        try:
            async with asyncio.timeout(self._rules.lease_s * 0.9), asyncio.TaskGroup() as group:
                for entry in entries:
                    group.create_task(one(entry))
        except TimeoutError:
            log.warning("effects left to the worker", count=len(entries))

    async def drain(self, stop: asyncio.Event | None = None) -> int:
        """Deliver all rows that are ready, in small batches, until none is left or `stop` is set; returns how many."""
        count = 0
        while stop is None or not stop.is_set():
            async with (await self._pool()).connection() as conn:
                entries = await outbox.claim(conn, now=self._clock.now(), limit=AT_ONCE, rules=self._rules)
            if not entries:
                break
            await self.perform(entries)
            count += len(entries)
        return count

    async def _attempt(self, entry: Entry) -> Outcome:
        if doubt := outbox.doubt(entry, is_send=entry.kind in SENDS, rules=self._rules):
            return doubt
        try:
            async with asyncio.timeout(self._rules.lease_s * 0.75):
                if entry.kind == ANSWER:
                    return await self.answers.tell(entry, now=self._clock.now())
                await effects.perform(self._rest(), entry.kind, entry.payload, nonce=_nonce(entry))
        except (ServiceUnavailable, TimeoutError, DiscordError) as error:
            return verdict(error)
        except Exception as error:  # noqa: BLE001 - boundary: one failing row must not stop the others
            log.error("effect broke", id=entry.id, kind=entry.kind, exception=traceback_of(error))  # noqa: TRY400 - without values of variables
            error_reporting.send(error, route=f"effect {entry.kind}")
            return outbox.attention(f"It broke on our side: {type(error).__name__}.")
        return outbox.done()

    async def _settle(self, entry: Entry, outcome: Outcome) -> None:
        try:
            async with (await self._pool()).connection() as conn:
                outcome = await outbox.settle(conn, entry, outcome, rules=self._rules)
        except ServiceUnavailable as trouble:  # the lease expires; it is sent again, with the same nonce
            log.warning("effect not noted", id=entry.id, kind=entry.kind, reason=str(trouble))
            return
        facts = {"id": entry.id, "kind": entry.kind, "guild": entry.guild or None, "attempts": entry.attempts}
        match outcome.status:
            case EffectStatus.NEEDS_ATTENTION:
                log.warning("effect needs attention", reason=outcome.error, **facts)
                error_reporting.send(NeedsAttention(entry.kind), effect=entry.id, kind=entry.kind)
            case EffectStatus.FAILED | EffectStatus.PENDING:
                log.info("effect not done", status=outcome.status.value, reason=outcome.error, **facts)
            case EffectStatus.DONE:
                log.debug("effect done", **facts)


def verdict(error: ServiceUnavailable | TimeoutError | DiscordError) -> Outcome:
    """The outcome of an effect after Discord's error or a timeout; a direct message's fallback has failed by then."""
    reason = str(error) or "Discord took too long."
    match error:
        case DiscordUnavailable():
            return outbox.again(reason, is_unsure=not error.is_unseen)
        case ServiceUnavailable() | TimeoutError():
            return outbox.again(reason, is_unsure=True)
        case UnknownGuild() | UnknownMember() | UnknownUser() | UnknownMessage():  # the recipient or target is gone
            return outbox.closed(reason)
        case CannotDirectMessage() | NoMutualGuild():  # the user's own choice
            return outbox.closed(reason)
        case HiddenRateLimit() | Unauthorized():
            return outbox.again(reason, is_unsure=False)
        case _:  # a channel or role is gone, a permission is missing, or our payload is wrong
            return outbox.attention(reason)


def _request(entry: Entry) -> int | str:
    """Request id of an effect: the interaction that created it, or the dedupe key's origin."""
    decided, _, _ = entry.dedupe_key.partition(":")
    return int(decided) if decided.isascii() and decided.isdigit() else entry.dedupe_key


def _nonce(entry: Entry) -> str:
    """A nonce that is equal for the same effect in every process, and differs between effects and databases."""
    return blake2b(f"{entry.guild} {entry.kind} {entry.dedupe_key}".encode(), digest_size=12).hexdigest()
