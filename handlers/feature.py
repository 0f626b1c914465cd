"""The Feature type: a set of commands with the handler for each interaction; also what handlers receive (Deps)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct

from core.i18n import Translator
from core.ids import GuildId
from db.connection import Connection
from services.interactions import MemberContext
from services.members.person import Person
from wire.command_json import Command
from wire.custom_id import Action
from wire.errors import BadPayload
from wire.interaction import (
    Autocomplete,
    ButtonClick,
    InteractionBase,
    MessageMenu,
    ModalSubmit,
    SelectSubmit,
    SlashCommand,
    UserMenu,
)
from wire.message import Message
from wire.objects import Attachment, ResolvedUser
from wire.reply import AutocompleteResult, Reply

I = TypeVar("I")  # noqa: E741 - stands for the kind of interaction


class Deps(Struct, frozen=True):
    """What a handler receives beside the interaction; services and queries never receive it."""

    conn: Connection  # one transaction, committed after the handler returns
    now: datetime  # aware UTC
    t: Translator  # in the member's language
    member: MemberContext  # the member who acts, with their preferences


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesWanted:
    """Returned by a handler that first needs the content of attached files; it has written nothing until then.

    The user sees "thinking…" until the files are downloaded. Then `use` runs like a handler, in the one transaction
    that claims the interaction, so an earlier failure changes nothing.
    """

    files: tuple[Attachment, ...]
    use: Callable[[tuple[bytes, ...], Deps], Awaitable[Message]]  # receives the contents in the order of `files`
    file_types: tuple[str, ...]  # see wire.uploads.accept
    size_max: int  # bytes, of each file
    private: bool = True


AnyAction = Action[*tuple[Any, ...]]
Handler = Callable[[I, Deps], Awaitable[Reply | FilesWanted]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One feature's commands, and the handler for each route.

    Slash commands are keyed by their path ("my timezone"), user and message commands by their name, components and
    modals by their action. A slow answer is deferred automatically, and its placeholder is private unless `public`
    names the route. For a private answer after a public placeholder, the placeholder is deleted first.
    """

    name: str
    commands: tuple[Command, ...] = ()
    slash: Mapping[str, Handler[SlashCommand]] = field(default_factory=dict[str, Handler[SlashCommand]])
    user_menus: Mapping[str, Handler[UserMenu]] = field(default_factory=dict[str, Handler[UserMenu]])
    message_menus: Mapping[str, Handler[MessageMenu]] = field(default_factory=dict[str, Handler[MessageMenu]])
    autocomplete: Mapping[str, Callable[[Autocomplete, Deps], Awaitable[AutocompleteResult]]] = field(
        default_factory=dict[str, Callable[[Autocomplete, Deps], Awaitable[AutocompleteResult]]]
    )
    buttons: Mapping[AnyAction, Handler[ButtonClick]] = field(default_factory=dict[AnyAction, Handler[ButtonClick]])
    selects: Mapping[AnyAction, Handler[SelectSubmit]] = field(default_factory=dict[AnyAction, Handler[SelectSubmit]])
    modals: Mapping[AnyAction, Handler[ModalSubmit]] = field(default_factory=dict[AnyAction, Handler[ModalSubmit]])
    uses_database: bool = True  # False: `conn` must not be touched. Autocomplete always answers from memory
    only_reads: bool = False  # True: no handler writes, and all accept data that is seconds old (db/replica.py)
    guild_only: bool = True  # False: also works in direct messages
    public: frozenset[str] = frozenset()  # routes whose answers are public; all others are private


def guild_of(interaction: InteractionBase) -> GuildId:
    """The guild of an interaction of a guild-only feature."""
    if interaction.guild_id is None:
        raise BadPayload("not in a guild")
    return interaction.guild_id


def person_of(interaction: InteractionBase) -> Person:
    """The actor of `interaction`, with the names that Discord sent along."""
    return person_named(ResolvedUser(interaction.user, interaction.member))


def person_named(target: ResolvedUser) -> Person:
    """A user chosen in an option or by a user command."""
    user, member = target.user, target.member
    return Person(
        user=user.id,
        username=user.username,
        global_name=user.global_name,
        avatar_hash=user.avatar,
        is_bot=user.is_bot,
        nick=member.nick if member else None,
        member_avatar_hash=member.avatar if member else None,
    )
