"""The payloads of gateway events, cut down to what we read; ids may come as text or as numbers.

Source: https://discord.com/developers/docs/events/gateway-events
"""

from typing import Final

import msgspec

from services.voice_events import DEAF, MUTE, SELF_DEAF, SELF_MUTE, STREAM, SUPPRESS, VIDEO

VOICE_TYPES: Final = frozenset({2, 13})  # voice and stage channels


class UserPayload(msgspec.Struct, gc=False):
    """An account."""

    id: int
    username: str = ""
    global_name: str | None = None
    avatar: str | None = None
    bot: bool = False


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
    self_mute: bool = False
    self_deaf: bool = False
    mute: bool = False
    deaf: bool = False
    self_stream: bool = False
    self_video: bool = False
    suppress: bool = False

    @property
    def flags(self) -> int:
        """The same as one number."""
        return (
            self.self_mute * SELF_MUTE
            | self.self_deaf * SELF_DEAF
            | self.mute * MUTE
            | self.deaf * DEAF
            | self.self_stream * STREAM
            | self.self_video * VIDEO
            | self.suppress * SUPPRESS
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
