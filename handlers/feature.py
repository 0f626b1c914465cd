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

I = TypeVar("I")  # noqa: E741 - the kind of interaction


class Deps(Struct, frozen=True):
    """What a handler gets beside the interaction; nothing below the handlers sees it."""

    conn: Connection  # one transaction, committed after the handler returned
    now: datetime  # aware UTC
    t: Translator  # the person's language
    member: MemberContext  # who came, and what they chose before


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesWanted:
    """What a handler returns that first has to read what a person sent along; it has written nothing until then.

    The person reads "thinking…" until the bytes are there. Then `use` answers as a handler does, in the one transaction
    that claims the interaction: whatever goes wrong before has changed nothing.
    """

    files: tuple[Attachment, ...]
    use: Callable[[tuple[bytes, ...], Deps], Awaitable[Message]]  # with the bytes in the order of `files`
    file_types: tuple[str, ...]  # see wire.uploads.accept
    size_max: int  # bytes, of each
    private: bool = True


AnyAction = Action[*tuple[Any, ...]]
Handler = Callable[[I, Deps], Awaitable[Reply | FilesWanted]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One feature's commands, and the handler for each way in.

    Slash commands are found by their path ("my timezone"), menus by their name, components and modals by their action.
    An answer that takes long is deferred by itself, and what the person sees meanwhile is private unless `public` names
    the leaf. A private answer after a public placeholder takes the placeholder away first.
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
    uses_database: bool = True  # False: answers from memory; `conn` must not be touched. Autocomplete always does
    only_reads: bool = False  # True: no handler writes, and each bears what was true a few seconds ago (db/replica.py)
    guild_only: bool = True  # False: also answers in direct messages
    public: frozenset[str] = frozenset()  # the paths, menus and modals that answer for everybody; the rest is private


def guild_of(interaction: InteractionBase) -> GuildId:
    """Where an interaction of a feature that answers in guilds alone happened."""
    if interaction.guild_id is None:
        raise BadPayload("not in a guild")
    return interaction.guild_id


def person_of(interaction: InteractionBase) -> Person:
    """Who made `interaction`, with the names that came along."""
    return person_named(ResolvedUser(interaction.user, interaction.member))


def person_named(target: ResolvedUser) -> Person:
    """Somebody who was named in an option or a menu."""
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
