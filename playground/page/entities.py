"""Search route for pickers: users, roles and channels that match typed text."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from heapq import nsmallest
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground.control.app import steering
from playground.page import view_context
from playground.page.drawing import colour, member_picture, picture
from playground.page.view_context import ViewContext
from playground.state.fixtures import CATEGORY, PRIVATE_THREAD, PUBLIC_THREAD, STAGE, TEXT, VOICE
from playground.state.lookup import NotFound, fold, listed
from playground.state.state import World

SHOWN: Final = 25  # maximum of results, as in Discord's selects
USER, ROLE, MENTIONABLE, CHANNEL = "user", "role", "mentionable", "channel"
ICONS: Final = {
    PUBLIC_THREAD: "thread",
    PRIVATE_THREAD: "thread",
    TEXT: "text",
    VOICE: "voice",
    STAGE: "stage",
    CATEGORY: "folder",
}


@dataclass(frozen=True, slots=True)
class Entity:
    """A selectable user, role or channel."""

    id: str
    kind: str  # user, role or channel
    name: str
    detail: str = ""  # username, or category of a channel
    picture: str | None = None  # image URL
    icon: str | None = None  # icon name in icons.svg, if there is no image
    colour: str | None = None


def routes(world: World) -> list[Route]:
    """The route that pickers search with."""

    async def show(request: Request) -> Response:
        asked = request.query_params
        kind = asked.get("kind", MENTIONABLE)
        if kind not in (USER, ROLE, MENTIONABLE, CHANNEL):
            raise NotFound(f"There is no kind {kind}; try {listed((USER, ROLE, MENTIONABLE, CHANNEL))}.")
        types = frozenset(int(one) for one in asked.get("types", "").split(",") if one.isdecimal())
        known = _everything(view_context.take(world, asked), world, kind, types)
        if ids := asked.get("ids"):
            found: Iterable[Entity] = (one for one in known if one.id in ids.split(","))
        else:
            found = search(known, asked.get("q", ""))
        return JSONResponse({"entities": [asdict(one) for one in found]})

    return [Route("/page/entities", steering(show))]


def search(entities: Iterable[Entity], text: str) -> list[Entity]:
    """Entities that match: names that begin with the text, then names with a word that begins with it, then others."""
    wanted = fold(text)
    ranked = ((_rank(one, wanted), place, one) for place, one in enumerate(entities))
    found = nsmallest(SHOWN, (each for each in ranked if each[0] is not None), key=lambda each: each[:2])
    return [one for _, _, one in found]


def _rank(entity: Entity, wanted: str) -> int | None:
    """The match rank, 0 is the best; None: no match."""
    names = [fold(entity.name), fold(entity.detail) if entity.kind == USER else ""]
    if not wanted:
        return 0
    if any(name.startswith(wanted) for name in names):
        return 0
    if any(f" {wanted}" in name for name in names):
        return 1
    return 2 if wanted == entity.id or any(wanted in name for name in names) else None


def _everything(seat: ViewContext, world: World, kind: str, types: frozenset[int]) -> Iterator[Entity]:
    if kind in (USER, MENTIONABLE):
        yield from _users(seat, world)
    if kind in (ROLE, MENTIONABLE):
        yield from _roles(seat)
    if kind == CHANNEL:
        yield from _channels(seat, types)


def _users(seat: ViewContext, world: World) -> Iterator[Entity]:
    if seat.guild is None:
        for user in (seat.user, world.bot):
            yield Entity(str(user.id), USER, user.display_name, user.username, picture(user, size_px=32))
        return
    for member in seat.guild.members.values():
        shown = member_picture(seat.guild, member, size_px=32)
        yield Entity(str(member.user.id), USER, member.display_name, member.user.username, shown)


def _roles(seat: ViewContext) -> Iterator[Entity]:
    for role in sorted(seat.guild.roles.values(), key=lambda one: -one.position) if seat.guild else ():
        yield Entity(str(role.id), ROLE, role.name, icon="role", colour=colour(role.colour))


def _channels(seat: ViewContext, types: frozenset[int]) -> Iterator[Entity]:
    if seat.guild is None:
        return
    rooms = (*seat.guild.channels.values(), *seat.guild.threads.values())
    for channel in sorted(rooms, key=lambda one: one.position):
        if not types or channel.type in types:
            parent = seat.guild.channels.get(channel.parent or 0)
            icon = ICONS.get(channel.type, "text")
            yield Entity(str(channel.id), CHANNEL, channel.name, parent.name if parent else "", icon=icon)
