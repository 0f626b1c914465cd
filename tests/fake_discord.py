"""In-process fake of Discord: signs interactions, sends them to the app over ASGI, and records its REST calls."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, cast

import httpx
from nacl.signing import SigningKey
from starlette.applications import Starlette
from starlette.types import ASGIApp

from app.app_context import AppContext
from app.main import create_app
from core.clock import Clock
from core.config import Config
from core.ids import ApplicationId, snowflake_at
from db.connection import Pool
from handlers.feature import Feature
from playground.validation.openapi import CALLBACKS, EDIT, FOLLOW_UP
from tests.discords_file import refusals
from wire.rest import Rest

Json = dict[str, Any]

APPLICATION = ApplicationId(1_000_000_000_000_000_001)
GUILD = 41_771_983_423_143_937
CHANNEL = 41_771_983_423_143_938
KEY = SigningKey(b"a key for tests, 32 bytes long..")
NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)

_increments = count(1)


@dataclass(frozen=True)
class Someone:
    """A member of the guild."""

    id: int
    username: str
    global_name: str | None = None
    nick: str | None = None
    avatar: str | None = None
    bot: bool = False
    locale: str = "en-US"
    permissions: str = "2147483647"  # every permission

    @property
    def user(self) -> Json:
        shape: Json = {"id": str(self.id), "username": self.username, "global_name": self.global_name}
        return shape | {"avatar": self.avatar, "discriminator": "0"} | ({"bot": True} if self.bot else {})

    @property
    def member(self) -> Json:
        joined = "2024-01-01T00:00:00+00:00"
        return {"nick": self.nick, "avatar": None, "roles": [], "permissions": self.permissions, "joined_at": joined}

    def speaking(self, locale: str) -> "Someone":
        return replace(self, locale=locale)


ANA = Someone(5_000_000_001, "ana", "Ana")
BEN = Someone(5_000_000_002, "ben", "Ben", nick="Benny")
ROBOT = Someone(5_000_000_003, "robot", bot=True)
GUEST = Someone(5_000_000_004, "guest", "Guest", permissions="104324673")  # the default permissions of @everyone


@dataclass(frozen=True)
class Room:
    """A channel of the guild."""

    id: int
    name: str
    type: int = 2  # voice

    @property
    def channel(self) -> Json:
        return {"id": str(self.id), "name": self.name, "type": self.type, "permissions": "0", "flags": 0}


class Frozen(Clock):
    """A clock that shows a fixed time until it is set to another."""

    def __init__(self, moment: datetime = NOW) -> None:
        super().__init__()
        self.moment = moment

    def unix(self) -> float:
        return self.moment.timestamp()


@dataclass
class Edit:
    """One REST call that the app made after its initial response."""

    method: str
    path: str
    payload: Json
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])


@dataclass
class Answer:
    """The HTTP response to an interaction, and the REST calls after it."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    edits: list[Edit]

    @property
    def json(self) -> Json:
        return json.loads(self.body)

    @property
    def kind(self) -> int:
        return self.json["type"]

    @property
    def data(self) -> Json:
        return self.json["data"]

    @property
    def text(self) -> str:
        return self.data["content"]

    @property
    def is_private(self) -> bool:
        return bool(self.data.get("flags", 0) & 64)

    @property
    def final(self) -> Json:
        """The message that the user sees at the end."""
        return self.edits[-1].payload if self.edits else self.data


@dataclass(frozen=True)
class Shown:
    """A text that Discord has shown, and whether it was ephemeral."""

    text: str
    is_private: bool


def shown(request: Json, answer: Json | None, edits: Sequence[Edit]) -> tuple[list[Shown], list[Shown]]:
    """What Discord shows for one interaction: (everything that was ever visible, what is visible at the end).

    The initial response decides who sees it; no edit changes that. While a deferred message loads, a followup edits
    it, whatever flags the followup has; once it was deleted, a followup is a new message with its own flags.

    Args:
        request: the interaction.
        answer: the initial response; None: there was none.
        edits: the calls with this interaction's token, in order.
    """
    ever: list[Shown] = []
    source = bool(request.get("message", {}).get("flags", 0) & 64)
    kind = 0 if answer is None else answer["type"]
    data: Json = {} if answer is None else answer.get("data") or {}
    original_is_private = source if kind in (6, 7) else bool(data.get("flags", 0) & 64)
    is_loading, is_there = kind == 5, kind in (4, 5, 6, 7)
    at_end: dict[str, Shown] = {}
    if kind in (4, 7):
        at_end["@original"] = Shown(_text(data), original_is_private)
        ever.append(at_end["@original"])
    for number, edit in enumerate(edits):
        if edit.path.endswith("/messages/@original"):
            assert is_there, "there is no original message (any more)"
            if edit.method == "DELETE":
                is_there = is_loading = False
                at_end.pop("@original", None)
                continue
            place, is_private = "@original", original_is_private
        elif is_loading:
            place, is_private = "@original", original_is_private
        else:
            place, is_private = str(number), bool(edit.payload.get("flags", 0) & 64)
        is_loading = is_loading and place != "@original"
        at_end[place] = Shown(_text(edit.payload), is_private)
        ever.append(at_end[place])
    return ever, list(at_end.values())


