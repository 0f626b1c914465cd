"""State of one interaction while it is handled: translator, route, outcome, effects and pending response."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from core.i18n import Translator
from wire.interaction import (
    Autocomplete,
    ButtonClick,
    MessageMenu,
    ModalSubmit,
    OtherCommand,
    SelectSubmit,
    SlashCommand,
    UserMenu,
)

if TYPE_CHECKING:
    from app.http.initial_response import DeferralKind
    from app.routes import Route
    from db.queries.jobs.outbox import Entry

InvocationName = (
    SlashCommand | UserMenu | MessageMenu | OtherCommand | Autocomplete | ButtonClick | SelectSubmit | ModalSubmit
)


@dataclass(slots=True)
class InteractionContext:
    """One interaction and what has been done about it so far."""

    interaction: InvocationName
    now: datetime  # aware UTC
    t: Translator  # in the interaction's language, later in the one that the member chose
    route: "Route | None"  # None: no feature handles it
    outcome: str = "answered"  # for the log
    reference: str | None = None  # error reference, shown to the user and logged
    effects: "Sequence[Entry]" = ()  # committed outbox rows that are delivered now
    has_pending_response: bool = False  # a pending response is stored as a row
    deferred_as: "DeferralKind | None" = None  # for a repeated delivery: deferral of the first, if still pending

    @property
    def name(self) -> str:
        """The route's name, for the log; the kind of interaction when no feature handles it."""
        return self.route.name if self.route else f"{type(self.interaction).__name__} unknown"
