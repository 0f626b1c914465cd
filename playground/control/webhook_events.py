"""Control API routes that send webhook events (authorisations and entitlements) to the app."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground.control.app import asked, steering, text_in
from playground.interactions import webhook_events
from playground.interactions.webhook_events import Event, Events
from playground.json_types import Json, is_object, snowflake
from playground.rest.entitlements import Shop
from playground.state import serializers
from playground.state.lookup import NotFound, find_guild, find_member, listed
from playground.state.state import World
from wire.limits import ANSWER_WITHIN_S

SCOPES: Final = ("bot", "applications.commands")
TIMES_MAX: Final = 200
SKU: Final = 1_000_000_000_000_000_900  # the SKU of a purchase when the request names none


class ControlEvents:
    """Control routes for authorisations and purchases, with repeats and past timestamps."""

    def __init__(
        self, world: World, told: Events, shop: Shop, *, set_url: Callable[[str | None], Awaitable[None]]
    ) -> None:
        self._world = world
        self._events = told
        self._shop = shop
        self._set_url = set_url

    def routes(self) -> list[Route]:
        """The routes under /playground."""
        return [
            Route("/playground/events", steering(self._happen), methods=["POST"]),
            Route("/playground/events", steering(self._list), methods=["GET"]),
            Route("/playground/events/endpoint", steering(self._save_url), methods=["PUT"]),
        ]

    async def _happen(self, request: Request) -> Response:
        """Send one event `times` times at once, and wait until each was attempted."""
        body = await asked(request)
        kind, times = text_in(body, "type") or "", body.get("times", 1)
        if kind not in webhook_events.KINDS:
            raise NotFound(f"Say what happens: {listed(webhook_events.KINDS)}.")
        if not isinstance(times, int) or not 1 <= times <= TIMES_MAX:
            raise NotFound(f"An event is told 1 to {TIMES_MAX} times.")
        at = _moment(text_in(body, "timestamp"))
        given = body.get("data")
        data = given if is_object(given) else self._data(kind, body)
        if kind in (webhook_events.CREATE, webhook_events.UPDATE, webhook_events.DELETE):
            self._shop.keep(data)
        told = [self._events.tell(kind, data, at=at) for _ in range(times)]
        sent = [event for event in told if event]
        if not sent:
            raise NotFound(
                "The app takes no such events; PUT /playground/events/endpoint says where it does.", status=409
            )
        for event in sent:
            async with asyncio.timeout(ANSWER_WITHIN_S * 2):
                await event.tried.wait()
        return JSONResponse({"data": data, "events": [_shape(event) for event in sent]})

    async def _list(self, _request: Request) -> Response:
        wanted = self._events.subscription
        return JSONResponse(
            {"url": wanted.url, "status": wanted.status, "events": [_shape(one) for one in self._events.everything()]}
        )

    async def _save_url(self, request: Request) -> Response:
        url = text_in(await asked(request), "url")
        await self._set_url(url)
        return JSONResponse({"url": url})

    def _data(self, kind: str, body: Json) -> Json:
        guild = find_guild(self._world, text_in(body, "guild"))
        user = find_member(guild, text_in(body, "as") or "ada").user
        is_for_user = body.get("install") == "user"
        if kind == webhook_events.AUTHORIZED:
            shape: Json = {"integration_type": int(is_for_user), "user": serializers.user(user)}
            scopes = [SCOPES[1]] if is_for_user else list(SCOPES)
            return shape | {"scopes": scopes} | ({} if is_for_user else {"guild": serializers.guild(guild)})
        if kind == webhook_events.DEAUTHORIZED:
            return {"user": serializers.user(user)}
        changes: Json = {name: body[name] for name in ("starts_at", "ends_at", "deleted", "consumed") if name in body}
        number = snowflake(body.get("id")) if "id" in body else None
        known = self._world.entitlements.get(number or 0)
        if known is None:
            sku = snowflake(body.get("sku", SKU)) or SKU
            known = self._shop.grant(sku, user=user.id, guild=None if is_for_user else guild.id)
            known |= {"id": str(number)} if number else {}
        return known | changes | ({"deleted": True} if kind == webhook_events.DELETE else {})


def _shape(event: Event) -> Json:
    return event.shape()


def _moment(text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        raise NotFound('Say the moment as "2026-11-21T12:00:00+00:00".') from None
