"""Voice states of members: connects, moves and disconnects them, and dispatches each change to gateway and page."""

import random
from typing import Any, Final

from core.clock import Clock
from playground.gateway.sessions import GUILD_VOICE_STATES, GUILDS, Gateway
from playground.state import serializers
from playground.state.changes import Changes, VoiceChanged
from playground.state.fixtures import STAGE
from playground.state.state import Channel, Guild, Member, VoiceState, World

CHANGES: Final[dict[str, dict[str, bool]]] = {
    "mute": {"self_mute": True},
    "unmute": {"self_mute": False, "self_deaf": False},
    "deafen": {"self_deaf": True, "self_mute": True},
    "undeafen": {"self_deaf": False, "self_mute": False},
    "stream": {"self_stream": True},
    "unstream": {"self_stream": False},
    "camera": {"self_video": True},
    "uncamera": {"self_video": False},
    "server-mute": {"mute": True},
    "server-unmute": {"mute": False},
    "server-deafen": {"deaf": True},
    "server-undeafen": {"deaf": False},
    "speak": {"suppress": False},
    "suppress": {"suppress": True},
}  # the voice state fields that each action sets


class Voice:
    """Connects, moves and disconnects members, and changes their voice states."""

    def __init__(self, world: World, gateway: Gateway, clock: Clock, changes: Changes) -> None:
        self._world = world
        self._gateway = gateway
        self._clock = clock
        self._changes = changes
        self._chance = random.Random(20_150_513)  # noqa: S311 - session ids only have to be distinct

    def connect(self, guild: Guild, member: Member, channel: Channel) -> None:
        """Join a channel, or move to it; a move keeps the voice session id."""
        now = self._clock.now()
        is_quiet = channel.type == STAGE or channel.id == guild.afk_channel
        before = member.voice
        if before and before.channel == channel.id:
            return
        if before:
            member.voice = VoiceState(
                channel.id,
                before.session,
                now,
                before.self_mute,
                before.self_deaf,
                mute=before.mute,
                deaf=before.deaf,
                suppress=is_quiet,
            )
        else:
            session = f"{self._chance.getrandbits(128):032x}"
            member.voice = VoiceState(channel.id, session, now, suppress=is_quiet)
        self._tell(guild, member)
        if before:
            self._notice_empty(guild, before.channel)
        if channel.voice_started is None:
            channel.voice_started = now
            self._tell_start(guild, channel)

    def disconnect(self, guild: Guild, member: Member) -> None:
        """Disconnect a member from voice; no effect if not connected."""
        before = member.voice
        if before is None:
            return
        member.voice = None
        self._tell(guild, member, session=before.session)
        self._notice_empty(guild, before.channel)

    def change(self, guild: Guild, member: Member, **flags: bool) -> None:
        """Set flags such as self_mute, self_deaf or self_stream; dispatched only if something changes."""
        state = member.voice
        if state is None:
            return
        differing = {name: value for name, value in flags.items() if getattr(state, name) != value}
        for name, value in differing.items():
            setattr(state, name, value)
        if differing:
            self._tell(guild, member)

    def _tell(self, guild: Guild, member: Member, *, session: str = "") -> None:
        shape = serializers.voice_state(member, guild, member.voice, session=session)
        self._gateway.dispatch("VOICE_STATE_UPDATE", shape, intent=GUILD_VOICE_STATES, guild=guild.id)
        self._changes.tell(VoiceChanged(guild))

    def _notice_empty(self, guild: Guild, channel: int) -> None:
        place = guild.channels.get(channel)
        if place and not any(person.voice and person.voice.channel == channel for person in guild.members.values()):
            place.voice_started = None
            self._tell_start(guild, place)

    def _tell_start(self, guild: Guild, channel: Channel) -> None:
        started = int(channel.voice_started.timestamp()) if channel.voice_started else None
        shape: dict[str, Any] = {"id": str(channel.id), "guild_id": str(guild.id), "voice_start_time": started}
        self._gateway.dispatch("VOICE_CHANNEL_START_TIME_UPDATE", shape, intent=GUILDS, guild=guild.id)
