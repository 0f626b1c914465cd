"""HTTP and WebSocket routes of the page: the HTML document, static files, fonts, fragments and live updates."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from playground.json_types import snowflake
from playground.page import popovers, sidebars, view_context
from playground.page.drawing import draw
from playground.page.fonts import FOLDER as FONTS
from playground.page.fonts import stylesheet
from playground.page.fragments import Regions
from playground.page.live_updates import Feed
from playground.page.view_context import ViewContext
from playground.state.changes import Changes
from playground.state.lookup import NotFound

STATIC: Final = Path(__file__).parent / "static"
POLICY: Final = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; "
    "style-src-attr 'unsafe-inline'"  # colours of roles and embeds; values are escaped like everything else
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
GONE: Final = 4404  # WebSocket close code for an invalid view context


class Page:
    """The web page of the local Discord."""

    def __init__(self, regions: Regions, changes: Changes, *, plain: str) -> None:
        self._regions = regions
        self._changes = changes
        self._plain = plain

    def routes(self) -> list[BaseRoute]:
        """The routes of the page."""
        return [
            Route("/", self._show),
            Route("/page/people/{number}", fragment(self._show_person)),
            Route("/page/rooms/{number}", fragment(self._show_room)),
            Route("/page/messages", fragment(self._show_earlier)),
            Route("/page/forms/{number}", fragment(self._show_form)),
            Route("/page/fonts/faces.css", self._show_faces),
            Mount("/page/fonts", StaticFiles(directory=FONTS)),
            Mount("/page/static", StaticFiles(directory=STATIC)),
            WebSocketRoute("/page/feed", self._follow),
        ]

    async def _show(self, request: Request) -> Response:
        """The page for browsers; a short plain text for other clients such as curl."""
        if "text/html" not in request.headers.get("accept", ""):
            return PlainTextResponse(self._plain)
        return await drawn(self._whole)(request)

    async def _whole(self, request: Request) -> Response:
        seat = self._seat(request)
        parts = {name: self._regions.draw(name, seat) for name in self._regions.names}
        app = self._regions.world.bot
        persona = popovers.draw_persona(seat, self._regions.world)
        html = draw("page.html", seat=seat, app=app, place=sidebars.place(seat, app), persona=persona, **parts)
        return HTMLResponse(html, headers=HEADERS | {"Cache-Control": "no-store"})

    async def _show_person(self, request: Request) -> Markup:
        number = request.path_params["number"]
        return popovers.draw_person(self._seat(request), self._regions.world, number, self._regions.clock)

    async def _show_room(self, request: Request) -> Markup:
        return popovers.draw_room(self._seat(request), request.path_params["number"])

    async def _show_earlier(self, request: Request) -> Markup:
        before = snowflake(request.query_params.get("before", ""))
        return self._regions.draw_earlier(self._seat(request), before or 0)

    async def _show_form(self, request: Request) -> Markup:
        return self._regions.draw_form(request.path_params["number"], self._seat(request))

    async def _show_faces(self, _request: Request) -> Response:
        return Response(stylesheet(), media_type="text/css", headers={"Cache-Control": "max-age=86400"})

    def _seat(self, request: Request) -> ViewContext:
        return view_context.take(self._regions.world, request.query_params)

    async def _follow(self, websocket: WebSocket) -> None:
        try:
            seat = view_context.take(self._regions.world, websocket.query_params)
        except NotFound as puzzled:
            await websocket.accept()
            await websocket.close(GONE, str(puzzled)[:120])
            return
        await Feed(websocket, seat, self._regions, self._changes).serve()


def drawn(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a page handler so that NotFound is shown as an error page with a link back."""

    async def show(request: Request) -> Response:
        try:
            return await answer(request)
        except NotFound as puzzled:
            return HTMLResponse(draw("puzzled.html", sentence=str(puzzled)), puzzled.status, HEADERS)

    return show


def fragment(draw_it: Callable[[Request], Awaitable[Markup]]) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a fragment handler; NotFound becomes a fragment with an error message."""

    async def show(request: Request) -> Response:
        headers = HEADERS | {"Cache-Control": "no-store"}
        try:
            return HTMLResponse(await draw_it(request), headers=headers)
        except NotFound as puzzled:
            return HTMLResponse(draw("sorry.html", sentence=str(puzzled)), puzzled.status, headers)

    return show
