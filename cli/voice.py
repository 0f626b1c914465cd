"""`lyceum voice`: changes voice states in the local Discord and waits until the listener has stored them."""

import asyncio
import time
from typing import Annotated, Any, Final

import typer

from cli.console import err, out, spinner
from cli.control import Control
from cli.environment import read_settings
from cli.errors import CliError
from cli.wait_for_listener import NOBODY, wait_for_listener

Json = dict[str, Any]

app = typer.Typer(help="Come and go in the voice channels of the local Discord.", no_args_is_help=True)

_CHANGES: Final = {
    "leave": "Leave voice.",
    "mute": "Mute oneself.",
    "unmute": "Unmute oneself.",
    "deafen": "Deafen oneself.",
    "undeafen": "Undeafen oneself.",
    "stream": "Go live.",
    "unstream": "End the stream.",
    "camera": "Turn the camera on.",
    "uncamera": "Turn the camera off.",
}
SEED_MAX: Final = 1 << 53  # the largest integer that every JSON reader keeps exactly
_POLL_S: Final = 0.25
_TENTHS: Final = 10

Who = Annotated[str, typer.Argument(metavar="NAME", help="A member, by username or display name.")]
Where = Annotated[str, typer.Argument(metavar="CHANNEL", help='A voice channel, such as "Deep Work".')]
Server = Annotated[str | None, typer.Option("--guild", metavar="NAME", help="In which server.")]


@app.command()
def join(who: Who, channel: Where, *, guild: Server = None) -> None:
    """Join a channel."""
    _act("join", who, channel, guild)


@app.command()
def move(who: Who, channel: Where, *, guild: Server = None) -> None:
    """Move to another channel."""
    _act("move", who, channel, guild)


def _add(action: str, sentence: str) -> None:
    def change(
        who: Who,
        channel: Annotated[str | None, typer.Argument(metavar="[CHANNEL]", help="Not needed: where they are.")] = None,
        *,
        guild: Server = None,
    ) -> None:
        del channel
        _act(action, who, None, guild)

    app.command(action, help=sentence)(change)


for _action, _sentence in _CHANGES.items():
    _add(_action, _sentence)


@app.command()
def simulate(
    *,
    members: Annotated[int, typer.Option(min=1, max=100_000, help="How many people there are.")] = 200,
    minutes: Annotated[int, typer.Option(min=1, max=24 * 60, help="How long the evening is, in their minutes.")] = 60,
    speed: Annotated[float, typer.Option(min=1, max=3600, help="How many times faster than real time it runs.")] = 60,
    keep: Annotated[
        bool, typer.Option("--keep", help="Let the people stay: in voice, if it is broken off, and as members.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(min=-SEED_MAX, max=SEED_MAX, help="The same number makes the same evening.")
    ] = None,
) -> None:
    """Play a believable evening in fast motion, and wait until all of it is written down; Ctrl-C ends it early.

    Members who came for it leave at its end, and what was recorded stays.
    """
    settings = read_settings()
    request: Json = {"members": members, "minutes": minutes, "speed": speed, "keep": keep}
    if seed is not None:
        request["seed"] = seed
    with Control(settings.playground_port) as control:
        control.simulate(request)
        try:
            told = _follow(control)
        except KeyboardInterrupt:
            told = control.end_simulation()
        if told.get("problem"):
            raise CliError(str(told["problem"]))
        with err().status("Waiting until everything is written down …", spinner=spinner()):
            is_written = asyncio.run(wait_for_listener(settings, control))
    out().print(_sentence_of(told, is_written=is_written), soft_wrap=True)
    if not is_written:
        err().print(NOBODY, style="quiet", soft_wrap=True)


def _act(action: str, who: str, channel: str | None, guild: str | None) -> None:
    settings = read_settings()
    request = {"action": action, "who": who, "channel": channel, "guild": guild}
    with Control(settings.playground_port) as control:
        answer = control.voice({name: value for name, value in request.items() if value is not None})
        is_written = asyncio.run(wait_for_listener(settings, control))
    member: Json = answer.get("member") or {}
    out().print(_whereabouts(member), markup=False)
    if not is_written:
        err().print(NOBODY, style="quiet", soft_wrap=True)


def _follow(control: Control) -> Json:
    """Show the simulation's progress until its end; returns its final state."""
    if not err().is_terminal:
        return _follow_in_lines(control)
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err(), transient=True) as progress:
        task = progress.add_task("The evening goes by", total=1.0)
        while True:
            told = control.simulation()
            progress.update(task, completed=told["progress"], description=f"{told['in_voice']} members in voice")
            if not told["running"]:
                return told
            time.sleep(_POLL_S)


def _follow_in_lines(control: Control) -> Json:
    """Like _follow(), without a terminal: prints a line for each tenth."""
    shown = -1
    while True:
        told = control.simulation()
        tenth = int(told["progress"] * _TENTHS)
        if tenth > shown and told["running"]:
            shown = tenth
            line = f"{tenth * 10:>3} %: {told['in_voice']} members in voice, {told['told']} of {told['planned']} events"
            err().print(line, markup=False, soft_wrap=True)
        if not told["running"]:
            return told
        time.sleep(_POLL_S)


def _sentence_of(told: Json, *, is_written: bool) -> str:
    minutes, ended_after_s = told["minutes"], told.get("ended_after_s")
    went_by = f"An evening of {minutes:g} minutes went by"
    if ended_after_s is not None:
        went_by = f"An evening of {minutes:g} minutes was ended after {ended_after_s / 60:.0f}"
    written = "; all of it is written down" if is_written else ""
    return (
        f"{went_by}: {told['told']} voice events of {told['members']} members, {told['peak']} of them at once{written}."
    )


def _whereabouts(member: Json) -> str:
    name = str(member.get("name", "They"))
    state: Json | None = member.get("voice")
    if not state:
        return f"{name} is not in voice."
    how = [word for word in ("muted", "deafened", "streaming", "camera") if state.get(word)]
    with_words = f" ({', '.join('with camera' if word == 'camera' else word for word in how)})" if how else ""
    return f"{name} is in {state['channel']}{with_words}."
