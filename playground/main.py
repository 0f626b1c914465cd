"""Assembles the local Discord server as one ASGI app and configures uvicorn for it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from playground.config import PlaygroundConfig
from playground.control.ambient_activity import Living
from playground.control.app import Control, clock_state, guild_state
from playground.control.faults import ControlFaults
from playground.control.guard import Guard
from playground.control.interactions import ControlInteractions
from playground.control.messages import ControlMessages
from playground.control.simulation import Simulation
from playground.control.webhook_events import ControlEvents
from playground.gateway.message_events import Telling
from playground.gateway.sessions import Gateway
from playground.gateway.socket import Socket
from playground.gateway.voice import Voice
from playground.http_log.deliveries import Deliveries
from playground.http_log.log import Recording
from playground.interactions.builder import Opening
from playground.interactions.callbacks import Callbacks
from playground.interactions.delivery import Courier, Endpoint
from playground.interactions.keys import signing_key
from playground.interactions.registered_commands import Commands
from playground.interactions.signer import Signer
from playground.interactions.user_actions import Asking
from playground.interactions.webhook_events import Events
from playground.page import commands as page_commands
from playground.page import entities
from playground.page.faults import FaultsPanel
from playground.page.fragments import Regions
from playground.page.inspector import Inspector
from playground.page.routes import Page
from playground.rest import cdn
from playground.rest import gateway as rest_gateway
from playground.rest.app import create_api
from playground.rest.application import Application
from playground.rest.command_permissions import CommandPermissions
from playground.rest.entitlements import Shop
from playground.rest.guilds import Guilds
from playground.rest.interactions import Interactions
from playground.rest.messages import Messages
from playground.rest.pins import Pins
from playground.rest.polls import Polls
from playground.rest.reactions import Reactions
from playground.rest.threads import Threads
from playground.rest.webhooks import Webhooks
from playground.state.changes import Changes
from playground.state.extra_guilds import annex
from playground.state.faults import Faults
from playground.state.fixtures import COMMUNITY
from playground.state.ids import Snowflakes
from playground.state.message_store import Posting
from playground.state.state import World
from playground.validation.openapi import Description

KEEP_ALIVE_S: Final = 300  # idle seconds; clients with connection pools expect minutes, as on Discord


def create_app(config: PlaygroundConfig) -> Starlette:
    """Create the local Discord with its fixture data, ready to be served."""
    key = signing_key(config.data_dir)
    clock = config.clock
    ids = Snowflakes(clock)
    world = World(application=config.application_id, message_content=config.message_content)
    guild = world.settle(COMMUNITY)
    for number in range(1, config.guilds):
        world.settle(annex(number))
    changes = Changes()
    gateway = Gateway(config, world, changes)
    voice = Voice(world, gateway, clock, changes)
    simulation = Simulation(world, voice, clock, changes)
    living = Living(COMMUNITY, guild, voice, clock, simulation)
    posting = Posting(world, ids, clock, changes, config.http_url)
    telling = Telling(world, posting, gateway)
    deliveries = Deliveries(config.token_lifetime_s, changes)
    callbacks = Callbacks(world, posting, telling)
    commands = Commands(config.application_id, ids, changes)
    endpoint = Endpoint(config.endpoint)
    recording = Recording(deliveries, changes)
    faults = Faults(world, changes)
    signer = Signer(key, clock, recording)
    courier = Courier(world, deliveries, callbacks, signer, faults, ids=ids, endpoint=endpoint)
    opening = Opening(world, deliveries, courier, posting, base_url=config.http_url)
    asking = Asking(world, commands, opening, courier, reply_wait_s=config.reply_wait_s)
    events = Events(signer, application=config.application_id, ids=ids, clock=clock, backoff_s=config.event_backoff_s)
    shop = Shop(world, events, ids)
    application = Application(world, commands, courier, events, key=key, endpoint=endpoint, changes=changes)
    regions = Regions(
        world,
        deliveries,
        commands,
        simulation,
        config=config,
        endpoint=endpoint,
        public_key=key.verify_key.encode().hex(),
    )
    inspector = Inspector(world, deliveries, recording, signer, Description(config.openapi_file), config=config)
    control_interactions = ControlInteractions(asking, deliveries, posting, set_endpoint=application.set_endpoint)
    control_events = ControlEvents(world, events, shop, set_url=application.set_events)
    reactions = Reactions(world, posting, telling)
    webhooks = Webhooks(world, posting, telling, gateway, ids=ids, base_url=config.http_url)
    rules = [
        *rest_gateway.rules(config, gateway),
        *application.rules(),
        *shop.rules(),
        *webhooks.rules(),
        *Interactions(config.application_id, deliveries, callbacks, posting, webhooks).rules(),
        *Messages(world, posting, telling, gateway, clock).rules(),
        *reactions.rules(),
        *Pins(world, posting, telling, gateway).rules(),
        *Polls(world, posting, clock).rules(),
        *CommandPermissions(world, commands, gateway, changes).rules(),
        *Threads(world, posting, telling, gateway, changes, ids=ids, clock=clock).rules(),
        *Guilds(world, voice).rules(),
    ]

    api = create_api(config, rules, recording, faults)

    async def connect(websocket: WebSocket) -> None:
        await Socket(websocket, config, gateway, world, voice).serve()

    async def state(_request: Request) -> Response:
        return JSONResponse(
            {
                "public_key": key.verify_key.encode().hex(),
                "application_id": str(config.application_id),
                "endpoint": endpoint.url,
                "message_content": world.message_content,
                "clock": clock_state(clock),
                "guilds": [guild_state(guild) for guild in world.guilds.values()],
                "commands": commands.usable_in(COMMUNITY.guild),
            }
        )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        if clock.speed != 1.0:
            clock.set_speed(rate=1.0)  # a crash interrupted a simulated evening
        life = asyncio.create_task(living.run()) if config.living else None
        yield
        if life:
            life.cancel()
        await simulation.stop()
        await events.aclose()
        await signer.aclose()

    return Starlette(
        routes=[
            *Page(regions, changes, plain=_welcome(config)).routes(),
            Route("/playground/state", state),
            *Control(world, gateway, voice, clock, changes, commands, leave_alone=living.leave_alone).routes(),
            *simulation.routes(),
            *control_interactions.routes(),
            *page_commands.routes(world, commands),
            *entities.routes(world),
            *ControlMessages(world, deliveries, posting, telling, clock, reactions).routes(),
            *control_events.routes(),
            *ControlFaults(faults, courier).routes(),
            *inspector.routes(),
            *FaultsPanel(world, faults, gateway, endpoint).routes(),
            *cdn.routes(world),
            *(Mount(path, api) for path in ("/api/v10", "/api/v9", "/api")),  # the last is used by webhook URLs
            WebSocketRoute("/gateway", connect),
            WebSocketRoute("/gateway/{rest:path}", connect),
        ],
        middleware=[Middleware(Guard, host=config.host)],
        lifespan=lifespan,
    )


def create_server(config: PlaygroundConfig) -> uvicorn.Server:
    """A uvicorn server for the local Discord; WebSocket settings match Discord's behaviour."""
    return uvicorn.Server(
        uvicorn.Config(
            create_app(config),
            host=config.host,
            port=config.port,
            ws="websockets-sansio",
            ws_per_message_deflate=False,  # compression is negotiated in the query string, as on Discord
            ws_ping_interval=None,  # the gateway protocol has its own heartbeats
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=3,
            access_log=False,
            log_level="warning",
            log_config=None,
        )
    )


def _welcome(config: PlaygroundConfig) -> str:
    return f"""Lyceum's local Discord: it stands in for Discord on this machine and talks to nobody outside.

REST            {config.http_url}/api/v10
Gateway         {config.gateway_url}
Pictures        {config.http_url}/cdn
State           GET  {config.http_url}/playground/state
Commands        POST {config.http_url}/playground/interactions   {{"as": "mina", "text": "/help"}}
Voice           POST {config.http_url}/playground/voice      {{"action": "join", "who": "ada", "channel": "Library"}}
Events          POST {config.http_url}/playground/events     {{"type": "APPLICATION_AUTHORIZED", "as": "ada"}}
An evening      POST {config.http_url}/playground/simulate       {{"members": 40, "minutes": 30, "speed": 60}}
Message content PUT  {config.http_url}/playground/app        {{"message_content": true}}
Faults          POST {config.http_url}/playground/faults     {{"kind": "rate_limited", "calls": 2}}
Gateway faults  POST {config.http_url}/playground/gateway        {{"action": "reconnect"}}
The clock       POST {config.http_url}/playground/clock          {{"rate": 1, "advance_s": 0}}
"""
