"""In-memory state of the local Discord: users, guilds, channels, members, messages and webhooks."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from core.ids import snowflake_at
from playground.errors import Refusal, unknown
from playground.json_types import Json
from playground.state import avatars
from playground.state.fixtures import CATEGORY, STAGE, TEXT, VOICE, Community, Persona

DIRECT: Final = 1  # channel types without a guild
GROUP: Final = 3
HTTP_BOT_FLAG: Final = 1 << 19  # BOT_HTTP_INTERACTIONS


@dataclass(slots=True)
class User:
    """A user account."""

    id: int
    username: str
    global_name: str | None = None
    avatar: str | None = None
    is_bot: bool = False
    locale: str = "en-US"  # locale of the user's client
    zone: str = "UTC"
    flags: int = 0

    @property
    def display_name(self) -> str:
        """The display name outside guilds."""
        return self.global_name or self.username


@dataclass(slots=True)
class VoiceState:
    """A member's voice connection and flags."""

    channel: int
    session: str
    since: datetime
    self_mute: bool = False
    self_deaf: bool = False
    self_stream: bool = False
    self_video: bool = False
    mute: bool = False
    deaf: bool = False
    suppress: bool = False


@dataclass(slots=True)
class Member:
    """A user in a guild, with nickname, roles and voice state."""

    user: User
    joined_at: datetime
    nick: str | None = None
    avatar: str | None = None
    roles: list[int] = field(default_factory=list[int])
    voice: VoiceState | None = None
    is_synthetic: bool = False  # generated for a simulated evening

    @property
    def display_name(self) -> str:
        """The display name in the guild."""
        return self.nick or self.user.display_name


@dataclass(slots=True)
class Role:
    """A role; the role with the guild's id is @everyone."""

    id: int
    name: str
    permissions: int
    position: int
    colour: int = 0


@dataclass(slots=True)
class Thread:
    """Thread-specific fields of a channel."""

    owner: int
    made_at: datetime
    archives_after_min: int
    slowmode_s: int = 0
    joined: dict[int, datetime] = field(default_factory=dict[int, datetime])  # join time by user id
    messages: int = 0  # current messages, without the starter message
    ever_sent: int = 0  # including deleted messages
    is_archived: bool = False
    is_locked: bool = False
    is_invitable: bool = True
    archived_at: datetime | None = None  # None: never archived


@dataclass(slots=True)
class Channel:
    """A text or voice channel, category or thread; `guild` is None in direct messages."""

    id: int
    type: int
    name: str = ""
    guild: int | None = None
    parent: int | None = None
    position: int = 0
    topic: str | None = None
    recipient: User | None = None
    last_message: int | None = None
    voice_started: datetime | None = None  # None: the channel is empty
    thread: Thread | None = None  # None: not a thread
    is_hidden: bool = False  # the app lacks View Channel

    @property
    def is_voice(self) -> bool:
        """Whether it is a voice or stage channel."""
        return self.type in (VOICE, STAGE)


@dataclass(slots=True)
class Guild:
    """A guild with its channels, roles and members."""

    id: int
    name: str
    owner: int
    locale: str
    afk_channel: int | None
    icon: str | None = None
    joined_at: datetime = datetime(2026, 1, 2, tzinfo=UTC)  # when the app joined
    roles: dict[int, Role] = field(default_factory=dict[int, Role])
    channels: dict[int, Channel] = field(default_factory=dict[int, Channel])
    members: dict[int, Member] = field(default_factory=dict[int, Member])
    threads: dict[int, Channel] = field(default_factory=dict[int, Channel])
    banned: dict[int, User] = field(default_factory=dict[int, User])
    command_permissions: dict[int, list[Json]] = field(default_factory=dict[int, list[Json]])  # by command or app

    def member(self, user: int) -> Member:
        """The member with that user id.

        Raises:
            Refusal: Unknown Member.
        """
        found = self.members.get(user)
        if found is None:
            raise unknown("Member")
        return found

    def room(self, channel: int) -> Channel | None:
        """The channel or thread with that id."""
        return self.channels.get(channel) or self.threads.get(channel)

    def in_voice(self) -> Iterable[Member]:
        """All members connected to a voice channel."""
        return (member for member in self.members.values() if member.voice)


@dataclass(slots=True)
class Attachment:
    """A file attached to a message."""

    id: int
    filename: str
    content_type: str
    content: bytes
    description: str | None = None
    width: int | None = None
    height: int | None = None
    is_ephemeral: bool = False
    is_spoiler: bool = False


@dataclass(slots=True)
class Message:
    """A message in a channel, or an ephemeral one that only its reader sees."""

    id: int
    channel: int
    author: User
    at: datetime
    content: str = ""
    embeds: list[Json] = field(default_factory=list[Json])
    components: list[Json] = field(default_factory=list[Json])
    attachments: list[Attachment] = field(default_factory=list[Attachment])
    mentions: list[int] = field(default_factory=list[int])
    mention_roles: list[int] = field(default_factory=list[int])
    mentions_everyone: bool = False
    flags: int = 0
    type: int = 0
    edited_at: datetime | None = None
    nonce: str | int | None = None
    poll: Json | None = None
    votes: dict[int, list[int]] = field(default_factory=dict[int, list[int]])  # answer ids of the poll, by user id
    reactions: dict[str, list[int]] = field(default_factory=dict[str, list[int]])  # user ids, by emoji
    pinned_at: datetime | None = None
    webhook: int | None = None  # id of the webhook that created it
    tts: bool = False
    reader: int | None = None  # the user who sees an ephemeral message
    interaction: Json | None = None  # the interaction_metadata object
    interaction_token: str | None = None  # token with which it can be edited
    reference: Json | None = None
    forwarded: "Message | None" = None  # the snapshot in a forward
    is_app: bool = False


