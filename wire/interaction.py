"""Typed interactions that handlers receive; wire/parsing.py creates them."""

from collections.abc import Mapping

from msgspec import Struct

from core.ids import ApplicationId, ChannelId, CommandId, GuildId, InteractionId
from core.names import first_seen
from wire.fields import Fields, channels, mentionables, roles, users
from wire.objects import (
    Channel,
    Entitlement,
    Install,
    Member,
    ReceivedMessage,
    Resolved,
    ResolvedUser,
    Role,
    User,
)
from wire.options import Options


class Ping(Struct, frozen=True):
    """A PING with which Discord checks the endpoint."""


class InteractionBase(Struct, frozen=True):
    """Common fields of all interactions except Ping."""

    id: InteractionId
    token: str  # valid 15 minutes; sufficient to respond, so never log it
    application_id: ApplicationId
    user: User
    member: Member | None  # None: not in a guild
    guild_id: GuildId | None  # None: a direct message
    channel_id: ChannelId | None
    locale: str  # of the user, as Discord's code ("es-419")
    guild_locale: str | None
    app_permissions: int  # of the app in this channel
    entitlements: tuple[Entitlement, ...]
    authorizing_integration_owners: Mapping[int, int]  # Install type -> owner; no key: not installed that way
    context: int | None  # see Context
    attachment_size_limit: int  # bytes, per file

    def __repr__(self) -> str:
        """Type and id, without the token and without user text."""
        return f"{type(self).__name__}(id={self.id})"

    @property
    def display_name(self) -> str:
        """The name of the user here: the first of nickname, global name and username that is visible."""
        return first_seen(self.member and self.member.nick, self.user.global_name, self.user.username)

    @property
    def is_by_user_alone(self) -> bool:
        """Whether only the user installed the app here: our bot is absent, and at most five followups are allowed."""
        owners = self.authorizing_integration_owners
        return Install.USER in owners and Install.GUILD not in owners

    @property
    def home(self) -> GuildId | None:
        """The guild id if that guild has installed the app, else None; None in direct messages too."""
        return None if self.is_by_user_alone else self.guild_id


class SlashCommand(InteractionBase, frozen=True):
    """A slash command; `path` is command, group and subcommand joined by spaces, as declared."""

    command_id: CommandId
    path: str
    options: Options
    resolved: Resolved


class UserMenu(InteractionBase, frozen=True):
    """A user command; `path` is its name."""

    command_id: CommandId
    path: str
    target: ResolvedUser


class MessageMenu(InteractionBase, frozen=True):
    """A message command; contains the message with its content; `path` is its name."""

    command_id: CommandId
    path: str
    target: ReceivedMessage


class OtherCommand(InteractionBase, frozen=True):
    """A command that we did not declare: Discord's Entry Point for Activities, or an unknown future type."""

    command_id: CommandId
    path: str
    is_entry_point: bool


class Autocomplete(InteractionBase, frozen=True):
    """A user types into an option; the other options contain what is filled in so far, unvalidated."""

    command_id: CommandId
    path: str
    options: Options
    focused_name: str
    focused_value: str


class ButtonClick(InteractionBase, frozen=True):
    """A click on a button of `message`."""

    custom_id: str
    message: ReceivedMessage


class SelectSubmit(InteractionBase, frozen=True):
    """A selection in a select of `message`."""

    custom_id: str
    message: ReceivedMessage
    values: tuple[str, ...]
    resolved: Resolved

    @property
    def users(self) -> tuple[ResolvedUser, ...]:
        """The users selected in a user select."""
        return users(self.values, self.resolved)

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles selected in a role select."""
        return roles(self.values, self.resolved)

    @property
    def mentionables(self) -> tuple[ResolvedUser | Role, ...]:
        """The users and roles selected in a mentionable select."""
        return mentionables(self.values, self.resolved)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels selected in a channel select."""
        return channels(self.values, self.resolved)


class ModalSubmit(InteractionBase, frozen=True):
    """A submitted modal; `message` contains the component that opened it, None after a command."""

    custom_id: str
    fields: Fields
    message: ReceivedMessage | None


Interaction = (
    Ping
    | SlashCommand
    | UserMenu
    | MessageMenu
    | OtherCommand
    | Autocomplete
    | ButtonClick
    | SelectSubmit
    | ModalSubmit
)
