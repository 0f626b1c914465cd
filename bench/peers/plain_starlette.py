"""Peer for bench.echo: a minimal Starlette app that verifies signatures and echoes."""

import json
import os

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

verify_key = VerifyKey(bytes.fromhex(os.environ["DISCORD_PUBLIC_KEY"]))


async def interactions(request: Request) -> Response:
    """Verify the signature, then echo the text."""
    body = await request.body()
    try:
        timestamp = request.headers["X-Signature-Timestamp"].encode()
        verify_key.verify(timestamp + body, bytes.fromhex(request.headers["X-Signature-Ed25519"]))
    except (KeyError, ValueError, BadSignatureError):
        return Response(status_code=401)
    interaction = json.loads(body)
    if interaction["type"] == 1:
        return JSONResponse({"type": 1})
    text = interaction["data"]["options"][0]["value"]
    return JSONResponse(
        {"type": 4, "data": {"embeds": [{"title": "Echo", "description": text}], "allowed_mentions": {"parse": []}}}
    )


app = Starlette(routes=[Route("/interactions", interactions, methods=["POST"])])
