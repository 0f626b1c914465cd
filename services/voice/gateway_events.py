"""Gateway events as plain structs: the only input of voice tracking.

Structs, since one is made for each event: a frozen dataclass takes fourteen times as long to make, and the collector
would look through all that wait. They are frozen, so that no circle of them can arise which it would have to find.
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
    """Where a member is now. The same state twice changes nothing."""

    guild: GuildId
    user: UserId
    channel: ChannelId | None  # None: not in voice
    flags: int  # SELF_MUTE … SUPPRESS, added up
    voice_session: str  # Discord's session id
    at: datetime  # receipt, aware UTC
    person: Person | None = None
    is_delayed: bool = False  # replayed after a gap: it happened somewhere between `since` and `at`
    since: datetime | None = None  # the last frame before the gap; at most 60 s of the gap are credited for the change


class VoiceChannel(Struct, frozen=True, gc=False):
    """A channel that people can sit in: voice (type 2) or stage (type 13)."""

    channel: ChannelId
    name: str
    type: int
    parent: ChannelId | None = None
    is_hidden: bool = False  # the bot may not view it: name and parent say nothing


class GuildSnapshot(Struct, frozen=True, gc=False):
    """A whole guild as it is now; members with an open session who are not in `states` have left.

    `channels` holds every voice and stage channel of the guild; a stored one that is missing here is gone.
    """

    guild: GuildId
    name: str
    icon_hash: str | None
    owner: UserId | None
    locale: str
    afk_channel: ChannelId | None
    channels: tuple[VoiceChannel, ...]
    states: tuple[VoiceState, ...]  # those with channel None say nothing
    at: datetime
    received_until: datetime | None = None  # the last frame before it, when events since then are lost; else None
    since: datetime | None = None  # as of a VoiceState
    is_whole: bool = True  # False: parts could not be read, so that what is not named may be there all the same


class GuildChange(Struct, frozen=True, gc=False):
    """A guild's own facts have changed; who sits in a new AFK channel stops counting at `at`."""

    guild: GuildId
    name: str
    icon_hash: str | None
    owner: UserId | None
    locale: str
    afk_channel: ChannelId | None
    at: datetime
    since: datetime | None = None  # as of a VoiceState


class ChannelChange(Struct, frozen=True, gc=False):
    """A voice channel is new or has another name, type or category."""

    guild: GuildId
    channel: VoiceChannel


class ChannelGone(Struct, frozen=True, gc=False):
    """A voice channel was deleted; Discord tells apart where its people went."""

    guild: GuildId
    channel: ChannelId
    at: datetime


class GuildGone(Struct, frozen=True, gc=False):
    """The app is no longer in this guild; open sessions end at `at`."""

    guild: GuildId
    at: datetime
    since: datetime | None = None  # as of a VoiceState


class GuildOutage(Struct, frozen=True, gc=False):
    """Discord cannot say what happens in this guild until a snapshot follows; open sessions end here.

    Those go on whose members the snapshot soon shows in the same channel.
    """

    guild: GuildId
    at: datetime
    since: datetime | None = None  # as of a VoiceState


Event = VoiceState | GuildSnapshot | GuildChange | ChannelChange | ChannelGone | GuildGone | GuildOutage
