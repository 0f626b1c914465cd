"""One table from all features: which handler answers which interaction."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

from app.answers import KIND as ANSWER
from app.outbox import write_down
from core.errors import DomainError
from core.words import words_for
from db.connection import Connection, Pool
from handlers.feature import AnyAction, Deps, Feature, client_language, person_of
from services import people
from wire.custom_id import StaleCustomId, route_of
from wire.fitting import check_fit
from wire.interaction import (
    Autocomplete,
    ButtonPress,
    Interaction,
    MessageMenu,
    ModalSubmit,
    Ping,
    SelectChoice,
    SlashCommand,
    UserMenu,
)
from wire.reply import Reply

if TYPE_CHECKING:
    from app.dispatch import Turn

Call = Callable[[Any, Deps], Awaitable[Reply]]  # the table pairs each kind with its handlers, which types cannot say

KINDS: Final[dict[type, str]] = {
    SlashCommand: "slash",
    UserMenu: "user menu",
    MessageMenu: "message menu",
    Autocomplete: "autocomplete",
    ButtonPress: "button",
    SelectChoice: "select",
    ModalSubmit: "modal",
}


class _NoDatabase:
    """Stands where a connection would be for what is answered from memory."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(f"This is answered without the database, so nothing can {name} it.")


_NO_DATABASE: Final = cast("Connection", _NoDatabase())
_NOBODY: Final = people.Arrival(is_first=True)


class OnlyInGuilds(DomainError):
    """Raised where a command that measures a community is used in a direct message."""

    def __init__(self) -> None:
        super().__init__("That works in a server, where there is somebody to study with. Please try it there.")


class NotInstalledHere(DomainError):
    """Raised where a person brings the app along into a server that has not added it."""

    def __init__(self) -> None:
        super().__init__("Lyceum has not been added to this server yet. Ask somebody who manages it to add Lyceum.")


class RouteClash(Exception):
    """Two features claim the same route; start-up stops here."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where one interaction goes."""

    call: Call
    feature: Feature
    name: str  # for the log: "slash my timezone"


class Routes:
    """All ways in, built once per process."""

    def __init__(self, features: Iterable[Feature]) -> None:
        self._table: dict[type, dict[str, Route]] = {kind: {} for kind in KINDS}
        for feature in features:
            for kind, handlers in _ways_in(feature):
                for name, call in handlers:
                    self._claim(kind, name, call, feature)

    @property
    def uses_database(self) -> bool:
        """Whether any feature does."""
        return any(route.feature.uses_database for table in self._table.values() for route in table.values())

    language_of = staticmethod(client_language)

    def find(self, interaction: Interaction) -> Route | None:
        """The route of `interaction`; None when no feature knows its command, menu or custom id (any more)."""
        if isinstance(interaction, (ButtonPress, SelectChoice, ModalSubmit)):
            try:
                name = route_of(interaction.custom_id)
            except StaleCustomId:
                return None
        elif isinstance(interaction, Ping):
            return None
        else:
            name = interaction.path
        return self._table[type(interaction)].get(name)

    async def call(self, turn: "Turn", pool: Callable[[], Awaitable[Pool]]) -> Reply | None:
        """The handler's reply, in a transaction of its own; None when the interaction was taken up before.

        Raises:
            StaleCustomId: no feature knows the interaction.
            OnlyInGuilds: it came from a direct message.
            NotInstalledHere: it came from a guild that has not installed the app.
            DoesNotFit: the handler's reply cannot answer it; nothing of what the handler did stays.
        """
        interaction, route = turn.interaction, turn.route
        if route is None:
            raise StaleCustomId("unknown")
        feature = route.feature
        if interaction.home is None and feature.guild_only:
            raise OnlyInGuilds if interaction.guild_id is None else NotInstalledHere
        if not feature.uses_database or isinstance(interaction, Autocomplete):
            reply = await route.call(interaction, Deps(_NO_DATABASE, turn.now, turn.words, _NOBODY))
            check_fit(reply, interaction)
            if getattr(reply, "then", ()):
                raise RuntimeError(f"{feature.name} does without the database, so nothing can happen after its commit.")
            return reply
        house = await pool()
        async with house.connection() as conn:
            arrival = await people.arrive(
                conn,
                interaction=interaction.id,
                guild=interaction.home,
                guild_locale=interaction.guild_locale,
                person=person_of(interaction),
                now=turn.now,
            )
            if not arrival.is_first:
                turn.outcome = "duplicate"
                return None
            if arrival.language is not None:
                turn.words = words_for(arrival.language)
            deps = Deps(conn, turn.now, turn.words, arrival)
            if feature.only_reads and arrival.is_settled(turn.now):
                reply = await house.read(conn, lambda reader: route.call(interaction, replace(deps, conn=reader)))
            else:
                reply = await route.call(interaction, deps)
            check_fit(reply, interaction)
            entries = await write_down(conn, turn, reply)
        if entries:  # committed
            turn.due = [entry for entry in entries if entry.kind != ANSWER]
            turn.is_promised = len(turn.due) < len(entries)
        return reply

    def names(self, kind: type) -> frozenset[str]:
        """Every route of one kind of interaction."""
        return frozenset(self._table[kind])

    def _claim(self, kind: type, name: str, call: Call, feature: Feature) -> None:
        table = self._table[kind]
        if name in table:
            raise RouteClash(f"{KINDS[kind]} {name!r} is claimed by {table[name].feature.name} and {feature.name}.")
        table[name] = Route(call, feature, f"{KINDS[kind]} {name}")


def _ways_in(feature: Feature) -> Iterable[tuple[type, Iterable[tuple[str, Call]]]]:
    def by_action(handlers: Iterable[tuple[AnyAction, Call]]) -> Iterable[tuple[str, Call]]:
        return ((action.route, call) for action, call in handlers)

    return (
        (SlashCommand, feature.slash.items()),
        (UserMenu, feature.user_menus.items()),
        (MessageMenu, feature.message_menus.items()),
        (Autocomplete, feature.autocomplete.items()),
        (ButtonPress, by_action(feature.buttons.items())),
        (SelectChoice, by_action(feature.selects.items())),
        (ModalSubmit, by_action(feature.modals.items())),
    )
