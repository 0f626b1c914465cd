"""Inspector of an interaction: timeline, HTTP payloads with validation results, and use of Discord's limits."""

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from playground.config import PlaygroundConfig
from playground.control.app import steering
from playground.http_log import copying
from playground.http_log.deliveries import AUTOCOMPLETE, COMPONENT, MODAL_SUBMIT, PING, Deliveries, Delivery
from playground.http_log.exchange import APP, Exchange
from playground.http_log.log import Recording
from playground.interactions.callbacks import NAMES
from playground.interactions.signer import Signer
from playground.json_types import Json, is_list, is_object
from playground.page import view_context
from playground.page.drawing import draw
from playground.page.routes import fragment
from playground.page.view_context import ViewContext
from playground.state.lookup import NotFound
from playground.state.state import World
from playground.validation import usage
from playground.validation.message import LOADING
from playground.validation.openapi import Description, callback_schema
from playground.validation.usage import Use
from wire.limits import ANSWER_WITHIN_S

LISTED: Final = 50  # interactions, and exchanges without an interaction
SUBCOMMANDS: Final = (1, 2)
TITLES: Final = {COMPONENT: "Component", MODAL_SUBMIT: "Form"}
TONES: Final = ("fine", "near", "over")

_IDS: Final = re.compile(r"(?:/(?:\d{15,}|[\w-]{40,}))+")


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the timeline: an exchange, or a note."""

    at_ms: float
    what: str
    exchange: Exchange | None = None
    start: float = 0.0  # start as a fraction of the total time
    length: float = 0.0  # duration as a fraction of the total time


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of an interaction as a label."""

    word: str
    tone: str  # fine, near or over


class Inspector:
    """The inspector's HTML fragments and the texts for the clipboard."""

    def __init__(
        self,
        world: World,
        deliveries: Deliveries,
        recording: Recording,
        signer: Signer,
        description: Description,
        *,
        config: PlaygroundConfig,
    ) -> None:
        self._world = world
        self._deliveries = deliveries
        self._recording = recording
        self._signer = signer
        self._description = description
        self._config = config

    def routes(self) -> list[Route]:
        """The routes under /page/inspector."""
        return [
            Route("/page/inspector", fragment(self._list)),
            Route("/page/inspector/newest", fragment(self._show_newest)),
            Route("/page/inspector/{reply:int}", fragment(self._show)),
            Route("/page/inspector/exchanges/{number:int}/{what}", steering(self._copy)),
        ]

    async def _list(self, request: Request) -> Markup:
        seat = self._seat(request)
        outside = list(reversed(self._recording.outside))[:LISTED]
        await self._judge(outside)
        return draw(
            "inspections.html",
            seat=seat,
            deliveries=self._recent()[:LISTED],
            outside=outside,
            reads_content=self._world.message_content,
            title=title,
            outcome=outcome,
            uses_of=uses_of,
            helpers=self._helpers(),
        )

    async def _show_newest(self, request: Request) -> Markup:
        seat = self._seat(request)
        mine = [one for one in self._recent() if one.actor.user is seat.user]
        return await self._draw(mine[0], seat) if mine else draw("uninspected.html")

    async def _show(self, request: Request) -> Markup:
        number = request.path_params["reply"]
        delivery = self._deliveries.find(number)
        if delivery is None:
            raise NotFound(f"No interaction {number} is known any more; only the latest are kept.", status=404)
        return await self._draw(delivery, self._seat(request))

    async def _draw(self, delivery: Delivery, seat: ViewContext) -> Markup:
        await self._judge(delivery.exchanges)
        known = self._recent()
        place = known.index(delivery) if delivery in known else 0
        steps, whole_ms = _timeline(delivery)
        return draw(
            "inspection.html",
            delivery=delivery,
            seat=seat,
            title=title(delivery),
            outcome=outcome(delivery),
            answer=NAMES.get(delivery.callback or 0),
            steps=steps,
            whole_ms=whole_ms,
            wall=ANSWER_WITHIN_S * 1000 / whole_ms if whole_ms > ANSWER_WITHIN_S * 1000 else None,
            uses=_uses(delivery),
            newer=known[place - 1] if place else None,
            older=known[place + 1] if place + 1 < len(known) else None,
            sent=next((one for one in delivery.exchanges if one.sender != APP), None),
            uses_of=uses_of,
            helpers=self._helpers(),
        )

    async def _copy(self, request: Request) -> Response:
        """An exchange, or a part of it, as text for the clipboard."""
        exchange = self._recording.find(request.path_params["number"])
        if exchange is None:
            raise NotFound("That is no longer kept; do it again.", status=404)
        ways: dict[str, Callable[[Exchange], str]] = {
            "curl": self._curl,
            "payload": _payload,
            "request": lambda one: one.body.text,
            "answer": lambda one: one.answer.text,
        }
        what = request.path_params["what"]
        if what not in ways:
            raise NotFound("Copy the curl, payload, request or answer.", status=404)
        return PlainTextResponse(ways[what](exchange), headers={"Cache-Control": "no-store"})

    def _curl(self, exchange: Exchange) -> str:
        if exchange.body.is_cut:
            raise NotFound("Its body was too long to be kept whole; do it again, or copy another.", status=409)
        if exchange.sender == APP:
            return copying.curl(exchange, base_url=f"{self._config.http_url}/api/v10")
        return copying.signed_curl(exchange, self._signer.sign(exchange.body.text.encode(), spoil=exchange.is_spoilt))

    async def _judge(self, exchanges: Iterable[Exchange]) -> None:
        """Validate the app's payloads against the OpenAPI file, in a thread because it is slow."""
        due = [one for one in exchanges if one.findings is None and one.took_ms is not None]
        if due and self._description.is_there:
            await asyncio.to_thread(self._ask, due)

    def _ask(self, exchanges: list[Exchange]) -> None:
        for exchange in exchanges:
            schema = self._schema(exchange)
            exchange.findings = self._description.findings(schema, exchange.from_app.json) if schema else []

    def _schema(self, exchange: Exchange) -> str | None:
        """The schema of the app's body in an exchange; None: the file does not describe it."""
        sent = exchange.from_app.json
        if sent is None:
            return None
        if exchange.sender == APP:
            return self._description.schema_of(exchange.method, exchange.route, sent)
        return callback_schema(sent) if is_object(sent) else None

    def _is_described(self, exchange: Exchange) -> bool:
        return self._schema(exchange) is not None

    def _recent(self) -> list[Delivery]:
        return [one for one in self._deliveries.everything() if one.kind != PING]

    def _seat(self, request: Request) -> ViewContext:
        return view_context.take(self._world, request.query_params)

    def _helpers(self) -> Json:
        """Functions for the inspector's templates."""
        return {
            "has_file": self._description.is_there,
            "named_file": self._config.openapi_file,
            "is_described": self._is_described,
            "short": _short,
            "written": _written,
        }