def _text(message: Json) -> str:
    return json.dumps([message.get("content"), message.get("embeds"), message.get("components")])


class FakeDiscord:
    """Sends a user's interactions to the app, and records its responses and REST calls."""

    def __init__(self, app: ASGIApp, clock: Frozen) -> None:
        self.app = app
        self.clock = clock
        self.edits: list[Edit] = []
        self.pictures: dict[str, bytes] = {}  # CDN path to the bytes served there
        self.asked_for: list[str] = []  # paths requested from the CDN
        self.cdn_delay_s = 0.0
        self.rest_status = 200
        self.rest_trouble: Json = {"code": 0, "message": "trouble"}  # body of responses with a status of 400 or more
        self.original_flags = 0  # flags of the original response, as GET returns them

    @property
    def house(self) -> AppContext:
        """The app's context."""
        return cast("Starlette", self.app).state.house

    async def slash(self, path: str, *, by: Someone = ANA, guild: int | None = GUILD, **options: object) -> Answer:
        """Send `/path option:value`; users are passed as Someone, channels as Room."""
        return await self.deliver(slash_payload(path, by=by, guild=guild, now=self.clock.moment, options=options))

    async def suggest(self, path: str, name: str, value: str, *, by: Someone = ANA) -> list[Json]:
        """The autocomplete choices while a user types `value` into an option."""
        payload = slash_payload(path, by=by, now=self.clock.moment, options={name: value})
        payload["type"] = 4
        _leaf(payload["data"])[-1]["focused"] = True
        return (await self.deliver(payload)).data["choices"]

    async def user_menu(self, name: str, target: Someone, *, by: Someone = ANA) -> Answer:
        data = {"id": "900", "name": name, "type": 2, "target_id": str(target.id), "resolved": _resolved(target)}
        return await self.deliver(envelope(2, data, by=by, now=self.clock.moment))

    async def press(self, custom_id: str, *, by: Someone = ANA, flags: int = 0) -> Answer:
        data = {"custom_id": custom_id, "component_type": 2}
        message = {"id": "77777777777", "channel_id": str(CHANNEL), "content": "", "flags": flags}
        return await self.deliver(envelope(3, data, by=by, now=self.clock.moment) | {"message": message})

    async def choose(self, custom_id: str, *values: str, by: Someone = ANA) -> Answer:
        """Choose `values` in the select with this custom id on an ephemeral message."""
        data = {"custom_id": custom_id, "component_type": 3, "values": list(values)}
        message = {"id": "77777777777", "channel_id": str(CHANNEL), "content": "", "flags": 64}
        return await self.deliver(envelope(3, data, by=by, now=self.clock.moment) | {"message": message})

    async def press_label(self, message: Json, label: str, *, by: Someone = ANA) -> Answer:
        """Click the button with this label on a message of the app."""
        buttons = [button for row in message["components"] for button in row["components"]]
        [custom_id] = [button["custom_id"] for button in buttons if button["label"] == label]
        return await self.press(custom_id, by=by, flags=message.get("flags", 0))

    async def deliver(self, payload: Json) -> Answer:
        """Sign and send one interaction, and wait for its background work."""
        body = json.dumps(payload).encode()
        return await self.send(body, **sign(body, self.clock.moment))

    async def send(self, body: bytes, *, to: str = "/interactions", **headers: str) -> Answer:
        """Send any request to the app; underscores in header names become hyphens."""
        before = len(self.edits)
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://lyceum.test") as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            response = await client.post(to, content=body, headers=named)
        answer = Answer(response.status_code, response.content, response.headers, self.edits[before:])
        if answer.status == 200 and answer.body:
            assert refusals(CALLBACKS[answer.kind], answer.json) == []
        return answer

    async def answer_rest(self, request: httpx.Request) -> httpx.Response:
        """The REST and CDN endpoints of Discord that these tests need."""
        path = request.url.path
        if path.startswith("/cdn/"):
            self.asked_for.append(path.removeprefix("/cdn"))
            await asyncio.sleep(self.cdn_delay_s)
            picture = self.pictures.get(path.removeprefix("/cdn"))
            return httpx.Response(404) if picture is None else httpx.Response(200, content=picture)
        edit = _read_edit(request)
        if "/webhooks/" in path and edit.method in {"PATCH", "POST"}:
            assert refusals(EDIT if edit.method == "PATCH" else FOLLOW_UP, edit.payload) == []
        self.edits.append(edit)
        if self.rest_status >= 400:
            return httpx.Response(self.rest_status, json=self.rest_trouble)
        if edit.method == "DELETE":
            return httpx.Response(204)
        if path.endswith("/gateway/bot"):
            limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
            return httpx.Response(200, json={"url": "wss://gw", "shards": 1, "session_start_limit": limit})
        shape = {"id": "88888888888", "channel_id": str(CHANNEL), "flags": self.original_flags}
        return httpx.Response(200, json=shape)


