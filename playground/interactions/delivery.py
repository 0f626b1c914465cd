"""Sends interactions to the app's endpoint, enforces Discord's response deadline, and processes the responses."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

import httpx
import msgspec
import structlog

from playground.errors import Refusal
from playground.http_log.deliveries import PING, Actor, Deliveries, Delivery
from playground.http_log.exchange import SPOILT
from playground.http_log.request_body import read
from playground.interactions import payloads
from playground.interactions.callbacks import INLINE_BYTES_SAFE, Callbacks
from playground.interactions.signer import Signer
from playground.json_types import is_object
from playground.state.faults import TWICE, Faults
from playground.state.ids import Snowflakes
from playground.state.lookup import NotFound
from playground.state.state import World
from wire.limits import ANSWER_WITHIN_S

OK: Final = 200
UNAUTHORIZED: Final = 401

log = structlog.get_logger()


@dataclass(slots=True)
class Endpoint:
    """The app's interactions endpoint."""

    url: str | None  # None: not configured


class Courier:
    """Posts interactions to the app's endpoint and processes the responses."""

    def __init__(
        self,
        world: World,
        deliveries: Deliveries,
        callbacks: Callbacks,
        signer: Signer,
        faults: Faults,
        *,
        ids: Snowflakes,
        endpoint: Endpoint,
    ) -> None:
        self._world = world
        self._deliveries = deliveries
        self._callbacks = callbacks
        self._ids = ids
        self._endpoint = endpoint
        self._signer = signer
        self._faults = faults

    def open(self, kind: int, actor: Actor) -> Delivery:
        """Create an interaction; the payload is added later."""
        return self._deliveries.open(self._ids.mint(), kind, actor)

    async def send(self, delivery: Delivery) -> None:
        """Post an interaction and process the response; never raises, failures are recorded on the delivery."""
        if self._endpoint.url is None:
            delivery.fail("No interactions endpoint is set; PUT /playground/endpoint tells where the app listens.")
            return
        body = msgspec.json.encode(delivery.payload)
        delivery.note("sent")
        is_twice = delivery.kind != PING and self._faults.takes(TWICE) is not None
        deliver = self._deliver_twice if is_twice else self._deliver
        try:
            async with asyncio.timeout(max(ANSWER_WITHIN_S - delivery.age_s, 0)):
                await deliver(delivery, self._endpoint.url, body)
        except TimeoutError:
            if delivery.callback is None:
                delivery.fail(
                    f"No answer within {ANSWER_WITHIN_S} seconds: Discord shows “The application did not respond”."
                )
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            delivery.fail(f"The app at {self._endpoint.url} cannot be reached ({reason}); is it running?")

    async def verify(self, url: str) -> str | None:
        """Validate an endpoint as Discord does when it is saved; returns the problem, None if it is valid."""
        body = self._ping()
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S * 2):
                right = await self._signer.post(url, body, what="PING")
                wrong = await self._signer.post(url, body, spoil=True, what=f"PING {SPOILT}")
        except (TimeoutError, httpx.HTTPError) as error:
            return f"it does not answer ({str(error) or type(error).__name__})"
        kind = right.headers.get("content-type", "")
        if right.status_code != OK or not kind.startswith("application/json"):
            return f'PING must be answered with 200 and JSON, not {right.status_code} and "{kind}"'
        try:
            answer: Any = msgspec.json.decode(right.content)
        except msgspec.DecodeError:
            answer = None
        if not is_object(answer) or answer.get("type") != 1:
            return 'PING must be answered with {"type": 1}'
        if not wrong.is_client_error:
            return f"a request with a wrong signature must be answered with 401, not {wrong.status_code}"
        if wrong.status_code != UNAUTHORIZED:  # Discord accepts hikari's 400 as well
            log.warning("a wrong signature is refused, but Discord asks for 401", status=wrong.status_code)
        return None

    async def probe(self) -> str:
        """Send a PING with a wrong signature to the endpoint, as Discord does periodically; returns the result.

        Raises:
            NotFound: no endpoint is configured.
        """
        if self._endpoint.url is None:
            raise NotFound("There is no endpoint to probe; PUT /playground/endpoint tells where the app listens.")
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                wrong = await self._signer.post(self._endpoint.url, self._ping(), spoil=True, what=f"PING {SPOILT}")
        except (TimeoutError, httpx.HTTPError) as error:
            return f"The app does not answer ({str(error) or type(error).__name__})."
        if wrong.status_code == UNAUTHORIZED:
            return "Right: the app refused the wrong signature with 401."
        if wrong.is_client_error:  # hikari's RESTBot responds with 400, and Discord accepts it
            return (
                f"Nearly right: the app refused the wrong signature with {wrong.status_code}; "
                "Discord asks for 401, but lets it pass."
            )
        return (
            f"Wrong: the app answered a wrong signature with {wrong.status_code} instead of 401; "
            "Discord would take its endpoint away and write to its owner."
        )

    def _ping(self) -> bytes:
        actor = Actor(self._world.bot, next(iter(self._world.channels.values())))
        return msgspec.json.encode(payloads.ping(self._deliveries.open(self._ids.mint(), PING, actor), self._world))

    async def _deliver(self, delivery: Delivery, url: str, body: bytes) -> None:
        response = await self._signer.post(url, body, delivery=delivery)
        self._answered(delivery, response)
        await self._take(delivery, response)

    async def _deliver_twice(self, delivery: Delivery, url: str, body: bytes) -> None:
        """Send it twice at the same time; the first response with content is used, as on Discord."""
        delivery.note("sent a second time")
        tasks = [
            asyncio.create_task(self._signer.post(url, body, delivery=delivery, what=what))
            for what in ("", "Delivered again")
        ]
        others: list[httpx.Response] = []
        try:
            for next_one in asyncio.as_completed(tasks):
                response = await next_one
                self._answered(delivery, response)
                if response.status_code == OK and response.content and delivery.callback is None:
                    await self._take(delivery, response)
                else:
                    others.append(response)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if delivery.callback is None and others:
            await self._take(delivery, others[0])
        elif any(response.status_code == OK and response.content for response in others):
            delivery.problems.append(
                "The app answered the same interaction both times it was delivered: "
                "whatever it did, it did twice. Its id tells that it was there before."
            )

    def _answered(self, delivery: Delivery, response: httpx.Response) -> None:
        delivery.status, delivery.answered_ms = response.status_code, round(delivery.age_s * 1000, 1)
        delivery.note(f"HTTP {response.status_code}")

    async def _take(self, delivery: Delivery, response: httpx.Response) -> None:
        match response.status_code:
            case 200:
                await self._take_inline(delivery, response)
            case 202:
                if response.content:
                    delivery.problems.append("A 202 must have an empty body.")
                if delivery.callback is None:
                    await delivery.acknowledged.wait()
            case 401:
                delivery.fail("The app refused the signature (401): does it use this local Discord's public key?")
            case status:
                if delivery.callback is None:
                    delivery.fail(
                        f"The app answered HTTP {status}; Discord expects 200 with the reply, or 202 and a callback."
                    )
                else:
                    delivery.problems.append(f"The app answered HTTP {status} after its callback; Discord expects 202.")

    async def _take_inline(self, delivery: Delivery, response: httpx.Response) -> None:
        kind = response.headers.get("content-type", "")
        if delivery.callback is not None:
            delivery.problems.append(
                "Answered twice: over the callback and in the HTTP answer, which must be an empty 202."
            )
            return
        delivery.is_inline = True
        try:
            body, files = await read(kind, response.content)
            self._callbacks.take(delivery, body, files)
        except Refusal as refusal:
            delivery.fail(f"Discord would refuse this answer. {refusal.plainly()}")
            log.info("inline answer refused", interaction=delivery.id, reason=refusal.plainly())
            return
        if files and len(response.content) > INLINE_BYTES_SAFE:
            delivery.problems.append(
                f"Inline answers with files above {INLINE_BYTES_SAFE // 1000} kB are known to fail; defer, then edit."
            )
