"""Plays a planned evening of voice activity with the clock running faster than real time."""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.clock import Clock
from playground.control.app import asked, steering, text_in
from playground.control.scenario import Happening, Rooms, plan
from playground.gateway.voice import CHANGES, Voice
from playground.json_types import Json, is_whole
from playground.state import serializers
from playground.state.changes import Changes, ClockChanged, GuildChanged
from playground.state.extra_users import newcomer
from playground.state.fixtures import VOICE
from playground.state.lookup import NotFound, find_guild
from playground.state.state import Guild, Member, World

MEMBERS_MAX: Final = 100_000
MINUTES_MAX: Final = 24 * 60
SPEED_MAX: Final = 3600.0
SEED: Final = 7
STEP_S: Final = 0.02  # real seconds; actions that fall into one step are dispatched together

log = structlog.get_logger()


@dataclass(slots=True)
class Evening:
    """One simulated evening and its progress."""

    members: int
    minutes: float
    speed: float
    seed: int
    began: datetime
    happenings: list[Happening]
    told: int = 0
    peak: int = 0
    is_running: bool = True
    keeps: bool = False  # when it ends, members stay in voice and generated users stay members
    ended_after_s: float | None = None  # seconds of the clock; None: it is running or finished as planned
    problem: str | None = None

    @property
    def length_s(self) -> float:
        """The length in seconds of the clock."""
        return self.minutes * 60

    def progress(self, now: datetime) -> float:
        """The progress from 0 to 1."""
        if not self.is_running:
            return 1.0
        return min(max((now - self.began).total_seconds() / self.length_s, 0.0), 0.999)


@dataclass(frozen=True, slots=True)
class Leaving:
    """The state before an evening that its end restores, by user id."""

    was_in_voice: frozenset[int]
    newcomers: frozenset[int]


