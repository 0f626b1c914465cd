"""Control API routes that send interactions as a user, show their results, and save the app's interactions endpoint."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground.control.app import asked, steering, text_in
from playground.http_log.deliveries import Deliveries, Delivery
from playground.interactions.callbacks import NAMES
from playground.interactions.user_actions import Asking
from playground.json_types import Json
from playground.state.lookup import NotFound
from playground.state.message_store import Posting
from playground.state.state import Message
from playground.validation.message import LOADING


class ControlInteractions:
    """Control routes to send and inspect interactions."""

    def __init__(
        self,
        asking: Asking,
        deliveries: Deliveries,
        posting: Posting,
        *,
        set_endpoint: Callable[[str | None], Awaitable[None]],
    ) -> None:
        self._asking = asking
        self._deliveries = deliveries
        self._posting = posting
        self._set_endpoint = set_endpoint

    def routes(self) -> list[Route]:
        """The routes under /playground."""
        return [
            Route("/playground/interactions", steering(self._ask), methods=["POST"]),
            Route("/playground/replies", steering(self._list), methods=["GET"]),
            Route("/playground/replies/{number}", steering(self._show), methods=["GET"]),
            Route("/playground/endpoint", steering(self._save_endpoint), methods=["PUT"]),
        ]

    async def _ask(self, request: Request) -> Response:
        delivery = await self._asking.ask(await asked(request))
        return JSONResponse(self._shape(delivery))

    async def _show(self, request: Request) -> Response:
        number = request.path_params["number"]
        delivery = self._deliveries.find(int(number)) if number.isdecimal() else None
        if delivery is None:
            raise NotFound(f"No reply {number} is known; only the latest are kept.", status=404)
        return JSONResponse(self._shape(delivery))

    async def _list(self, _request: Request) -> Response:
        replies = [
            {"reply": str(one.id), "as": one.actor.user.username, "kind": one.kind, "problems": one.problems}
            for one in self._deliveries.everything()
        ]
        return JSONResponse({"replies": replies})

    async def _save_endpoint(self, request: Request) -> Response:
        url = text_in(await asked(request), "url")
        await self._set_endpoint(url)
        return JSONResponse({"endpoint": url})

    def _shape(self, delivery: Delivery) -> Json:
        original = delivery.original
        shape: Json = {
            "reply": str(delivery.id),
            "interaction": str(delivery.id),
            "as": delivery.actor.user.username,
            "request": delivery.payload,
            "response": {
                "status": delivery.status,
                "ms": delivery.answered_ms,
                "type": delivery.callback,
                "name": NAMES.get(delivery.callback or 0),
                "inline": delivery.is_inline,
            },
            "message": self._message(original),
            "follow_ups": [self._message(one) for one in delivery.follow_ups],
            "private": delivery.is_private,
            "thinking": bool(original and original.flags & LOADING),
            "problems": delivery.problems,
            "timeline": delivery.timeline,
        }
        if delivery.modal is not None:
            shape["modal"] = delivery.modal
        if delivery.choices is not None:
            shape["choices"] = delivery.choices
        return shape

    def _message(self, message: Message | None) -> Json | None:
        return self._posting.shape(message) if message else None