@dataclass(slots=True)
class Webhook:
    """A webhook of a channel; its token authorises to write."""

    id: int
    channel: int
    guild: int
    name: str
    token: str
    creator: User
    avatar: str | None = None


class World:
    """All state; lookups raise Discord's errors."""

    def __init__(self, *, application: int, message_content: bool = False) -> None:
        self.application = application
        self.message_content = message_content  # the privileged intent of the app
        self.bot = User(
            application, "Lyceum", is_bot=True, avatar=avatars.avatar_hash(application), flags=HTTP_BOT_FLAG
        )
        self.users: dict[int, User] = {application: self.bot}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}
        self.attachments: dict[int, Attachment] = {}
        self.entitlements: dict[int, Json] = {}
        self.webhooks: dict[int, Webhook] = {}

    def guild(self, guild: int) -> Guild:
        """The guild with that id.

        Raises:
            Refusal: Unknown Guild.
        """
        found = self.guilds.get(guild)
        if found is None:
            raise unknown("Guild")
        return found

    def channel(self, channel: int) -> Channel:
        """The channel with that id, if the app has access.

        Raises:
            Refusal: Unknown Channel, or Missing Access for a group channel without the app.
        """
        found = self.channels.get(channel)
        if found is None:
            raise unknown("Channel")
        if found.type == GROUP:
            raise Refusal(403, 50001, "Missing Access")
        return found

    def message(self, channel: int, message: int) -> Message:
        """The message with that id in a channel.

        Raises:
            Refusal: Unknown Channel, or Unknown Message; ephemeral messages are not accessible without their token.
        """
        place, found = self.channel(channel), self.messages.get(message)
        if found is None or found.channel != place.id or found.reader is not None:
            raise unknown("Message")
        return found

    def guild_of(self, channel: int) -> Guild | None:
        """The guild of an existing channel; None: a direct message."""
        guild = self.channels[channel].guild
        return None if guild is None else self.guilds[guild]

    def user(self, user: int) -> User:
        """The user with that id.

        Raises:
            Refusal: Unknown User.
        """
        found = self.users.get(user)
        if found is None:
            raise unknown("User")
        return found

    def settle(self, community: Community) -> Guild:
        """Add a fixture guild with all members, and the app as a bot member."""
        guild = Guild(
            community.guild,
            community.name,
            community.owner,
            community.locale,
            community.afk_channel,
            icon=avatars.avatar_hash(community.guild),
        )
        for position, rank in enumerate(community.ranks):
            guild.roles[rank.role] = Role(rank.role, rank.name, rank.permissions, position, rank.colour)
        categories = {room.name: room.channel for room in community.rooms if room.type == CATEGORY}
        for position, room in enumerate(community.rooms):
            channel = Channel(
                room.channel,
                room.type,
                room.name,
                guild.id,
                categories.get(room.parent or ""),
                position,
                room.topic,
            )
            guild.channels[channel.id] = self.channels[channel.id] = channel
        self.guilds[guild.id] = guild
        ranks = {rank.name: rank.role for rank in community.ranks}
        for persona in community.members:
            self.welcome(guild, persona, [ranks[name] for name in persona.roles])
        for persona in community.banned:
            guild.banned[persona.user] = self._account(persona)
        guild.members[self.bot.id] = Member(self.bot, guild.joined_at, roles=[ranks["Lyceum"]])
        return guild

    def welcome(self, guild: Guild, persona: Persona, roles: list[int], *, is_synthetic: bool = False) -> Member:
        """Add a member to a guild."""
        user = self._account(persona)
        own = avatars.avatar_hash(persona.user, salt=str(guild.id)) if persona.has_member_avatar else None
        member = Member(user, persona.joined_at, persona.nick, own, roles, is_synthetic=is_synthetic)
        guild.members[user.id] = member
        return member

    def _account(self, persona: Persona) -> User:
        picture = avatars.avatar_hash(persona.user) if persona.has_avatar else None
        made = User(
            persona.user,
            persona.username,
            persona.global_name,
            picture,
            persona.is_bot,
            persona.locale,
            persona.zone,
        )
        return self.users.setdefault(persona.user, made)

    def direct_channel(self, user: User) -> Channel:
        """The direct message channel of the app and a user, created if missing; its id is derived from theirs."""
        for channel in self.channels.values():
            if channel.type == DIRECT and channel.recipient is user:
                return channel
        made = Channel(
            snowflake_at(datetime(2025, 1, 1, tzinfo=UTC), increment=user.id % 4_000_000), DIRECT, recipient=user
        )
        self.channels[made.id] = made
        return made

    def private_channel(self, user: User) -> Channel:
        """A group channel without the app, where `user` runs the app as a user install; created if missing."""
        for channel in self.channels.values():
            if channel.type == GROUP and channel.recipient is user:
                return channel
        made = Channel(
            snowflake_at(datetime(2025, 1, 2, tzinfo=UTC), increment=user.id % 4_000_000), GROUP, recipient=user
        )
        self.channels[made.id] = made
        return made

    def first_text_channel(self, guild: Guild) -> Channel:
        """The default channel for commands."""
        rooms = [channel for channel in guild.channels.values() if channel.type == TEXT]
        return next((channel for channel in rooms if channel.name == "study-log"), rooms[0])
