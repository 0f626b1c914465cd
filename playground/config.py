"""Configuration of the local Discord server: address, clock, gateway timers, rate limits and number of guilds."""

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
    max_concurrency: int = 1  # identifies at once; the key of a shard is its number modulo this
    starts_per_day: int = 1000  # sessions; one more and all of them end, and the token is reset
    guilds: int = 1  # servers that the app is in
    guilds_per_shard: int = 2500  # from as many on an app has to shard, and no shard may have more
    shards: int | None = None  # what is recommended; None: one for each thousand guilds, as Discord does
    token_lifetime_s: float = 900.0  # an interaction token
    reply_wait_s: float = 15.0  # how long the control API waits for a deferred edit
    event_backoff_s: float = 1.0  # the first pause after an event that did not arrive; each later one is twice as long
    limits_requests: bool = True  # rate limits on REST
    message_content: bool = False  # the app's privileged toggle; without it other people's messages come empty
    openapi_file: Path | None = None  # Discord's description of its API, a judge of what the app sends; None: not here

    @property
    def http_url(self) -> str:
        """The address of this server, no slash at the end."""
        return f"http://{self.host}:{self.port}"

    @property
    def recommended_shards(self) -> int:
        """How many shards Discord would recommend: two fifths of what a shard may have in each."""
        return self.shards or max(1, -(-self.guilds * 5 // (self.guilds_per_shard * 2)))

    @property
    def gateway_url(self) -> str:
        """Where gateway clients connect."""
        return f"ws://{self.host}:{self.port}/gateway"

    @property
    def resume_url(self) -> str:
        """Where gateway clients resume: told apart from `gateway_url` so that a client that ignores it is noticed."""
        return f"{self.gateway_url}/resume"
