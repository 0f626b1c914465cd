"""A small HTTP app with every kind of interaction response, for the local Discord's own tests."""

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.local_discord import USER_AGENT, LocalDiscord, free_port

Json = dict[str, Any]
Answer = Callable[[Json], Awaitable[Response]]

EVERY_OPTION: Json = {
    "name": "every",
    "description": "Takes one of each.",
    "options": [
        {"type": 3, "name": "text", "description": "Words.", "required": True, "max_length": 40},
        {"type": 4, "name": "whole", "description": "Counts.", "min_value": 1, "max_value": 9},
        {"type": 10, "name": "number", "description": "Measures."},
        {"type": 5, "name": "sure", "description": "Yes or no."},
        {"type": 6, "name": "user", "description": "Somebody."},
        {"type": 7, "name": "channel", "description": "A place.", "channel_types": [2]},
        {"type": 8, "name": "role", "description": "A rank."},
        {"type": 9, "name": "anyone", "description": "Somebody or a rank."},
        {"type": 11, "name": "file", "description": "A file."},
        {
            "type": 3,
            "name": "board",
            "description": "One of two.",
            "choices": [
                {"name": "Focus", "value": "focus", "name_localizations": {"ko": "집중"}},
                {"name": "Streak", "value": "streak"},
            ],
        },
    ],
}
COMMANDS: list[Json] = [
    EVERY_OPTION,
    *(
        {"name": name, "description": "Answers."}
        for name in ("now", "later", "secret", "callback", "silent", "long", "callback-told")
    ),
    *(
        {"name": name, "description": "Answers."}
        for name in ("twice", "broken", "form", "panel", "files", "v2", "down", "callback-raw")
    ),
    {
        "name": "my",
        "description": "Mine.",
        "options": [
            {
                "type": 1,
                "name": "timezone",
                "description": "Where you are.",
                "options": [
                    {"type": 3, "name": "zone", "description": "City.", "required": True, "autocomplete": True}
                ],
            },
            {"type": 1, "name": "language", "description": "What you speak."},
        ],
    },
    {"name": "admin", "description": "Not for all.", "default_member_permissions": "32"},
    {"name": "Profile", "type": 2},
    {"name": "Quote", "type": 3},
]

ZONES: list[Json] = [
    {"name": "Seoul, 14:30", "value": "Asia/Seoul"},
    {"name": "London, 05:30", "value": "Europe/London"},
]
BUTTON: Json = {"type": 2, "style": 1, "label": "Next month", "custom_id": "v1:panel:next"}
PANEL: list[Json] = [
    {
        "type": 1,
        "components": [
            BUTTON,
            {"type": 2, "style": 2, "label": "Off", "custom_id": "off", "disabled": True},
            {"type": 2, "style": 5, "label": "Site", "url": "https://example.org"},
            {"type": 2, "style": 3, "label": "Form", "custom_id": "form"},
            {"type": 2, "style": 4, "emoji": {"name": "🔥"}, "custom_id": "quiet"},
        ],
    },
    {
        "type": 1,
        "components": [
            {
                "type": 3,
                "custom_id": "pick",
                "placeholder": "Board",
                "max_values": 2,
                "options": [{"label": "Focus", "value": "f"}, {"label": "XP", "value": "x"}],
            }
        ],
    },
    {"type": 1, "components": [{"type": 5, "custom_id": "who", "placeholder": "Who"}]},
]
FORM: Json = {
    "title": "Report",
    "custom_id": "v1:report",
    "components": [
        {
            "type": 18,
            "label": "Title",
            "component": {"type": 4, "custom_id": "title", "style": 1, "max_length": 20},
        },
        {
            "type": 18,
            "label": "Notes",
            "component": {"type": 4, "custom_id": "notes", "style": 2, "required": False, "value": "none"},
        },
        {
            "type": 18,
            "label": "Kind",
            "component": {
                "type": 21,
                "custom_id": "kind",
                "options": [{"label": "Bug", "value": "bug"}, {"label": "Idea", "value": "idea", "default": True}],
            },
        },
        {"type": 18, "label": "Helpers", "component": {"type": 5, "custom_id": "helpers", "required": False}},
        {"type": 18, "label": "Agree", "component": {"type": 23, "custom_id": "agree"}},
    ],
}
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82"
)


