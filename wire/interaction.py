"""Typed interactions: what handlers get; wire/parsing.py makes them."""

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
    """Discord asks whether we are there."""


class InteractionBase(Struct, frozen=True):
    """What every interaction but the ping has."""

    id: InteractionId
    token: str  # lives 15 minutes and lets anybody answer: never log it
    application_id: ApplicationId
    user: User
    member: Member | None  # None: not in a guild
    guild_id: GuildId | None  # None: a direct message
    channel_id: ChannelId | None
    locale: str  # the person's, Discord's names ("es-419")
    guild_locale: str | None
    app_permissions: int  # ours in this channel
    entitlements: tuple[Entitlement, ...]
    authorizing_integration_owners: Mapping[int, int]  # by Install; without a key it is not installed that way here
    context: int | None  # see Context
    attachment_size_limit: int  # bytes, per file

    def __repr__(self) -> str:
        """What it is and which, without the token and without anything a person wrote."""
        return f"{type(self).__name__}(id={self.id})"

    @property
    def display_name(self) -> str:
        """The person's name here: nickname, chosen name, user name, whichever can be seen first."""
        return first_seen(self.member and self.member.nick, self.user.global_name, self.user.username)

    @property
    def is_by_user_alone(self) -> bool:
        """Only a person has installed the app here: no bot of ours is around, and five follow-ups are all there are."""
        owners = self.authorizing_integration_owners
        return Install.USER in owners and Install.GUILD not in owners

    @property
    def home(self) -> GuildId | None:
        """The guild, when it is one that has installed the app; None also in direct messages."""
        return None if self.is_by_user_alone else self.guild_id


class SlashCommand(InteractionBase, frozen=True):
    """A chat command; `path` is command, group and subcommand joined by spaces, as declared."""

    command_id: CommandId
    path: str
    options: Options
    resolved: Resolved


class UserMenu(InteractionBase, frozen=True):
    """A command from the menu of a person; `path` is its name."""

    command_id: CommandId
    path: str
    target: ResolvedUser


class MessageMenu(InteractionBase, frozen=True):
    """A command from the menu of a message, which comes with its content; `path` is its name."""

    command_id: CommandId
    path: str
    target: ReceivedMessage


class OtherCommand(InteractionBase, frozen=True):
    """A command that is not ours: Discord's own Entry Point of an app with an Activity, or a kind of tomorrow."""

    command_id: CommandId
    path: str
    is_entry_point: bool


class Autocomplete(InteractionBase, frozen=True):
    """A person is typing into an option; the others are there as far as they are filled in, unvalidated."""

    command_id: CommandId
    path: str
    options: Options
    focused_name: str
    focused_value: str


class ButtonClick(InteractionBase, frozen=True):
    """A button was pressed on `message`."""

    custom_id: str
    message: ReceivedMessage


class SelectSubmit(InteractionBase, frozen=True):
    """Something was chosen in a select on `message`."""

    custom_id: str
    message: ReceivedMessage
    values: tuple[str, ...]
    resolved: Resolved

    @property
    def users(self) -> tuple[ResolvedUser, ...]:
        """The people chosen in a user select."""
        return users(self.values, self.resolved)

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles chosen in a role select."""
        return roles(self.values, self.resolved)

    @property
    def mentionables(self) -> tuple[ResolvedUser | Role, ...]:
        """The people and roles chosen in a mentionable select."""
        return mentionables(self.values, self.resolved)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels chosen in a channel select."""
        return channels(self.values, self.resolved)


class ModalSubmit(InteractionBase, frozen=True):
    """A modal was sent; `message` holds the component that opened it, None after a command."""

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
