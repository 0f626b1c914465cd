"""Validates application commands as Discord does."""

import unicodedata
from typing import Any, Final

from playground.errors import Form, Refusal
from playground.json_types import Json, is_list, is_object, snowflake
from playground.validation.fields import Fields
from wire import limits

CHAT_INPUT: Final = 1
USER_MENU: Final = 2
MESSAGE_MENU: Final = 3
ENTRY_POINT: Final = 4
BY_APP: Final = 1  # handler of an entry point: the app (as an interaction), or Discord (starts the activity)
BY_DISCORD: Final = 2

SUB_COMMAND: Final = 1
SUB_COMMAND_GROUP: Final = 2
STRING: Final = 3
INTEGER: Final = 4
BOOLEAN: Final = 5
USER: Final = 6
CHANNEL: Final = 7
ROLE: Final = 8
MENTIONABLE: Final = 9
NUMBER: Final = 10
ATTACHMENT: Final = 11

LOCALES: Final = frozenset(
    [
        "id",
        "da",
        "de",
        "en-GB",
        "en-US",
        "es-ES",
        "es-419",
        "fr",
        "hr",
        "it",
        "lt",
        "hu",
        "nl",
        "no",
        "pl",
        "pt-BR",
        "ro",
        "fi",
        "sv-SE",
        "vi",
        "tr",
        "cs",
        "el",
        "bg",
        "ru",
        "uk",
        "hi",
        "th",
        "zh-CN",
        "ja",
        "zh-TW",
        "ko",
        "ar",
        "he",
    ]
)
SEPARATORS: Final = frozenset("-_'")
NAME_RULE: Final = (
    "String value did not match validation regex: ^[-_'\\p{L}\\p{N}\\p{sc=Deva}\\p{sc=Thai}]{1,32}$, in lower case."
)


def check_command(fields: Fields, *, is_partial: bool = False, in_guild: bool = False) -> None:
    """Validate one command of any type; a partial one may omit name and description."""
    kind = fields.choice("type", (CHAT_INPUT, USER_MENU, MESSAGE_MENU, ENTRY_POINT)) or CHAT_INPUT
    is_chat = kind in (CHAT_INPUT, ENTRY_POINT)
    _check_name(fields, is_chat=is_chat, required=not is_partial)
    if kind == CHAT_INPUT or (kind == ENTRY_POINT and fields.values.get("description")):
        _check_description(fields, required=not is_partial)
    elif kind != ENTRY_POINT and fields.values.get("description"):
        fields.refuse(
            "description",
            "APPLICATION_COMMANDS_DESCRIPTION_FORBIDDEN",
            "Context menu commands cannot have a description",
        )
    if kind == ENTRY_POINT:
        fields.choice("handler", (BY_APP, BY_DISCORD))
        if in_guild:
            fields.refuse("type", "BASE_TYPE_CHOICES", "Entry Point commands can only be global")
    if kind != CHAT_INPUT:
        fields.forbid("options", message="Only chat input commands have options")
    _check_options(fields, depth=0)
    _check_scope(fields, in_guild=in_guild)
    if text_size(fields.values) > limits.COMMAND_TEXT_MAX:
        fields.form.add(
            fields.path,
            "APPLICATION_COMMAND_TOO_LARGE",
            f"Command exceeds maximum size ({limits.COMMAND_TEXT_MAX})",
        )


def is_name(name: str) -> bool:
    """Whether Discord accepts a name for a chat command or option."""
    return (
        1 <= len(name) <= limits.COMMAND_NAME_MAX
        and name == name.lower()
        and all(sign in SEPARATORS or _is_word_sign(sign) for sign in name)
    )


def text_size(entry: Json) -> int:
    """The characters of names, descriptions and values, nested ones too, each in its longest translation."""
    size = _longest(entry, "name") + _longest(entry, "description")
    for name in ("options", "choices"):
        children = entry.get(name)
        size += sum(text_size(child) for child in (children if is_list(children) else []) if is_object(child))
    value = entry.get("value")
    return size + (len(value) if isinstance(value, str) else 0)


def _is_word_sign(sign: str) -> bool:
    if unicodedata.category(sign)[0] in "LN":
        return True
    # Devanagari and Thai write vowels and tones as combining marks.
    return "\u0900" <= sign <= "\u097f" or "\u0e00" <= sign <= "\u0e7f"


