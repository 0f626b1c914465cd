"""`lyceum db`: upgrades and downgrades the schema, shows its revision, and seeds demonstration data."""

import asyncio
import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli import database
from cli.console import out
from cli.environment import read_settings
from cli.errors import USAGE, CliError
from core.clock import Clock

if TYPE_CHECKING:
    from cli.seed import Written

app = typer.Typer(help="Look after the database.", no_args_is_help=True)


@app.command()
def upgrade(
    revision: Annotated[str, typer.Argument(help="A revision; the newest when left out.")] = "head",
) -> None:
    """Bring the schema up to date; safe while Lyceum runs."""
    url = database.direct_url(read_settings())
    before, _ = database.current(url)
    database.upgrade(url, revision)
    after, _ = database.current(url)
    out().print(f"The schema was at {after} already." if before == after else f"The schema is at {after}.")


@app.command(context_settings={"ignore_unknown_options": True})  # "-1" is an argument, not an option
def downgrade(
    revision: Annotated[str, typer.Argument(help="A revision, -1 for one step, base for an empty database.")] = "-1",
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Take the schema back, after showing what would be lost for good: what only the newer one can hold."""
    if revision.startswith("-") and not revision[1:].isdecimal():
        raise CliError(f"lyceum db downgrade has no option {revision}: `lyceum db downgrade -h` shows how.", code=USAGE)
    url = database.direct_url(read_settings())
    if not yes:
        _ask_whether_to_lose(database.losses(url, revision), revision)
    database.downgrade(url, revision)
    stands, _ = database.current(url)
    out().print(f"The schema is at {stands}." if stands else "The database is empty.")


def _ask_whether_to_lose(lost: list[str], revision: str) -> None:
    """Show which data would be lost, and ask the operator to confirm."""
    if lost:
        out().print(f"To {revision}, this would be lost for good:")
        for line in lost:
            out().print(f"  {line}", markup=False, soft_wrap=True)
    else:
        out().print(f"To {revision}, nothing that is stored would be lost.")
    try:
        agreed = typer.confirm("Take the schema back?")
    except typer.Abort:  # not interactive
        agreed = False
    if not agreed:
        raise CliError("Nothing was changed; with --yes it is done without asking.")


@app.command()
def current() -> None:
    """Print where the schema stands; exit code 1 when it is not up to date."""
    stands, newest = database.current(database.direct_url(read_settings()))
    out().print("empty" if stands is None else f"{stands} (up to date)" if stands == newest else stands)
    database.check(stands)


@app.command()
def seed(
    *,
    members: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="A crowd of so many instead, in many servers.")
    ] = None,
    sessions: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="About so many stays of theirs; 10 each when left out.")
    ] = None,
) -> None:
    """Give the members of the local Discord a past of quiet study; nothing happens when there is one."""
    from cli import seed as past  # noqa: PLC0415 - loads the services

    settings = read_settings()
    if not settings.is_local:
        raise CliError(
            "A made-up past is for the local Discord only: unset DISCORD_TOKEN, DISCORD_PUBLIC_KEY and "
            "DISCORD_APPLICATION_ID.",
            code=USAGE,
        )
    if members is None and sessions is not None:
        raise CliError("--sessions says how often a crowd came: say with --members how large it is.", code=USAGE)
    url = database.direct_url(settings)
    database.upgrade(url)
    started, now = time.monotonic(), Clock(settings.clock_file).now()
    if members is None:
        written, weeks = asyncio.run(past.seed(url, now=now)), past.WEEKS
    else:
        written, weeks = _crowd(url, members=members, sessions=sessions or 10 * members, now=now)
    if written is None:
        out().print("The community has a past already.")
        return
    out().print(
        f"{written.members} members studied {written.sessions} times in the last {weeks} weeks "
        f"({time.monotonic() - started:.1f} s)."
    )


def _crowd(url: str, *, members: int, sessions: int, now: datetime) -> "tuple[Written | None, int]":
    """Load generated data with a progress bar; returns what was written and over how many weeks it spreads."""
    from rich.progress import (  # noqa: PLC0415 - only here
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from cli import (  # noqa: PLC0415
        bulk_load,
        fake_data,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=out()) as progress:
        task = progress.add_task("writing", total=sessions)

        def tell(what: str, stays: int) -> None:
            progress.update(task, description=what, advance=stays)

        written = bulk_load.fill(url, members=members, sessions=sessions, now=now, tell=tell)
        if written is not None:
            progress.update(task, description="done", completed=written.sessions, total=written.sessions)
    return written, fake_data.WEEKS
