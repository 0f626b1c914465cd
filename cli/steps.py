"""What `lyceum try` is asked to do, one step after the other, in the order of the command line."""

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
    """One thing that a person does, as the local Discord is told, and how we call it."""

    name: str  # "/profile", "press Next"
    request: Json

    @property
    def is_command(self) -> bool:
        """Whether what follows is about its reply alone."""
        return not self.request.keys() & {"press", "select", "submit"}

    @property
    def goes_on(self) -> bool:
        """Whether it is about the reply to an earlier step; a command or a menu of a person begins anew."""
        return bool(self.request.keys() & {"press", "select", "submit", "message_menu"})


def read_steps(
    text: str | None, arguments: Sequence[str], *, valued: Collection[str], target: str | None, completes: bool
) -> list[Step]:
    """The steps of one command line: the command or menu first, then presses, choices and fields as they stand.

    Args:
        text: the slash command, if one is given.
        arguments: the command line as it was typed; only it still knows the order of different options.
        valued: every option that takes a value, which may look like an option itself.
        target: whom or what a menu is used on.
        completes: ask what `text` could be completed to, instead of sending it.

    Raises:
        Problem: an option is not written as it has to be, or there is nothing to do.
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
    if target is None:  # a person's menu is used on themselves, a message's on the latest reply
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
