"""Deferred responses ("thinking…") stored as rows, so that the worker can finish them after a crash.

The row is written before the placeholder is sent and deleted when the answer has been sent. A process that works on the
answer renews the row's lease; when the lease expires, the worker tells the user what happened.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog
from msgspec import Struct
from msgspec.json import Decoder, Encoder

from app.http.initial_response import DeferralKind, thinking
from app.jobs.placeholder import replace_placeholder
from core.enums import Language
from core.errors import ServiceUnavailable
from core.i18n import discord_timestamp, translator_for
from core.ids import ApplicationId, ChannelId, InteractionId, UserId, snowflake_time
from core.tracebacks import traceback_of
from db.queries.interactions import processed as processed_interaction_queries
from db.queries.jobs import outbox as outbox_queries
from db.queries.jobs.outbox import Entry, NewEntry
from services.jobs import outbox
from services.jobs.outbox import RULES, Outcome, Rules
from wire.effects import KINDS, DirectMessage, pack
from wire.errors import DiscordError, DiscordUnavailable, UnknownMessage
from wire.message import Message

if TYPE_CHECKING:
    from app.interaction_context import InteractionContext
    from db.connection import Connection, Pool
    from wire.rest import Rest

KIND: Final = "answer"
PATIENCE_S: Final = 0.5  # for the write: it starts after 1.5 s, so the placeholder is sent after 2
TOKEN_S: Final = 14.5 * 60  # an interaction's token lives 15 minutes
REMEMBERED_S: Final = 24 * 3600.0  # older requests get no notice by direct message
LOADING: Final = 1 << 7  # message flag: still "thinking…"

log = structlog.get_logger()


class _Promise(Struct, frozen=True):
    application: ApplicationId
    token: str
    language: Language
    is_silent: bool  # deferred as UPDATE: the message with the clicked button is unchanged, there is no "thinking…"
    is_private: bool = True  # the "thinking…" is ephemeral
    user: UserId | None = None  # None: written by an older version
    channel: ChannelId | None = None  # None: the interaction has no channel that can be mentioned

    @property
    def placeholder(self) -> DeferralKind:
        """How the response was, or was going to be, deferred."""
        return DeferralKind.UPDATE if self.is_silent else thinking(is_private=self.is_private)


_encoder: Final = Encoder()
_promise: Final = Decoder(_Promise)


def promise_of(turn: "InteractionContext", placeholder: DeferralKind) -> NewEntry:
    """The outbox row of the pending response of `turn`, which was deferred as `placeholder`."""
    interaction = turn.interaction
    promise = _Promise(
        interaction.application_id,
        interaction.token,
        turn.t.language,
        placeholder is DeferralKind.UPDATE,
        placeholder is not DeferralKind.NEW_MESSAGE,
        interaction.user.id,
        interaction.channel_id,
    )
    return NewEntry(
        interaction.guild_id or 0, KIND, str(interaction.id), _encoder.encode(promise).decode(), due_at=turn.now
    )


async def deferred_before(conn: "Connection", turn: "InteractionContext") -> DeferralKind | None:
    """How an earlier delivery of the same interaction was deferred; None: it was not, or the answer has been sent."""
    payload = await outbox_queries.pending_payload(conn, **_key(turn))
    return None if payload is None else _promise.decode(payload).placeholder


class Answers:
    """Stores and completes the pending responses of one process, and reports those that another process left behind."""

    def __init__(
        self, *, pool: "Callable[[], Awaitable[Pool]]", rest: "Callable[[], Rest]", rules: Rules = RULES
    ) -> None:
        self._pool = pool
        self._rest = rest
        self._rules = rules
        self._renewing: dict[InteractionId, asyncio.Task[None]] = {}
        self._given_up: set[asyncio.Task[bool]] = set()  # writes that timed out

    async def promise(self, turn: "InteractionContext", placeholder: DeferralKind) -> None:
        """Write the row in its own transaction; after `PATIENCE_S` seconds, continue without it."""
        writing = asyncio.create_task(self._write(turn, placeholder))
        await asyncio.wait([writing], timeout=PATIENCE_S)
        if not writing.done():  # an unresponsive server does not end a cancelled statement
            self._given_up.add(writing)
            writing.add_done_callback(self._given_up.discard)
            writing.cancel()
            log.warning("answer promised without a row", request=turn.interaction.id, route=turn.name)
        elif writing.result():
            self.keep(turn)

    async def _write(self, turn: "InteractionContext", placeholder: DeferralKind) -> bool:
        try:
            async with (await self._pool()).connection() as conn:
                return bool(await outbox.write(conn, [promise_of(turn, placeholder)], now=turn.now, rules=self._rules))
        except ServiceUnavailable:
            log.warning("answer promised without a row", request=turn.interaction.id, route=turn.name)
        except Exception as error:  # noqa: BLE001 - on any error, the user must still see "thinking…" in time
            log.error("answer promised without a row", route=turn.name, exception=traceback_of(error))  # noqa: TRY400 - without values of variables
        return False

    def keep(self, turn: "InteractionContext") -> None:
        """Renew the lease of the row of `turn`, which is already written, until fulfil() or let_go()."""
        turn.has_pending_response = True
        if turn.interaction.id not in self._renewing:
            self._renewing[turn.interaction.id] = asyncio.create_task(self._renew(turn))

    async def fulfil(self, turn: "InteractionContext") -> None:
        """Delete the row: the answer has been sent."""
        self.let_go(turn)
        turn.has_pending_response = False
        try:
            async with (await self._pool()).connection() as conn:
                await outbox_queries.remove(conn, **_key(turn))
        except ServiceUnavailable:  # the worker will see that the answer has been sent
            log.warning("promise not struck off", request=turn.interaction.id, route=turn.name)

    def let_go(self, turn: "InteractionContext") -> None:
        """Stop renewing the lease: if the row still exists, the worker takes over."""
        if task := self._renewing.pop(turn.interaction.id, None):
            task.cancel()

    async def tell(self, entry: Entry, *, now: datetime) -> Outcome:
        """Tell a user whose answer was interrupted what happened; do nothing when the answer has been sent."""
        promise = _promise.decode(entry.payload)
        interaction = InteractionId(int(entry.dedupe_key))
        if entry.age_s > TOKEN_S:
            return await self._tell_late(entry, promise, interaction, now=now)
        async with (await self._pool()).connection() as conn:
            is_done = await processed_interaction_queries.is_processed(conn, interaction)
        try:
            return await self._tell(entry, promise, interaction, is_done=is_done)
        except DiscordUnavailable as trouble:
            return outbox.again(str(trouble), is_unsure=True)
        except DiscordError as error:
            return outbox.closed(str(error))

    async def _tell(self, entry: Entry, promise: _Promise, interaction: InteractionId, *, is_done: bool) -> Outcome:
        rest = self._rest()
        message = Message(_sentence(promise.language, is_done=is_done), private=True)
        try:
            original = await rest.get_original(promise.application, promise.token)
        except UnknownMessage:
            if promise.placeholder is not DeferralKind.NEW_MESSAGE:
                raise
            # A public "thinking…" was deleted for a private answer that was not recorded as sent.
            await rest.follow_up(promise.application, promise.token, message)
            log.warning("answer was cut off", request=interaction, is_done=is_done)
            return outbox.done()
        if not promise.is_silent:
            if original.flags & LOADING:
                await replace_placeholder(
                    rest, promise.application, promise.token, message, is_public=not original.is_private
                )
                log.warning("answer was cut off", request=interaction, is_done=is_done)
            return outbox.done()
        edited = original.edited_timestamp
        is_answered = edited is not None and edited >= snowflake_time(interaction)
        if not is_answered and entry.attempts <= 2:  # noqa: PLR2004 - the attempts of web and worker; a follow-up has no nonce
            await rest.follow_up(promise.application, promise.token, message)
            log.warning("answer was cut off", request=interaction, is_done=is_done)
        return outbox.done()

    async def _tell_late(
        self, entry: Entry, promise: _Promise, interaction: InteractionId, *, now: datetime
    ) -> Outcome:
        """The interaction token has expired: enqueue a direct message as an ordinary effect.

        At this age it is unknown whether the answer was sent or the work committed, so the message claims neither.
        """
        if promise.user is None or entry.age_s > REMEMBERED_S:
            return outbox.closed("Nobody could be told within fifteen minutes.")
        t, when = translator_for(promise.language), discord_timestamp(snowflake_time(interaction), "R")
        if promise.channel is None:
            text = t(
                "In case you still wait for my answer to what you asked for {when}: I was interrupted, and away too"
                " long to tell you there. Use the command again to see how things stand.",
                when=when,
            )
        else:
            text = t(
                "In case you still wait for my answer to what you asked for {when} in {place}: I was interrupted, and"
                " away too long to tell you there. Use the command again to see how things stand.",
                when=when,
                place=f"<#{promise.channel}>",
            )
        message = pack(DirectMessage(user=promise.user, message=Message(text)))
        soon = now + timedelta(seconds=1)  # it has no lease: any process that drains the outbox next sends it
        told = NewEntry(entry.guild, KINDS[DirectMessage], f"{interaction}:late", message, due_at=soon)
        async with (await self._pool()).connection() as conn:
            await outbox.write(conn, [told], now=now, rules=self._rules)
        return outbox.closed("The fifteen minutes were over; a direct message says so.")

    async def _renew(self, turn: "InteractionContext") -> None:
        is_there = True
        until = asyncio.get_running_loop().time() + TOKEN_S
        while is_there and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(self._rules.lease_s / 3)
            try:
                async with (await self._pool()).connection() as conn:
                    is_there = await outbox_queries.set_held(conn, **_key(turn), lease_s=self._rules.lease_s)
            except ServiceUnavailable:
                log.warning("promise not renewed", request=turn.interaction.id, route=turn.name)


def _key(turn: "InteractionContext") -> "outbox_queries.Key":
    return {"guild": turn.interaction.guild_id or 0, "kind": KIND, "dedupe_key": str(turn.interaction.id)}


def _sentence(language: Language, *, is_done: bool) -> str:
    t = translator_for(language)
    if is_done:
        return t(
            "I was interrupted before I could answer. What you asked for is done: "
            "use the command again only to see how things stand."
        )
    return t("I was interrupted in the middle of that, and nothing was changed. Please try again.")
