"""Puts the local Discord together as one ASGI app."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import uvicorn
from nacl.signing import SigningKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from playground import rest_gateway
from playground.community import COMMUNITY
from playground.config import PlaygroundConfig
from playground.control import Control, clock_state, guild_state
from playground.gateway import Gateway
from playground.gateway_socket import Socket
from playground.keys import signing_key
from playground.rest import create_api
from playground.voice import Voice
from playground.world import World


def create_app(config: PlaygroundConfig) -> Starlette:
    """The local Discord with its community, ready to be served."""
    key = signing_key(config.data_dir)
    world = World(application=config.application_id)
    world.settle(COMMUNITY)
    gateway = Gateway(config, world)
    voice = Voice(world, gateway, config.clock)

    async def connect(websocket: WebSocket) -> None:
        await Socket(websocket, config, gateway, world, voice).serve()

    async def state(_request: Request) -> Response:
        return JSONResponse(_state(config, key, world))

    async def welcome(_request: Request) -> Response:
        return PlainTextResponse(_welcome(config))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        yield

    routes = [
        Route("/", welcome),
        Route("/playground/state", state),
        *Control(world, gateway, voice, config.clock).routes(),
        Mount("/api/v10", create_api(config, rest_gateway.rules(config, gateway))),
        WebSocketRoute("/gateway", connect),
        WebSocketRoute("/gateway/{rest:path}", connect),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def create_server(config: PlaygroundConfig) -> uvicorn.Server:
    """A uvicorn server for the local Discord, set so that sockets behave as Discord's do."""
    return uvicorn.Server(
        uvicorn.Config(
            create_app(config),
            host=config.host,
            port=config.port,
            ws="websockets-sansio",
            ws_per_message_deflate=False,  # compression is agreed in the query, as at Discord
            ws_ping_interval=None,  # heartbeats are the protocol's own
            timeout_graceful_shutdown=3,
            access_log=False,
            log_level="warning",
            log_config=None,
        )
    )


def _state(config: PlaygroundConfig, key: SigningKey, world: World) -> dict[str, object]:
    return {
        "public_key": key.verify_key.encode().hex(),
        "application_id": str(config.application_id),
        "endpoint": config.endpoint,
        "clock": clock_state(config.clock),
        "guilds": [guild_state(guild) for guild in world.guilds.values()],
        "commands": [],
    }


def _welcome(config: PlaygroundConfig) -> str:
    return f"""Lyceum's local Discord: it stands in for Discord on this machine and talks to nobody outside.

REST            {config.http_url}/api/v10
Gateway         {config.gateway_url}
Pictures        {config.http_url}/cdn
State           GET  {config.http_url}/playground/state
Commands        POST {config.http_url}/playground/interactions   {{"as": "mina", "text": "/help"}}
Voice           POST {config.http_url}/playground/voice      {{"action": "join", "who": "ada", "channel": "Library"}}
An evening      POST {config.http_url}/playground/simulate       {{"members": 40, "minutes": 30, "speed": 60}}
Gateway faults  POST {config.http_url}/playground/gateway        {{"action": "reconnect"}}
The clock       POST {config.http_url}/playground/clock          {{"rate": 1, "advance_s": 0}}
"""