class Simulation:
    """Runs at most one evening at a time."""

    def __init__(self, world: World, voice: Voice, clock: Clock, changes: Changes) -> None:
        self._world = world
        self._voice = voice
        self._clock = clock
        self._changes = changes
        self._evening: Evening | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_closing = False

    @property
    def is_running(self) -> bool:
        """Whether an evening is running."""
        return bool(self._evening and self._evening.is_running)

    def routes(self) -> list[Route]:
        """The routes under /playground."""
        return [
            Route("/playground/simulate", steering(self._begin), methods=["POST"]),
            Route("/playground/simulate", steering(self._show), methods=["GET"]),
            Route("/playground/simulate", steering(self._end), methods=["DELETE"]),
        ]

    async def stop(self) -> None:
        """Stop a running evening at server shutdown, without change events."""
        self._is_closing = True
        await self._break_off()

    async def _break_off(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _begin(self, request: Request) -> Response:
        body = await asked(request)
        if self.is_running:
            raise NotFound("An evening is being played already; wait for its end, or DELETE it.", status=409)
        members = _between(body, "members", 1, MEMBERS_MAX, default=200)
        minutes = _between(body, "minutes", 1, MINUTES_MAX, default=60)
        speed = _between(body, "speed", 1, SPEED_MAX, default=60)
        seed = body.get("seed", SEED)
        if not is_whole(seed):
            raise NotFound("The seed must be a whole number.")
        keeps = body.get("keep", False)
        if not isinstance(keeps, bool):
            raise NotFound('"keep" must be true or false.')
        guild = find_guild(self._world, text_in(body, "guild"))
        try:
            self._clock.set_speed(rate=self._clock.speed)
        except RuntimeError:
            raise NotFound("This server follows the real time; start it with a clock file to play evenings.") from None
        before = {member.user.id for member in guild.in_voice()}
        known = set(guild.members)
        people = self._gather(guild, int(members))
        happenings = plan(len(people), _rooms(guild), length_s=minutes * 60, seed=seed)
        self._evening = Evening(len(people), minutes, speed, seed, self._clock.now(), happenings, keeps=keeps)
        leaving = Leaving(frozenset(before), frozenset(member.user.id for member in people) - known)
        self._task = asyncio.create_task(self._play(self._evening, guild, people, leaving))
        return JSONResponse(self.state(), 202)

    async def _show(self, _request: Request) -> Response:
        return JSONResponse(self.state())

    async def _end(self, _request: Request) -> Response:
        if self._evening and self._evening.is_running:
            self._evening.ended_after_s = max((self._clock.now() - self._evening.began).total_seconds(), 0.0)
        await self._break_off()
        return JSONResponse(self.state())

    def _gather(self, guild: Guild, count: int) -> list[Member]:
        """Choose the participants: guild members first, then generated users up to `count`."""
        people = [member for member in guild.members.values() if not member.user.is_bot and not member.is_synthetic]
        for number in range(max(count - len(people), 0)):
            persona = newcomer(number)
            known = guild.members.get(persona.user)
            people.append(known or self._world.welcome(guild, persona, [], is_synthetic=True))
        self._changes.tell(GuildChanged(guild))
        return people[:count]

    async def _play(self, evening: Evening, guild: Guild, people: list[Member], leaving: "Leaving") -> None:
        log.info("an evening begins", members=evening.members, minutes=evening.minutes, speed=evening.speed)
        present = sum(member.voice is not None for member in people)
        self._clock.set_speed(rate=evening.speed)
        self._changes.tell(ClockChanged())
        try:
            for happening in evening.happenings:
                await self._wait(evening, happening.at_s)
                before = people[happening.person].voice is not None
                self._happen(guild, people[happening.person], happening)
                present += (people[happening.person].voice is not None) - before
                evening.peak = max(evening.peak, present)
                evening.told += 1
                if evening.told % 50 == 0:
                    self._changes.tell(ClockChanged())
                    await asyncio.sleep(0)  # let the sockets write
            await self._wait(evening, evening.length_s)
        except Exception:
            evening.problem = "The evening broke off; look at the log of the local Discord."
            log.exception("an evening breaks off")
        finally:
            self._clock.set_speed(rate=1.0)
            if not evening.keeps and not self._is_closing:
                self._send_home(guild, people, leaving)
            evening.is_running = False
            self._changes.tell(ClockChanged())
        log.info("an evening ends", told=evening.told)

    def _send_home(self, guild: Guild, people: list[Member], leaving: "Leaving") -> None:
        """Disconnect members who joined voice for the evening, and remove generated users from the guild.

        Their accounts remain, as on Discord: leaderboards and images of the evening still resolve names and avatars.
        """
        for member in people:
            if member.user.id not in leaving.was_in_voice:
                self._voice.disconnect(guild, member)
            if member.user.id in leaving.newcomers:
                guild.members.pop(member.user.id, None)
        self._changes.tell(GuildChanged(guild))

    def _happen(self, guild: Guild, member: Member, happening: Happening) -> None:
        channel = guild.channels.get(happening.channel or 0)
        if happening.action == "join" and channel:
            self._voice.connect(guild, member, channel)
        elif happening.action == "leave":
            self._voice.disconnect(guild, member)
        elif happening.action in CHANGES:
            self._voice.change(guild, member, **CHANGES[happening.action])

    async def _wait(self, evening: Evening, at_s: float) -> None:
        left_s = at_s - (self._clock.now() - evening.began).total_seconds()
        if left_s > 0:
            await asyncio.sleep(max(left_s / evening.speed, STEP_S))

    def state(self) -> Json:
        """The progress of the evening as JSON."""
        evening = self._evening
        if evening is None:
            return {"running": False, "progress": 1.0}
        guild = next(iter(self._world.guilds.values()))
        return {
            "running": evening.is_running,
            "progress": round(evening.progress(self._clock.now()), 4),
            "members": evening.members,
            "minutes": evening.minutes,
            "speed": evening.speed,
            "seed": evening.seed,
            "began": serializers.moment(evening.began),
            "ends": serializers.moment(evening.began + timedelta(seconds=evening.length_s)),
            "now": serializers.moment(self._clock.now()),
            "told": evening.told,
            "planned": len(evening.happenings),
            "in_voice": sum(1 for _ in guild.in_voice()),
            "peak": evening.peak,
            "keep": evening.keeps,
            "ended_after_s": evening.ended_after_s,
            "problem": evening.problem,
        }


def _rooms(guild: Guild) -> Rooms:
    quiet = [room.id for room in guild.channels.values() if room.type == VOICE and room.id != guild.afk_channel]
    stages = [room.id for room in guild.channels.values() if room.is_voice and room.type != VOICE]
    if not quiet:
        raise NotFound("This server has no voice channel left to meet in.", status=409)
    return Rooms(tuple(quiet), stages[0] if stages else None, guild.afk_channel)


def _between(body: Json, name: str, least: float, most: float, *, default: float) -> float:
    value = body.get(name, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
        raise NotFound(f'"{name}" goes from {least:g} to {most:g}.')
    return value
