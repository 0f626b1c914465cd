"""Renders the parts of the page that change while it is open: messages, sidebars, notices and clock."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup

from core.clock import Clock
from playground.config import PlaygroundConfig
from playground.control.simulation import Simulation
from playground.http_log.deliveries import AUTOCOMPLETE, PING, Deliveries, Delivery
from playground.interactions.delivery import Endpoint
from playground.interactions.registered_commands import Commands
from playground.page import messages, modals, sidebars
from playground.page.drawing import draw
from playground.page.markdown_context import Reading
from playground.page.view_context import ViewContext
from playground.state.lookup import NotFound
from playground.state.state import Message, World

SHOWN: Final = 60  # messages per page of history
JUMPS: Final = (
    (600, "10 min"),
    (3600, "1 hour"),
    (6 * 3600, "6 hours"),
    (86_400, "1 day"),
    (7 * 86_400, "1 week"),
    (30 * 86_400, "30 days"),
)


class Regions:
    """Renders the page's regions for a view context."""

    def __init__(
        self,
        world: World,
        deliveries: Deliveries,
        commands: Commands,
        simulation: Simulation,
        *,
        config: PlaygroundConfig,
        endpoint: Endpoint,
        public_key: str,
    ) -> None:
        self.world = world
        self.config = config
        self._deliveries = deliveries
        self._commands = commands
        self._simulation = simulation
        self._endpoint = endpoint
        self._public_key = public_key
        self._ways: dict[str, Callable[[ViewContext], Markup]] = {
            "guilds": lambda seat: sidebars.draw_guilds(seat, world),
            "rooms": lambda seat: sidebars.draw_rooms(seat, world),
            "me": sidebars.draw_me,
            "messages": self._messages,
            "members": lambda seat: sidebars.draw_members(seat, world),
            "notices": self._notices,
            "time": self._time,
        }

    @property
    def clock(self) -> Clock:
        """The server's clock."""
        return self.config.clock

    @property
    def names(self) -> tuple[str, ...]:
        """All region names; each is the id of its HTML element."""
        return tuple(self._ways)

    def draw(self, name: str, seat: ViewContext) -> Markup:
        """Render a region with its enclosing element."""
        return self._ways[name](seat)

    def draw_message(self, message: Message, seat: ViewContext) -> Markup:
        """Render one message."""
        asked = self._deliveries.find(int(message.interaction["id"])) if message.interaction else None
        reply = self._deliveries.find(message.id)
        reading = replace(self._reading(seat), pings_everyone=message.mentions_everyone)
        return messages.draw(message, reading=reading, base_url=self.config.http_url, asked=asked, reply=reply)

    def draw_failure(self, delivery: Delivery, seat: ViewContext) -> Markup:
        """Render the failure notice of an interaction without a response."""
        return messages.draw_failure(delivery, reading=self._reading(seat))

    def draw_form(self, number: str, seat: ViewContext) -> Markup:
        """Render the modal that an interaction has opened for the viewer.

        Raises:
            NotFound: it has opened no modal for this user, or the modal was submitted.
        """
        opened = self._deliveries.find(int(number)) if number.isdecimal() else None
        if opened is None or opened.modal is None or opened.actor.user is not seat.user:
            raise NotFound("That form is not open any more.", status=404)
        return modals.draw(opened.modal, reply=opened.id, reading=self._reading(seat), base_url=self.config.http_url)

    def draw_earlier(self, seat: ViewContext, before: int) -> Markup:
        """Render the messages before the id `before`, with a button for earlier ones if there are any."""
        return self._list(seat, before=before)

    def delivery(self, number: int) -> Delivery | None:
        """The interaction with that id."""
        return self._deliveries.find(number)

    def failed_here(self, delivery: Delivery, seat: ViewContext) -> bool:
        """Whether the viewer sees the failure notice of an interaction; only its actor does."""
        asked = delivery.kind not in (PING, AUTOCOMPLETE)
        is_mine = delivery.actor.user is seat.user and delivery.actor.channel is seat.channel
        return asked and is_mine and delivery.is_over and delivery.callback is None and not delivery.is_dismissed

    def _reading(self, seat: ViewContext) -> Reading:
        return Reading(seat, self.world, self.clock.now())

    def _messages(self, seat: ViewContext) -> Markup:
        return self._list(seat, before=None)

    def _list(self, seat: ViewContext, *, before: int | None) -> Markup:
        seen = (message for message in self._seen(seat) if before is None or message.id < before)
        shown = list(islice(seen, SHOWN + 1))
        oldest = 0 if len(shown) <= SHOWN else shown[SHOWN - 1].id
        drawn = [(message.id, self.draw_message(message, seat)) for message in shown[:SHOWN]]
        drawn += [
            (one.id, self.draw_failure(one, seat))
            for one in self._deliveries.everything()
            if self.failed_here(one, seat) and oldest < one.id and (before is None or one.id < before)
        ]
        lines = [line for _, line in sorted(drawn, key=lambda line: line[0])]
        place = sidebars.place(seat, self.world.bot)
        return draw("messages.html", seat=seat, place=place, lines=lines, is_whole=oldest == 0)

    def _seen(self, seat: ViewContext) -> Iterator[Message]:
        """The messages visible to the viewer in the channel, the newest first."""
        return (message for message in reversed(self.world.messages.values()) if seat.sees(message))

    def _notices(self, seat: ViewContext) -> Markup:
        return draw(
            "notices.html",
            seat=seat,
            config=self.config,
            endpoint=self._endpoint.url,
            has_commands=bool(self._commands.usable_in(seat.guild.id if seat.guild else None)),
            public_key=self._public_key,
        )

    def _time(self, seat: ViewContext) -> Markup:
        now = self.clock.now()
        return draw(
            "time.html",
            now=now,
            local=now.astimezone(ZoneInfo(seat.user.zone)),
            zone=seat.user.zone,
            rate=self.clock.speed,
            jumps=JUMPS,
            is_bendable=self.clock.is_adjustable,
            evening=self._simulation.state() if self._simulation.is_running else None,
        )
