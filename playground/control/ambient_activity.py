"""Moves members in and out of voice channels at random times that follow each member's study habits."""

from datetime import datetime, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from core.clock import Clock
from playground.control.simulation import Simulation
from playground.gateway.voice import CHANGES, Voice
from playground.state.fixtures import Community, Persona
from playground.state.state import Guild, Member

LOOK_EVERY_S: Final = 7.0  # seconds of the clock
HANDS_OFF: Final = timedelta(hours=3)  # pause of random activity for a member whom a control request moved
VISITS: Final = 0.5  # probability of a visit in any three waking hours, so that channels are seldom empty
FIDGETS: Final = 0.004  # probability of a change of mute, camera or channel at each step

log = structlog.get_logger()


class Living:
    """Moves members at random, except those whom a control request moved recently."""

    def __init__(self, community: Community, guild: Guild, voice: Voice, clock: Clock, simulation: Simulation) -> None:
        self._community = community
        self._guild = guild
        self._voice = voice
        self._clock = clock
        self._simulation = simulation
        self._steered: dict[int, datetime] = {}
        self._chance = Random(11)  # noqa: S311 - simulated behaviour, not a secret

    def leave_alone(self, member: Member) -> None:
        """Exclude a member from random activity for the next `HANDS_OFF`."""
        self._steered[member.user.id] = self._clock.now()

    async def run(self) -> None:
        """Run a step every `LOOK_EVERY_S` until cancelled."""
        while True:
            if not self._simulation.is_running:
                self.look()
            await self._clock.sleep(LOOK_EVERY_S + self._chance.random() * 3)

    def look(self) -> None:
        """Let at most one member join or leave, and sometimes change the voice state of one."""
        now = self._clock.now()
        personas = list(self._community.members)
        self._chance.shuffle(personas)
        moved = False
        for persona in personas:
            member = self._guild.members.get(persona.user)
            steered = self._steered.get(persona.user)
            if member is None or (steered and now - steered < HANDS_OFF):
                continue
            wanted = room_at(persona, now)
            if not moved and (wanted is None) != (member.voice is None):
                self._send(member, wanted)
                moved = True
            elif member.voice and not persona.is_bot and self._chance.random() < FIDGETS:
                self._fidget(member, persona)

    def _send(self, member: Member, room: str | None) -> None:
        if room is None:
            self._voice.disconnect(self._guild, member)
            return
        channel = self._guild.channels.get(self._community.room(room).channel)
        if channel:
            self._voice.connect(self._guild, member, channel)
            self._voice.change(self._guild, member, self_mute=self._chance.random() < 0.8)  # noqa: PLR2004 - mostly quiet

    def _fidget(self, member: Member, persona: Persona) -> None:
        change = self._chance.choice(("mute", "unmute", "deafen", "undeafen", "camera", "uncamera", "move"))
        if change == "move":
            self._send(member, self._chance.choice(persona.habit.channels))
        else:
            self._voice.change(self._guild, member, **CHANGES[change])


def room_at(persona: Persona, now: datetime) -> str | None:
    """The name of the channel in which a member is by habit at a time, None: in no channel. Deterministic."""
    if persona.is_bot:
        return "Lounge"
    local = now.astimezone(ZoneInfo(persona.zone))
    for day in (local.date(), local.date() - timedelta(days=1)):  # a late session began on the day before
        chance = Random(f"living {persona.username} {day.isoformat()}")  # noqa: S311 - not a secret
        comes = chance.random() < persona.habit.days_per_week / 7
        room = chance.choice(persona.habit.channels)
        midnight = datetime(day.year, day.month, day.day, tzinfo=local.tzinfo)
        for hour in (persona.habit.start_hour, persona.habit.second_start_hour):
            start = midnight + timedelta(hours=hour or 0.0, minutes=chance.gauss(0, 20))
            length = timedelta(minutes=persona.habit.minutes * chance.uniform(0.6, 1.4))
            if comes and hour is not None and start <= local < start + length:
                return room
        for slot in range(2, 8):
            start = midnight + timedelta(hours=slot * 3, minutes=chance.uniform(0, 120))
            length = timedelta(minutes=chance.uniform(25, 75))
            if chance.random() < VISITS and start <= local < start + length:
                return room
    return None
