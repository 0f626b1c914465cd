"""Faults panel of the page: active faults, available faults, and the state of the gateway."""

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.routing import Route

from playground.gateway.sessions import Gateway
from playground.interactions.delivery import Endpoint
from playground.page import view_context
from playground.page.drawing import draw
from playground.page.routes import fragment
from playground.state.faults import BROKEN, CLOSED, FORBIDDEN, RATE_LIMITED, SCOPES, SLOW, TWICE, Fault, Faults
from playground.state.state import World


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault as shown to users."""

    name: str
    title: str
    words: str
    thing: str = "call"  # what it affects


KINDS: Final = (
    Kind(SLOW, "Slow answers", "Discord does what it is asked, but takes its time."),
    Kind(RATE_LIMITED, "Rate limit · 429", "Discord refuses, and says in headers and body when to come back."),
    Kind(BROKEN, "Server error · 500", "Discord fails before it does anything."),
    Kind(FORBIDDEN, "Missing permissions · 50013", "What the app writes in servers is refused with 403."),
    Kind(CLOSED, "Direct messages closed · 50007", "Messages to a person in private are refused with 403."),
    Kind(TWICE, "Delivered twice", "An interaction reaches the app two times at once.", "interaction"),
)
GATEWAY: Final = (
    ("drop", "Drop the connections", "Closes with 4000: the app should resume."),
    ("reconnect", "Ask to reconnect", "Sends opcode 7, as before a deployment of Discord's."),
    ("invalidate", "End the sessions", "Sends opcode 9: the app has to identify anew."),
    ("invalid_resumable", "Doubt the sessions", "Sends opcode 9, but resuming is still allowed."),
    ("forget", "Forget the sessions", "The next resume finds nothing."),
)


class FaultsPanel:
    """Renders the faults panel."""

    def __init__(self, world: World, faults: Faults, gateway: Gateway, endpoint: Endpoint) -> None:
        self._world = world
        self._faults = faults
        self._gateway = gateway
        self._endpoint = endpoint

    def routes(self) -> list[Route]:
        """The route of the panel."""
        return [Route("/page/faults", fragment(self._draw))]

    async def _draw(self, request: Request) -> Markup:
        seat = view_context.take(self._world, request.query_params)
        on: dict[str, Fault] = {fault.kind: fault for fault in self._faults.everything()}
        guild = seat.guild or next(iter(self._world.guilds.values()))
        gateway = self._gateway
        return draw(
            "faults.html",
            kinds=[(kind, on.get(kind.name), on.get(kind.name) or Fault(kind.name)) for kind in KINDS],
            count=len(on) + (not gateway.acknowledges) + gateway.refuses_resumes + (guild.id in gateway.unavailable),
            scopes=SCOPES,
            has_endpoint=self._endpoint.url is not None,
            guild=guild,
            gateway=gateway,
            connected=sum(session.connection is not None for session in gateway.sessions.values()),
            actions=GATEWAY,
        )
