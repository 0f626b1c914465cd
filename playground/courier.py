"""Signs interactions and takes them to the app, waits as long as Discord waits, and understands what comes back."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

import httpx
import msgspec
import structlog
from nacl.signing import SigningKey

from core.clock import Clock
from playground import payloads
from playground.callbacks import INLINE_BYTES_SAFE, Callbacks
from playground.deliveries import PING, Actor, Deliveries, Delivery
from playground.errors import Refusal
from playground.ids import Snowflakes
from playground.jsons import is_object
from playground.rest import read
from playground.world import World
from wire.limits import ANSWER_WITHIN_S

OK: Final = 200
UNAUTHORIZED: Final = 401
USER_AGENT: Final = "Discord-Interactions/1.0 (+https://discord.com)"

log = structlog.get_logger()


@dataclass(slots=True)
class Endpoint:
    """Where the app takes interactions."""

    url: str | None  # None: nowhere yet


class Courier:
    """Posts interactions to the app's endpoint; the HTTP client opens on first use."""

    def __init__(
        self,
        world: World,
        deliveries: Deliveries,
        callbacks: Callbacks,
        *,
        key: SigningKey,
        ids: Snowflakes,
        clock: Clock,
        endpoint: Endpoint,
    ) -> None:
        self._world = world
        self._deliveries = deliveries
        self._callbacks = callbacks
        self._key = key
        self._ids = ids
        self._clock = clock
        self._endpoint = endpoint
        self._client: httpx.AsyncClient | None = None

    async def aclose(self) -> None:
        """Close the HTTP client."""
        if self._client:
            await self._client.aclose()

    def open(self, kind: int, actor: Actor) -> Delivery:
        """A new interaction, to be filled and sent."""
        return self._deliveries.open(self._ids.mint(), kind, actor)

    async def send(self, delivery: Delivery) -> None:
        """Post an interaction and take the answer; never raises, problems are noted on the delivery."""
        if self._endpoint.url is None:
            delivery.fail("No interactions endpoint is set; PUT /playground/endpoint tells where the app listens.")
            return
        body = msgspec.json.encode(delivery.payload)
        delivery.note("sent")
        try:
            async with asyncio.timeout(max(ANSWER_WITHIN_S - delivery.age_s, 0)):
                response = await self.post(self._endpoint.url, body)
                delivery.status, delivery.answered_ms = response.status_code, round(delivery.age_s * 1000, 1)
                delivery.note(f"HTTP {response.status_code}")
                await self._take(delivery, response)
        except TimeoutError:
            if delivery.callback is None:
                delivery.fail(
                    f"No answer within {ANSWER_WITHIN_S} seconds: Discord shows “The application did not respond”."
                )
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            delivery.fail(f"The app at {self._endpoint.url} cannot be reached ({reason}); is it running?")

    async def verify(self, url: str) -> str | None:
        """Check an endpoint as Discord does when it is saved; answers what is wrong, None when all is right."""
        actor = Actor(self._world.bot, next(iter(self._world.channels.values())))
        delivery = self._deliveries.open(self._ids.mint(), PING, actor)
        body = msgspec.json.encode(payloads.ping(delivery, self._world))
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S * 2):
                right = await self.post(url, body)
                wrong = await self.post(url, body, spoil=True)
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
        if wrong.status_code != UNAUTHORIZED:
            return f"a request with a wrong signature must be answered with 401, not {wrong.status_code}"
        return None

    async def post(self, url: str, body: bytes, *, spoil: bool = False) -> httpx.Response:
        """Sign and send a body; with `spoil` the signature is wrong."""
        timestamp = str(int(self._clock.unix()))
        signature = self._key.sign(timestamp.encode() + body).signature
        if spoil:
            signature = bytes([signature[0] ^ 1]) + signature[1:]
        headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "X-Signature-Ed25519": signature.hex(),
            "X-Signature-Timestamp": timestamp,
        }
        self._client = self._client or httpx.AsyncClient(
            timeout=httpx.Timeout(ANSWER_WITHIN_S * 2), limits=httpx.Limits(max_connections=200), trust_env=False
        )
        return await self._client.post(url, content=body, headers=headers)

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
