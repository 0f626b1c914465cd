"""`lyceum outbox`: lists outbox rows that need attention, and retries or drops them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, TypeVar

import typer
from rich.table import Table

from cli.console import out
from cli.database import check_prepared, database_url, problem_of
from cli.environment import read_settings
from cli.errors import USAGE, CliError
from core.enums import EffectStatus
from core.errors import ServiceUnavailable
from db.connection import Connection, Pool
from db.queries.jobs import outbox as outbox_queries

app = typer.Typer(help="See and settle what could not be done at Discord.", no_args_is_help=True)

LIMIT: Final = 50
ID_MAX: Final = (1 << 63) - 1  # the maximum of a bigint
T = TypeVar("T")

Ids = Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="As `lyceum outbox list` shows them.")]


@app.command("list")
def show(
    *,
    status: Annotated[EffectStatus, typer.Option(help="Which ones.")] = EffectStatus.NEEDS_ATTENTION,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = LIMIT,
) -> None:
    """Print what needs attention, the oldest first, and how many there are of each status."""

    async def ask(conn: Connection) -> "tuple[list[outbox_queries.ListedEntry], dict[EffectStatus, int]]":
        return await outbox_queries.list_by_status(conn, status, limit=limit), dict(
            await outbox_queries.count_by_status(conn)
        )

    found, counts = _on_database(ask)
    if found:
        table = Table("id", "what", "server", "due", "tries", "why", box=None, pad_edge=False)
        for one in found:
            due = one.due_at.strftime("%Y-%m-%d %H:%M")
            table.add_row(str(one.id), one.kind, str(one.guild or ""), due, str(one.attempts), one.last_error or "")
        out().print(table)
    told = ", ".join(f"{counts[each]} {each.value.replace('_', ' ')}" for each in EffectStatus if each in counts)
    out().print(f"In all: {told or 'nothing'}.")


@app.command()
def retry(
    ids: Ids = None, *, everything: Annotated[bool, typer.Option("--all", help="All that need attention.")] = False
) -> None:
    """Have the worker try again; a message that is already there is then posted a second time, so look first."""
    if bool(ids) == everything:
        raise CliError("Name the ids that `lyceum outbox list` shows, or --all.", code=USAGE)
    _check_ids(ids or [])
    count = _on_database(lambda conn: outbox_queries.set_pending_again(conn, ids=ids or None))
    if not count:
        raise CliError("None of these needs attention: `lyceum outbox list` shows what does.")
    out().print(f"{count} will be tried again by the worker.")


@app.command()
def drop(
    ids: Annotated[list[int], typer.Argument(metavar="ID...", help="As `lyceum outbox list` shows them.")],
) -> None:
    """Give up on what needs attention or still waits."""
    _check_ids(ids)
    count = _on_database(lambda conn: outbox_queries.set_dropped(conn, ids=ids))
    if not count:
        raise CliError("None of these is waiting: `lyceum outbox list` shows what needs attention.")
    out().print(f"{count} will not happen any more.")


def _check_ids(ids: list[int]) -> None:
    for each in ids:
        if not 0 < each <= ID_MAX:
            raise CliError(f"{each} is no id that `lyceum outbox list` shows.", code=USAGE)


def _on_database(ask: Callable[[Connection], Awaitable[T]]) -> T:
    async def run(url: str) -> T:
        async with Pool(url, application_name="lyceum outbox", max_size=1) as pool, pool.connection() as conn:
            await check_prepared(conn)
            return await ask(conn)

    try:
        return asyncio.run(run(database_url(read_settings())))
    except ServiceUnavailable as trouble:
        raise problem_of(trouble, "Is DATABASE_URL right, and is the database running?") from trouble
