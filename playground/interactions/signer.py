"""Signs requests to the app with Ed25519, posts them, and records request and response."""

import asyncio
from typing import Final

import httpx
from nacl.signing import SigningKey

from core.clock import Clock
from playground.http_log.deliveries import Delivery
from playground.http_log.log import Recording
from wire.limits import ANSWER_WITHIN_S

USER_AGENT: Final = "Discord-Interactions/1.0 (+https://discord.com)"


class Signer:
    """Posts signed bodies; the HTTP client is created on first use."""

    def __init__(self, key: SigningKey, clock: Clock, recording: Recording) -> None:
        self._key = key
        self._clock = clock
        self._recording = recording
        self._client: httpx.AsyncClient | None = None

    async def aclose(self) -> None:
        """Close the HTTP client."""
        if self._client:
            await self._client.aclose()

    async def post(
        self, url: str, body: bytes, *, spoil: bool = False, delivery: Delivery | None = None, what: str = ""
    ) -> httpx.Response:
        """Sign and send a body; `spoil` makes the signature wrong, `what` describes the request in the HTTP log."""
        headers = self.sign(body, spoil=spoil)
        self._client = self._client or httpx.AsyncClient(
            timeout=httpx.Timeout(ANSWER_WITHIN_S * 2), limits=httpx.Limits(max_connections=200), trust_env=False
        )
        sent = self._recording.deliver(delivery, url, headers.items(), body, what=what)
        try:
            response = await self._client.post(url, content=body, headers=headers)
        except httpx.HTTPError as error:
            sent.failed(f"No answer: {str(error) or type(error).__name__}")
            raise
        except asyncio.CancelledError:
            sent.failed("Discord hung up: the answer came too late")
            raise
        sent.answered(response.status_code, response.headers.items(), response.content)
        return response

    def sign(self, body: bytes, *, spoil: bool = False) -> dict[str, str]:
        """The signature headers for a body sent now; `spoil` makes the signature wrong."""
        timestamp = str(int(self._clock.unix()))
        signature = self._key.sign(timestamp.encode() + body).signature
        if spoil:
            signature = bytes([signature[0] ^ 1]) + signature[1:]
        return {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "X-Signature-Ed25519": signature.hex(),
            "X-Signature-Timestamp": timestamp,
        }
