"""Discord's rate limits: buckets per route reported in headers, and a global limit of fifty requests per second."""

import hashlib
import math
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from playground.json_types import Json
from wire.limits import GLOBAL_PER_S


@dataclass(frozen=True, slots=True)
class Limit:
    """A number of requests per number of seconds."""

    requests: int
    per_s: float


USUAL: Final = Limit(50, 1.0)
GATEWAY: Final = Limit(10, 5.0)
COMMANDS: Final = Limit(10, 10.0)
MESSAGES: Final = Limit(5, 5.0)
REACTIONS: Final = Limit(1, 0.3)
INTERACTIONS: Final = Limit(5, 2.0)  # per interaction token, as for webhooks


class TooMany(Exception):
    """A rate limit is exceeded: response 429 with these headers and this body."""

    def __init__(self, headers: dict[str, str], body: Json) -> None:
        super().__init__(f"429: retry after {body['retry_after']:g} s")
        self.headers = headers
        self.body = body


@dataclass(slots=True)
class _Bucket:
    left: int
    resets_at: float  # Unix seconds


@dataclass(slots=True)
class RateLimits:
    """Counts requests; drops buckets that have been refilled."""

    _buckets: dict[str, _Bucket] = field(default_factory=dict[str, _Bucket])
    _recent: deque[float] = field(default_factory=deque[float])

    def take(self, route: str, major: str, limit: Limit) -> dict[str, str]:
        """Count one request to a route; returns the rate limit headers of its bucket.

        Raises:
            TooMany: the bucket is empty.
        """
        now = time.time()
        if len(self._buckets) > 5000:  # noqa: PLR2004 - a simulation creates a bucket per interaction
            self._buckets = {key: bucket for key, bucket in self._buckets.items() if bucket.resets_at > now}
        name = _name(route)
        bucket = self._buckets.get(name + major)
        if bucket is None or bucket.resets_at <= now:
            bucket = self._buckets[name + major] = _Bucket(limit.requests, now + limit.per_s)
        if bucket.left <= 0:
            raise too_many(route, bucket.resets_at - now, limit=limit)
        bucket.left -= 1
        return _headers(name, limit, bucket)

    def take_global(self) -> None:
        """Count one request against the global limit of fifty per second.

        Raises:
            TooMany: the global limit is used up.
        """
        now = time.time()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if len(self._recent) >= GLOBAL_PER_S:
            raise too_many("", self._recent[0] + 1 - now, scope="global")
        self._recent.append(now)


def too_many(route: str, wait_s: float, *, limit: Limit = USUAL, scope: str = "user") -> TooMany:
    """The 429 response for a call to `route`, for `wait_s` seconds; `scope` is user, shared or global."""
    told = {"X-RateLimit-Scope": scope, "Retry-After": str(math.ceil(wait_s))}
    if scope == "global":
        told["X-RateLimit-Global"] = "true"
    else:
        told |= _headers(_name(route), limit, _Bucket(0, time.time() + wait_s))
    body: Json = {"message": "You are being rate limited.", "retry_after": round(wait_s, 3)}
    return TooMany(told, body | {"global": scope == "global"})


def _headers(name: str, limit: Limit, bucket: _Bucket) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(limit.requests),
        "X-RateLimit-Remaining": str(bucket.left),
        "X-RateLimit-Reset": f"{bucket.resets_at:.3f}",
        "X-RateLimit-Reset-After": f"{bucket.resets_at - time.time():.3f}",
        "X-RateLimit-Bucket": name,
    }


def _name(route: str) -> str:
    return hashlib.md5(route.encode(), usedforsecurity=False).hexdigest()
