"""Rate limits as Discord keeps them: buckets told in headers, and fifty requests a second over everything."""

import hashlib
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from playground.jsons import Json
from wire.limits import GLOBAL_PER_S


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests in so many seconds."""

    requests: int
    per_s: float


USUAL: Final = Limit(50, 1.0)
GATEWAY: Final = Limit(10, 5.0)
COMMANDS: Final = Limit(10, 10.0)
MESSAGES: Final = Limit(5, 5.0)
INTERACTIONS: Final = Limit(5, 2.0)  # as webhooks have it, per interaction token


class TooMany(Exception):
    """A limit is exceeded: 429 with these headers and this body."""

    def __init__(self, headers: dict[str, str], body: Json) -> None:
        super().__init__("429")
        self.headers = headers
        self.body = body


@dataclass(slots=True)
class _Bucket:
    left: int
    resets_at: float  # unix seconds


@dataclass(slots=True)
class RateLimits:
    """Counts requests; forgets buckets that have been refilled."""

    _buckets: dict[str, _Bucket] = field(default_factory=dict[str, _Bucket])
    _recent: deque[float] = field(default_factory=deque[float])

    def take(self, route: str, major: str, limit: Limit) -> dict[str, str]:
        """Count one request to a route; answers the headers that tell how it stands.

        Raises:
            TooMany: the bucket is empty.
        """
        now = time.time()
        if len(self._buckets) > 5000:  # noqa: PLR2004 - a simulation makes a bucket per interaction
            self._buckets = {key: bucket for key, bucket in self._buckets.items() if bucket.resets_at > now}
        name = hashlib.md5(route.encode(), usedforsecurity=False).hexdigest()
        bucket = self._buckets.get(name + major)
        if bucket is None or bucket.resets_at <= now:
            bucket = self._buckets[name + major] = _Bucket(limit.requests, now + limit.per_s)
        wait_s = bucket.resets_at - now
        headers = {
            "X-RateLimit-Limit": str(limit.requests),
            "X-RateLimit-Remaining": str(max(bucket.left - 1, 0)),
            "X-RateLimit-Reset": f"{bucket.resets_at:.3f}",
            "X-RateLimit-Reset-After": f"{wait_s:.3f}",
            "X-RateLimit-Bucket": name,
        }
        if bucket.left <= 0:
            raise TooMany(headers | {"X-RateLimit-Scope": "user"} | _retry(wait_s), _body(wait_s, everywhere=False))
        bucket.left -= 1
        return headers

    def take_global(self) -> None:
        """Count one request against the fifty a second.

        Raises:
            TooMany: they are used up.
        """
        now = time.time()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if len(self._recent) >= GLOBAL_PER_S:
            wait_s = self._recent[0] + 1 - now
            headers = {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"} | _retry(wait_s)
            raise TooMany(headers, _body(wait_s, everywhere=True))
        self._recent.append(now)


def _retry(wait_s: float) -> dict[str, str]:
    return {"Retry-After": str(int(wait_s) + 1)}


def _body(wait_s: float, *, everywhere: bool) -> Json:
    return {"message": "You are being rate limited.", "retry_after": round(wait_s, 3), "global": everywhere}
