"""Reads a command as a person types it: "/streak month:2026-10 user:@mina", checked against what the app registered."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from playground import check_commands as kinds
from playground.community import STAGE, TEXT, VOICE
from playground.jsons import Json
from playground.naming import Puzzled, find_channel, find_member, fold, listed, nearest
from playground.payloads import Resolved
from playground.world import Attachment, Guild, Role
from wire.limits import OPTION_NUMBER_MAX, OPTION_TEXT_MAX

YES: Final = frozenset({"true", "yes", "on", "1"})
NO: Final = frozenset({"false", "no", "off", "0"})
COMPLETABLE: Final = (kinds.STRING, kinds.INTEGER, kinds.NUMBER)
CHANNEL_NAMES: Final = {TEXT: "text", VOICE: "voice", STAGE: "stage"}

_CLOSED: Final = {'"': '"', "“": "”", "「": "」"}


@dataclass(frozen=True, slots=True)
class Typed:
    """A command with its options as an interaction carries them."""

    command: Json
    options: list[Json]
    path: str  # "my timezone"


@dataclass(frozen=True, slots=True)
class Reader:
    """Turns words into values: knows who and what can be named."""

    guild: Guild | None  # None: a direct message
    locale: str
    resolved: Resolved
    files: dict[str, Attachment]  # by name, for attachment options

    def run(self, text: str, commands: Sequence[Json]) -> Typed:
        """A whole command, ready to be sent.

        Raises:
            Puzzled: something is unknown, missing or of the wrong type.
        """
        command, steps, leaf, rest = self._find(text, commands)
        values = self._split(rest, leaf, steps)
        for option in _options(leaf):
            if option.get("required") and option["name"] not in values:
                raise Puzzled(f"{_shown(steps)} needs {option['name']}; add {option['name']}:{_example(option)}.")
        options: list[Json] = [
            {"name": option["name"], "type": option["type"], "value": self._value(option, values[option["name"]])}
            for option in _options(leaf)
            if option["name"] in values
        ]
        return _nested(command, steps, options)

    def complete(self, text: str, commands: Sequence[Json]) -> Typed:
        """A command while it is being typed; the last option that completes is the one in focus.

        Raises:
            Puzzled: unknown, or nothing in it completes.
        """
        command, steps, leaf, rest = self._find(text, commands)
        values = self._split(rest, leaf, steps)
        by_name = {option["name"]: option for option in _options(leaf)}
        completing = [name for name in values if by_name[name].get("autocomplete")]
        if not completing:
            able = [f"{name}:" for name, option in by_name.items() if option.get("autocomplete")]
            raise Puzzled(
                f"{_shown(steps)} completes {listed(able)}; end the text with it."
                if able
                else f"{_shown(steps)} has no option that completes; run it instead."
            )
        options: list[Json] = []
        for name, word in values.items():
            option = by_name[name]
            if name == completing[-1]:
                options.append({"name": name, "type": option["type"], "value": word, "focused": True})
            else:
                options.append({"name": name, "type": option["type"], "value": self._value(option, word)})
        return _nested(command, steps, options)

    def _find(self, text: str, commands: Sequence[Json]) -> tuple[Json, list[Json], Json, str]:
        """The command, the steps down to what is run, that last step, and the words after it."""
        rest = text.strip().removeprefix("/")
        chat = [command for command in commands if command["type"] == kinds.CHAT_INPUT]
        if not chat:
            raise Puzzled("The app has not registered any commands yet; run `lyceum commands sync`.", status=409)
        step, rest = self._step(rest, chat, "/")
        steps = [step]
        while children := [
            one for one in _options(step) if one["type"] in (kinds.SUB_COMMAND, kinds.SUB_COMMAND_GROUP)
        ]:
            step, rest = self._step(rest, children, _shown(steps) + " ")
            steps.append(step)
        return steps[0], steps, step, rest

    def _step(self, text: str, among: Sequence[Json], before: str) -> tuple[Json, str]:
        word, _, rest = text.partition(" ")
        for one in among:
            if fold(word) in (fold(name) for name in self._names(one)):
                return one, rest.strip()
        near = listed(before + name for name in nearest(word, [one["name"] for one in among]))
        if not word:
            raise Puzzled(f"{before.strip()} is not a command by itself; try {near}.")
        raise Puzzled(f"There is no command {before}{word}; try {near}.", status=404)

    def _names(self, entry: Json) -> list[str]:
        translated: Json = entry.get("name_localizations") or {}
        return [str(entry["name"]), *(str(name) for name in translated.values())]

    def _split(self, text: str, leaf: Json, steps: list[Json]) -> dict[str, str]:
        """Option names and what was typed for them, in the order typed."""
        names = {fold(name): str(option["name"]) for option in _options(leaf) for name in self._names(option)}
        marks = [
            match
            for match in re.finditer(r"(?:(?<=\s)|^)([^\s:\"“「]+):", _hide_quotes(text))
            if fold(match[1]) in names
        ]
        leading = text[: marks[0].start() if marks else len(text)].strip()
        values: dict[str, str] = {}
        if leading:
            values[self._alone(leading, leaf, steps)] = _unquoted(leading)
        ends = [*(match.start() for match in marks[1:]), len(text)]
        for match, end in zip(marks, ends, strict=False):
            name = names[fold(match[1])]
            if name in values:
                raise Puzzled(f"{name} is there twice; give it once.")
            values[name] = _unquoted(text[match.end() : end].strip())
        return values

    def _alone(self, text: str, leaf: Json, steps: list[Json]) -> str:
        """The option that a text without a name belongs to: the only one."""
        options = _options(leaf)
        name = re.match(r"([^\s:]+):", text)
        if len(options) == 1 and (not name or not name[1].isalpha()):
            return str(options[0]["name"])
        if not options:
            raise Puzzled(f'{_shown(steps)} takes no options; leave out "{text}".')
        known = [f"{option['name']}:" for option in options]
        if name:
            raise Puzzled(f"{_shown(steps)} has no option {name[1]}; try {listed(nearest(name[1] + ':', known))}.")
        raise Puzzled(f'Say which option "{text}" is for: {listed(known)}.')

    def _value(self, option: Json, word: str) -> Any:
        if option.get("choices"):
            return self._choice(option, word)
        match option["type"]:
            case kinds.STRING:
                value: Any = _check_length(option, word)
            case kinds.INTEGER | kinds.NUMBER:
                value = _check_range(option, word, whole=option["type"] == kinds.INTEGER)
            case kinds.BOOLEAN:
                value = _check_yes(option, word)
            case kinds.ATTACHMENT:
                if word not in self.files:
                    raise Puzzled(f'No file "{word}" was sent along; {option["name"]} names one of the files sent.')
                value = self.resolved.add_attachment(self.files[word])
            case _:
                value = self._named(option, word)
        return value

    def _named(self, option: Json, word: str) -> str:
        """The id of a member, channel or role."""
        if self.guild is None:
            raise Puzzled("In a direct message there are no members, channels and roles to name; use a server.")
        match option["type"]:
            case kinds.USER:
                member = find_member(self.guild, word)
                return self.resolved.add_user(member.user, member)
            case kinds.CHANNEL:
                channel = find_channel(self.guild, word)
                allowed: list[int] = option.get("channel_types") or []
                if allowed and channel.type not in allowed:
                    wanted = listed(CHANNEL_NAMES.get(kind, str(kind)) for kind in allowed)
                    raise Puzzled(f"{option['name']} takes a {wanted} channel; {channel.name} is none.")
                return self.resolved.add_channel(channel)
            case kinds.ROLE:
                return self.resolved.add_role(_find_role(self.guild, word))
            case _:
                return self._mentionable(self.guild, word)

    def _mentionable(self, guild: Guild, word: str) -> str:
        try:
            member = find_member(guild, word)
        except Puzzled:
            return self.resolved.add_role(_find_role(guild, word))
        return self.resolved.add_user(member.user, member)

    def _choice(self, option: Json, word: str) -> Any:
        choices: list[Json] = option["choices"]
        for choice in choices:
            if fold(word) == fold(str(choice["value"])) or fold(word) in (fold(name) for name in self._names(choice)):
                return choice["value"]
        raise Puzzled(f'{option["name"]} is one of {listed(str(choice["name"]) for choice in choices)}, not "{word}".')


def _options(entry: Json) -> list[Json]:
    return entry.get("options") or []


def _shown(steps: Sequence[Json]) -> str:
    return "/" + " ".join(str(step["name"]) for step in steps)


def _nested(command: Json, steps: list[Json], options: list[Json]) -> Typed:
    for step in reversed(steps[1:]):
        options = [{"name": step["name"], "type": step["type"], "options": options}]
    return Typed(command, options, " ".join(str(step["name"]) for step in steps))


def _hide_quotes(text: str) -> str:
    """The text with everything inside quotes blanked, so that names in it are not taken for options."""
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


def _check_yes(option: Json, word: str) -> bool:
    if fold(word) not in YES | NO:
        raise Puzzled(f"{option['name']} is yes or no; write {option['name']}:true or {option['name']}:false.")
    return fold(word) in YES


def _check_length(option: Json, word: str) -> str:
    least, most = option.get("min_length") or 0, option.get("max_length") or OPTION_TEXT_MAX
    if not least <= len(word) <= most:
        raise Puzzled(f"{option['name']} takes {least} to {most} characters; this is {len(word)}.")
    return word


def _check_range(option: Json, word: str, *, whole: bool) -> float:
    try:
        value = int(word) if whole else float(word)
    except ValueError:
        kind = "a whole number" if whole else "a number"
        raise Puzzled(f'{option["name"]} is {kind}, not "{word}"; try {option["name"]}:{_example(option)}.') from None
    least, most = option.get("min_value", -OPTION_NUMBER_MAX), option.get("max_value", OPTION_NUMBER_MAX)
    if not least <= value <= most:
        raise Puzzled(f"{option['name']} goes from {least} to {most}; {word} is outside.")
    return value


def _find_role(guild: Guild, word: str) -> Role:
    name = fold(word.removeprefix("<@&").removesuffix(">"))
    for role in guild.roles.values():
        if name in (fold(role.name), str(role.id)):
            return role
    near = nearest(word, [role.name for role in guild.roles.values()])
    raise Puzzled(f'No role here is called "{word}"; try {listed(near)}.', status=404)


def _example(option: Json) -> str:
    if option.get("choices"):
        return str(option["choices"][0]["value"])
    examples = {
        kinds.INTEGER: "3",
        kinds.NUMBER: "1.5",
        kinds.BOOLEAN: "true",
        kinds.USER: "@mina",
        kinds.CHANNEL: "#Library",
    }
    return str(option.get("min_value") or examples.get(option["type"], "…"))
