"""Configuration of the local Discord server: address, clock, gateway timers, rate limits and number of guilds."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from core.clock import Clock

APPLICATION_ID: Final = 1_000_000_000_000_000_001
TOKEN: Final = "playground"  # noqa: S105 - grants access to this local server only


@dataclass(frozen=True, slots=True)
class PlaygroundConfig:
    """Settings of a local Discord server; the defaults match Discord's behaviour."""

    data_dir: Path  # contains playground.key
    port: int = 8001
    host: str = "127.0.0.1"
    clock: Clock = field(default_factory=Clock)  # Clock(data_dir / "clock.json") for demonstrations in fast motion
    living: bool = True  # members join and leave voice channels at random
    endpoint: str | None = None  # URL that interactions are posted to; None: set later over REST or the control API
    token: str = TOKEN
    application_id: int = APPLICATION_ID
    heartbeat_ms: int = 41_250
    resumable_s: float = 180.0  # how long a disconnected session can be resumed
    identify_gap_s: float = 5.0  # at most one identify per shard key in this time
    max_concurrency: int = 1  # identifies at once; the key of a shard is its id modulo this
    starts_per_day: int = 1000  # gateway sessions per day; one more ends all sessions and resets the token
    guilds: int = 1  # guilds that the app is a member of
    guilds_per_shard: int = 2500  # from this number on the app must shard; also the maximum of one shard
    shards: int | None = None  # recommended shard count; None: one per thousand guilds, as Discord does
    token_lifetime_s: float = 900.0  # lifetime of an interaction token
    reply_wait_s: float = 15.0  # how long the control API waits for the edit of a deferred response
    event_backoff_s: float = 1.0  # first pause after a failed webhook event; each later pause is twice as long
    limits_requests: bool = True  # whether REST calls are rate limited
    message_content: bool = False  # the privileged intent; without it, other users' messages are empty
    openapi_file: Path | None = None  # Discord's OpenAPI file, used to validate the app's payloads; None: not available

    @property
    def http_url(self) -> str:
        """The HTTP base URL of this server, without a trailing slash."""
        return f"http://{self.host}:{self.port}"

    @property
    def recommended_shards(self) -> int:
        """The shard count Discord would recommend: each shard gets two fifths of the maximum number of guilds."""
        return self.shards or max(1, -(-self.guilds * 5 // (self.guilds_per_shard * 2)))

    @property
    def gateway_url(self) -> str:
        """The WebSocket URL for gateway clients."""
        return f"ws://{self.host}:{self.port}/gateway"

    @property
    def resume_url(self) -> str:
        """The WebSocket URL for resumes; differs from `gateway_url`, so that a client that ignores it is detected."""
        return f"{self.gateway_url}/resume"
