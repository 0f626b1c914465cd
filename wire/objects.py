"""Discord's objects as they come inside interactions: the fields that we use, ids as numbers, the rest skipped."""

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
StoredId = Annotated[T, Meta(ge=SNOWFLAKE_MIN, le=ID_MAX)]  # the database takes no other
Small = Annotated[int, Meta(ge=0, le=(1 << 15) - 1)]  # fits into PostgreSQL's smallint
Flags = Annotated[int, Meta(ge=0, le=(1 << 53) - 1)]  # as many bits as JSON's numbers surely keep

EPHEMERAL: Final = 1 << 6  # message flag: only one person sees it


class Install(IntEnum):
    """Who has installed the app: a guild for everybody in it, or a person for themselves wherever they are."""

    GUILD = 0
    USER = 1


class Context(IntEnum):
    """Where an interaction happens."""

    GUILD = 0
    BOT_DM = 1
    PRIVATE_CHANNEL = 2


class User(Struct, frozen=True, gc=False):
    """A Discord account."""

    id: StoredId[UserId]
    username: str = ""
    global_name: str | None = None
    avatar: str | None = None  # hash; None: the default picture
    is_bot: bool = field(default=False, name="bot")

    @property
    def display_name(self) -> str:
        """The name a person chose for everywhere, or the user name where that cannot be seen."""
        return first_seen(self.global_name, self.username)


class Member(Struct, frozen=True):
    """A person in one guild."""

    user: User | None = None  # None in resolved objects, where it stands beside
    nick: str | None = None
    avatar: str | None = None  # hash; None: none of this guild's own
    roles: tuple[Id[RoleId], ...] = ()
    permissions: int = 0  # in this channel, overwrites included
    joined_at: datetime | None = None  # None: a guest

    def __post_init__(self) -> None:
        """Make the moment aware."""
        if self.joined_at is not None and self.joined_at.tzinfo is None:
            force_setattr(self, "joined_at", in_utc(self.joined_at))


class ResolvedUser(Struct, frozen=True):
    """Somebody named in an option, a select or a menu; `member` is None outside a guild and for people who left."""

    user: User
    member: Member | None = None

    @property
    def id(self) -> UserId:
        """The account."""
        return self.user.id

    @property
    def display_name(self) -> str:
        """The name shown here: nickname, chosen name, user name, whichever can be seen first."""
        return first_seen(self.member and self.member.nick, self.user.global_name, self.user.username)


class Role(Struct, frozen=True, gc=False):
    """A role of the guild."""

    id: Id[RoleId]
    name: str = ""
    position: int = 0
    permissions: int = 0
    is_managed: bool = field(default=False, name="managed")


class Channel(Struct, frozen=True, gc=False):
    """A channel or thread, partial."""

    id: StoredId[ChannelId]
    name: str | None = None  # None: a direct message
    type: Small = 0  # https://discord.com/developers/docs/resources/channel#channel-object-channel-types
    parent_id: StoredId[ChannelId] | None = None
    permissions: int = 0  # the person's
    app_permissions: int | None = None  # ours; None: not told


class Attachment(Struct, frozen=True, gc=False):
    """An uploaded file; its address expires, so read it soon and never store it."""

    id: Id[AttachmentId]
    filename: str = ""
    size_bytes: int = field(default=0, name="size")
    url: str = ""
    proxy_url: str = ""
    content_type: str | None = None  # as claimed: check the bytes
    description: str | None = None
    width: int | None = None  # pixels; None: no picture
    height: int | None = None


class ReceivedMessage(Struct, frozen=True):
    """A message that an interaction is about: the menu's target, or the one that holds the component."""

    id: Id[MessageId]
    channel_id: StoredId[ChannelId] | None = None
    author: User | None = None
    content: str = ""
    attachments: tuple[Attachment, ...] = ()
    flags: Flags = 0
    timestamp: datetime | None = None
    edited_timestamp: datetime | None = None

    def __post_init__(self) -> None:
        """Make the moments aware."""
        force_setattr(self, "timestamp", in_utc(self.timestamp))
        force_setattr(self, "edited_timestamp", in_utc(self.edited_timestamp))

    @property
    def is_private(self) -> bool:
        """Only the person who made the interaction sees it."""
        return bool(self.flags & EPHEMERAL)


class Entitlement(Struct, frozen=True, gc=False):
    """Proof of a purchase, as far as the interaction tells; whether it holds is asked of its dates."""

    id: Id[EntitlementId]
    sku_id: Id[SkuId]
    type: Small = 0
    user_id: Id[UserId] | None = None
    guild_id: Id[GuildId] | None = None
    starts_at: datetime | None = None  # None: always was
    ends_at: datetime | None = None  # None: until further notice
    is_deleted: bool = field(default=False, name="deleted")
    is_consumed: bool = field(default=False, name="consumed")

    def __post_init__(self) -> None:
        """Make the moments aware."""
        force_setattr(self, "starts_at", in_utc(self.starts_at))
        force_setattr(self, "ends_at", in_utc(self.ends_at))


class Resolved(Struct, frozen=True):
    """The objects behind the ids in an interaction's data."""

    users: Mapping[Id[UserId], User] = {}
    members: Mapping[Id[UserId], Member] = {}
    roles: Mapping[Id[RoleId], Role] = {}
    channels: Mapping[Id[ChannelId], Channel] = {}
    messages: Mapping[Id[MessageId], ReceivedMessage] = {}
    attachments: Mapping[Id[AttachmentId], Attachment] = {}

    def user(self, snowflake: int) -> ResolvedUser | None:
        """The person behind an id, with their membership where there is one."""
        found = self.users.get(UserId(snowflake))
        return None if found is None else ResolvedUser(found, self.members.get(UserId(snowflake)))

    def mentionable(self, snowflake: int) -> ResolvedUser | Role | None:
        """The person or the role behind an id."""
        return self.user(snowflake) or self.roles.get(RoleId(snowflake))


NOTHING_RESOLVED: Final = Resolved()
