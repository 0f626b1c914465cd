"""Runs the handler of a verified interaction and turns errors into messages: refusals, outages and our own bugs."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import cache
from secrets import token_hex
from typing import TYPE_CHECKING, Final

import structlog

from app.downloads.uploads import Uploads
from app.http.initial_response import DeferralKind
from app.interaction_context import InteractionContext, InvocationName
from app.interactions.dedupe import RecentInteractions
from core import error_reporting
from core.errors import DatabaseTrouble, DomainError, ServiceUnavailable, TroubleKind
from core.i18n import Translator, language_for, translator_for
from core.tracebacks import traceback_of
from wire.errors import BadPayload, StaleCustomId
from wire.interaction import (
    Autocomplete,
    ButtonClick,
    ModalSubmit,
    OtherCommand,
    SelectSubmit,
)
from wire.message import Message
from wire.reply import AutocompleteResult, Reply

if TYPE_CHECKING:
    from app.interactions.execute import ExecuteFn
    from app.routes import Routes
    from db.connection import Pool

LOOK_S: Final = 0.5  # seconds for the query how the first delivery was deferred

log = structlog.get_logger()


class Dispatcher:
    """Finds the route of an interaction, runs its handler, and turns every error into a reply."""

    def __init__(
        self,
        *,
        routes: "Callable[[], Routes]",
        pool: "Callable[[], Awaitable[Pool]]",
        uploads: Uploads,
        recent: RecentInteractions,
    ) -> None:
        self._routes = routes
        self._pool = pool
        self._uploads = uploads
        self._recent = recent

    def open(self, interaction: InvocationName, now: datetime) -> InteractionContext:
        """Create the context of `interaction`, with its route and a translator for the client's locale."""
        t = translator_for(language_for(interaction.locale, interaction.guild_locale))
        return InteractionContext(interaction, now, t, self._routes().find(interaction))

    async def answer(self, turn: InteractionContext) -> Reply | None:
        """The reply for the user; None when another delivery of the same interaction has been or is being handled."""
        identity = turn.interaction.id
        if not self._recent.claim(identity, turn.now.timestamp()):
            turn.outcome = "duplicate"
            turn.deferred_as = await self._deferred_before(turn)
            return None
        is_done = False
        try:
            reply = await _load_executor()(turn, self._pool, self._uploads)
            is_done = True
        except Exception as error:  # noqa: BLE001 - boundary: unexpected errors become a message
            message = error_response(turn, error)
            reply = AutocompleteResult() if isinstance(turn.interaction, Autocomplete) else message
        finally:
            if not is_done:  # everything was rolled back, so a second delivery may try again
                self._recent.release(identity)
        return reply

    async def _deferred_before(self, turn: InteractionContext) -> DeferralKind | None:
        """How the first delivery was deferred; None when it was not, or when the database does not respond in time."""
        if turn.route is None or not turn.route.feature.uses_database or isinstance(turn.interaction, Autocomplete):
            return None
        from app.jobs.pending_responses import deferred_before  # noqa: PLC0415 - imports the database driver and queries

        try:
            async with asyncio.timeout(LOOK_S), (await self._pool()).connection() as conn:
                return await deferred_before(conn, turn)
        except (ServiceUnavailable, TimeoutError):
            return None


@cache
def _load_executor() -> "ExecuteFn":
    from app.interactions.execute import execute_handler  # noqa: PLC0415 - imports the handlers' dependencies, after the first ping

    return execute_handler


def error_response(turn: InteractionContext, error: Exception) -> Message:
    """The message for the user when `error` ended the work on `turn`; our own bugs are logged with a reference."""
    t = turn.t
    match error:
        case DomainError():
            turn.outcome = "refused"
            text = error.message(t)
        case StaleCustomId() | BadPayload():
            turn.outcome = "stale"
            text = _outdated(turn)
        case ServiceUnavailable():
            turn.outcome = "outside trouble"
            log.warning("outside trouble", request=turn.interaction.id, route=turn.name, reason=str(error))
            text = _outside(error, t)
        case TimeoutError():
            turn.outcome = "too slow"
            log.warning("too slow", request=turn.interaction.id, route=turn.name)
            text = t("That took too long. Please try again.")
        case _:
            turn.outcome = "broken"
            turn.reference = token_hex(3)
            log.error(
                "interaction broke",
                request=turn.interaction.id,
                route=turn.name,
                ref=turn.reference,
                exception=traceback_of(error),
            )
            error_reporting.send(error, ref=turn.reference, route=turn.name)
            text = t("That broke on our side. Ref: {reference}", reference=turn.reference)
    return Message(text, private=True)


def _outside(error: ServiceUnavailable, t: Translator) -> str:
    """The message for the user when a dependency is unavailable: whether to wait, or to contact an operator."""
    match error.kind if isinstance(error, DatabaseTrouble) else None:
        case TroubleKind.DISK_FULL:
            return t("My notebook is full, so I can't save anything right now. Please tell whoever runs me.")
        case TroubleKind.READ_ONLY | TroubleKind.FILES:
            return t("I can't save anything right now. Please try again in a few minutes.")
        case TroubleKind.STARTING:
            return t("I'm just starting up. Please try again in a minute.")
        case TroubleKind.TOO_MANY_CONNECTIONS | TroubleKind.BUSY | TroubleKind.OUT_OF_MEMORY | TroubleKind.EXHAUSTED:
            return t("A lot is going on right now. Please try again in a minute.")
        case _:
            return t("I can't reach my notes right now. Please try again in a minute.")


def _outdated(turn: InteractionContext) -> str:
    t = turn.t
    match turn.interaction:
        case ButtonClick() | SelectSubmit() | ModalSubmit():
            return t("That button is from an older version of Lyceum. Use the command again to get a new one.")
        case OtherCommand(is_entry_point=True):
            return t("Lyceum has no activity to open. /help shows what it can do.")
        case _:
            return t("Lyceum no longer knows that command, or knows it in another form. /help shows what there is.")
