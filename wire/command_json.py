"""Application commands: their types, their localised JSON, and a normal form to compare with Discord's list.

Source: https://discord.com/developers/docs/interactions/application-commands
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf
from typing import Final, cast

from msgspec import Struct

from wire.checks import check_length, check_locales, check_max, check_range, choice_value, file_types_json
from wire.components import distinct
from wire.embeds import Json
from wire.errors import LimitExceeded, NotAllowed
from wire.limits import (
    CHOICE_NAME_MAX,
    CHOICES_MAX,
    COMMAND_DESCRIPTION_MAX,
    COMMAND_NAME_MAX,
    COMMAND_TEXT_MAX,
    COMMANDS_MAX,
    MENU_COMMANDS_MAX,
    OPTION_NUMBER_MAX,
    OPTION_TEXT_MAX,
    OPTIONS_MAX,
)
from wire.objects import Context, Install
from wire.options import OptionKind
from wire.payloads import MESSAGE_MENU, SLASH, USER_MENU

ENTRY_POINT: Final = 4  # command type that Discord creates for apps with an Activity; we never create one

Localise = Callable[[str, str], Mapping[str, str]]  # (gettext context, English text) to {Discord's locale: text}


class Option(Struct, frozen=True, kw_only=True):
    """An option, a subcommand or a subcommand group; created by the builders in wire/commands.py."""

    kind: OptionKind
    name: str
    description: str
    required: bool = False
    autocomplete: bool = False
    choices: tuple[tuple[str, str | int | float], ...] = ()  # (name shown, value sent)
    options: tuple["Option", ...] = ()
    bounds: tuple[tuple[str, float], ...] = ()  # ("min_value", 1), …
    channel_types: tuple[int, ...] = ()
    file_types: tuple[str, ...] = ()


class Command(Struct, frozen=True, kw_only=True):
    """A command of any type; created by command(), user_menu() and message_menu()."""

    kind: int
    name: str
    description: str = ""
    options: tuple[Option, ...] = ()
    contexts: tuple[Context, ...] = (Context.GUILD,)
    permissions: int | None = None  # required by default, guilds may override; 0: administrators; None: everyone
    installs: tuple[Install, ...] = (Install.GUILD,)
    is_nsfw: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """All invocable paths: the name, or name, group and subcommand joined by spaces."""
        found: list[str] = []
        for option in self.options:
            if option.kind is OptionKind.SUBCOMMAND:
                found.append(f"{self.name} {option.name}")
            elif option.kind is OptionKind.GROUP:
                found += (f"{self.name} {option.name} {sub.name}" for sub in option.options)
        return tuple(found) or (self.name,)


def to_json(command: Command, localise: Localise, *, is_global: bool = True) -> Json:
    """The command as API JSON.

    Args:
        command: the command to encode.
        localise: returns the translations of an English text; contexts are "command name", "option name", "choice" and
            "description". The result may include English itself.
        is_global: False omits contexts and integration types, which guild commands do not have.

    Raises:
        InvalidPayload: an exceeded limit, an invalid name, options in the wrong order, or a duplicate name.
    """
    _check_reach(command)
    shape: Json = {"type": command.kind}
    if command.kind == SLASH:
        shape |= _named("command", command.name, command.description, localise)
        if command.options:
            shape["options"] = _options_json(command, command.options, localise)
    else:
        shape |= _texts("command.name", "command name", "name", command.name, COMMAND_NAME_MAX, localise)
    if command.permissions is not None:
        shape["default_member_permissions"] = str(command.permissions)
    if command.is_nsfw:
        shape["nsfw"] = True
    if is_global:
        shape["contexts"] = sorted(int(each) for each in command.contexts)
        shape["integration_types"] = sorted(int(each) for each in command.installs)
    _check_size(command.name, shape)
    return shape


def _check_reach(command: Command) -> None:
    for field, values in (("contexts", command.contexts), ("installs", command.installs)):
        check_length(f"{command.name}.{field}", values, 1, len(Context))
        distinct(f"{command.name}.{field}", [str(int(each)) for each in values])
    if Context.PRIVATE_CHANNEL in command.contexts and Install.USER not in command.installs:
        raise NotAllowed(f"{command.name}.contexts", "reach private channels only where people install the app")


def list_json(commands: Iterable[Command], localise: Localise, *, is_global: bool = True) -> list[Json]:
    """All commands of one scope as API JSON, ordered by type and name.

    Raises:
        InvalidPayload: as to_json(); also too many commands, or two of one type with the same name.
    """
    ordered = sorted(commands, key=lambda each: (each.kind, each.name))
    for kind, limit in ((SLASH, COMMANDS_MAX), (USER_MENU, MENU_COMMANDS_MAX), (MESSAGE_MENU, MENU_COMMANDS_MAX)):
        names = [each.name for each in ordered if each.kind == kind]
        check_max("commands", names, limit)
        distinct("command.name", names)
    return [to_json(each, localise, is_global=is_global) for each in ordered]


_NOT_OURS: Final = frozenset(
    {"id", "application_id", "guild_id", "version", "dm_permission", "default_permission", "handler"}
)
_DEFAULTS: Final[Mapping[str, object]] = {"required": False, "autocomplete": False, "nsfw": False, "description": ""}
_GLOBAL_ONLY: Final = frozenset({"contexts", "integration_types"})
_SETS: Final = frozenset({"contexts", "integration_types", "channel_types", "file_types"})


def normal(shape: Mapping[str, object]) -> Json:
    """Normal form of a command, ours or from Discord's list; equal normal forms need no update.

    It has no ids, defaults or order: Discord adds defaults that we omit, and omits some that we send.
    """
    skipped = _NOT_OURS | _GLOBAL_ONLY if "guild_id" in shape else _NOT_OURS
    result: Json = {}
    for key, value in sorted(shape.items()):
        if key in skipped or value is None or value in ({}, []) or value == _DEFAULTS.get(key):
            continue
        if key in _SETS:
            result[key] = sorted(cast("Iterable[int | str]", value), key=str)
        elif key in {"options", "choices"}:
            result[key] = [normal(each) for each in cast("Iterable[Json]", value)]
        elif isinstance(value, Mapping):
            result[key] = dict(sorted(cast("Mapping[str, str]", value).items()))
        else:
            result[key] = str(value) if key == "default_member_permissions" else value
    return result


def _options_json(parent: Command | Option, options: Sequence[Option], localise: Localise) -> list[Json]:
    check_max(f"{parent.name}.options", options, OPTIONS_MAX)
    if [each.required for each in options] != sorted((each.required for each in options), reverse=True):
        raise NotAllowed(f"{parent.name}.options", "must have the required ones first")
    if len({each.kind <= OptionKind.GROUP for each in options}) > 1:
        raise NotAllowed(f"{parent.name}.options", "must be all subcommands and groups, or none")
    shapes = [_option_json(parent, each, localise) for each in options]
    _check_distinct_names(parent.name, shapes)
    return shapes


def _option_json(parent: Command | Option, option: Option, localise: Localise) -> Json:
    _check_nesting(parent, option)
    shape: Json = {"type": option.kind.value} | _named("option", option.name, option.description, localise)
    if option.required:
        shape["required"] = True
    if option.autocomplete:
        if option.choices:
            raise NotAllowed(f"{option.name}.autocomplete", "excludes choices")
        shape["autocomplete"] = True
    if option.choices:
        check_max(f"{option.name}.choices", option.choices, CHOICES_MAX)
        distinct(f"{option.name}.choices", [name for name, _ in option.choices])
        shape["choices"] = [_choice_json(name, value, localise) for name, value in option.choices]
    if option.options:
        shape["options"] = _options_json(option, option.options, localise)
    shape |= _bounds_json(option)
    if option.channel_types:
        shape["channel_types"] = sorted(set(option.channel_types))
    if option.file_types:
        shape["file_types"] = file_types_json(f"{option.name}.file_types", option.file_types)
    return shape


def _check_nesting(parent: Command | Option, option: Option) -> None:
    match parent, option.kind:
        case (Command(), _):
            pass
        case (Option(kind=OptionKind.GROUP), OptionKind.SUBCOMMAND):
            pass
        case (Option(kind=OptionKind.GROUP), _):
            raise NotAllowed(option.name, "cannot stand in a group: only subcommands can")
        case (_, OptionKind.SUBCOMMAND | OptionKind.GROUP):
            raise NotAllowed(option.name, "cannot stand there: only command, group, subcommand nest, in this order")
        case _:
            pass
    if option.kind is OptionKind.GROUP and not option.options:
        raise NotAllowed(option.name, "needs a subcommand")


def _choice_json(name: str, value: str | float, localise: Localise) -> Json:
    choice_value(value)
    return _texts("choice.name", "choice", "name", name, CHOICE_NAME_MAX, localise) | {"value": value}


def _bounds_json(option: Option) -> Json:
    farthest = OPTION_NUMBER_MAX - 1 if option.kind is OptionKind.INTEGER else OPTION_NUMBER_MAX
    bounds = dict(option.bounds)
    for name, value in bounds.items():
        if name.endswith("_length"):
            check_range(f"{option.name}.{name}", value, 0 if name == "min_length" else 1, OPTION_TEXT_MAX)
        else:
            check_range(f"{option.name}.{name}", value, -farthest, farthest)
    for what in ("value", "length"):
        least, most = f"min_{what}", f"max_{what}"
        if least in bounds and most in bounds:
            check_range(f"{option.name}.{least}", bounds[least], -inf, bounds[most])
    return {**bounds}


def _named(thing: str, name: str, description: str, localise: Localise) -> Json:
    shape = _texts(f"{thing}.name", f"{thing} name", "name", name, COMMAND_NAME_MAX, localise)
    for text in (name, *cast("Mapping[str, str]", shape.get("name_localizations", {})).values()):
        check_name(f"{thing}.name", text)
    return shape | _texts(
        f"{thing}.description", "description", "description", description, COMMAND_DESCRIPTION_MAX, localise
    )


def _texts(field: str, context: str, key: str, text: str, limit: int, localise: Localise) -> Json:
    check_length(field, text, 1, limit)
    shape: Json = {key: text}
    translated = dict(sorted(localise(context, text).items()))
    check_locales(field, translated)
    for each in translated.values():
        check_length(field, each, 1, limit)
    if translated:
        shape[f"{key}_localizations"] = translated
    return shape


def check_name(field: str, name: str) -> None:
    r"""Reject names outside Discord's `[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}`, and upper-case letters."""
    check_length(field, name, 1, COMMAND_NAME_MAX)
    if name != name.lower():
        raise NotAllowed(field, f"{name!r} must be lower-case")
    if not all(_may_stand_in_name(character) for character in name):
        raise NotAllowed(field, f"{name!r} may hold letters, digits and - _ ' only")


