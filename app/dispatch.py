"""From a trusted interaction to a reply: route, transaction, language, and the three families of trouble."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Final, cast

import structlog

from app.recent import Recent
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
    from db.connection import Connection, Pool

log = structlog.get_logger()

Invoked = SlashCommand | UserMenu | MessageMenu | Autocomplete | ButtonPress | SelectChoice | ModalSubmit


class _NoDatabase:
    """Stands where a connection would be for what is answered from memory."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(f"This is answered without the database, so nothing can {name} it.")


_NO_DATABASE: Final = _NoDatabase()


class OnlyInGuilds(DomainError):
    """Raised where a command that measures a community is used in a direct message."""

    def __init__(self) -> None:
        super().__init__("That works in a server, where there is somebody to study with. Please try it there.")


@dataclass(slots=True)
class Turn:
    """One interaction on its way through the house."""

    interaction: Invoked
    now: datetime  # aware UTC
    words: Words  # the interaction's language, then the member's own choice when it is known
    route: "Route | None"  # None: no feature knows it
    outcome: str = "answered"  # for the log
    reference: str | None = None  # what the person was shown and the log line carries

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
        route = self._routes().find(interaction)
        from handlers.feature import client_language  # noqa: PLC0415 - loaded with the routes

        return Turn(interaction, now, words_for(client_language(interaction)), route)

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
            return await self._call(turn)
        except Exception as error:  # noqa: BLE001 - the one door where the unexpected becomes a sentence
            message = trouble(turn, error)
        return Choices() if isinstance(turn.interaction, Autocomplete) else message

    async def _call(self, turn: Turn) -> Reply | None:
        interaction, route = turn.interaction, turn.route
        if route is None:
            raise StaleCustomId("unknown")
        from handlers.feature import Deps, person_of  # noqa: PLC0415 - loaded with the routes
        from services import people  # noqa: PLC0415 - likewise

        feature = route.feature
        if interaction.guild_id is None and feature.guild_only:
            raise OnlyInGuilds
        if not feature.uses_database or isinstance(interaction, Autocomplete):
            return await route.call(
                interaction, Deps(cast("Connection", _NO_DATABASE), turn.now, turn.words, people.Arrival(is_first=True))
            )
        async with (await self._pool()).connection() as conn:
            arrival = await people.arrive(
                conn,
                interaction=interaction.id,
                guild=interaction.guild_id,
                guild_locale=interaction.guild_locale,
                person=person_of(interaction),
                now=turn.now,
            )
            if not arrival.is_first:
                turn.outcome = "duplicate"
                return None
            if arrival.language is not None:
                turn.words = words_for(arrival.language)
            return await route.call(interaction, Deps(conn, turn.now, turn.words, arrival))


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
                "interaction broke", request=turn.interaction.id, route=turn.name, ref=turn.reference, exc_info=error
            )
            text = words("That broke on our side. Ref: {reference}", reference=turn.reference)
    return Message(text, private=True)


def _stale(turn: Turn) -> str:
    words = turn.words
    match turn.interaction:
        case ButtonPress() | SelectChoice() | ModalSubmit():
            return words("That button is from an older version of Lyceum. Use the command again to get a new one.")
        case _:
            return words("Lyceum no longer knows that command, or knows it in another form. /help shows what there is.")
