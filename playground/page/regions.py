"""The parts of the page that change while it is open, each drawn whole under its name."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from markupsafe import Markup

from core.clock import Clock
from playground.commands import Commands
from playground.courier import Endpoint
from playground.deliveries import AUTOCOMPLETE, PING, Deliveries, Delivery
from playground.page import columns, messages
from playground.page.drawing import draw
from playground.page.seat import Seat
from playground.world import Message, World

SHOWN: Final = 60  # messages, the newest


class Regions:
    """Draws what a seat sees."""

    def __init__(
        self,
        world: World,
        deliveries: Deliveries,
        commands: Commands,
        clock: Clock,
        *,
        endpoint: Endpoint,
        base_url: str,
    ) -> None:
        self.world = world
        self._deliveries = deliveries
        self._commands = commands
        self._clock = clock
        self._endpoint = endpoint
        self._base_url = base_url
        self._ways: dict[str, Callable[[Seat], Markup]] = {
            "guilds": lambda seat: columns.draw_guilds(seat, world),
            "rooms": lambda seat: columns.draw_rooms(seat, world),
            "me": self._me,
            "messages": self._messages,
            "members": lambda seat: columns.draw_members(seat, world),
            "notices": self._notices,
            "time": self._time,
        }

    @property
    def names(self) -> tuple[str, ...]:
        """All parts; each is the id of its element."""
        return tuple(self._ways)

    def draw(self, name: str, seat: Seat) -> Markup:
        """One part, the element itself included."""
        return self._ways[name](seat)

    def draw_message(self, message: Message, seat: Seat) -> Markup:
        """One message."""
        reply = self._deliveries.find(message.id)
        return messages.draw(message, seat=seat, world=self.world, base_url=self._base_url, reply=reply)

    def draw_failure(self, delivery: Delivery, seat: Seat) -> Markup:
        """The line that stands where an answer should be."""
        return messages.draw_failure(delivery, seat)

    def delivery(self, number: int) -> Delivery | None:
        """The interaction of that id."""
        return self._deliveries.find(number)

    def failed_here(self, delivery: Delivery, seat: Seat) -> bool:
        """Whether a person reads here that the app did not respond; only whoever asked does."""
        asked = delivery.kind not in (PING, AUTOCOMPLETE)
        is_mine = delivery.actor.user is seat.user and delivery.actor.channel is seat.channel
        return asked and is_mine and delivery.is_over and delivery.callback is None

    def _me(self, seat: Seat) -> Markup:
        return draw("me.html", seat=seat)

    def _messages(self, seat: Seat) -> Markup:
        drawn: list[tuple[int, Markup]] = [
            (message.id, self.draw_message(message, seat)) for message in islice(self._seen(seat), SHOWN)
        ]
        failed = [one for one in self._deliveries.everything() if self.failed_here(one, seat)]
        drawn += [(one.id, self.draw_failure(one, seat)) for one in failed]
        drawn.sort(key=lambda line: line[0])
        return draw("messages.html", seat=seat, lines=[line for _, line in drawn], is_whole=True)

    def _seen(self, seat: Seat) -> Iterator[Message]:
        """The messages of the seat's channel, the newest first."""
        return (message for message in reversed(self.world.messages.values()) if seat.sees(message))

    def _notices(self, seat: Seat) -> Markup:
        commands = self._commands.usable_in(seat.guild.id if seat.guild else None)
        return draw("notices.html", seat=seat, has_endpoint=self._endpoint.url is not None, has_commands=bool(commands))

    def _time(self, _seat: Seat) -> Markup:
        return draw("time.html", now=self._clock.now(), rate=self._clock.rate)