class SmallApp:
    """Verifies signatures like a real app; the command's name or the custom id selects the response."""

    def __init__(self, discord: LocalDiscord) -> None:
        self._discord = discord
        self._key = VerifyKey(bytes.fromhex(discord.public_key))
        self.seen: list[Json] = []
        self.told: Json = {}  # the callback's response body
        self.forgets_edits = False
        self.verifies = True
        self.refuses_with = 401
        self.knows_again = False  # whether a second delivery gets an empty 202
        self.form = FORM  # the modal that it opens
        self.is_down = False
        self.completion_pauses_s: dict[str, float] = {}  # by the typed value
        self.update: Json = {}  # additional changes by a click
        self.callback_body: Json = {}
        self.callback_files: dict[str, tuple[str, bytes]] = {}
        self.callback_answer: httpx.Response | None = None

    async def endpoint(self, request: Request) -> Response:
        body = await request.body()
        if self.verifies and not self._is_signed(request, body):
            return Response(None, self.refuses_with)
        interaction: Json = json.loads(body)
        if interaction["type"] == 1:
            return JSONResponse({"type": 1})
        is_known = self.knows_again and any(one["id"] == interaction["id"] for one in self.seen)
        self.seen.append(interaction)
        return Response(None, 202) if is_known else await self._answer(interaction)

    def _is_signed(self, request: Request, body: bytes) -> bool:
        try:
            signed = request.headers["x-signature-timestamp"].encode() + body
            self._key.verify(signed, bytes.fromhex(request.headers["x-signature-ed25519"]))
        except BadSignatureError:
            return False
        return True

    async def _answer(self, interaction: Json) -> Response:
        data = interaction["data"]
        if self.is_down:
            return Response(None, 500)
        match interaction["type"]:
            case 2:
                return await self._command(interaction, data)
            case 4:
                return await self._complete(data)
            case 5:
                return JSONResponse({"type": 4, "data": {"content": "Thank you.", "flags": 64}})
            case _:
                return self._component(interaction, data)

    async def _complete(self, data: Json) -> Response:
        typed = _focused(data["options"]) or ""
        await asyncio.sleep(self.completion_pauses_s.get(typed, 0))
        found = [one for one in ZONES if one["name"].lower().startswith(typed)]
        return JSONResponse({"type": 8, "data": {"choices": found or ZONES[:1]}})

    async def _command(self, interaction: Json, data: Json) -> Response:
        name = data["name"]
        inline: dict[str, Json] = {
            "secret": {"type": 4, "data": {"content": "Only you.", "flags": 64}},
            "long": {"type": 4, "data": {"content": "x" * 2001}},
            "broken": {"type": 7, "data": {}},
            "form": {"type": 9, "data": self.form},
            "panel": {"type": 4, "data": {"content": "June", "components": PANEL}},
            "v2": {
                "type": 4,
                "data": {"flags": 32768, "components": [{"type": 17, "components": [{"type": 10, "content": "Hi"}]}]},
            },
        }
        if name in inline:
            return JSONResponse(inline[name])
        if name in ("later", "files"):
            task = BackgroundTask(self._edit, interaction)
            return JSONResponse({"type": 5, "data": {"flags": 64 if name == "files" else 0}}, background=task)
        if name == "callback-raw":
            path = f"/interactions/{interaction['id']}/{interaction['token']}/callback"
            files: dict[str, Any] = {"payload_json": (None, json.dumps(self.callback_body), "application/json")}
            self.callback_answer = await self.api("POST", path, files=files | self.callback_files)
            return Response(None, 202 if self.callback_answer.is_success else 500)
        if name == "callback-told":
            path = f"/interactions/{interaction['id']}/{interaction['token']}/callback?with_response=true"
            self.told = (await self.api("POST", path, _said("Posted."))).json()
            return Response(None, 202)
        if name in ("callback", "twice"):
            await self.api(
                "POST", f"/interactions/{interaction['id']}/{interaction['token']}/callback", _said("Posted.")
            )
            return Response(None, 202) if name == "callback" else JSONResponse(_said("Again."))
        if name == "silent":
            await asyncio.sleep(4)
        return Response(None, 500) if name == "down" else JSONResponse(_said("Hello."))

    def _component(self, interaction: Json, data: Json) -> Response:
        match data["custom_id"]:
            case "form":
                return JSONResponse({"type": 9, "data": self.form})
            case "quiet":
                return JSONResponse({"type": 6}, background=BackgroundTask(self._edit, interaction))
            case _:
                chosen = ",".join(data.get("values", []))
                return JSONResponse(
                    {"type": 7, "data": {"content": f"July {chosen}".strip(), "components": PANEL} | self.update}
                )

    async def _edit(self, interaction: Json) -> None:
        path = f"/webhooks/{interaction['application_id']}/{interaction['token']}/messages/@original"
        payload: Json = {
            "content": "Here it is.",
            "embeds": [{"image": {"url": "attachment://card.png"}}],
            "attachments": [{"id": 0, "description": "A card"}],
        }
        files = {"payload_json": (None, json.dumps(payload), "application/json"), "files[0]": ("card.png", PNG)}
        for _ in range(0 if self.forgets_edits else 20):
            if (await self.api("PATCH", path, files=files)).status_code == 200:
                return
            await asyncio.sleep(0.02)

    async def api(self, method: str, path: str, body: Json | None = None, **more: Any) -> httpx.Response:
        async with httpx.AsyncClient(headers={"User-Agent": USER_AGENT}) as client:
            if body is not None:
                more["json"] = body
            return await client.request(method, self._discord.api_url + path, **more)


def _focused(options: list[Json]) -> str | None:
    inside = (option["value"] if option.get("focused") else _focused(option.get("options", [])) for option in options)
    return next(filter(None, inside), None)


def _said(text: str) -> Json:
    return {"type": 4, "data": {"content": text}}


@contextmanager
def small_app(discord: LocalDiscord) -> Generator[SmallApp]:
    """The app served on a free port, with registered commands and a verified endpoint URL."""
    app = SmallApp(discord)
    port = free_port()
    web = Starlette(routes=[Route("/interactions", app.endpoint, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(web, port=port, log_config=None, timeout_graceful_shutdown=1, ws="none"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    discord.rest("PUT", "/applications/1000000000000000001/commands", json=COMMANDS).raise_for_status()
    url = f"http://127.0.0.1:{port}/interactions"
    discord.rest("PATCH", "/applications/@me", json={"interactions_endpoint_url": url}).raise_for_status()
    try:
        yield app
    finally:
        server.should_exit = True
        thread.join(timeout=5)
