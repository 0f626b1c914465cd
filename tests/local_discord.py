"""Starts the local Discord for a test: served over HTTP on a free port, in its own thread."""

import asyncio
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from core.clock import Clock
from playground.config import PlaygroundConfig
from playground.main import create_server

Json = dict[str, Any]

USER_AGENT = "DiscordBot (https://example.org/lyceum, 0)"


@dataclass(frozen=True)
class LocalDiscord:
    """A served local Discord and its usual calls. The methods block: call them through `asyncio.to_thread`
    when the app under test runs on the test's own event loop.
    """

    config: PlaygroundConfig
    http: httpx.Client

    @property
    def url(self) -> str:
        return self.config.http_url

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/v10"

    @property
    def gateway_url(self) -> str:
        return self.config.gateway_url

    @property
    def public_key(self) -> str:
        return str(self.state()["public_key"])

    def state(self) -> Json:
        return self.http.get("/playground/state").raise_for_status().json()

    def member(self, username: str) -> Json:
        members = self.state()["guilds"][0]["members"]
        return next(one for one in members if one["username"] == username)

    def voice(self, action: str, who: str, channel: str | None = None, *, guild: str | None = None) -> Json:
        body = {"action": action, "who": who, "channel": channel, "guild": guild}
        return self.http.post("/playground/voice", json=body).raise_for_status().json()

    def fault(self, action: str, **more: object) -> Json:
        return self.http.post("/playground/gateway", json={"action": action, **more}).raise_for_status().json()

    def steer(self, path: str, /, **body: object) -> httpx.Response:
        """POST to the control API; does not check the status."""
        return self.http.post(f"/playground/{path}", json=body)

    def rest(self, method: str, path: str, *, token: str | None = None, **more: Any) -> httpx.Response:
        """A REST call with the app's token."""
        headers = {"User-Agent": USER_AGENT, "Authorization": f"Bot {token or self.config.token}"}
        headers |= more.pop("headers", {})
        return self.http.request(method, f"/api/v10{path}", headers=headers, **more)


def free_port() -> int:
    """A free TCP port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def local_discord(data_dir: Path, **settings: Any) -> Generator[LocalDiscord]:
    """Run a local Discord with a clock file in `data_dir`; without delays and ambient activity unless enabled."""
    quick: Json = {"living": False, "identify_gap_s": 0.0, "limits_requests": False}
    config = PlaygroundConfig(data_dir, port=free_port(), clock=Clock(data_dir / "clock.json"))
    config = replace(config, **(quick | settings))
    with served_discord(config) as running:
        yield running


@contextmanager
def served_discord(config: PlaygroundConfig) -> Generator[LocalDiscord]:
    """Run a local Discord with exactly this config, such as a restart on the same port."""
    server = create_server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    with httpx.Client(base_url=config.http_url, timeout=30) as http:
        _wait_until_served(http)
        try:
            yield LocalDiscord(config, http)
        finally:
            server.should_exit = True
            thread.join(timeout=10)


def _wait_until_served(http: httpx.Client) -> None:
    transport = httpx.HTTPTransport(retries=8)
    with httpx.Client(base_url=http.base_url, transport=transport) as patient:
        patient.get("/").raise_for_status()
