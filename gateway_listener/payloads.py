"""The payloads of gateway events, cut down to what we read; ids may come as text or as numbers, and null for absent.

Source: https://discord.com/developers/docs/events/gateway-events
"""

from typing import Final

import msgspec

from services.voice_events import DEAF, MUTE, SELF_DEAF, SELF_MUTE, STREAM, SUPPRESS, VIDEO

VOICE_TYPES: Final = frozenset({2, 13})  # voice and stage channels


class UserPayload(msgspec.Struct, gc=False):
    """An account."""

    id: int
    username: str | None = ""
    global_name: str | None = None
    avatar: str | None = None
    bot: bool | None = False


class MemberPayload(msgspec.Struct, gc=False):
    """An account in a guild."""

    user: UserPayload | None = None
    nick: str | None = None
    avatar: str | None = None


class VoicePayload(msgspec.Struct, gc=False):
    """Where somebody is; inside a guild's snapshot without `guild_id`, and for guests without `member`."""

    user_id: int
    channel_id: int | None = None
    guild_id: int | None = None
    session_id: str | None = None
    member: MemberPayload | None = None
    self_mute: bool | None = False
    self_deaf: bool | None = False
    mute: bool | None = False
    deaf: bool | None = False
    self_stream: bool | None = False
    self_video: bool | None = False
    suppress: bool | None = False

    @property
    def flags(self) -> int:
        """The same as one number."""
        return (
            bool(self.self_mute) * SELF_MUTE
            | bool(self.self_deaf) * SELF_DEAF
            | bool(self.mute) * MUTE
            | bool(self.deaf) * DEAF
            | bool(self.self_stream) * STREAM
            | bool(self.self_video) * VIDEO
            | bool(self.suppress) * SUPPRESS
        )


class ChannelPayload(msgspec.Struct, gc=False):
    """A channel of any kind."""

    id: int
    type: int = 0
    name: str | None = None
    parent_id: int | None = None
    guild_id: int | None = None


class GuildPayload(msgspec.Struct):
    """A guild's own facts."""

    id: int
    name: str | None = None
    icon: str | None = None
    owner_id: int | None = None
    preferred_locale: str | None = None
    afk_channel_id: int | None = None
    unavailable: bool | None = None


class SnapshotPayload(GuildPayload):
    """A whole guild, as a GUILD_CREATE tells it."""

    channels: list[ChannelPayload | None] | None = None
    voice_states: list[VoicePayload | None] | None = None
    members: list[MemberPayload | None] | None = None
