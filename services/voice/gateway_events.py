"""Gateway events as plain structs: the only input of voice tracking.

Structs, since one is created per event: a frozen dataclass takes fourteen times as long to create, and the garbage
collector would traverse all queued ones. They are frozen, so they cannot form reference cycles and need no collection.
"""

from datetime import datetime

from msgspec import Struct

from core.ids import ChannelId, GuildId, UserId
from services.members.person import Person

SELF_MUTE = 1
SELF_DEAF = 2
MUTE = 4
DEAF = 8
STREAM = 16
VIDEO = 32
SUPPRESS = 64


class VoiceState(Struct, frozen=True, gc=False):
    """A member's current voice state. Applying the same state twice changes nothing."""

    guild: GuildId
    user: UserId
    channel: ChannelId | None  # None: not in voice
    flags: int  # SELF_MUTE … SUPPRESS, added up
    voice_session: str  # Discord's voice session id
    at: datetime  # time of receipt, aware UTC
    person: Person | None = None
    is_delayed: bool = False  # replayed after a gap: it happened between `since` and `at`
    since: datetime | None = None  # the last frame before the gap; at most 60 s of the gap are credited for this change


class VoiceChannel(Struct, frozen=True, gc=False):
    """A voice channel (type 2) or stage channel (type 13)."""

    channel: ChannelId
    name: str
    type: int
    parent: ChannelId | None = None
    is_hidden: bool = False  # the bot may not view it: name and parent are not valid


class GuildSnapshot(Struct, frozen=True, gc=False):
    """A guild's complete current state; members with an open session who are not in `states` have left.

    `channels` has every voice and stage channel of the guild; a stored one that is missing here was deleted.
    """

    guild: GuildId
    name: str
    icon_hash: str | None
    owner: UserId | None
    locale: str
    afk_channel: ChannelId | None
    channels: tuple[VoiceChannel, ...]
    states: tuple[VoiceState, ...]  # those with channel None are ignored
    at: datetime
    received_until: datetime | None = None  # the last frame before it, if events since then are lost; else None
    since: datetime | None = None  # as in VoiceState
    is_whole: bool = True  # False: parts could not be parsed, so missing members may still be present


class GuildChange(Struct, frozen=True, gc=False):
    """A guild's own data has changed; sessions in a new AFK channel stop counting at `at`."""

    guild: GuildId
    name: str
    icon_hash: str | None
    owner: UserId | None
    locale: str
    afk_channel: ChannelId | None
    at: datetime
    since: datetime | None = None  # as in VoiceState


class ChannelChange(Struct, frozen=True, gc=False):
    """A voice channel was created, or its name, type or category changed."""

    guild: GuildId
    channel: VoiceChannel


class ChannelGone(Struct, frozen=True, gc=False):
    """A voice channel was deleted; Discord sends the voice states of its members separately."""

    guild: GuildId
    channel: ChannelId
    at: datetime


class GuildGone(Struct, frozen=True, gc=False):
    """The app was removed from this guild; open sessions end at `at`."""

    guild: GuildId
    at: datetime
    since: datetime | None = None  # as in VoiceState


class GuildOutage(Struct, frozen=True, gc=False):
    """A Discord outage in this guild until a snapshot follows; open sessions end here.

    Sessions continue if the snapshot soon shows their members in the same channel.
    """

    guild: GuildId
    at: datetime
    since: datetime | None = None  # as in VoiceState


Event = VoiceState | GuildSnapshot | GuildChange | ChannelChange | ChannelGone | GuildGone | GuildOutage
