"""Control API routes that list faults, switch them on or off, and send a PING with a wrong signature to the app."""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground.control.app import asked, steering, text_in
from playground.interactions.delivery import Courier
from playground.json_types import Json, is_whole
from playground.state.faults import KINDS, RATE_LIMITED, SCOPES, SLOW, Fault, Faults
from playground.state.lookup import NotFound, listed

PROBE: Final = "probe"
CALLS_MAX: Final = 1000
WAIT_MAX_MS: Final = 60_000
ROUTE_MAX: Final = 200  # characters


class ControlFaults:
    """Control routes for faults of the REST API and of requests to the app."""

    def __init__(self, faults: Faults, courier: Courier) -> None:
        self._faults = faults
        self._courier = courier

    def routes(self) -> list[Route]:
        """The routes under /playground."""
        return [
            Route("/playground/faults", steering(self._order), methods=["POST"]),
            Route("/playground/faults", steering(self._list), methods=["GET"]),
        ]

    async def _order(self, request: Request) -> Response:
        body = await asked(request)
        kind = text_in(body, "kind") or ""
        if kind == PROBE:
            return JSONResponse({"done": await self._courier.probe()})
        if kind not in KINDS:
            raise NotFound(f"Choose a fault: {listed((*KINDS, PROBE))}.")
        if body.get("on", True) is False:
            self._faults.switch_off(kind)
        else:
            self._faults.switch_on(_fault(kind, body))
        return await self._list(request)

    async def _list(self, _request: Request) -> Response:
        return JSONResponse({"faults": [fault.shape() for fault in self._faults.everything()]})


def _fault(kind: str, body: Json) -> Fault:
    calls = body.get("calls")
    if calls is not None and not (is_whole(calls) and 1 <= calls <= CALLS_MAX):
        raise NotFound(f"A fault strikes 1 to {CALLS_MAX:,} calls, or without a number until it is switched off.")
    route = (text_in(body, "route") or "").strip()
    if len(route) > ROUTE_MAX:
        raise NotFound(f'Say the route in at most {ROUTE_MAX} characters, such as "PATCH /webhooks".')
    fault = Fault(kind, calls, route)
    if kind == SLOW:
        fault.wait_ms = int(_amount(body, "ms", fault.wait_ms, WAIT_MAX_MS))
    if kind == RATE_LIMITED:
        fault.retry_after_s = _amount(body, "retry_after_s", fault.retry_after_s, WAIT_MAX_MS / 1000)
        fault.scope = text_in(body, "scope") or fault.scope
        if fault.scope not in SCOPES:
            raise NotFound(f"A rate limit is that of the {listed(SCOPES)}.")
    return fault


def _amount(body: Json, name: str, default: float, most: float) -> float:
    value = body.get(name, default)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 < value <= most:
        raise NotFound(f'"{name}" must be a number above 0 and at most {most:g}.')
    return value