def _may_stand_in_name(character: str) -> bool:
    return (
        character in "-_'"
        or unicodedata.category(character)[0] in "LN"
        or "\u0900" <= character <= "\u097f"  # Devanagari; its vowel signs are not letters in Unicode
        or "\u0e01" <= character <= "\u0e3a"  # Thai; the same
        or "\u0e40" <= character <= "\u0e5b"
    )


def _check_distinct_names(place: str, shapes: Sequence[Json]) -> None:
    """Reject duplicate names on one level, in each locale too; a missing translation falls back to the default name."""
    names = [cast("str", each["name"]) for each in shapes]
    translations = [cast("Mapping[str, str]", each.get("name_localizations", {})) for each in shapes]
    distinct(f"{place}.options", names)
    for locale in {locale for each in translations for locale in each}:
        distinct(
            f"{place}.options in {locale}",
            [each.get(locale, name) for each, name in zip(translations, names, strict=True)],
        )


def _check_size(name: str, shape: Json) -> None:
    size = _size(shape)
    if size > COMMAND_TEXT_MAX:
        raise LimitExceeded(f"{name} (all text)", limit=COMMAND_TEXT_MAX, actual=size)


def _size(shape: Mapping[str, object]) -> int:
    """Characters of names, descriptions and values, with the longest locale of each, nested options included."""
    total = 0
    for key in ("name", "description"):
        texts = [cast("str", shape.get(key, ""))]
        texts += cast("Mapping[str, str]", shape.get(f"{key}_localizations", {})).values()
        total += max(map(len, texts))
    if "value" in shape:
        total += len(str(shape["value"]))
    for key in ("options", "choices"):
        total += sum(_size(each) for each in cast("Sequence[Json]", shape.get(key, ())))
    return total
