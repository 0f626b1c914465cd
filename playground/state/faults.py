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
    """One kind of fault that is switched on."""

    kind: str
    left: int | None = None  # calls that it still strikes; None: until it is switched off
    route: str = ""  # such as "PATCH /webhooks": only calls whose method is this and whose path has this in it
    wait_ms: int = 2000  # of a slow answer
    retry_after_s: float = 2.0  # of a rate limit
    scope: str = "user"  # of a rate limit
    hits: int = 0
    since: float = field(default_factory=time.monotonic)

    def shape(self) -> Json:
        """The fault as the control API shows it."""
        more: Mapping[str, Json] = {
            SLOW: {"ms": self.wait_ms},
            RATE_LIMITED: {"retry_after_s": self.retry_after_s, "scope": self.scope},
        }
        return {"kind": self.kind, "calls": self.left, "route": self.route, "hits": self.hits} | more.get(self.kind, {})


@dataclass(frozen=True, slots=True)
class Target:
    """A call that a fault may strike."""

    method: str
    route: str  # as Discord documents it
    path: str  # as it was called, below the version
    channel: int | None = None
    needs_token: bool = True
    bucket: str = ""
    limit: Limit = USUAL

    def matches(self, wanted: str) -> bool:
        """Whether a person who wrote `wanted` means this call."""
        first, _, rest = wanted.strip().partition(" ")
        method, piece = (first.upper(), rest.strip()) if first.upper() in METHODS else ("", wanted.strip())
        return method in ("", self.method) and (piece in self.path or piece in self.route)


class Faults:
    """What is switched on, at most one of a kind."""

    def __init__(self, world: World, changes: Changes) -> None:
        self._world = world
        self._changes = changes
        self._on: dict[str, Fault] = {}

    def everything(self) -> list[Fault]:
        """What is on, in the order of the kinds."""
        return [self._on[kind] for kind in KINDS if kind in self._on]

    def switch_on(self, fault: Fault) -> None:
        """Let a fault strike from now on; it takes the place of an earlier one of its kind."""
        self._on[fault.kind] = fault
        self._changes.tell(FaultsChanged())

    def switch_off(self, kind: str) -> None:
        """Let a kind of fault strike no more."""
        self._on.pop(kind, None)
        self._changes.tell(FaultsChanged())

    def takes(self, kind: str) -> Fault | None:
        """The fault of that kind when it strikes now, counted; None: it is off."""
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
        """Do to a call what is switched on for such calls; what was done is added to `remarks`.

        Raises:
            TooMany: 429, with the headers and the body of a real one.
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
        """Whether Discord could ever answer so: permissions are for writing in guilds, closed doors for messages."""
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
    """How Discord says it."""
    match fault.kind:
        case "rate_limited":
            return too_many(target.bucket, fault.retry_after_s, limit=target.limit, scope=fault.scope)
        case "forbidden":
            return Refusal(403, 50013, "Missing Permissions")
        case "closed":
            return Refusal(403, 50007, "Cannot send messages to this user")
        case _:
            return Refusal(500, 0, "500: Internal Server Error")
