"""Faults that can be switched on for tests, for a number of calls or until they are switched off."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from playground.errors import Refusal
from playground.json_types import Json
from playground.rate_limits import USUAL, Limit, TooMany, too_many
from playground.state.changes import Changes, FaultsChanged
from playground.state.state import World

SLOW: Final = "slow"
RATE_LIMITED: Final = "rate_limited"
BROKEN: Final = "broken"
FORBIDDEN: Final = "forbidden"
CLOSED: Final = "closed"
TWICE: Final = "twice"
KINDS: Final = (SLOW, RATE_LIMITED, BROKEN, FORBIDDEN, CLOSED, TWICE)
SCOPES: Final = ("user", "shared", "global")

METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
MESSAGES: Final = "/channels/{channel_id}/messages"


@dataclass(slots=True)
class Fault:
    """An active fault."""

    kind: str
    left: int | None = None  # number of calls it still affects; None: until switched off
    route: str = ""  # such as "PATCH /webhooks": only calls with this method whose path contains this text
    wait_ms: int = 2000  # delay of slow responses
    retry_after_s: float = 2.0  # for rate limits
    scope: str = "user"  # for rate limits
    hits: int = 0
    since: float = field(default_factory=time.monotonic)

    def shape(self) -> Json:
        """The fault in the JSON form of the control API."""
        more: Mapping[str, Json] = {
            SLOW: {"ms": self.wait_ms},
            RATE_LIMITED: {"retry_after_s": self.retry_after_s, "scope": self.scope},
        }
        return {"kind": self.kind, "calls": self.left, "route": self.route, "hits": self.hits} | more.get(self.kind, {})


@dataclass(frozen=True, slots=True)
class Target:
    """A REST call that a fault may affect."""

    method: str
    route: str  # path template as in Discord's documentation
    path: str  # called path, without the API version
    channel: int | None = None
    needs_token: bool = True
    bucket: str = ""
    limit: Limit = USUAL

    def matches(self, wanted: str) -> bool:
        """Whether the call matches a fault's `route` filter."""
        first, _, rest = wanted.strip().partition(" ")
        method, piece = (first.upper(), rest.strip()) if first.upper() in METHODS else ("", wanted.strip())
        return method in ("", self.method) and (piece in self.path or piece in self.route)


class Faults:
    """The active faults, at most one of each kind."""

    def __init__(self, world: World, changes: Changes) -> None:
        self._world = world
        self._changes = changes
        self._on: dict[str, Fault] = {}

    def everything(self) -> list[Fault]:
        """The active faults, in the order of the kinds."""
        return [self._on[kind] for kind in KINDS if kind in self._on]

    def switch_on(self, fault: Fault) -> None:
        """Activate a fault, replacing an active one of the same kind."""
        self._on[fault.kind] = fault
        self._changes.tell(FaultsChanged())

    def switch_off(self, kind: str) -> None:
        """Deactivate a kind of fault."""
        self._on.pop(kind, None)
        self._changes.tell(FaultsChanged())

    def takes(self, kind: str) -> Fault | None:
        """The active fault of that kind, counting one hit; None: not active."""
        fault = self._on.get(kind)
        if fault is None:
            return None
        fault.hits += 1
        if fault.left is not None:
            fault.left -= 1
            if fault.left <= 0:
                del self._on[kind]
        self._changes.tell(FaultsChanged())
        return fault

    async def strike(self, target: Target, remarks: list[str]) -> None:
        """Apply the active faults to a call; adds a description to `remarks`.

        Raises:
            TooMany: 429 with the headers and body of a real rate limit.
            Refusal: 500, 50013 or 50007.
        """
        if fault := self._struck(SLOW, target):
            remarks.append(f"Slow on request: {fault.wait_ms:,} ms")
            await asyncio.sleep(fault.wait_ms / 1000)
        for kind in (RATE_LIMITED, BROKEN, FORBIDDEN, CLOSED):
            if fault := self._struck(kind, target):
                refusal = _refusal(fault, target)
                remarks.append(f"Refused on request: {refusal}")
                raise refusal

    def _struck(self, kind: str, target: Target) -> Fault | None:
        fault = self._on.get(kind)
        if fault is None or not target.matches(fault.route) or not self._can_happen(kind, target):
            return None
        return self.takes(kind)

    def _can_happen(self, kind: str, target: Target) -> bool:
        """Whether Discord could return this error: 50013 for writes in guilds, 50007 for direct messages."""
        if kind == FORBIDDEN:
            is_written = target.method != "GET" and target.route.startswith(("/channels/", "/guilds/"))
            return is_written and target.needs_token and not self._is_direct(target)
        if kind == CLOSED:
            return (target.method, target.route) == ("POST", MESSAGES) and self._is_direct(target)
        return True

    def _is_direct(self, target: Target) -> bool:
        channel = self._world.channels.get(target.channel or 0)
        return channel is not None and channel.guild is None


def _refusal(fault: Fault, target: Target) -> TooMany | Refusal:
    """Discord's error response for the fault."""
    match fault.kind:
        case "rate_limited":
            return too_many(target.bucket, fault.retry_after_s, limit=target.limit, scope=fault.scope)
        case "forbidden":
            return Refusal(403, 50013, "Missing Permissions")
        case "closed":
            return Refusal(403, 50007, "Cannot send messages to this user")
        case _:
            return Refusal(500, 0, "500: Internal Server Error")
