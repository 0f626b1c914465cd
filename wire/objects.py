"""Discord objects inside interactions (users, members, roles, channels, …), limited to the fields that we use."""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import Annotated, Final, TypeVar

from msgspec import Meta, Struct, field
from msgspec.structs import force_setattr

from core.ids import (
    SNOWFLAKE_MAX,
    SNOWFLAKE_MIN,
    AttachmentId,
    ChannelId,
    EntitlementId,
    GuildId,
    MessageId,
    RoleId,
    SkuId,
    UserId,
)
from core.names import first_seen
from wire.lenient import in_utc

T = TypeVar("T", bound=int)
ID_MAX: Final = SNOWFLAKE_MAX  # fits into PostgreSQL's bigint
Id = Annotated[T, Meta(ge=0, le=ID_MAX)]
StoredId = Annotated[T, Meta(ge=SNOWFLAKE_MIN, le=ID_MAX)]  # the database accepts no other ids
Small = Annotated[int, Meta(ge=0, le=(1 << 15) - 1)]  # fits into PostgreSQL's smallint
Flags = Annotated[int, Meta(ge=0, le=(1 << 53) - 1)]  # as many bits as JSON numbers keep exactly

EPHEMERAL: Final = 1 << 6  # message flag: visible to one user only


class Install(IntEnum):
    """Installation type: by a guild for all its members, or by a user for themselves everywhere."""

    GUILD = 0
    USER = 1


class Context(IntEnum):
    """Where an interaction happens: guild, DM with the bot, or other private channel."""

    GUILD = 0
    BOT_DM = 1
    PRIVATE_CHANNEL = 2


class User(Struct, frozen=True, gc=False):
    """A Discord account."""

    id: StoredId[UserId]
    username: str = ""
    global_name: str | None = None
    avatar: str | None = None  # hash; None: the default avatar
    is_bot: bool = field(default=False, name="bot")

    @property
    def display_name(self) -> str:
        """The global name, or the username if that is not visible."""
        return first_seen(self.global_name, self.username)


class Member(Struct, frozen=True):
    """A guild member."""

    user: User | None = None  # None in resolved objects, where it is a separate object
    nick: str | None = None
    avatar: str | None = None  # hash; None: no guild avatar
    roles: tuple[Id[RoleId], ...] = ()
    permissions: int = 0  # in this channel, with overwrites
    joined_at: datetime | None = None  # None: a guest

    def __post_init__(self) -> None:
        """Make `joined_at` timezone-aware."""
        if self.joined_at is not None and self.joined_at.tzinfo is None:
            force_setattr(self, "joined_at", in_utc(self.joined_at))


class ResolvedUser(Struct, frozen=True):
    """A user named in an option, select or user command; `member` is None outside guilds and for former members."""

    user: User
    member: Member | None = None

    @property
    def id(self) -> UserId:
        """The user id."""
        return self.user.id

    @property
    def display_name(self) -> str:
        """The name shown here: the first of nickname, global name and username that is visible."""
        return first_seen(self.member and self.member.nick, self.user.global_name, self.user.username)


class Role(Struct, frozen=True, gc=False):
    """A guild role."""

    id: Id[RoleId]
    name: str = ""
    position: int = 0
    permissions: int = 0
    is_managed: bool = field(default=False, name="managed")


class Channel(Struct, frozen=True, gc=False):
    """A channel or thread, with some of its fields."""

    id: StoredId[ChannelId]
    name: str | None = None  # None: a direct message
    type: Small = 0  # https://discord.com/developers/docs/resources/channel#channel-object-channel-types
    parent_id: StoredId[ChannelId] | None = None
    permissions: int = 0  # of the user
    app_permissions: int | None = None  # of the app; None: not sent


class Attachment(Struct, frozen=True, gc=False):
    """An uploaded file; its URL expires, so read it soon and do not store it."""

    id: Id[AttachmentId]
    filename: str = ""
    size_bytes: int = field(default=0, name="size")
    url: str = ""
    proxy_url: str = ""
    content_type: str | None = None  # as claimed by the uploader; check the bytes
    description: str | None = None
    width: int | None = None  # pixels; None: not an image
    height: int | None = None


class ReceivedMessage(Struct, frozen=True):
    """The message of an interaction: the target of a message command, or the message with the component."""

    id: Id[MessageId]
    channel_id: StoredId[ChannelId] | None = None
    author: User | None = None
    content: str = ""
    attachments: tuple[Attachment, ...] = ()
    flags: Flags = 0
    timestamp: datetime | None = None
    edited_timestamp: datetime | None = None

    def __post_init__(self) -> None:
        """Make the timestamps timezone-aware."""
        force_setattr(self, "timestamp", in_utc(self.timestamp))
        force_setattr(self, "edited_timestamp", in_utc(self.edited_timestamp))

    @property
    def is_private(self) -> bool:
        """Whether the message is ephemeral."""
        return bool(self.flags & EPHEMERAL)


class Entitlement(Struct, frozen=True, gc=False):
    """An entitlement (purchase) in an interaction; its dates decide whether it is active."""

    id: Id[EntitlementId]
    sku_id: Id[SkuId]
    type: Small = 0
    user_id: Id[UserId] | None = None
    guild_id: Id[GuildId] | None = None
    starts_at: datetime | None = None  # None: no start
    ends_at: datetime | None = None  # None: no end
    is_deleted: bool = field(default=False, name="deleted")
    is_consumed: bool = field(default=False, name="consumed")

    def __post_init__(self) -> None:
        """Make the timestamps timezone-aware."""
        force_setattr(self, "starts_at", in_utc(self.starts_at))
        force_setattr(self, "ends_at", in_utc(self.ends_at))


class Resolved(Struct, frozen=True):
    """Resolved objects of the ids in an interaction."""

    users: Mapping[Id[UserId], User] = {}
    members: Mapping[Id[UserId], Member] = {}
    roles: Mapping[Id[RoleId], Role] = {}
    channels: Mapping[Id[ChannelId], Channel] = {}
    messages: Mapping[Id[MessageId], ReceivedMessage] = {}
    attachments: Mapping[Id[AttachmentId], Attachment] = {}

    def user(self, snowflake: int) -> ResolvedUser | None:
        """The user of an id, with their member object if there is one."""
        found = self.users.get(UserId(snowflake))
        return None if found is None else ResolvedUser(found, self.members.get(UserId(snowflake)))

    def mentionable(self, snowflake: int) -> ResolvedUser | Role | None:
        """The user or role of an id."""
        return self.user(snowflake) or self.roles.get(RoleId(snowflake))


NOTHING_RESOLVED: Final = Resolved()
