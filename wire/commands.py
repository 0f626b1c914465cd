"""Builders for application commands and their options: slash, user and message commands."""

from collections.abc import Sequence

from wire.command_json import Command, Option
from wire.objects import Context, Install
from wire.options import OptionKind
from wire.payloads import MESSAGE_MENU, SLASH, USER_MENU


def command(
    name: str,
    description: str,
    *options: Option,
    contexts: tuple[Context, ...] = (Context.GUILD,),
    permissions: int | None = None,
    installs: tuple[Install, ...] = (Install.GUILD,),
    is_nsfw: bool = False,
) -> Command:
    """A slash command, with options or with subcommands and groups."""
    return Command(
        kind=SLASH,
        name=name,
        description=description,
        options=options,
        contexts=contexts,
        permissions=permissions,
        installs=installs,
        is_nsfw=is_nsfw,
    )


def user_menu(
    name: str,
    *,
    contexts: tuple[Context, ...] = (Context.GUILD,),
    permissions: int | None = None,
    installs: tuple[Install, ...] = (Install.GUILD,),
) -> Command:
    """A user command; its name may contain upper case and spaces."""
    return Command(kind=USER_MENU, name=name, contexts=contexts, permissions=permissions, installs=installs)


def message_menu(
    name: str,
    *,
    contexts: tuple[Context, ...] = (Context.GUILD,),
    permissions: int | None = None,
    installs: tuple[Install, ...] = (Install.GUILD,),
) -> Command:
    """A message command; its name may contain upper case and spaces."""
    return Command(kind=MESSAGE_MENU, name=name, contexts=contexts, permissions=permissions, installs=installs)


def subcommand(name: str, description: str, *options: Option) -> Option:
    """A subcommand; a command with subcommands cannot be invoked itself."""
    return Option(kind=OptionKind.SUBCOMMAND, name=name, description=description, options=options)


def group(name: str, description: str, *subcommands: Option) -> Option:
    """A subcommand group."""
    return Option(kind=OptionKind.GROUP, name=name, description=description, options=subcommands)


def string(
    name: str,
    description: str,
    *,
    required: bool = False,
    choices: Sequence[tuple[str, str]] = (),
    autocomplete: bool = False,
    min_length: int | None = None,
    max_length: int | None = None,
) -> Option:
    """A string option; lengths in characters."""
    return Option(
        kind=OptionKind.STRING,
        name=name,
        description=description,
        required=required,
        choices=tuple(choices),
        autocomplete=autocomplete,
        bounds=_bounds(min_length=min_length, max_length=max_length),
    )


def integer(
    name: str,
    description: str,
    *,
    required: bool = False,
    choices: Sequence[tuple[str, int]] = (),
    autocomplete: bool = False,
    min_value: int | None = None,
    max_value: int | None = None,
) -> Option:
    """An integer option."""
    return Option(
        kind=OptionKind.INTEGER,
        name=name,
        description=description,
        required=required,
        choices=tuple(choices),
        autocomplete=autocomplete,
        bounds=_bounds(min_value=min_value, max_value=max_value),
    )


def number(
    name: str,
    description: str,
    *,
    required: bool = False,
    choices: Sequence[tuple[str, float]] = (),
    autocomplete: bool = False,
    min_value: float | None = None,
    max_value: float | None = None,
) -> Option:
    """A floating point option."""
    return Option(
        kind=OptionKind.NUMBER,
        name=name,
        description=description,
        required=required,
        choices=tuple(choices),
        autocomplete=autocomplete,
        bounds=_bounds(min_value=min_value, max_value=max_value),
    )


def boolean(name: str, description: str, *, required: bool = False) -> Option:
    """A boolean option."""
    return Option(kind=OptionKind.BOOLEAN, name=name, description=description, required=required)


def user(name: str, description: str, *, required: bool = False) -> Option:
    """A user option."""
    return Option(kind=OptionKind.USER, name=name, description=description, required=required)


def channel(name: str, description: str, *, required: bool = False, channel_types: tuple[int, ...] = ()) -> Option:
    """A channel option; `channel_types` limits the channel types, empty allows all."""
    return Option(
        kind=OptionKind.CHANNEL, name=name, description=description, required=required, channel_types=channel_types
    )


def role(name: str, description: str, *, required: bool = False) -> Option:
    """A role option."""
    return Option(kind=OptionKind.ROLE, name=name, description=description, required=required)


def mentionable(name: str, description: str, *, required: bool = False) -> Option:
    """An option that takes a user or a role."""
    return Option(kind=OptionKind.MENTIONABLE, name=name, description=description, required=required)


def attachment(name: str, description: str, *, required: bool = False, file_types: tuple[str, ...] = ()) -> Option:
    """A file option; `file_types` are "image", "video", "audio" or ".ext"; Discord checks only the file name."""
    return Option(
        kind=OptionKind.ATTACHMENT, name=name, description=description, required=required, file_types=file_types
    )


def _bounds(**bounds: float | None) -> tuple[tuple[str, float], ...]:
    return tuple((name, value) for name, value in bounds.items() if value is not None)
