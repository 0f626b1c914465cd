"""CDN routes: avatars, guild icons, emoji and message attachments."""

import asyncio
import re
from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from playground.state import avatars
from playground.state.state import World

NAME: Final = re.compile(r"([0-9a-f]{32})\.(png|jpg|jpeg|webp)")
HARMLESS: Final = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; media-src 'self'",
    "X-Content-Type-Options": "nosniff",
}  # an uploaded file is displayed, but must not run scripts on the page
FOREVER: Final = "public, max-age=31536000"


def routes(world: World) -> list[Route]:
    """The routes under /cdn, and the routes of message attachments."""

    async def show(request: Request) -> Response:
        name = NAME.fullmatch(request.path_params["file"])
        if name is None:
            return _missing()
        if name[1] not in _known_pictures(world, request.path_params):
            return _missing()
        size = request.query_params.get("size", "")
        picture = await asyncio.to_thread(
            avatars.draw, name[1], avatars.fitting_size(int(size) if size.isdecimal() else None)
        )
        return Response(picture, media_type="image/png", headers={"Cache-Control": FOREVER})

    async def show_default(request: Request) -> Response:
        picture = await asyncio.to_thread(avatars.draw_default, int(request.path_params["index"]))
        return Response(picture, media_type="image/png", headers={"Cache-Control": FOREVER})

    async def show_emoji(request: Request) -> Response:
        picture = await asyncio.to_thread(avatars.draw_emoji, int(request.path_params["emoji"]))
        return Response(picture, media_type="image/png", headers={"Cache-Control": FOREVER})

    async def show_attachment(request: Request) -> Response:
        file = world.attachments.get(int(request.path_params["attachment"]))
        if file is None:
            return _missing()
        return Response(file.content, media_type=file.content_type, headers=HARMLESS)

    return [
        Route("/cdn/avatars/{user:int}/{file}", show),
        Route("/cdn/guilds/{guild:int}/users/{user:int}/avatars/{file}", show),
        Route("/cdn/icons/{guild:int}/{file}", show),
        Route("/cdn/app-icons/{application:int}/{file}", show),
        Route("/cdn/emojis/{emoji:int}.{ending}", show_emoji),
        Route("/cdn/embed/avatars/{index:int}.png", show_default),
        Route("/playground/attachments/{attachment:int}", show_attachment),
    ]


def _known_pictures(world: World, path: Mapping[str, int]) -> set[str | None]:
    """The image hashes that exist for the user, member or guild in a path."""
    guild, user = world.guilds.get(path.get("guild", 0)), world.users.get(path.get("user", 0))
    if guild and user:
        return {guild.members[user.id].avatar} if user.id in guild.members else set()
    if guild:
        return {guild.icon}
    return {user.avatar} if user else {world.bot.avatar} if path.get("application") == world.application else set()


def _missing() -> Response:
    return PlainTextResponse("This content is no longer available.", 404)
