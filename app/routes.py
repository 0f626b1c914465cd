"""Routing table from interactions to handlers, built from all features at start-up."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from handlers.feature import AnyAction, Deps, Feature, FilesWanted
from wire.custom_id import route_of
from wire.errors import StaleCustomId
from wire.interaction import (
    Autocomplete,
    ButtonClick,
    Interaction,
    MessageMenu,
    ModalSubmit,
    OtherCommand,
    Ping,
    SelectSubmit,
    SlashCommand,
    UserMenu,
)
from wire.reply import Reply

# The table pairs each kind of interaction with its handlers, which types cannot express.
Call = Callable[[Any, Deps], Awaitable[Reply | FilesWanted]]

KINDS: Final[dict[type, str]] = {
    SlashCommand: "slash",
    UserMenu: "user menu",
    MessageMenu: "message menu",
    Autocomplete: "autocomplete",
    ButtonClick: "button",
    SelectSubmit: "select",
    ModalSubmit: "modal",
}


class DuplicateRoute(Exception):
    """Two features claim the same route; raised at start-up."""


class UnknownLeaf(Exception):
    """A feature lists a route in `public` that it does not handle; raised at start-up."""


@dataclass(frozen=True, slots=True)
class Route:
    """The handler of one kind of interaction, and its feature."""

    call: Call
    feature: Feature
    name: str  # for the log: "slash my timezone"
    is_private: bool  # whether the placeholder of a deferred answer is ephemeral


class Routes:
    """All routes; built once per process."""

    def __init__(self, features: Iterable[Feature]) -> None:
        self._table: dict[type, dict[str, Route]] = {kind: {} for kind in KINDS}
        for feature in features:
            unknown = set(feature.public)
            for kind, handlers in _handlers_of(feature):
                for name, call in handlers:
                    self._add(kind, name, call, feature)
                    unknown.discard(name)
            if unknown:
                raise UnknownLeaf(f"{feature.name} answers no {', '.join(sorted(unknown))} that could be public.")

    @property
    def uses_database(self) -> bool:
        """Whether any feature uses the database."""
        return any(route.feature.uses_database for table in self._table.values() for route in table.values())

    def find(self, interaction: Interaction) -> Route | None:
        """The route of `interaction`; None when no feature handles its command or custom id (any more)."""
        if isinstance(interaction, (ButtonClick, SelectSubmit, ModalSubmit)):
            try:
                name = route_of(interaction.custom_id)
            except StaleCustomId:
                return None
        elif isinstance(interaction, Ping | OtherCommand):
            return None
        else:
            name = interaction.path
        return self._table[type(interaction)].get(name)

    def names(self, kind: type) -> frozenset[str]:
        """Names of all routes of one kind of interaction."""
        return frozenset(self._table[kind])

    def _add(self, kind: type, name: str, call: Call, feature: Feature) -> None:
        table = self._table[kind]
        if name in table:
            raise DuplicateRoute(f"{KINDS[kind]} {name!r} is claimed by {table[name].feature.name} and {feature.name}.")
        table[name] = Route(call, feature, f"{KINDS[kind]} {name}", name not in feature.public)


def _handlers_of(feature: Feature) -> Iterable[tuple[type, Iterable[tuple[str, Call]]]]:
    def by_action(handlers: Iterable[tuple[AnyAction, Call]]) -> Iterable[tuple[str, Call]]:
        return ((action.route, call) for action, call in handlers)

    return (
        (SlashCommand, feature.slash.items()),
        (UserMenu, feature.user_menus.items()),
        (MessageMenu, feature.message_menus.items()),
        (Autocomplete, feature.autocomplete.items()),
        (ButtonClick, by_action(feature.buttons.items())),
        (SelectSubmit, by_action(feature.selects.items())),
        (ModalSubmit, by_action(feature.modals.items())),
    )
