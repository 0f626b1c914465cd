"""Control API: HTTP routes under /playground that change voice states, guilds, gateway faults and the clock."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.clock import Clock
from playground.errors import Refusal
from playground.gateway.sessions import Gateway
from playground.gateway.voice import CHANGES, Voice
from playground.interactions.registered_commands import Commands
from playground.json_types import Json, is_object
from playground.state import lookup, serializers
from playground.state.changes import Changes, ClockChanged, CommandsChanged, GuildChanged
from playground.state.lookup import NotFound
from playground.state.state import Channel, Guild, Member, World

Steer = Callable[[Request], Awaitable[Response]]

KINDS: Final = {0: "text", 2: "voice", 4: "category", 13: "stage"}
RATE_MAX: Final = 3600.0


def steering(steer: Steer) -> Steer:
    """Wrap a handler so that NotFound and Refusal become a JSON error with one sentence."""

    async def answer(request: Request) -> Response:
        try:
            return await steer(request)
        except NotFound as puzzled:
            where = {"field": puzzled.field} if puzzled.field else {}
            return JSONResponse({"error": str(puzzled)} | where, puzzled.status)
        except Refusal as refusal:
            return JSONResponse({"error": f"Discord would refuse this. {refusal.plainly()}"}, refusal.status)

    return answer


async def asked(request: Request) -> Json:
    """Parse the JSON object in a control request; an empty body is an empty object.

    Raises:
        NotFound: the body is not a JSON object.
    """
    raw = await request.body()
    try:
        body: Any = msgspec.json.decode(raw) if raw else {}
    except msgspec.DecodeError:
        body = None
    if not is_object(body):
        raise NotFound('Send a JSON object, such as {"as": "mina", "text": "/help"}.')
    return body


def text_in(body: Json, name: str) -> str | None:
    """A string field of a control request, None when it is left out.

    Raises:
        NotFound: the field is not a string.
    """
    value = body.get(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise NotFound(f'"{name}" must be a text.')


class Control:
    """Control routes for state, voice, gateway faults and the clock."""

    def __init__(
        self,
        world: World,
        gateway: Gateway,
        voice: Voice,
        clock: Clock,
        changes: Changes,
        commands: Commands,
        *,
        leave_alone: Callable[[Member], None],
    ) -> None:
        self._world = world
        self._gateway = gateway
        self._voice = voice
        self._clock = clock
        self._changes = changes
        self._commands = commands
        self._leave_alone = leave_alone

    def routes(self) -> list[Route]:
        """The routes under /playground that do not need an app endpoint."""
        return [
            Route("/playground/voice", steering(self._move), methods=["POST"]),
            Route("/playground/gateway", steering(self._fault), methods=["POST"]),
            Route("/playground/gateway", steering(self._sessions), methods=["GET"]),
            Route("/playground/clock", steering(self._set_clock), methods=["POST"]),
            Route("/playground/clock", steering(self._show_clock), methods=["GET"]),
            Route("/playground/guild", steering(self._change_guild), methods=["POST"]),
            Route("/playground/app", steering(self._change_app), methods=["PUT"]),
        ]

    async def _move(self, request: Request) -> Response:
        body = await asked(request)
        action, who = text_in(body, "action"), text_in(body, "who")
        guild = lookup.find_guild(self._world, text_in(body, "guild"))
        if not who:
            raise NotFound('Say who: {"action": "join", "who": "mina", "channel": "Library"}.')
        member = lookup.find_member(guild, who)
        self._leave_alone(member)
        self._act(action or "", guild, member, text_in(body, "channel"))
        return JSONResponse({"member": member_state(guild, member)})

    def _act(self, action: str, guild: Guild, member: Member, channel_name: str | None) -> None:
        here = member.display_name
        if action in ("join", "move", "rejoin"):
            if not channel_name:
                raise NotFound(f"Say where {here} goes, such as Library.")
            channel = lookup.find_channel(guild, channel_name, voice=True)
            if action == "move" and not member.voice:
                raise NotFound(f"{here} is not in voice; join first.", status=409)
            if action == "rejoin":
                self._voice.disconnect(guild, member)
            self._voice.connect(guild, member, channel)
        elif not member.voice:
            known = action in CHANGES or action == "leave"
            raise NotFound(
                f"{here} is not in voice; join first." if known else unknown_action(action),
                status=409 if known else 400,
            )
        elif action == "leave":
            self._voice.disconnect(guild, member)
        elif action in CHANGES:
            self._voice.change(guild, member, **CHANGES[action])
        else:
            raise NotFound(unknown_action(action))

    async def _fault(self, request: Request) -> Response:
        body = await asked(request)
        guild = lookup.find_guild(self._world, text_in(body, "guild"))
        code = body.get("code")
        try:
            done = self._gateway.fault(
                text_in(body, "action") or "", code=code if isinstance(code, int) else None, guild=guild
            )
        except KeyError:
            raise NotFound(
                "Choose one of drop, close (with a code), reconnect, invalidate, invalid_resumable, heartbeat, "
                "silence, answer, forget, refuse_resume, outage, recover and remove."
            ) from None
        return JSONResponse({"done": done})

    async def _sessions(self, _request: Request) -> Response:
        sessions = [
            {
                "id": one.id,
                "intents": one.intents,
                "shard": list(one.shard),
                "seq": one.seq,
                "connected": one.connection is not None,
            }
            for one in self._gateway.sessions.values()
        ]
        starts = self._gateway.starts
        return JSONResponse({"sessions": sessions, "starts_left": starts.left, "identifies": list(starts.log)})

    async def _set_clock(self, request: Request) -> Response:
        body = await asked(request)
        rate, advance_s = body.get("rate", self._clock.speed), body.get("advance_s", 0)
        if not isinstance(rate, int | float) or not 0 < rate <= RATE_MAX:
            raise NotFound(f"The rate must be above 0 and at most {RATE_MAX:g}.")
        if not isinstance(advance_s, int | float) or advance_s < 0:
            raise NotFound("The clock only goes forward: advance_s must be 0 or more.")
        shown = self._clock.now() + timedelta(seconds=advance_s)
        try:
            self._clock.set_speed(rate=float(rate), shown=shown.timestamp())
        except RuntimeError:
            raise NotFound("This server follows the real time; start it with a clock file to change it.") from None
        self._changes.tell(ClockChanged())
        return JSONResponse(clock_state(self._clock))

    async def _show_clock(self, _request: Request) -> Response:
        return JSONResponse(clock_state(self._clock))

    async def _change_guild(self, request: Request) -> Response:
        body = await asked(request)
        guild = lookup.find_guild(self._world, text_in(body, "guild"))
        rename, delete = text_in(body, "channel"), text_in(body, "delete_channel")
        if name := text_in(body, "name"):
            guild.name = name
            self._gateway.announce_guild(guild)
        if "afk_channel" in body:
            afk = text_in(body, "afk_channel")
            guild.afk_channel = lookup.find_channel(guild, afk, voice=True).id if afk else None
            self._gateway.announce_guild(guild)
        if rename:
            channel = lookup.find_channel(guild, rename)
            channel.name = text_in(body, "to") or channel.name
            self._gateway.announce_channel("CHANNEL_UPDATE", channel)
        if "hide" in body or "show" in body:
            self._set_hidden(guild, text_in(body, "hide"), is_hidden=True)
            self._set_hidden(guild, text_in(body, "show"), is_hidden=False)
        if delete:
            self._delete_channel(guild, lookup.find_channel(guild, delete))
        self._changes.tell(GuildChanged(guild))
        return JSONResponse(guild_state(guild))

    async def _change_app(self, request: Request) -> Response:
        """Change what a developer sets in Discord's developer portal."""
        body = await asked(request)
        reads, launches = body.get("message_content"), body.get("activity")
        if not isinstance(reads, bool) and not isinstance(launches, bool):
            raise NotFound('Say what to switch: {"message_content": true} or {"activity": true}.')
        if isinstance(reads, bool):
            self._world.message_content = reads
            self._changes.tell(CommandsChanged())
        if isinstance(launches, bool):
            self._commands.make_activity(on=launches)
        return JSONResponse({"message_content": self._world.message_content})

    def _set_hidden(self, guild: Guild, name: str | None, *, is_hidden: bool) -> None:
        """Deny the app View Channel, or allow it again."""
        if name:
            channel = lookup.find_channel(guild, name)
            channel.is_hidden = is_hidden
            self._gateway.announce_channel("CHANNEL_UPDATE", channel)

    def _delete_channel(self, guild: Guild, channel: Channel) -> None:
        del guild.channels[channel.id], self._world.channels[channel.id]
        for member in list(guild.in_voice()):
            if member.voice and member.voice.channel == channel.id:
                self._voice.disconnect(guild, member)
        self._gateway.announce_channel("CHANNEL_DELETE", channel)