def envelope(kind: int, data: Json, *, by: Someone = ANA, guild: int | None = GUILD, now: datetime = NOW) -> Json:
    """A complete interaction payload, as Discord sends it."""
    shape: Json = {
        "id": str(snowflake_at(now, increment=next(_increments))),
        "application_id": str(APPLICATION),
        "type": kind,
        "token": "aW50ZXJhY3Rpb24:token",
        "version": 1,
        "data": data,
        "channel_id": str(CHANNEL),
        "channel": {"id": str(CHANNEL), "type": 0, "name": "general"},
        "app_permissions": "442368",
        "locale": by.locale,
        "entitlements": [],
        "authorizing_integration_owners": {"0": str(guild or 0)},
        "context": 0 if guild else 1,
        "attachment_size_limit": 10_485_760,
    }
    if guild is None:
        return shape | {"user": by.user}
    return shape | {
        "guild_id": str(guild),
        "guild": {"id": str(guild), "locale": "en-US", "features": []},
        "guild_locale": "en-US",
        "member": by.member | {"user": by.user},
    }


def slash_payload(
    path: str, *, by: Someone = ANA, guild: int | None = GUILD, now: datetime = NOW, options: Mapping[str, object]
) -> Json:
    """The interaction for `/path option:value`."""
    name, *subs = path.split()
    named = [value for value in options.values() if isinstance(value, (Someone, Room))]
    leaf = [_option(key, value) for key, value in options.items()]
    for depth, sub in enumerate(reversed(subs)):
        leaf = [{"name": sub, "type": 1 if depth == 0 else 2, "options": leaf}]
    data: Json = {"id": "900", "name": name, "type": 1, "options": leaf}
    return envelope(2, data | ({"resolved": _resolved(*named)} if named else {}), by=by, guild=guild, now=now)


def sign(body: bytes, moment: datetime, *, key: SigningKey = KEY) -> dict[str, str]:
    """The two signature headers of a request."""
    timestamp = str(int(moment.timestamp()))
    signature = key.sign(timestamp.encode() + body).signature.hex()
    return {"x_signature_ed25519": signature, "x_signature_timestamp": timestamp}


def settings(folder: Path) -> Config:
    """Settings for an app under test; nothing listens at the URLs in them."""
    return Config(
        token="token",
        public_keys=(KEY.verify_key.encode().hex(),),
        application_id=APPLICATION,
        database_url="postgresql://nobody@127.0.0.1:1/nowhere",
        api_url="http://discord.test/api/v10",
        gateway_url=None,
        cdn_url="http://discord.test/cdn",
        host="127.0.0.1",
        port=8000,
        playground_port=8001,
        known_data_dir=folder,
        clock_file=None,
        log_level="info",
        log_format="json",
        is_local=False,
    )


@asynccontextmanager
async def fake_discord(
    folder: Path, *, pool: Pool | None = None, features: Sequence[Feature] | None = None
) -> AsyncGenerator[FakeDiscord]:
    """The app with a fake Discord; without a pool its database is unreachable."""
    clock = Frozen()
    holder: list[FakeDiscord] = []
    transport = httpx.MockTransport(lambda request: holder[0].answer_rest(request))  # noqa: PLW0108 - filled below
    async with httpx.AsyncClient(transport=transport) as client:
        rest = Rest("http://discord.test/api/v10", "token", client=client)
        app = create_app(settings(folder), features=features, pool=pool, rest=rest, clock=clock)
        holder.append(FakeDiscord(app, clock))
        yield holder[0]
        await app.state.house.aclose()


def _option(name: str, value: object) -> Json:
    match value:
        case Someone():
            return {"name": name, "type": 6, "value": str(value.id)}
        case Room():
            return {"name": name, "type": 7, "value": str(value.id)}
        case bool():
            return {"name": name, "type": 5, "value": value}
        case int():
            return {"name": name, "type": 4, "value": value}
        case _:
            return {"name": name, "type": 3, "value": value}


def _resolved(*named: Someone | Room) -> Mapping[str, Json]:
    people = [each for each in named if isinstance(each, Someone)]
    rooms = [each for each in named if isinstance(each, Room)]
    return {
        "users": {str(each.id): each.user for each in people},
        "members": {str(each.id): each.member for each in people},
        "channels": {str(each.id): each.channel for each in rooms},
    }


def _leaf(data: Json) -> list[Json]:
    """The options that a user fills in, below all subcommands."""
    options: list[Json] = data["options"]
    while options and "options" in options[0]:
        options = options[0]["options"]
    return options


def _read_edit(request: httpx.Request) -> Edit:
    path = request.url.path.removeprefix("/api/v10")
    _, is_multipart, boundary = request.headers.get("content-type", "").partition("boundary=")
    if not is_multipart:
        return Edit(request.method, path, json.loads(request.content or b"{}"))
    edit = Edit(request.method, path, {})
    for part in request.content.split(b"--" + boundary.encode())[1:-1]:
        head, _, content = part.removesuffix(b"\r\n").partition(b"\r\n\r\n")
        if filename := re.search(rb'filename="([^"]+)"', head):
            edit.files[filename[1].decode()] = content
        else:
            edit.payload = json.loads(content)
    return edit
