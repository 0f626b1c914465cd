"""Discord's rate limits as its headers tell them: one bucket per limit and top-level resource, and one global pace.

Source: https://discord.com/developers/docs/topics/rate-limits; no number is ours but the 50 a second of a bot.
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

MANY: Final = 512  # buckets; above it, those that limit nothing any more are forgotten (each interaction brings one)


class Bucket:
    """How many requests may still go out until when; one at a time until Discord's first answer tells."""

    def __init__(self) -> None:
        self._order = asyncio.Lock()
        self._limit: int | None = None  # None: not told yet
        self._left = 1
        self._under_way = 0
        self._window_s = 0.0  # the longest that Discord has named
        self._resets_at = 0.0  # monotonic seconds

    @property
    def is_idle(self) -> bool:
        """Nobody waits, nothing is under way and the window is over: nothing is lost by forgetting it."""
        return not self._under_way and not self._order.locked() and monotonic() >= self._resets_at

    @asynccontextmanager
    async def turn(self, deadline: float) -> AsyncGenerator[None]:
        """Wait until a request may go out, first come, first served.

        Raises:
            DiscordUnavailable: there is no room before `deadline`, in monotonic seconds.
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
            if now >= self._resets_at:  # a new window, until an answer tells more
                self._left = self._limit or 1
                self._resets_at = now + self._window_s
            if self._left > 0:
                return
            await sleep_until(self._resets_at, deadline)

    def update(self, headers: Mapping[str, str]) -> None:
        """Take over what an answer says; answers may come in another order than their requests arrived."""
        try:
            limit, left = int(headers["x-ratelimit-limit"]), int(headers["x-ratelimit-remaining"])
            reset_after_s = float(headers["x-ratelimit-reset-after"])
        except (KeyError, ValueError):
            return  # a route without a limit, or a server without these headers: go on one at a time
        left -= max(self._under_way - 1, 0)  # Discord may not have counted them yet
        self._left = left if self._limit is None else min(self._left, left)
        self._limit = limit
        self._window_s = max(self._window_s, reset_after_s)
        self._resets_at = max(self._resets_at, monotonic() + reset_after_s)

    def pause(self, seconds: float) -> None:
        """Discord said 429: nothing more for so long."""
        self._left = 0
        self._resets_at = max(self._resets_at, monotonic() + seconds)


class Buckets:
    """All limits that one process knows of."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}  # method and template to Discord's name of the bucket
        self._buckets: dict[tuple[str, str], Bucket] = {}  # that name, or method and template, with the major ids
        self._sent: deque[float] = deque()  # the moments of the last second, counted to the global limit
        self._paused_until = 0.0  # for what counts to the global limit
        self._shut_until = 0.0  # for everything

    def __len__(self) -> int:
        return len(self._buckets)

    @asynccontextmanager
    async def turn(self, route: Route, deadline: float) -> AsyncGenerator[Bucket]:
        """Wait until this request may go out; gives its bucket.

        Raises:
            DiscordUnavailable: not before `deadline`, in monotonic seconds.
        """
        while True:
            bucket = self._find(route)
            async with bucket.turn(deadline):
                if bucket is not self._find(route):
                    continue  # while we waited, Discord told that these requests share another bucket
                await self._global_room(route, deadline)
                yield bucket
                return

    def learn(self, route: Route, bucket: Bucket, headers: Mapping[str, str]) -> Bucket:
        """Take over what an answer's headers say about this route; gives the bucket that holds from now on."""
        name = headers.get("x-ratelimit-bucket")
        if name is not None and name != self._names.get((route.method, route.template)):
            self._buckets.pop(self._key(route), None)
            self._names[route.method, route.template] = name
            bucket = self._buckets.setdefault(self._key(route), bucket)
        bucket.update(headers)
        return bucket

    def pause(self, seconds: float) -> None:
        """Discord said 429 for all of ours: nothing that counts to the global limit for so long."""
        self._paused_until = max(self._paused_until, monotonic() + seconds)

    def shut(self, seconds: float) -> None:
        """The proxy before Discord said 429, which it says to our whole address: nothing at all for so long."""
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
    """Wait until `moment`, both in monotonic seconds.

    Raises:
        RateLimited: at once, when that is after `deadline`.
    """
    seconds = moment - monotonic()
    if moment > deadline:
        raise RateLimited(seconds)
    await asyncio.sleep(max(seconds, 0))
