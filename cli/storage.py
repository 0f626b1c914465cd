"""`lyceum db`: the schema up and down, where it stands, and a past for the local community."""

import asyncio
import time
from typing import Annotated

import typer

from cli import database
from cli.environment import read_settings
from cli.problems import USAGE, Problem
from cli.screen import out
from core.clock import Clock

app = typer.Typer(help="Look after the database.", no_args_is_help=True)


@app.command()
def upgrade(
    revision: Annotated[str, typer.Argument(help="A revision; the newest when left out.")] = "head",
) -> None:
    """Bring the schema up to date; safe while Lyceum runs."""
    url = database.database_url(read_settings())
    before, _ = database.current(url)
    database.upgrade(url, revision)
    after, _ = database.current(url)
    out().print(f"The schema was at {after} already." if before == after else f"The schema is at {after}.")


@app.command()
def downgrade(
    revision: Annotated[str, typer.Argument(help="A revision, -1 for one step, base for an empty database.")] = "-1",
) -> None:
    """Take the schema back; what only the newer one could hold is gone."""
    url = database.database_url(read_settings())
    database.downgrade(url, revision)
    stands, _ = database.current(url)
    out().print(f"The schema is at {stands}." if stands else "The database is empty.")


@app.command()
def current() -> None:
    """Print where the schema stands; exit code 1 when it is not up to date."""
    stands, newest = database.current(database.database_url(read_settings()))
    out().print("empty" if stands is None else f"{stands} (up to date)" if stands == newest else stands)
    database.check(stands, newest)


@app.command()
def seed() -> None:
    """Give the members of the local Discord a past of quiet study; nothing happens when there is one."""
    from cli import seed as past  # noqa: PLC0415 - loads the services

    settings = read_settings()
    if not settings.is_local:
        raise Problem(
            "A made-up past is for the local Discord only: unset DISCORD_TOKEN, DISCORD_PUBLIC_KEY and "
            "DISCORD_APPLICATION_ID.",
            code=USAGE,
        )
    url = database.database_url(settings)
    started = time.monotonic()
    written = asyncio.run(past.seed(url, now=Clock(settings.clock_file).now()))
    if written is None:
        out().print("The community has a past already.")
        return
    out().print(
        f"{written.members} members studied {written.sessions} times in the last {past.WEEKS} weeks "
        f"({time.monotonic() - started:.1f} s)."
    )
