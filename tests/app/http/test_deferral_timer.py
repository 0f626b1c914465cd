import asyncio
import json
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from app.downloads.avatars import AvatarCache
from app.downloads.uploads import Uploads
from app.interactions.dedupe import RecentInteractions
from app.interactions.dispatch import Dispatcher
from app.interactions.endpoint import Endpoint
from app.interactions.followup import FollowupSender
from app.jobs.outbox import Outbox
from app.routes import Routes
from db.connection import Pool
from handlers.feature import Deps, Feature
from tests.fake_discord import KEY, NOW, Frozen, sign, slash_payload
from wire.interaction import SlashCommand
from wire.message import Message
from wire.rest import Rest
from wire.signature import Verifier


async def hang(interaction: SlashCommand, deps: Deps) -> Message:
    await asyncio.sleep(60)
    return Message("never")


HANGING = Feature(name="hang", slash={"hang": hang}, uses_database=False)


async def _no_pool() -> Pool:
    raise AssertionError


def _no_outbox() -> Outbox:
    raise AssertionError


async def _post(app: ASGIApp) -> httpx.Response:
    body = json.dumps(slash_payload("hang", options={})).encode()
    headers = {name.replace("_", "-"): value for name, value in sign(body, NOW).items()}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        return await client.post("/", content=body, headers=headers)


@pytest.mark.parametrize("by", ["the limit", "somebody else"])
async def test_a_handler_that_hangs_is_ended(tmp_path: Path, by: str) -> None:
    edits: list[str] = []

    def discord(request: httpx.Request) -> httpx.Response:
        edits.append(json.loads(request.content)["content"])
        return httpx.Response(200, json={"id": "5000000"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(discord)) as client:
        rest = Rest("http://discord.test/api/v10", "t", client=client)
        recent = RecentInteractions()
        endpoint = Endpoint(
            verifier=Verifier([KEY.verify_key.encode().hex()]),
            dispatcher=Dispatcher(
                routes=lambda: Routes([HANGING]),
                pool=_no_pool,
                uploads=Uploads("http://cdn.test", client=lambda: client),
                recent=recent,
            ),
            finisher=FollowupSender(
                rest=lambda: rest, avatars=AvatarCache("http://cdn.test", client=lambda: client), outbox=_no_outbox
            ),
            clock=Frozen(),
            patience_s=0.05,
            limit_s=0.1 if by == "the limit" else 60,
        )
        posting = asyncio.create_task(_post(endpoint))
        await asyncio.sleep(0.3)
        if by == "somebody else":
            posting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await posting
        else:
            assert (await posting).json() == {"type": 5, "data": {"flags": 64}}

    assert edits == ([] if by == "somebody else" else ["That took too long. Please try again."])
    assert len(recent) == 0  # a second delivery is processed again
