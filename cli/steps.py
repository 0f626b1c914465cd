"""Parses the options of `lyceum try` into steps, in the order of the command line."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cli.errors import USAGE, CliError

Json = dict[str, Any]

_KINDS: Final = {
    "--press": "press",
    "--select": "select",
    "--field": "field",
    "--user-menu": "user_menu",
    "--message-menu": "message_menu",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One user action: its request to the local Discord's control API, and its name in the output."""

    name: str  # "/profile", "press Next"
    request: Json

    @property
    def is_command(self) -> bool:
        """Whether the following steps act on its reply alone."""
        return not self.request.keys() & {"press", "select", "submit"}

    @property
    def goes_on(self) -> bool:
        """Whether it acts on the reply to an earlier step; a slash or user command starts a new flow."""
        return bool(self.request.keys() & {"press", "select", "submit", "message_menu"})


def read_steps(
    text: str | None, arguments: Sequence[str], *, valued: Collection[str], target: str | None, completes: bool
) -> list[Step]:
    """The steps of one command line: the command first, then clicks, selections and fields in their given order.

    Args:
        text: the slash command, if one is given.
        arguments: the raw command line, since the parsed options lose their relative order.
        valued: all options that take a value; the value may look like an option.
        target: the user or message of a user or message command.
        completes: request autocomplete for `text` instead of sending it.

    Raises:
        CliError: an option is malformed, or there is no step.
    """
    steps: list[Step] = []
    if text is not None:
        text = text.strip()
        command = text if text.startswith("/") else f"/{text}"
        steps.append(Step(f"{command} …", {"autocomplete": command}) if completes else Step(command, {"text": command}))
    fields: dict[str, str] = {}
    for kind, value in _in_order(arguments, valued):
        if kind == "field":
            if not fields:
                steps.append(Step("submit", {"submit": fields}))
            name, written = _pair(value, "--field", "NAME=VALUE")
            fields[name] = written
            continue
        fields = {}
        steps.append(_step(kind, value, target))
    if not steps:
        raise CliError('Say what to try, for example: lyceum try "/profile".', code=USAGE)
    return steps


def _step(kind: str, value: str, target: str | None) -> Step:
    if kind == "press":
        return Step(f"press {value}", {"press": value})
    if kind == "select":
        label, chosen = _pair(value, "--select", "LABEL=VALUE,VALUE")
        values = [part.strip() for part in chosen.split(",") if part.strip()]
        return Step(f"choose {', '.join(values)} in {label}", {"select": label, "values": values})
    if target is None:  # default target: the user themselves, or the latest reply
        return Step(value, {kind: value})
    return Step(f"{value} on {target}", {kind: value, "target" if kind == "user_menu" else "message": target})


def _pair(value: str, option: str, form: str) -> tuple[str, str]:
    left, equals, right = value.partition("=")
    if not equals or not left.strip():
        raise CliError(f'{option} is written {option} "{form}", and "{value}" is not.', code=USAGE)
    return left.strip(), right.strip()


def _in_order(arguments: Iterable[str], valued: Collection[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    words = iter(arguments)
    for word in words:
        option, equals, value = word.partition("=")
        if word == "--":
            break
        if option in _KINDS:
            found.append((_KINDS[option], value if equals else next(words, "")))
        elif option in valued and not equals:
            next(words, None)
    return found