def title(delivery: Delivery) -> str:
    """The user's action in one line."""
    data: Json = delivery.payload.get("data") or {}
    if delivery.kind in TITLES:
        return f"{TITLES[delivery.kind]} {data.get('custom_id', '')}"
    names = [str(data.get("name", ""))]
    options: list[Json] = data.get("options") or []
    while options and options[0].get("type") in SUBCOMMANDS:
        names.append(str(options[0]["name"]))
        options = options[0].get("options") or []
    if data.get("type", 1) != 1:
        return names[0]
    given = [f"{option.get('name')}:{option.get('value', '')}" for option in options]
    typed = " ".join(["/" + " ".join(names), *given])
    return f"{typed}…" if delivery.kind == AUTOCOMPLETE else typed


def outcome(delivery: Delivery) -> Outcome:
    """The current result of an interaction."""
    if delivery.callback is None:
        return Outcome("did not respond", "over") if delivery.is_over else Outcome("waiting", "near")
    if delivery.original and delivery.original.flags & LOADING:
        return Outcome("thinking", "near")
    return Outcome("with remarks", "near") if delivery.problems else Outcome("answered", "fine")


def _payload(exchange: Exchange) -> str:
    interaction = exchange.body.json
    if exchange.body.is_cut or not is_object(interaction):
        raise NotFound("Only whole interactions make a test payload.", status=409)
    return copying.payload_file(interaction)


def _timeline(delivery: Delivery) -> tuple[list[Step], float]:
    """The timeline rows in order of their start, and the total duration in milliseconds."""
    ends = [one.at_ms + (one.took_ms if one.took_ms is not None else 0) for one in delivery.exchanges]
    whole_ms = max([*ends, *(note["at_ms"] for note in delivery.timeline), 1.0])
    steps = [
        Step(one.at_ms, "", one, one.at_ms / whole_ms, (one.took_ms or 0) / whole_ms) for one in delivery.exchanges
    ]
    steps += [
        Step(note["at_ms"], note["what"], start=note["at_ms"] / whole_ms)
        for note in delivery.timeline
        if not note["what"].startswith(("HTTP ", "sent"))  # shown as exchanges
    ]
    return sorted(steps, key=lambda step: step.at_ms), whole_ms


def _uses(delivery: Delivery) -> list[Use]:
    """Each limit with its highest use in the interaction: exceeded limits first, then nearly reached ones."""
    fullest: dict[tuple[str, str], Use] = {}
    for use in (use for exchange in delivery.exchanges for use in uses_of(exchange)):
        known = fullest.get((use.what, use.where))
        if known is None or use.used > known.used:
            fullest[use.what, use.where] = use
    if delivery.answered_ms is not None:
        first = Use("first answer", round(delivery.answered_ms), ANSWER_WITHIN_S * 1000, "ms")
        fullest[first.what, ""] = first
    return sorted(fullest.values(), key=lambda use: TONES.index(use.tone), reverse=True)


def uses_of(exchange: Exchange) -> list[Use]:
    """The limits used by the app's body in an exchange."""
    body = exchange.from_app
    sent: Any = body.json
    sizes = [file.size_bytes for file in body.files if file.filename]
    if is_list(sent):
        return usage.of_commands(sent) if exchange.route.endswith("/commands") else []
    if not is_object(sent):
        return []
    if exchange.sender != APP or exchange.route.endswith("/callback"):
        return usage.of_callback(sent, sizes) if "type" in sent else []
    is_message = "/messages" in exchange.route or exchange.route.startswith("/webhooks/")
    return usage.of_message(sent, sizes) if is_message else []


def _written(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _short(exchange: Exchange) -> str:
    """The path without host, ids and tokens."""
    return _IDS.sub("/…", urlsplit(exchange.path).path)
