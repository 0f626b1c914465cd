"""Validates command option values and builds the `options` array of an interaction."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from playground.interactions.entity_resolver import Picking
from playground.json_types import Json, is_list
from playground.state.lookup import NotFound, fold, listed, nearest
from playground.state.state import Attachment
from playground.validation import commands
from wire.limits import OPTION_NUMBER_MAX, OPTION_TEXT_MAX

YES: Final = frozenset({"true", "yes", "on", "1"})
NO: Final = frozenset({"false", "no", "off", "0"})
STEPS: Final = (commands.SUB_COMMAND, commands.SUB_COMMAND_GROUP)
WRITTEN: Final = (commands.STRING, commands.INTEGER, commands.NUMBER)

Files = Mapping[str, Attachment]  # uploaded files by name


def options_of(entry: Json) -> list[Json]:
    """The `options` array of a command, group or subcommand."""
    return entry.get("options") or []


def steps_of(entry: Json) -> list[Json]:
    """The groups and subcommands of a command or group."""
    return [one for one in options_of(entry) if one["type"] in STEPS]


def shown(steps: Sequence[Json]) -> str:
    """The command as displayed to users, such as "/my timezone"."""
    return "/" + " ".join(str(step["name"]) for step in steps)


def follow(command: Json, path: Sequence[str]) -> list[Json]:
    """The steps from a command to the subcommand at `path`.

    Raises:
        NotFound: the path does not exist, or ends at a group.
    """
    steps = [command]
    for name in path:
        step = next((one for one in steps_of(steps[-1]) if one["name"] == name), None)
        if step is None:
            raise NotFound(f"There is no command {shown(steps)} {name}.", status=404)
        steps.append(step)
    if left := steps_of(steps[-1]):
        names = listed(f"{shown(steps)} {one['name']}" for one in left)
        raise NotFound(f"{shown(steps)} is not a command by itself; try {names}.")
    return steps


def check_known(steps: Sequence[Json], names: Iterable[str]) -> None:
    """Refuse options that a command does not have.

    Raises:
        NotFound: an unknown option.
    """
    known = [str(option["name"]) for option in options_of(steps[-1])]
    for name in names:
        if name not in known:
            raise NotFound(f"{shown(steps)} has no option {name}; try {listed(nearest(name, known))}.")


def fill(steps: Sequence[Json], given: Mapping[str, Any], pick: Picking, files: Files) -> list[Json]:
    """The options of a command that is run; `steps` lead to the subcommand, `given` is by option name.

    Raises:
        NotFound: a value is missing or invalid; `field` names the option.
    """
    filled: list[Json] = []
    for option in options_of(steps[-1]):
        name = option["name"]
        if name in given:
            filled.append({"name": name, "type": option["type"], "value": _value(option, given[name], pick, files)})
        elif option.get("required"):
            raise NotFound(f"{shown(steps)} needs {name}; add {name}:{example(option)}.", field=name)
    return _nested(steps, filled)


def fill_partly(
    steps: Sequence[Json], given: Mapping[str, Any], focused: str, pick: Picking, files: Files
) -> list[Json]:
    """The options of an autocomplete interaction; as on Discord, values are not validated yet."""
    by_name = {option["name"]: option for option in options_of(steps[-1])}
    filled: list[Json] = []
    for name, value in given.items():
        option = by_name[name]
        shape: Json = {"name": name, "type": option["type"]}
        if name == focused:
            filled.append(shape | {"value": str(value), "focused": True})
            continue
        try:
            filled.append(shape | {"value": _value(option, value, pick, files)})
        except NotFound:
            if option["type"] in WRITTEN:
                filled.append(shape | {"value": value})
    return _nested(steps, filled)


def example(option: Json) -> str:
    """An example value for the option, used in error messages."""
    if option.get("choices"):
        return str(option["choices"][0]["value"])
    examples = {
        commands.INTEGER: "3",
        commands.NUMBER: "1.5",
        commands.BOOLEAN: "true",
        commands.USER: "@mina",
        commands.CHANNEL: "#Library",
    }
    return str(option.get("min_value") or examples.get(option["type"], "…"))


def check_file(name: object, file: Attachment, types: object) -> None:
    """Check a file's type by its extension, as Discord does.

    Raises:
        NotFound: the type is not allowed.
    """
    wanted = [str(one) for one in types] if is_list(types) else []
    medium, ending = file.content_type.partition("/")[0], "." + file.filename.rpartition(".")[2].lower()
    if wanted and medium not in wanted and ending not in (one.lower() for one in wanted):
        raise NotFound(f"{name} takes {listed(wanted)}; {file.filename} is none.")


def _value(option: Json, given: Any, pick: Picking, files: Files) -> Any:
    try:
        return _choice(option, given, pick) if option.get("choices") else _checked(option, given, pick, files)
    except NotFound as puzzled:
        puzzled.field = option["name"]
        raise


def _choice(option: Json, given: Any, pick: Picking) -> Any:
    choices: list[Json] = option["choices"]
    found = pick.choice(choices, given)
    if found is None:
        raise NotFound(f'{option["name"]} is one of {listed(str(one["name"]) for one in choices)}, not "{given}".')
    return found["value"]


def _checked(option: Json, given: Any, pick: Picking, files: Files) -> Any:
    word = str(given)
    match option["type"]:
        case commands.STRING:
            value: Any = _check_length(option, word)
        case commands.INTEGER | commands.NUMBER:
            value = _check_range(option, word, whole=option["type"] == commands.INTEGER)
        case commands.BOOLEAN:
            value = _check_yes(option, word)
        case commands.ATTACHMENT:
            if word not in files:
                raise NotFound(f'No file "{word}" was sent along; {option["name"]} names one of the files sent.')
            check_file(option["name"], files[word], option.get("file_types"))
            value = pick.resolved.add_attachment(files[word])
        case commands.USER:
            value = pick.person(word)
        case commands.CHANNEL:
            value = pick.channel(word, option.get("channel_types") or (), wanted_by=option["name"])
        case commands.ROLE:
            value = pick.role(word)
        case _:
            value = pick.anyone(word)
    return value


def _nested(steps: Sequence[Json], options: list[Json]) -> list[Json]:
    for step in reversed(steps[1:]):
        options = [{"name": step["name"], "type": step["type"], "options": options}]
    return options


def _check_yes(option: Json, word: str) -> bool:
    if fold(word) not in YES | NO:
        raise NotFound(f"{option['name']} is yes or no; write {option['name']}:true or {option['name']}:false.")
    return fold(word) in YES


def _check_length(option: Json, word: str) -> str:
    least, most = option.get("min_length") or 0, option.get("max_length") or OPTION_TEXT_MAX
    if not least <= len(word) <= most:
        raise NotFound(f"{option['name']} takes {least} to {most} characters; this is {len(word)}.")
    return word


def _check_range(option: Json, word: str, *, whole: bool) -> float:
    try:
        value = int(word) if whole else float(word)
    except ValueError:
        kind = "a whole number" if whole else "a number"
        raise NotFound(f'{option["name"]} is {kind}, not "{word}"; try {option["name"]}:{example(option)}.') from None
    least, most = option.get("min_value", -OPTION_NUMBER_MAX), option.get("max_value", OPTION_NUMBER_MAX)
    if not least <= value <= most:
        raise NotFound(f"{option['name']} goes from {least} to {most}; {word} is outside.")
    return value
