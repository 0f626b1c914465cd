"""Client-side rate limiting from Discord's response headers: buckets per limit and resource, and the global limit.

Source: https://discord.com/developers/docs/topics/rate-limits
The only limit hard-coded here is a bot's 50 requests per second.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

from wire.errors import DiscordUnavailable, RateLimited
from wire.limits import GLOBAL_PER_S
from wire.routes import Route

MANY: Final = 512  # buckets; at this number idle ones are removed (each interaction adds one)


class Bucket:
    """Remaining requests and reset time of one rate limit; one request at a time until Discord's first response."""

    def __init__(self) -> None:
        self._order = asyncio.Lock()
        self._limit: int | None = None  # None: unknown until the first response
        self._left = 1
        self._under_way = 0
        self._window_s = 0.0  # longest window seen in headers
        self._resets_at = 0.0  # monotonic seconds

    @property
    def is_idle(self) -> bool:
        """Whether no request waits or is in flight and the window is over, so that the bucket can be removed."""
        return not self._under_way and not self._order.locked() and monotonic() >= self._resets_at

    @asynccontextmanager
    async def turn(self, deadline: float) -> AsyncGenerator[None]:
        """Wait until a request may go out, first come, first served.

        Raises:
            DiscordUnavailable: no request is free before `deadline`, in monotonic seconds.
        """
        try:
            async with asyncio.timeout(max(deadline - monotonic(), 0)):
                await self._order.acquire()
        except TimeoutError as error:
            raise DiscordUnavailable("Discord kept those before us waiting for too long.") from error
        is_alone = True
        try:
            await self._room(deadline)
            is_alone = self._limit is None
            if not is_alone:
                self._order.release()
            self._left -= 1
            self._under_way += 1
            try:
                yield
            finally:
                self._under_way -= 1
        finally:
            if is_alone:
                self._order.release()

    async def _room(self, deadline: float) -> None:
        while True:
            now = monotonic()
            if now > deadline:
                raise DiscordUnavailable("Our turn came too late.")
            if now >= self._resets_at:  # assume a new window until a response says more
                self._left = self._limit or 1
                self._resets_at = now + self._window_s
            if self._left > 0:
                return
            await sleep_until(self._resets_at, deadline)

    def update(self, headers: Mapping[str, str]) -> None:
        """Update from response headers; responses may arrive in another order than their requests."""
        try:
            limit, left = int(headers["x-ratelimit-limit"]), int(headers["x-ratelimit-remaining"])
            reset_after_s = float(headers["x-ratelimit-reset-after"])
        except (KeyError, ValueError):
            return  # a route or server without these headers: continue one request at a time
        left -= max(self._under_way - 1, 0)  # Discord may not have counted the ones in flight yet
        self._left = left if self._limit is None else min(self._left, left)
        self._limit = limit
        self._window_s = max(self._window_s, reset_after_s)
        self._resets_at = max(self._resets_at, monotonic() + reset_after_s)

    def pause(self, seconds: float) -> None:
        """Send no request of this bucket for `seconds`, after a 429 for it."""
        self._left = 0
        self._resets_at = max(self._resets_at, monotonic() + seconds)


class Buckets:
    """All rate limits of one process, global ones included."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}  # (method, template) -> Discord's bucket name
        self._buckets: dict[tuple[str, str], Bucket] = {}  # (bucket name, or method and template; major ids)
        self._sent: deque[float] = deque()  # send times within the last second, for the global limit
        self._paused_until = 0.0  # for requests that count towards the global limit
        self._shut_until = 0.0  # for all requests

    def __len__(self) -> int:
        return len(self._buckets)

    @asynccontextmanager
    async def turn(self, route: Route, deadline: float) -> AsyncGenerator[Bucket]:
        """Wait until this request may go out; yields its bucket.

        Raises:
            DiscordUnavailable: it may not go out before `deadline`, in monotonic seconds.
        """
        while True:
            bucket = self._find(route)
            async with bucket.turn(deadline):
                if bucket is not self._find(route):
                    continue  # a response meanwhile assigned this route to another bucket
                await self._global_room(route, deadline)
                yield bucket
                return

    def learn(self, route: Route, bucket: Bucket, headers: Mapping[str, str]) -> Bucket:
        """Update from response headers of this route; returns the bucket that applies from now on."""
        name = headers.get("x-ratelimit-bucket")
        if name is not None and name != self._names.get((route.method, route.template)):
            self._buckets.pop(self._key(route), None)
            self._names[route.method, route.template] = name
            bucket = self._buckets.setdefault(self._key(route), bucket)
        bucket.update(headers)
        return bucket

    def pause(self, seconds: float) -> None:
        """After a global 429: send nothing that counts towards the global limit for `seconds`."""
        self._paused_until = max(self._paused_until, monotonic() + seconds)

    def shut(self, seconds: float) -> None:
        """After a 429 of Discord's proxy, which applies to our IP address: send nothing at all for `seconds`."""
        self._shut_until = max(self._shut_until, monotonic() + seconds)

    def _key(self, route: Route) -> tuple[str, str]:
        name = self._names.get((route.method, route.template), f"{route.method} {route.template}")
        return name, route.major

    def _find(self, route: Route) -> Bucket:
        key = self._key(route)
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= MANY:
                self._buckets = {each: kept for each, kept in self._buckets.items() if not kept.is_idle}
            bucket = self._buckets[key] = Bucket()
        return bucket

    async def _global_room(self, route: Route, deadline: float) -> None:
        while True:
            now = monotonic()
            if now < self._shut_until:
                await sleep_until(self._shut_until, deadline)
                continue
            if not route.is_ours:
                return
            while self._sent and self._sent[0] <= now - 1:
                self._sent.popleft()
            if now < self._paused_until:
                await sleep_until(self._paused_until, deadline)
            elif len(self._sent) >= GLOBAL_PER_S:
                await sleep_until(self._sent[0] + 1, deadline)
            else:
                self._sent.append(now)
                return


async def sleep_until(moment: float, deadline: float) -> None:
    """Sleep until `moment`; both arguments are monotonic seconds.

    Raises:
        RateLimited: at once, if `moment` is after `deadline`.
    """
    seconds = moment - monotonic()
    if moment > deadline:
        raise RateLimited(seconds)
    await asyncio.sleep(max(seconds, 0))
