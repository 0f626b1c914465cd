"""Sends HTML updates to an open page over its WebSocket."""

import asyncio
import contextlib
import time
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from markupsafe import Markup
from starlette.websockets import WebSocket, WebSocketDisconnect

from playground.http_log.deliveries import Delivery
from playground.json_types import Json
from playground.page.fragments import Regions
from playground.page.view_context import ViewContext
from playground.state.changes import (
    Change,
    Changes,
    ClockChanged,
    CommandsChanged,
    DeliveryChanged,
    FaultsChanged,
    GuildChanged,
    MessageChanged,
    MessageRemoved,
    VoiceChanged,
)

PAUSE_S: Final = 0.06  # minimum pause between two rounds; changes in between are sent together
PAUSE_MAX_S: Final = 0.5  # maximum pause between two rounds
SHARE: Final = 6  # the pause is this many times as long as the previous round took
DRAWN_ANEW: Final[dict[type[Change], tuple[str, ...]]] = {
    VoiceChanged: ("rooms", "me", "members"),
    GuildChanged: ("guilds", "rooms", "members"),
    CommandsChanged: ("notices",),
    ClockChanged: ("time",),
}  # the regions that each change affects


class Feed:
    """Live updates of one open page."""

    def __init__(self, websocket: WebSocket, seat: ViewContext, regions: Regions, changes: Changes) -> None:
        self._websocket = websocket
        self._seat = seat
        self._regions = regions
        self._changes = changes
        self._drawn: dict[str, Markup] = {}  # the last HTML sent, by region

    async def serve(self) -> None:
        """Send changes until the page closes the connection."""
        await self._websocket.accept()
        tasks = {asyncio.create_task(self._tell()), asyncio.create_task(self._wait_for_the_end())}
        _, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in others:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect):
                await task

    async def _tell(self) -> None:
        with self._changes.listen() as watch:
            await self._send(self._everything())
            while True:
                changes = await watch.take()
                began = time.monotonic()
                await self._send(self._frames(changes))
                await asyncio.sleep(min(max(PAUSE_S, (time.monotonic() - began) * SHARE), PAUSE_MAX_S))

    async def _wait_for_the_end(self) -> None:
        while (await self._websocket.receive())["type"] != "websocket.disconnect":
            pass

    async def _send(self, frames: Iterable[Json]) -> None:
        for frame in frames:
            await self._websocket.send_text(msgspec.json.encode(frame, enc_hook=str).decode())

    def _everything(self) -> Iterator[Json]:
        """All regions: the page may be older than this connection or than the server process."""
        yield from self._put(*self._regions.names)
        yield {"kind": "here"}

    def _frames(self, changes: list[Change]) -> Iterator[Json]:
        dirty: dict[str, None] = {}
        for change in changes:
            if not isinstance(change, VoiceChanged | GuildChanged) or change.guild is self._seat.guild:
                yield from self._told(change)
                dirty |= dict.fromkeys(DRAWN_ANEW.get(type(change), ()))
        yield from self._put(*dirty)

    def _told(self, change: Change) -> Iterator[Json]:
        match change:
            case MessageChanged(message) if self._seat.sees(message):
                html = self._regions.draw_message(message, self._seat)
                yield {"kind": "put", "id": f"message-{message.id}", "html": html, "into": "messages"}
            case MessageRemoved(message, channel) if channel == self._seat.channel.id:
                yield {"kind": "remove", "id": f"message-{message}"}
            case GuildChanged(guild) if not guild.room(self._seat.channel.id):
                yield {"kind": "gone"}
            case DeliveryChanged(number):
                yield from self._delivery(number)
            case CommandsChanged():
                yield {"kind": "commands"}
            case FaultsChanged():
                yield {"kind": "faults"}
            case _:
                pass

    def _delivery(self, number: int) -> Iterator[Json]:
        delivery = self._regions.delivery(number)
        if delivery is None:
            return
        is_mine = self._is_mine(delivery)
        yield {"kind": "delivery", "id": str(number), "mine": is_mine}
        if is_mine and self._regions.failed_here(delivery, self._seat):
            html = self._regions.draw_failure(delivery, self._seat)
            yield {"kind": "put", "id": f"failure-{number}", "html": html, "into": "messages"}
        elif is_mine and delivery.is_dismissed:
            yield {"kind": "remove", "id": f"failure-{number}"}

    def _is_mine(self, delivery: Delivery) -> bool:
        return delivery.actor.user is self._seat.user and delivery.actor.channel is self._seat.channel

    def _put(self, *names: str) -> Iterator[Json]:
        for name in names:
            html = self._regions.draw(name, self._seat)
            if self._drawn.get(name) != html:
                self._drawn[name] = html
                yield {"kind": "put", "id": name, "html": html}
