"""Builders for commands: how a feature says what people can type and press in menus."""

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
    """A chat command, with options or with subcommands and groups."""
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
    """A command in the menu of a person; mixed case and spaces are fine."""
    return Command(kind=USER_MENU, name=name, contexts=contexts, permissions=permissions, installs=installs)


def message_menu(
    name: str,
    *,
    contexts: tuple[Context, ...] = (Context.GUILD,),
    permissions: int | None = None,
    installs: tuple[Install, ...] = (Install.GUILD,),
) -> Command:
    """A command in the menu of a message; mixed case and spaces are fine."""
    return Command(kind=MESSAGE_MENU, name=name, contexts=contexts, permissions=permissions, installs=installs)


def subcommand(name: str, description: str, *options: Option) -> Option:
    """A subcommand; a command that has some cannot be invoked itself."""
    return Option(kind=OptionKind.SUBCOMMAND, name=name, description=description, options=options)


def group(name: str, description: str, *subcommands: Option) -> Option:
    """Subcommands under one name."""
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
    """A text; lengths in characters."""
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
    """A whole number."""
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
    """A number with a point."""
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
    """Yes or no."""
    return Option(kind=OptionKind.BOOLEAN, name=name, description=description, required=required)


def user(name: str, description: str, *, required: bool = False) -> Option:
    """A person."""
    return Option(kind=OptionKind.USER, name=name, description=description, required=required)


def channel(name: str, description: str, *, required: bool = False, channel_types: tuple[int, ...] = ()) -> Option:
    """A channel, of the given types only when there are any."""
    return Option(
        kind=OptionKind.CHANNEL, name=name, description=description, required=required, channel_types=channel_types
    )


def role(name: str, description: str, *, required: bool = False) -> Option:
    """A role."""
    return Option(kind=OptionKind.ROLE, name=name, description=description, required=required)


def mentionable(name: str, description: str, *, required: bool = False) -> Option:
    """A person or a role."""
    return Option(kind=OptionKind.MENTIONABLE, name=name, description=description, required=required)


def attachment(name: str, description: str, *, required: bool = False, file_types: tuple[str, ...] = ()) -> Option:
    """A file; `file_types` are "image", "video", "audio" or ".ext" and look at the name only."""
    return Option(
        kind=OptionKind.ATTACHMENT, name=name, description=description, required=required, file_types=file_types
    )


def _bounds(**bounds: float | None) -> tuple[tuple[str, float], ...]:
    return tuple((name, value) for name, value in bounds.items() if value is not None)
