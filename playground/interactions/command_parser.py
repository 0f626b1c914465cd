"""Parses a typed slash command such as "/streak month:2026-10 user:@mina" against the app's registered commands."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from playground.interactions.options import options_of, shown, steps_of
from playground.json_types import Json
from playground.state.lookup import NotFound, fold, listed, nearest
from playground.validation import commands as kinds

_CLOSED: Final = {'"': '"', "“": "”", "「": "」"}


@dataclass(frozen=True, slots=True)
class Typed:
    """A parsed slash command."""

    steps: list[Json]  # the command, then the subcommand group and subcommand
    words: dict[str, str]  # option values as typed, by option name, in typed order


def read(text: str, commands: Sequence[Json]) -> Typed:
    """Parse a typed command.

    Raises:
        NotFound: unknown command, or a word that belongs to no option.
    """
    rest = text.strip().removeprefix("/")
    chat = [command for command in commands if command["type"] in (kinds.CHAT_INPUT, kinds.ENTRY_POINT)]
    if not chat:
        raise NotFound("The app has not registered any commands yet; run `lyceum commands sync`.", status=409)
    step, rest = _step(rest, chat, "/")
    steps = [step]
    while children := steps_of(step):
        step, rest = _step(rest, children, shown(steps) + " ")
        steps.append(step)
    return Typed(steps, _split(rest, steps))


def completing(typed: Typed) -> str:
    """The focused option: the last typed option that has autocomplete.

    Raises:
        NotFound: none of the typed options has autocomplete.
    """
    able = [str(option["name"]) for option in options_of(typed.steps[-1]) if option.get("autocomplete")]
    found = [name for name in typed.words if name in able]
    if found:
        return found[-1]
    here = shown(typed.steps)
    raise NotFound(
        f"{here} completes {listed(f'{name}:' for name in able)}; end the text with it."
        if able
        else f"{here} has no option that completes; run it instead."
    )


def _step(text: str, among: Sequence[Json], before: str) -> tuple[Json, str]:
    word, _, rest = text.partition(" ")
    for one in among:
        if fold(word) in (fold(name) for name in _names(one)):
            return one, rest.strip()
    near = listed(before + name for name in nearest(word, [one["name"] for one in among]))
    if not word:
        raise NotFound(f"{before.strip()} is not a command by itself; try {near}.")
    raise NotFound(f"There is no command {before}{word}; try {near}.", status=404)


def _names(entry: Json) -> list[str]:
    translated: Json = entry.get("name_localizations") or {}
    return [str(entry["name"]), *(str(name) for name in translated.values())]


def _split(text: str, steps: list[Json]) -> dict[str, str]:
    """Option names and their typed values, in typed order."""
    names = {fold(name): str(option["name"]) for option in options_of(steps[-1]) for name in _names(option)}
    marks = [
        match for match in re.finditer(r"(?:(?<=\s)|^)([^\s:\"“「]+):", _hide_quotes(text)) if fold(match[1]) in names
    ]
    leading = text[: marks[0].start() if marks else len(text)].strip()
    values: dict[str, str] = {}
    if leading:
        values[_alone(leading, steps)] = _unquoted(leading)
    ends = [*(match.start() for match in marks[1:]), len(text)]
    for match, end in zip(marks, ends, strict=False):
        name = names[fold(match[1])]
        if name in values:
            raise NotFound(f"{name} is there twice; give it once.")
        values[name] = _unquoted(text[match.end() : end].strip())
    return values


def _alone(text: str, steps: list[Json]) -> str:
    """The name of the option for a value without a name: the command's only option."""
    options = options_of(steps[-1])
    name = re.match(r"([^\s:]+):", text)
    if len(options) == 1 and (not name or not name[1].isalpha()):
        return str(options[0]["name"])
    if not options:
        raise NotFound(f'{shown(steps)} takes no options; leave out "{text}".')
    known = [f"{option['name']}:" for option in options]
    if name:
        raise NotFound(f"{shown(steps)} has no option {name[1]}; try {listed(nearest(name[1] + ':', known))}.")
    raise NotFound(f'Say which option "{text}" is for: {listed(known)}.')


def _hide_quotes(text: str) -> str:
    """The text with quoted parts blanked, so that option names inside quotes are not matched."""
    hidden: list[str] = []
    closing = ""
    for sign in text:
        if closing:
            closing = "" if sign == closing else closing
            hidden.append("_")
        else:
            closing = _CLOSED.get(sign, "") if hidden and hidden[-1] in ": " else ""
            hidden.append(sign)
    return "".join(hidden) if not closing else text


def _unquoted(text: str) -> str:
    if len(text) > 1 and _CLOSED.get(text[0]) == text[-1]:
        return text[1:-1]
    return text