def unknown_action(action: str) -> str:
    """The error message for an unknown voice action."""
    near = lookup.nearest(action, ["join", "leave", "move", "rejoin", *CHANGES])
    return f'There is no voice action "{action}"; try {lookup.listed(near)}.'


def clock_state(clock: Clock) -> Json:
    """The clock's time and speed as JSON."""
    return {"now": serializers.moment(clock.now()), "unix": clock.unix(), "rate": clock.speed}


def member_state(guild: Guild, member: Member) -> Json:
    """A member in the JSON form of the control API."""
    return {
        "id": str(member.user.id),
        "name": member.display_name,
        "username": member.user.username,
        "zone": member.user.zone,
        "locale": member.user.locale,
        "bot": member.user.is_bot,
        "voice": voice_of(guild, member),
    }


def voice_of(guild: Guild, member: Member) -> Json | None:
    """A member's voice channel and flags; None: not connected."""
    state = member.voice
    if state is None:
        return None
    channel = guild.channels.get(state.channel)
    return {
        "channel": channel.name if channel else "",
        "channel_id": str(state.channel),
        "since": serializers.moment(state.since),
        "muted": state.self_mute or state.mute,
        "deafened": state.self_deaf or state.deaf,
        "streaming": state.self_stream,
        "camera": state.self_video,
    }


def guild_state(guild: Guild) -> Json:
    """A guild in the JSON form of the control API."""
    return {
        "id": str(guild.id),
        "name": guild.name,
        "locale": guild.locale,
        "channels": [
            {"id": str(room.id), "name": room.name, "kind": "afk" if room.id == guild.afk_channel else KINDS[room.type]}
            for room in guild.channels.values()
        ],
        "members": [member_state(guild, member) for member in guild.members.values()],
    }
