"""`lyceum try`: sends commands, clicks and modals as a user of the local Discord and prints the replies."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text
from typer.core import TyperCommand, TyperOption

from cli.console import json_text, out
from cli.control import Control
from cli.environment import read_settings
from cli.errors import FAILED, USAGE, CliError
from cli.markdown import Names, names_in
from cli.reply_view import reply_view
from cli.steps import Step, read_steps
from cli.terminal import path_text
from core.clock import Clock
from core.enums import Language
from core.i18n import DISCORD_LOCALES, language_of

Json = dict[str, Any]

_TYPED = "typed"
# names of timeline entries after the initial response
_COMPLETING = ("the deferred message arrived", "edited", "follow-up")
_COMMAND = 'Such as "/streak month:2026-10 user:@mina".'


class _Ordered(TyperCommand):
    """A Click command that keeps the raw arguments, for the order of its options."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.meta[_TYPED] = list(args)
        return super().parse_args(ctx, args)


def add_to(app: typer.Typer) -> None:
    """Register the command `try`."""
    app.command("try", cls=_Ordered, rich_help_panel="The local Discord")(attempt)


def attempt(
    ctx: typer.Context,
    text: Annotated[str | None, typer.Argument(metavar="COMMAND", help=_COMMAND)] = None,
    *,
    who: Annotated[str | None, typer.Option("--as", metavar="NAME", help="Who does it, by any of their names.")] = None,
    guild: Annotated[str | None, typer.Option(metavar="NAME", help="In which server.")] = None,
    locale: Annotated[str | None, typer.Option(metavar="CODE", help="Their Discord's language: ko, es-ES …")] = None,
    press: Annotated[list[str] | None, typer.Option(metavar="LABEL", help="Press a button.")] = None,
    select: Annotated[list[str] | None, typer.Option(metavar="LABEL=VALUE,VALUE", help="Choose in a list.")] = None,
    field: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="Fill in and send a form.")] = None,
    user_menu: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Use a menu of a person.")] = None,
    message_menu: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Use a menu of a message.")] = None,
    target: Annotated[str | None, typer.Option(metavar="NAME", help="On whom a menu is used.")] = None,
    autocomplete: Annotated[bool, typer.Option("--autocomplete", help="Show completions of COMMAND.")] = False,
    save: Annotated[str | None, typer.Option(metavar="DIR", help="Where pictures are saved.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per step instead.")] = False,
) -> None:
    """Send a command as a member of the local Discord and see the reply as they do.

    Steps run in the order in which they stand, and the last reply is remembered, so that whole flows can be driven:

    lyceum try "/streak" --press "◀" --press "▶"

    lyceum try --press Next
    """
    del press, select, field, user_menu, message_menu  # read from the raw arguments, which keep their order
    typed: list[str] = ctx.meta[_TYPED]
    steps = read_steps(text, typed, valued=valued_options(ctx.command.params), target=target, completes=autocomplete)
    settings = read_settings()
    if who is None and locale is None:  # the default is the terminal's language
        locale = terminal_locale(os.environ)
    person = {name: value for name, value in (("as", who), ("guild", guild), ("locale", locale)) if value}
    folder = Path(path_text(save)) if save else settings.data_dir / "replies"
    shows = _Json() if as_json else _Terminal(Clock(settings.clock_file))
    with Control(settings.playground_port) as control:
        pictures = _Pictures(control, folder, keeps_all=save is not None)
        replies: list[str] = []  # replies to the latest command and to the steps on it, the newest first
        for step in steps:
            if step.goes_on and replies:  # only on replies of this command line, never on an older message
                bound = {"reply": replies} if "message" not in step.request else {}
                answer = control.interact({**person, **bound, **step.request})
            else:
                answer, replies = control.interact({**person, **step.request}), []
            replies = [str(answer["reply"]), *([] if step.is_command else replies)]
            saved = pictures.save(answer)
            shows.show(control, step, answer, saved)
            _check(step, answer)


class _Json:
    def show(self, control: Control, step: Step, answer: Json, saved: Mapping[str, str]) -> None:
        del control
        text = json_text({"step": step.name, **answer, "saved": dict(saved)})
        out().print(text, markup=False, soft_wrap=True)


class _Terminal:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._names: Names | None = None

    def show(self, control: Control, step: Step, answer: Json, saved: Mapping[str, str]) -> None:
        if self._names is None:
            self._names = names_in(control.state())
        out().print(Text.assemble((step.name, "name"), (f"  {heading(answer)}", "quiet")))
        out().print(reply_view(answer, saved=saved, names=self._names, now=self._clock.now()))
        out().print()


class _Pictures:
    """Saves the attachments of replies; with --save, files of the same name get different paths."""

    def __init__(self, control: Control, folder: Path, *, keeps_all: bool) -> None:
        self._control = control
        self._folder = folder
        self._keeps_all = keeps_all
        self._written: set[Path] = set()

    def save(self, answer: Json) -> dict[str, str]:
        """Save the files of a reply; returns their paths by attachment id."""
        messages: list[Json] = [answer.get("message") or {}, *(answer.get("follow_ups") or [])]
        files: list[Json] = [file for message in messages for file in message.get("attachments", [])]
        saved: dict[str, str] = {}
        for file in files:
            identity = str(file["id"])
            path = self._place(path_text(Path(str(file["filename"])).name))
            content = self._control.attachment(identity)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            except OSError as error:
                raise CliError(
                    f"{self._folder} cannot be written ({error.strerror}): choose another folder with --save.",
                    code=USAGE,
                ) from None
            self._written.add(path)
            saved[identity] = _from_here(path)
        return saved

    def _place(self, name: str) -> Path:
        path = self._folder / name
        number = 2
        while path in self._written or (self._keeps_all and path.exists()):
            path = self._folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
            number += 1
        return path


def valued_options(params: Iterable[object]) -> frozenset[str]:
    """The options of a command that take a value."""
    options = [param for param in params if isinstance(param, TyperOption) and not param.is_flag]
    return frozenset(name for option in options for name in option.opts)


def terminal_locale(environ: Mapping[str, str]) -> str:
    """Discord's locale for the terminal's language; English if there is no translation."""
    named = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    tag = named.partition(".")[0].partition("@")[0].replace("_", "-")
    if language_of(tag):
        return tag
    spoken = {language.value: locales[0] for language, locales in DISCORD_LOCALES.items()}
    return spoken.get(tag.partition("-")[0], spoken[Language.EN.value])


def heading(answer: Json) -> str:
    """The heading of a reply: the user, the step, and how long the app took."""
    words = [f"as {answer['as']}"] if answer.get("as") else []
    response: Json = answer.get("response") or {}
    if response.get("ms") is not None:
        words.append(f"answered in {response['ms']:.0f} ms")
    timeline: list[Json] = answer.get("timeline") or []
    later = [event["at_ms"] for event in timeline if event["what"] in _COMPLETING]
    if later:
        words.append(f"complete after {later[-1]:.0f} ms")
    return ", ".join(words)


def _check(step: Step, answer: Json) -> None:
    problems: list[Any] = answer.get("problems") or []
    if problems:
        told = "; ".join(str(problem) for problem in problems)
        raise CliError(f"{step.name} was not answered as Discord wants it: {told}", code=FAILED)


def _from_here(path: Path) -> str:
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