def _longest(entry: Json, name: str) -> int:
    translated: Any = entry.get(f"{name}_localizations")
    texts = [entry.get(name), *(translated.values() if is_object(translated) else ())]
    return max((len(text) for text in texts if isinstance(text, str)), default=0)


def _check_name(fields: Fields, *, is_chat: bool, required: bool) -> None:
    for path, name in _texts(fields, "name", limits.COMMAND_NAME_MAX, required=required):
        if is_chat and 1 <= len(name) <= limits.COMMAND_NAME_MAX and not is_name(name):
            fields.form.add(path, "APPLICATION_COMMAND_INVALID_NAME", NAME_RULE)


def _check_description(fields: Fields, *, required: bool = True) -> None:
    _texts(fields, "description", limits.COMMAND_DESCRIPTION_MAX, required=required)


def _texts(fields: Fields, name: str, most: int, *, required: bool) -> list[tuple[tuple[str | int, ...], str]]:
    """A text and its translations with their paths; validates lengths and locales."""
    found: list[tuple[tuple[str | int, ...], str]] = []
    text = fields.text(name, most, least=1, required=required)
    if text:
        found.append((fields.at(name), text))
    translated = fields.object(f"{name}_localizations")
    for locale in translated.values if translated else {}:
        if locale not in LOCALES:
            path = fields.at(f"{name}_localizations", locale)
            fields.form.add(path, "BASE_TYPE_CHOICES", f"{locale} is not one of Discord's locales.")
        elif translated and (word := translated.text(locale, most, least=1)):
            found.append((translated.at(locale), word))
    return found


