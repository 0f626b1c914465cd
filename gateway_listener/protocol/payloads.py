"""Typed payloads of gateway events, limited to the fields we read; ids may be strings or numbers, null means absent.

The parts of a guild stay undecoded at first, so that one unreadable part does not make us lose the others.

Source: https://discord.com/developers/docs/events/gateway-events
"""

from typing import Final

import msgspec

from core.ids import ChannelId, GuildId, UserId
from services.voice.gateway_events import DEAF, MUTE, SELF_DEAF, SELF_MUTE, STREAM, SUPPRESS, VIDEO

ABSENT: Final = msgspec.Raw(b"null")
VOICE_TYPES: Final = frozenset({2, 13})  # voice and stage channels
HIDDEN_NAME: Final = "___hidden___"  # name of a channel that the bot may not view; most other fields are null then
HIDDEN_FLAG: Final = 1 << 17


class UserPayload(msgspec.Struct, gc=False):
    """A Discord user account."""

    id: UserId
    username: str | None = ""
    global_name: str | None = None
    avatar: str | None = None
    bot: bool | None = False


class MemberPayload(msgspec.Struct, gc=False):
    """A guild member."""

    user: UserPayload | None = None
    nick: str | None = None
    avatar: str | None = None


class VoicePayload(msgspec.Struct, gc=False):
    """A voice state; without `guild_id` inside a guild snapshot, and without `member` for guests."""

    user_id: UserId
    channel_id: ChannelId | None = None
    guild_id: GuildId | None = None
    session_id: str | None = None
    member: msgspec.Raw = ABSENT
    self_mute: bool | None = False
    self_deaf: bool | None = False
    mute: bool | None = False
    deaf: bool | None = False
    self_stream: bool | None = False
    self_video: bool | None = False
    suppress: bool | None = False

    @property
    def flags(self) -> int:
        """The booleans of the voice state as one bit field."""
        return (
            (SELF_MUTE if self.self_mute else 0)
            | (SELF_DEAF if self.self_deaf else 0)
            | (MUTE if self.mute else 0)
            | (DEAF if self.deaf else 0)
            | (STREAM if self.self_stream else 0)
            | (VIDEO if self.self_video else 0)
            | (SUPPRESS if self.suppress else 0)
        )


class ChannelPayload(msgspec.Struct, gc=False):
    """A channel of any kind."""

    id: ChannelId
    type: int | None = 0
    name: str | None = None
    parent_id: ChannelId | None = None
    guild_id: GuildId | None = None
    flags: int | None = 0

    @property
    def is_hidden(self) -> bool:
        """Whether the bot may not view the channel: only its id and type are real then."""
        return bool((self.flags or 0) & HIDDEN_FLAG) or self.name == HIDDEN_NAME


class GuildPayload(msgspec.Struct):
    """The guild's own fields; in an outage or after removal little more than the id."""

    id: GuildId
    name: msgspec.Raw = ABSENT
    icon: msgspec.Raw = ABSENT
    owner_id: msgspec.Raw = ABSENT
    preferred_locale: msgspec.Raw = ABSENT
    afk_channel_id: msgspec.Raw = ABSENT
    unavailable: msgspec.Raw = ABSENT


class SnapshotPayload(GuildPayload):
    """A complete guild with channels, members and voice states, as in GUILD_CREATE."""

    channels: msgspec.Raw = ABSENT
    voice_states: msgspec.Raw = ABSENT
    members: msgspec.Raw = ABSENT
