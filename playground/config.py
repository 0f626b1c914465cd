"""How one local Discord is set up: where it listens, whose time it shows, how strict its timers are."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from core.clock import Clock

APPLICATION_ID: Final = 1_000_000_000_000_000_001
TOKEN: Final = "playground"  # noqa: S105 - opens nothing but this local stand-in


@dataclass(frozen=True, slots=True)
class PlaygroundConfig:
    """Everything that a local Discord needs to start; the defaults behave as Discord does."""

    data_dir: Path  # holds playground.key
    port: int = 8001
    host: str = "127.0.0.1"
    clock: Clock = field(default_factory=Clock)  # Clock(data_dir / "clock.json") when demonstrations may run fast
    living: bool = True  # members come and go by themselves
    endpoint: str | None = None  # where interactions are posted; None: set later over REST or the control API
    token: str = TOKEN
    application_id: int = APPLICATION_ID
    heartbeat_ms: int = 41_250
    resumable_s: float = 180.0  # how long a session without a connection is kept
    identify_gap_s: float = 5.0  # at most one identify per shard key in this time
    token_lifetime_s: float = 900.0  # an interaction token
    reply_wait_s: float = 15.0  # how long the control API waits for a deferred edit
    limits_requests: bool = True  # rate limits on REST

    @property
    def http_url(self) -> str:
        """The address of this server, no slash at the end."""
        return f"http://{self.host}:{self.port}"

    @property
    def gateway_url(self) -> str:
        """Where gateway clients connect."""
        return f"ws://{self.host}:{self.port}/gateway"

    @property
    def resume_url(self) -> str:
        """Where gateway clients resume: told apart from `gateway_url` so that a client that ignores it is noticed."""
        return f"{self.gateway_url}/resume"
