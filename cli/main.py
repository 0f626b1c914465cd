"""The `lyceum` command: what it can be asked, and how it says that something did not work."""

import secrets
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.problems import FAILED, MARK, USAGE, Problem
from core.settings import SettingsError

app = typer.Typer(
    name="lyceum",
    help="Quiet study in Discord voice becomes streaks, levels and cards.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Supervised = Annotated[bool, typer.Option("--supervised", hidden=True, help="Stop when standard input closes.")]


@app.command(rich_help_panel="Run")
def up() -> None:
    """Run everything on this machine; without a Discord token the local Discord stands in."""
    from cli import up as everything  # noqa: PLC0415 - each command loads only what it needs

    everything.up()


@app.command(rich_help_panel="Run")
def web(*, supervised: Supervised = False) -> None:
    """Answer interactions over HTTP (API_HOST, API_PORT; WEB_CONCURRENCY for several processes)."""
    from cli import serve  # noqa: PLC0415 - see above

    serve.web(supervised=supervised)


@app.command(rich_help_panel="Run")
def listener(*, supervised: Supervised = False) -> None:
    """Follow Discord's gateway and write who is in voice."""
    from cli import serve  # noqa: PLC0415 - see above

    serve.listener(supervised=supervised)


@app.command(rich_help_panel="Run")
def worker(*, supervised: Supervised = False) -> None:
    """Do what is due because time passes."""
    from cli import serve  # noqa: PLC0415 - see above

    serve.worker(supervised=supervised)


@app.command(rich_help_panel="Run")
def playground(*, supervised: Supervised = False) -> None:
    """Be the local Discord alone, on PLAYGROUND_PORT; `lyceum up` starts it by itself."""
    from cli import serve  # noqa: PLC0415 - see above

    serve.playground(supervised=supervised)


def main() -> None:
    """Run the command line; every failure is one sentence with the next step."""
    if sys.argv[1:2] == ["web"] or "--supervised" in sys.argv:
        pass  # these load no other command
    else:
        _add_commands()
    try:
        app()
    except Problem as problem:
        _say(str(problem))
        raise SystemExit(problem.code) from None
    except SettingsError as error:
        _say(str(error))
        raise SystemExit(USAGE) from None
    except Exception as error:  # noqa: BLE001 - the one door of this process
        _say(_unexpected(error))
        raise SystemExit(FAILED) from None


def _add_commands() -> None:
    from cli import commands, storage, tries, voice  # noqa: PLC0415 - the processes do without them

    tries.add_to(app)
    app.add_typer(voice.app, name="voice", rich_help_panel="The local Discord")
    app.add_typer(storage.app, name="db", rich_help_panel="Keep")
    app.add_typer(commands.app, name="commands", rich_help_panel="Keep")


def _say(sentence: str) -> None:
    from cli.screen import err  # noqa: PLC0415 - Rich, when there is something to say

    err().print(f"[bad]{MARK}[/] ", end="")
    err().print(sentence, markup=False, soft_wrap=True)


def _unexpected(error: Exception) -> str:
    """Note an error of ours where it can be found; answers the sentence for the person."""
    reference = secrets.token_hex(3)
    written = f"{datetime.now(UTC).isoformat()} ref={reference} {' '.join(sys.argv[1:])}\n"
    written += "".join(traceback.format_exception(error))
    try:
        from cli.environment import read_settings  # noqa: PLC0415 - the folder may be what is wrong

        path = read_settings().data_dir / "errors.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(written)
    except (OSError, SettingsError):
        path = Path("lyceum-errors.log").absolute()
        path.write_text(written, encoding="utf-8")
    return f"That broke on our side (ref {reference}): {path} says how; please report it with that part."
