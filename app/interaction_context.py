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
    """What is known of an interaction, and what has become of it so far."""

    interaction: InvocationName
    now: datetime  # aware UTC
    t: Translator  # the interaction's language, then the member's own choice when it is known
    route: "Route | None"  # None: no feature knows it
    outcome: str = "answered"  # for the log
    reference: str | None = None  # what the person was shown and the log line carries
    effects: "Sequence[Entry]" = ()  # what was committed and must happen at Discord now
    has_pending_response: bool = False  # a row says that somebody waits for the answer
    deferred_as: "DeferralKind | None" = None  # of a second delivery: how the first was deferred and not finished yet

    @property
    def name(self) -> str:
        """The route, for the log; of what no feature knows, only the kind."""
        return self.route.name if self.route else f"{type(self.interaction).__name__} unknown"
