"""One interaction on its way through the house."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from core.i18n import Words
from wire.interaction import (
    Autocomplete,
    ButtonPress,
    MessageMenu,
    ModalSubmit,
    OtherCommand,
    SelectChoice,
    SlashCommand,
    UserMenu,
)

if TYPE_CHECKING:
    from app.http.initial_response import Placeholder
    from app.routes import Route
    from db.queries.jobs.outbox import Entry

Invoked = SlashCommand | UserMenu | MessageMenu | OtherCommand | Autocomplete | ButtonPress | SelectChoice | ModalSubmit


@dataclass(slots=True)
class Turn:
    """What is known of an interaction, and what has become of it so far."""

    interaction: Invoked
    now: datetime  # aware UTC
    words: Words  # the interaction's language, then the member's own choice when it is known
    route: "Route | None"  # None: no feature knows it
    outcome: str = "answered"  # for the log
    reference: str | None = None  # what the person was shown and the log line carries
    due: "Sequence[Entry]" = ()  # what was committed and must happen at Discord now
    is_promised: bool = False  # a row says that somebody waits for the answer
    deferred_as: "Placeholder | None" = None  # of a second delivery: how the first was deferred and not finished yet

    @property
    def name(self) -> str:
        """The route, for the log; of what no feature knows, only the kind."""
        return self.route.name if self.route else f"{type(self.interaction).__name__} unknown"
