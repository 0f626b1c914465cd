"""From a trusted interaction to a reply: route, transaction, language, and the three families of trouble."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import TYPE_CHECKING

import structlog

from app.door_log import traceback_of
from app.recent import Recent
from core import reports
from core.errors import DomainError, OutsideTrouble
from core.words import Words, words_for
from wire.errors import BadPayload, StaleCustomId
from wire.interaction import (
    Autocomplete,
    ButtonPress,
    MessageMenu,
    ModalSubmit,
    SelectChoice,
    SlashCommand,
    UserMenu,
)
from wire.reply import Choices, Message, Reply

if TYPE_CHECKING:
    from app.routes import Route, Routes
    from db.connection import Pool
    from db.queries.outbox import Entry

log = structlog.get_logger()

Invoked = SlashCommand | UserMenu | MessageMenu | Autocomplete | ButtonPress | SelectChoice | ModalSubmit


@dataclass(slots=True)
class Turn:
    """One interaction on its way through the house."""

    interaction: Invoked
    now: datetime  # aware UTC
    words: Words  # the interaction's language, then the member's own choice when it is known
    route: "Route | None"  # None: no feature knows it
    outcome: str = "answered"  # for the log
    reference: str | None = None  # what the person was shown and the log line carries
    due: "Sequence[Entry]" = ()  # what was committed and must happen at Discord now
    is_promised: bool = False  # a row says that somebody waits for the answer

    @property
    def name(self) -> str:
        """The route, for the log; of what no feature knows, only the kind."""
        return self.route.name if self.route else f"{type(self.interaction).__name__} unknown"


class Dispatcher:
    """Finds who answers, gives them one transaction, and turns every trouble into a reply."""

    def __init__(
        self, *, routes: "Callable[[], Routes]", pool: "Callable[[], Awaitable[Pool]]", recent: Recent
    ) -> None:
        self._routes = routes
        self._pool = pool
        self._recent = recent

    def open(self, interaction: Invoked, now: datetime) -> Turn:
        """The beginning of `interaction`: where it goes and in which language it will be refused."""
        routes = self._routes()
        return Turn(interaction, now, words_for(routes.language_of(interaction)), routes.find(interaction))

    async def answer(self, turn: Turn) -> Reply | None:
        """What the person gets; None when another delivery of the same interaction is or was at work on it."""
        identity = turn.interaction.id
        if not self._recent.claim(identity, turn.now.timestamp()):
            turn.outcome = "duplicate"
            return None
        is_done = False
        try:
            reply = await self._answer(turn)
            is_done = turn.outcome in {"answered", "duplicate"}
        finally:
            if not is_done:  # everything was rolled back, so a second delivery may try again
                self._recent.release(identity)
        return reply

    async def _answer(self, turn: Turn) -> Reply | None:
        try:
            return await self._routes().call(turn, self._pool)
        except Exception as error:  # noqa: BLE001 - the one door where the unexpected becomes a sentence
            message = trouble(turn, error)
        return Choices() if isinstance(turn.interaction, Autocomplete) else message


def trouble(turn: Turn, error: Exception) -> Message:
    """What the person reads when `error` ended the work on `turn`; what is ours to mend is logged with a reference."""
    words = turn.words
    match error:
        case DomainError():
            turn.outcome = "refused"
            text = error.sentence(words)
        case StaleCustomId() | BadPayload():
            turn.outcome = "stale"
            text = _stale(turn)
        case OutsideTrouble():
            turn.outcome = "outside trouble"
            log.warning("outside trouble", request=turn.interaction.id, route=turn.name, reason=str(error))
            text = words("I can't reach my notes right now. Please try again in a minute.")
        case TimeoutError():
            turn.outcome = "too slow"
            log.warning("too slow", request=turn.interaction.id, route=turn.name)
            text = words("That took too long. Please try again.")
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
            reports.send(error, ref=turn.reference, route=turn.name)
            text = words("That broke on our side. Ref: {reference}", reference=turn.reference)
    return Message(text, private=True)


def _stale(turn: Turn) -> str:
    words = turn.words
    match turn.interaction:
        case ButtonPress() | SelectChoice() | ModalSubmit():
            return words("That button is from an older version of Lyceum. Use the command again to get a new one.")
        case _:
            return words("Lyceum no longer knows that command, or knows it in another form. /help shows what there is.")
