"""Messages as a person sees them."""

from markupsafe import Markup

from playground.deliveries import Delivery
from playground.page.drawing import draw as draw_template
from playground.page.seat import Seat
from playground.world import Message, World


def draw(message: Message, *, seat: Seat, world: World, base_url: str, reply: Delivery | None) -> Markup:
    """One message as an element of the list."""
    del seat, world, base_url
    return draw_template("message.html", message=message, reply=reply)


def draw_failure(delivery: Delivery, seat: Seat) -> Markup:
    """The line that stands where an answer should be."""
    del seat
    return draw_template("failure.html", delivery=delivery)
