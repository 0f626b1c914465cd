"""Route that lists, as JSON for the composer, the commands a user may run in a channel, in the user's locale."""

from collections.abc import Iterator
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground.control.app import steering
from playground.http_log.deliveries import Actor
from playground.interactions.actors import commands_for, may_use
from playground.interactions.options import options_of, steps_of
from playground.interactions.registered_commands import Commands
from playground.json_types import Json
from playground.page import view_context
from playground.page.drawing import picture
from playground.state.state import GROUP, World
from playground.validation import commands as kinds

FALLBACKS: Final = {"en-US": "en-GB", "en-GB": "en-US", "es-419": "es-ES"}  # locale tried next
LIMITS: Final = ("min_value", "max_value", "min_length", "max_length", "channel_types", "file_types")


def routes(world: World, commands: Commands) -> list[Route]:
    """The route that the composer loads commands from."""

    async def show(request: Request) -> Response:
        seat = view_context.take(world, request.query_params)
        actor = Actor(seat.user, seat.channel, seat.guild, seat.member, brings_app=seat.channel.type == GROUP)
        usable = [one for one in commands_for(actor, commands) if seat.is_inside and may_use(actor, one)]
        app: Json = {"id": str(world.application), "name": world.bot.display_name, "picture": picture(world.bot)}
        return JSONResponse({"app": app} | listed(usable, seat.locale))

    return [Route("/page/commands", steering(show))]


def listed(commands: list[Json], locale: str) -> Json:
    """Commands by type; each subcommand is its own entry, sorted by its name in the locale."""
    found: dict[int, list[Json]] = {kinds.CHAT_INPUT: [], kinds.USER_MENU: [], kinds.MESSAGE_MENU: []}
    for command in commands:
        found.get(command["type"], []).extend(_leaves(command, [command], locale))
    for entries in found.values():
        entries.sort(key=lambda entry: str(entry["called"]).casefold())
    return {"chat": found[kinds.CHAT_INPUT], "user": found[kinds.USER_MENU], "message": found[kinds.MESSAGE_MENU]}


def _leaves(command: Json, steps: list[Json], locale: str) -> Iterator[Json]:
    """The runnable subcommands of a command, or the command itself; `steps` lead to the current entry."""
    children = steps_of(steps[-1])
    for child in children:
        yield from _leaves(command, [*steps, child], locale)
    if not children:
        yield {
            "id": command["id"],
            "path": [step["name"] for step in steps[1:]],
            "name": " ".join(str(step["name"]) for step in steps),
            "called": " ".join(_localised(step, "name", locale) for step in steps),
            "description": _localised(steps[-1], "description", locale),
            "options": [_option(option, locale) for option in options_of(steps[-1])],
        }


def _option(option: Json, locale: str) -> Json:
    shape: Json = {
        "name": option["name"],
        "called": _localised(option, "name", locale),
        "description": _localised(option, "description", locale),
        "type": option["type"],
        "required": bool(option.get("required")),
        "completes": bool(option.get("autocomplete")),
    }
    shape |= {limit: option[limit] for limit in LIMITS if option.get(limit) is not None}
    if option.get("choices"):
        shape["choices"] = [
            {"called": _localised(choice, "name", locale), "value": choice["value"]} for choice in option["choices"]
        ]
    return shape


def _localised(entry: Json, field: str, locale: str) -> str:
    translated: Json = entry.get(f"{field}_localizations") or {}
    found = translated.get(locale) or translated.get(FALLBACKS.get(locale, locale))
    return str(found or entry.get(field) or "")