def _check_options(parent: Fields, *, depth: int) -> None:
    options = parent.objects("options", limits.OPTIONS_MAX)
    names: set[str] = set()
    kinds = {option.kind for option in options}
    if kinds & {SUB_COMMAND, SUB_COMMAND_GROUP} and kinds - {SUB_COMMAND, SUB_COMMAND_GROUP}:
        parent.refuse("options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-commands and options cannot be mixed")
    optional_seen = False
    for option in options:
        kind = option.choice("type", range(1, 12), required=True)
        _check_name(option, is_chat=True, required=True)
        _check_description(option)
        name = str(option.values.get("name"))
        if name in names:
            parent.refuse("options", "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "Option names must be unique")
        names.add(name)
        if kind in (SUB_COMMAND, SUB_COMMAND_GROUP):
            _check_nesting(option, kind, depth=depth)
        else:
            is_required = option.flag("required")
            if is_required and optional_seen:
                parent.refuse(
                    "options",
                    "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                    "Required options must be placed before non-required options",
                )
            optional_seen = optional_seen or not is_required
            _check_value_option(option, kind)
    _check_translated_names(parent, options)


def _check_nesting(option: Fields, kind: int, *, depth: int) -> None:
    if (kind == SUB_COMMAND_GROUP and depth) or depth > 1:
        option.refuse("type", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-command option groups can't be nested")
    if kind == SUB_COMMAND_GROUP:
        for child in option.objects("options", limits.OPTIONS_MAX, least=1):
            if child.kind != SUB_COMMAND:
                child.refuse("type", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "A group holds sub-commands only")
    else:
        for child in option.objects("options", limits.OPTIONS_MAX):
            if child.kind in (SUB_COMMAND, SUB_COMMAND_GROUP):
                child.refuse("type", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "A sub-command holds options only")
    _check_options(option, depth=depth + 1)


def _check_value_option(option: Fields, kind: int | None) -> None:
    option.forbid("options", message="Only sub-commands have options")
    choices = option.objects("choices", limits.CHOICES_MAX)
    completes = option.flag("autocomplete")
    if (choices or completes) and kind not in (STRING, INTEGER, NUMBER):
        option.refuse(
            "type", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Only texts and numbers have choices or autocomplete"
        )
    if choices and completes:
        option.refuse("choices", "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES", "Autocomplete excludes choices")
    names: set[str] = set()
    for choice in choices:
        _texts(choice, "name", limits.CHOICE_NAME_MAX, required=True)
        _check_choice_value(choice, kind)
        if str(choice.values.get("name")) in names:
            option.refuse(
                "choices",
                "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_EXISTS",
                "There is already an option choice with the same name",
            )
        names.add(str(choice.values.get("name")))
    least, most = (
        option.whole("min_length", 0, limits.OPTION_TEXT_MAX),
        option.whole("max_length", 1, limits.OPTION_TEXT_MAX),
    )
    lowest, highest = (
        option.number("min_value", limits.OPTION_NUMBER_MAX),
        option.number("max_value", limits.OPTION_NUMBER_MAX),
    )
    if (least or most) and kind != STRING:
        option.refuse("type", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Only texts have a length")
    if (lowest is not None or highest is not None) and kind not in (INTEGER, NUMBER):
        option.refuse(
            "type", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Only numbers have a smallest and a largest value"
        )
    if least is not None and most is not None and least > most:
        option.refuse(
            "min_length", "APPLICATION_COMMAND_OPTIONS_LENGTH_INVALID", "min_length must be at most max_length"
        )
    if lowest is not None and highest is not None and lowest > highest:
        option.refuse("min_value", "APPLICATION_COMMAND_OPTIONS_VALUE_INVALID", "min_value must be at most max_value")
    if option.entries("channel_types", 20) and kind != CHANNEL:
        option.refuse("channel_types", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Only channels have channel types")


def _check_choice_value(choice: Fields, kind: int | None) -> None:
    value = choice.values.get("value")
    if kind == STRING:
        choice.text("value", limits.CHOICE_VALUE_MAX, required=True)
    elif kind == INTEGER:
        choice.whole("value", -limits.OPTION_NUMBER_MAX, limits.OPTION_NUMBER_MAX, required=True)
    elif value is None:
        choice.form.required(choice.at("value"))
    else:
        choice.number("value", limits.OPTION_NUMBER_MAX)


def _check_translated_names(parent: Fields, options: list[Fields]) -> None:
    taken: dict[str, set[str]] = {}
    for option in options:
        translated = option.values.get("name_localizations")
        for locale, name in (translated if is_object(translated) else Json()).items():
            others = {str(other.values.get("name")) for other in options if other is not option}
            if str(name) in taken.setdefault(locale, set()) | others:
                parent.refuse(
                    "options", "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", f"Option names must be unique in {locale}"
                )
            taken[locale].add(str(name))


def _check_scope(fields: Fields, *, in_guild: bool) -> None:
    if in_guild:
        fields.forbid("contexts", "integration_types", message="Only global commands have this")
    for name, allowed in (("contexts", (0, 1, 2)), ("integration_types", (0, 1))):
        given = fields.entries(name, 3)
        if len(set(map(str, given))) != len(given):
            fields.refuse(name, "SET_TYPE_ALREADY_CONTAINS_VALUE", "The values must differ")
        for index, one in enumerate(given):
            if one not in allowed:
                fields.form.add(fields.at(name, index), "BASE_TYPE_CHOICES", f"Value must be one of {allowed}.")
    bits = fields.values.get("default_member_permissions")
    if bits is not None and snowflake(bits) is None:
        fields.refuse("default_member_permissions", "NUMBER_TYPE_COERCE", f'Value "{bits}" is not int.')
    for name in ("nsfw", "dm_permission", "default_permission"):
        fields.flag(name)


def check_list(entries: list[Any], *, in_guild: bool) -> None:
    """Validate a complete list of commands.

    Raises:
        Refusal: with the index of each invalid command.
    """
    form = Form()
    seen: set[tuple[int, str]] = set()
    counts: dict[int, int] = {}
    for index, entry in enumerate(entries):
        if not is_object(entry):
            form.wrong_type((index,), "dictionary")
            continue
        fields = Fields(form, (index,), entry)
        check_command(fields, in_guild=in_guild)
        key = (fields.kind or CHAT_INPUT, str(entry.get("name")))
        if key in seen:
            fields.refuse("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
        seen.add(key)
        counts[key[0]] = counts.get(key[0], 0) + 1
    form.check()
    check_counts(counts)


def check_counts(counts: dict[int, int]) -> None:
    """Refuse more commands of a type than a scope allows.

    Raises:
        Refusal: error 30032.
    """
    for kind, count in counts.items():
        most = {CHAT_INPUT: limits.COMMANDS_MAX, ENTRY_POINT: 1}.get(kind, limits.MENU_COMMANDS_MAX)
        if count > most:
            raise Refusal(400, 30032, f"Maximum number of application commands reached ({most}).")
