import asyncio
import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.initial_response import respond
from core.ids import ApplicationId
from tests.local_discord import free_port, local_discord
from wire.message import Message
from wire.rest import Rest


def hasty(api_url: str, statuses: list[str]) -> ASGIApp:
    """An app whose edit reaches Discord before its initial response."""

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        payload = json.loads((await receive())["body"])
        if payload["type"] == 1:
            await respond(send, 401 if statuses else 200, b'{"type":1}')
            statuses.append("checked")
            return
        async with Rest(api_url) as rest:
            editing = asyncio.create_task(
                rest.edit_original(ApplicationId(int(payload["application_id"])), payload["token"], Message("early"))
            )
            await asyncio.sleep(0.3)
            statuses.append("waits" if not editing.done() else "over")
            await respond(send, 200, b'{"type":5}')
            await editing

    return app


@contextmanager
def served(app: ASGIApp) -> Generator[str]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.should_exit = True
        thread.join(timeout=15)


def test_an_edit_that_is_faster_than_the_first_answer_arrives_all_the_same(tmp_path: Path) -> None:
    statuses: list[str] = []
    command = [{"name": "now", "description": "Now", "type": 1}]
    with local_discord(tmp_path) as discord, served(hasty(discord.api_url, statuses)) as address:
        discord.rest("PUT", "/applications/1000000000000000001/commands", json=command).raise_for_status()
        discord.http.put("/playground/endpoint", json={"url": address}).raise_for_status()

        reply = discord.steer("interactions", text="/now").json()

    assert statuses[-1] == "waits"  # Discord answered 404 Unknown Webhook, and the edit was retried
    assert reply["message"]["content"] == "early"
    assert reply["problems"] == []
