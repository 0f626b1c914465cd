"""Runs the Typer app, and turns usage errors into one-sentence messages."""

import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from enum import Enum
from typing import Any, Final, cast, get_args

import typer
from typer.exceptions import TyperException

from cli.errors import USAGE, CliError

_KINDS: Final[Mapping[type, str]] = {int: "a whole number", float: "a number", bool: "yes or no"}
_OUTSIDE: Final = frozenset({"greater_than_equal", "less_than_equal", "greater_than", "less_than"})


def run(app: typer.Typer, arguments: Sequence[str]) -> None:
    """Run the command that `arguments` name, and exit with its code.

    Raises:
        CliError: the command or its options are wrong.
        SystemExit: with the command's code.
    """
    command: Any = typer.main.get_command(app)
    try:
        code = command.main(args=list(arguments), prog_name="lyceum", standalone_mode=False)
    except typer.Abort:
        raise SystemExit(1) from None
    except TyperException as error:
        if not str(getattr(error, "message", "")) and type(error).__name__ == "NoArgsIsHelpError":
            raise SystemExit(USAGE) from None  # the help has been printed
        path, innermost = _reached(command, arguments)
        raise CliError(f"{_sentence(error, path, innermost)}: `{path} -h` shows how.", code=USAGE) from None
    raise SystemExit(code if isinstance(code, int) else 0)


def _reached(command: Any, arguments: Sequence[str]) -> tuple[str, Any]:
    """The innermost command that the arguments name, and its full name."""
    path = "lyceum"
    for argument in arguments:
        inner: dict[str, Any] = getattr(command, "commands", {})
        if argument not in inner:
            break
        command, path = inner[argument], f"{path} {argument}"
    return path, command


def _sentence(error: TyperException, path: str, command: Any) -> str:
    """The message of a usage error, without a full stop."""
    param: Any = getattr(error, "param", None)
    if param is not None and type(error).__name__ == "MissingParameter":
        return f"{_name(param)} is missing"
    if param is not None and (told := _of_value(error.__cause__, param)):
        return told
    if getattr(error, "option_name", None):
        return _of_option(error, path, command)
    inner: dict[str, Any] = getattr(command, "commands", {})
    message = str(getattr(error, "message", "") or error).removesuffix(".")
    if inner and message.startswith("No such command"):
        wrong = message.split("'")[1]
        return f'{path} has no command "{wrong}"{_meant(wrong, list(inner))}'
    if "unexpected extra argument" in message:
        return f'"{message.partition("(s) (")[2].removesuffix(")")}" is more than {path} takes'
    return message


def _of_option(error: Any, path: str, command: Any) -> str:
    option = str(error.option_name)
    if type(error).__name__ == "NoSuchOption":
        return f"{path} has no option {option}{_meant(option, [name for each in command.params for name in each.opts])}"
    return f"{option} {'takes no value' if 'does not take' in str(error.message) else 'needs a value'}"


def _of_value(cause: BaseException | None, param: Any) -> str:
    """The type that a value must have; empty if the parser does not name the value."""
    wrong: list[Any] = getattr(cause, "errors", list)()
    if not wrong:
        return ""
    kind: Any = param.type_descriptor.annotation
    kind = next(iter(get_args(kind)), kind)  # each value of a list
    given = str(wrong[0].get("input", ""))
    told = f'{_name(param)} must be {_wanted(kind, param)}, not "{given}"'
    return told if kind in _KINDS or _is_choice(kind) or wrong[0].get("type") in _OUTSIDE else ""


def _wanted(kind: Any, param: Any) -> str:
    if _is_choice(kind):
        return f"one of {', '.join(str(each.value) for each in cast('type[Enum]', kind))}"
    what = _KINDS.get(kind, "a value")
    match param.min, param.max:
        case None, None:
            return what
        case least, None:
            return f"{what} from {least} up"
        case None, most:
            return f"{what} up to {most}"
        case least, most:
            return f"{what} from {least} to {most}"


def _is_choice(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _name(param: Any) -> str:
    if str(param.opts[0]).startswith("-"):
        return str(param.opts[0])
    return str(param.metavar or param.name.upper()).strip("[].") or str(param.name)


def _meant(wrong: str, known: list[str]) -> str:
    near = get_close_matches(wrong, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def version() -> str:
    """The version of the installed package, or of this folder if Lyceum is not installed."""
    from importlib import metadata  # noqa: PLC0415 - only for --version

    try:
        return metadata.version("lyceum")
    except metadata.PackageNotFoundError:
        import tomllib  # noqa: PLC0415 - likewise

        from cli.subprocesses import ROOT  # noqa: PLC0415 - likewise

        return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def show_version(*, wanted: bool) -> None:
    """Print the version and exit if --version is given."""
    if wanted:
        sys.stdout.write(f"lyceum {version()}\n")
        raise typer.Exit
