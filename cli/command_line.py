"""The Typer app of `lyceum`: declares its commands and options."""

from functools import cache
from typing import Annotated

import typer

app = typer.Typer(
    name="lyceum",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Supervised = Annotated[bool, typer.Option("--supervised", hidden=True, help="Stop when standard input closes.")]

Shards = Annotated[
    str,
    typer.Option(
        metavar="auto|N|0,1,2/16",
        help="How many shards: as Discord recommends, so many, or only these of so many.",
    ),
]


def _show_version(wanted: bool) -> None:
    from cli import usage  # noqa: PLC0415 - each command loads only what it needs

    usage.show_version(wanted=wanted)


@app.callback()
def lyceum(
    *,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Print the version and end.")
    ] = False,
) -> None:
    """Quiet study in Discord voice becomes streaks, levels and cards."""
    del version


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
def listener(*, shards: Shards = "auto", supervised: Supervised = False) -> None:
    """Follow Discord's gateway and write who is in voice; start as many as you like, they share the shards."""
    from cli import serve  # noqa: PLC0415 - see above

    serve.listener(shards=shards, supervised=supervised)


@app.command(rich_help_panel="Run")
def worker(*, supervised: Supervised = False) -> None:
    """Do what is due because time passes."""
    from cli import serve  # noqa: PLC0415 - see above

    serve.worker(supervised=supervised)


@app.command(hidden=True)
def postgres(*, supervised: Supervised = False) -> None:
    """Keep the embedded database running; `lyceum up` starts it by itself."""
    from cli import serve  # noqa: PLC0415 - see above

    serve.postgres(supervised=supervised)


@app.command(rich_help_panel="Run")
def playground(
    *,
    endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="Where an app takes interactions, one that you wrote.")
    ] = None,
    host: Annotated[str, typer.Option(help="Who may come: 127.0.0.1 is this machine alone.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Where it listens; PLAYGROUND_PORT unless told.")
    ] = None,
    message_content: Annotated[
        bool, typer.Option("--message-content", help="The app reads what people write, as with Discord's privilege.")
    ] = False,
    supervised: Supervised = False,
) -> None:
    """Be the local Discord alone, with its page, for Lyceum or for any other app; `lyceum up` starts it by itself."""
    from cli import serve  # noqa: PLC0415 - see above

    serve.playground(endpoint=endpoint, host=host, port=port, message_content=message_content, supervised=supervised)


@cache
def build(*, whole: bool) -> typer.Typer:
    """The Typer app; with `whole` false, only the process commands, so that no other module is imported."""
    if not whole:
        return app
    from cli import (  # noqa: PLC0415 - the process commands do not need them
        commands,
        db_command,
        doctor,
        outbox,
        try_command,
        voice,
    )

    try_command.add_to(app)
    app.add_typer(voice.app, name="voice", rich_help_panel="The local Discord")
    app.add_typer(db_command.app, name="db", rich_help_panel="Keep")
    app.add_typer(commands.app, name="commands", rich_help_panel="Keep")
    app.add_typer(outbox.app, name="outbox", rich_help_panel="Keep")
    doctor.add_to(app)
    return app
